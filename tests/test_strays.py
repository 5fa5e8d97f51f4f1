"""Marks that lie off their scale are told wherever they stand: the others show the scale, or the mapping says it."""

import datetime as dt

import ibis
import pandas as pd
import pytest
import yaml

from cx_helpers import readings
from cx_helpers.dates import Period
from cx_helpers.intake import check, sources
from cx_helpers.measures import impossible, survey
from cx_helpers.tables import TableError, off_scale, scale_shown
from tests.test_sources import quarantined, table

FIVE = {1: 40, 2: 30, 3: 50, 4: 100, 5: 200}


@pytest.mark.parametrize(
    ("marks", "scale", "off"),
    [
        (FIVE, (1, 5), []),
        (FIVE | {9: 2, 55: 1}, (1, 5), [9, 55]),
        (FIVE | {-3: 1}, (1, 5), [-3]),
        (FIVE | {-1: 300, 0: 300}, (1, 5), []),  # nobody gave one
        (FIVE | {7: 80, 10: 60}, (0, 10), []),
        (FIVE | {9: 80, 55: 1}, (1, 5), [9, 55]),  # nobody gave 6, 7, 8 or 10: no wider scale
        (FIVE | {7: 55}, (1, 5), [7]),
        (FIVE | {6: 90, 7: 40}, (0, 10), []),  # a scale of seven
        ({1: 90, 2: 80, 3: 70, 4: 60, 5: 50, 6: 40, 7: 30, 8: 1}, (0, 10), []),  # nearly all are unhappy
        (FIVE | {20 * mark: n for mark, n in FIVE.items()}, (1, 5), [20, 40, 60, 80, 100]),  # marks of two scales
        (dict.fromkeys(range(1, 101), 5), (0, 100), []),
        ({10 * mark: 5 + 20 * (mark < 2) for mark in range(11)}, (0, 100), []),
        (FIVE | {999: 60}, (1, 5), [999]),
        ({1: 3, 2: 5, 3: 4, 4: 1, 5: 2, 7: 3, 9: 4}, (0, 10), []),  # too few to tell a hole from chance
        ({0.5: 100, 4.5: 100, 5: 3}, (0, 5), []),
        ({0: 30, 1: 70}, (0, 1), []),
        ({0: 30, 1: 70, 5: 1}, (0, 1), [5]),
        ({-1: 30, 0: 5, 1: 70}, (-1, 1), []),
        ({1: 500, 2: 3}, (1, 5), []),  # nearly all are angry: no thumbs
        ({20: 100, 95: 200, 250: 1}, (0, 100), [250]),
        ({1: 10, 5: 5, 55: 1}, None, []),  # too few to show anything
        ({300: 50, 700: 50}, None, []),
    ],
)
def test_the_scale_that_marks_show(marks, scale, off):
    assert scale_shown(marks) == scale
    assert off_scale(marks, scale) == off


def ingest(folder, marks, **target):
    """A company with a file of requests, one for each mark, read."""
    (folder / "sources").mkdir(exist_ok=True)
    rows = [f"{i},c{i},2025-09-{i % 20 + 1:02d},{mark}" for i, mark in enumerate(marks)]
    (folder / "sources" / "t.csv").write_text("\n".join(["id,who,day,mark", *rows, ""]), "utf-8")
    columns = {"ticket_id": "id", "customer_id": "who", "opened_at": "day", "csat": "mark"}
    source = {"system": "table", "path": "sources/t.csv", "table": "tickets", "columns": columns} | target
    about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": False}, "sources": [source]}
    (folder / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    return sources.load(folder)


def test_ingest_and_check_tell_of_a_mark_off_the_scale_that_others_show(tmp_path):
    (told,) = ingest(tmp_path, [1, 2, 3, 4, 5] * 20 + [9, 55]).warnings
    assert told["en"].startswith(
        "sources/t.csv: 2 of 102 rows of tickets.csat (9, 55) lie outside 1 to 5, the scale that the others show;"
    )
    assert "scale: [lowest, highest]" in told["en"]
    (problem,) = check.check(tmp_path)
    assert problem.count == 2
    assert problem.reason.startswith("csat lies outside its scale")
    ingest(tmp_path, [1, 2, 3, 4, 5] * 20 + [-1, 0])
    assert check.check(tmp_path) == []


def test_a_scale_that_is_said_is_believed(tmp_path):
    assert ingest(tmp_path, [1, 2, 3, 4, 5] * 20 + [9, 10], scale=[0, 10]).warnings == []
    assert check.check(tmp_path) == []
    ingest(tmp_path, [1, 2, 3, 4, 5] * 20 + [9], scale=[1, 5])
    assert [(row["code"], row["value"]) for row in quarantined(tmp_path)] == [("off_scale", "9")]
    assert len(table(tmp_path, "tickets")) == 100


@pytest.mark.parametrize(
    ("instrument", "scale", "shown"),
    [("nps", [1, 5], "1-5"), ("enps", [0, 5], "0-5"), ("nps", [1, 7], "1-7"), ("nps", [0, 100], "0-100"),
     ("nps", [0, 10], None), ("nps", [1, 10], None), ("csat", [1, 5], None)],
)  # fmt: skip
def test_nps_on_another_scale_is_refused_with_its_reason(tmp_path, instrument, scale, shown):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "n.csv").write_text("id,at,score,low,high\n1,2024-01-02,4,{},{}\n".format(*scale))
    columns = {"response_id": "id", "responded_at": "at", "score": "score", "instrument": {"value": instrument}}
    ways = {"said": {"scale": scale, "columns": columns},
            "given": {"columns": columns | {"scale_min": "low", "scale_max": "high"}}}  # fmt: skip
    for name, way in ways.items():
        source = {"system": "table", "name": name, "path": "sources/n.csv", "table": "responses", **way}
        about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": False}, "sources": [source]}
        (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about), "utf-8")
        report = sources.load(tmp_path)
        assert (report.taken, report.quarantined) == ((0, {"no_nps": 1}) if shown else (1, {}))
        assert [(q["column"], q["value"]) for q in quarantined(tmp_path)] == ([("scale_max", shown)] if shown else [])
    frame = pd.DataFrame({"response_id": ["a"], "responded_at": pd.Timestamp("2024-01-02", tz="UTC").as_unit("us"),
                          "instrument": instrument, "score": 4.0, "scale_min": float(scale[0]),
                          "scale_max": float(scale[1])})  # fmt: skip
    answers = ibis.memtable(frame)
    if shown:
        with pytest.raises(TableError):
            survey.nps(answers, instrument=instrument)
    elif instrument == "nps":
        assert survey.nps(answers).n.tolist() == [1]
    (tmp_path / "tables").mkdir(exist_ok=True)
    frame.to_parquet(tmp_path / "tables" / "responses.parquet")
    assert [p.reason[:3] for p in check.check(tmp_path) if p.row] == (["NPS"] if shown else [])


def test_data_health_tells_of_them_with_consequence_and_remedy():
    day = pd.Timestamp("2025-09-01", tz="UTC")
    frame = pd.DataFrame({"ticket_id": [f"t{i}" for i in range(202)], "opened_at": day, "source": ["a", "b"] * 101,
                          "csat": [1.0, 2.0, 3.0, 4.0, 5.0] * 40 + [9.0, 55.0]})  # fmt: skip
    thumbs = frame.assign(csat=frame["csat"].gt(2).astype(float), source="thumbs")  # of another system
    both = pd.concat([frame, thumbs.assign(ticket_id="u" + thumbs["ticket_id"])])
    found = impossible.impossible({"tickets": ibis.memtable(both)}, Period.parse("1404-06"), dt.date(2025, 9, 20))
    assert found.loc[("tickets", "csat_off_scale"), ["n", "bad", "suffers"]].tolist() == [404, 2, "csat"]
    (one,) = readings.impossible.findings(found)[0]
    assert one.text["en"].startswith("In 2 of 404 requests")
    assert one.text["en"].endswith("the satisfaction score lies outside its scale")
    assert "rows behind" in one.detail["en"]
    assert "scale: [lowest, highest]" in one.remedy["en"]
