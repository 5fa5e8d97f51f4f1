"""Did what was done work?  By hand: a touchpoint before and after, beside the others."""

import datetime as dt

import ibis
import pandas as pd
import pytest

from cx_helpers import readings
from cx_helpers.dates import Period
from cx_helpers.measures import initiatives

PERIOD = Period.parse("2025-09")
START = dt.datetime(2025, 9, 1, tzinfo=dt.UTC) - dt.timedelta(hours=3.5)  # midnight in Tehran


def visits(*parts) -> ibis.Table:
    """Each part (touchpoint, days from START, visits, failures of them): every visit another customer's."""
    rows = []
    for touchpoint, day, n, failed in parts:
        for i in range(n):
            at = START + dt.timedelta(days=day, minutes=i)
            rows.append((f"e{len(rows)}", f"c{len(rows)}", at, touchpoint, "failure" if i < failed else "success"))
    frame = pd.DataFrame(rows, columns=["event_id", "customer_id", "occurred_at", "touchpoint", "outcome"])
    frame["occurred_at"] = pd.to_datetime(frame["occurred_at"], utc=True).astype("datetime64[us, UTC]")
    return ibis.memtable(frame)


def begun(*rows, **columns) -> ibis.Table:
    frame = pd.DataFrame(
        rows or [("I1", "new box", "box", START)], columns=["initiative_id", "name", "touchpoint", "started_at"]
    )
    frame["started_at"] = pd.to_datetime(frame["started_at"], utc=True).astype("datetime64[us, UTC]")
    return ibis.memtable(frame.assign(**columns))


# the box fails 10 of 200, then 50 of 200; everything else 20 of 400, then 36 of 400
WORSE = [("box", -10, 200, 10), ("box", 10, 200, 50), ("pay", -10, 400, 20), ("pay", 10, 400, 36)]


def test_its_own_change_less_that_of_the_others():
    (row,) = initiatives.effects(visits(*WORSE), begun(), PERIOD).itertuples()
    assert (row.before, row.after, row.n_before, row.n) == (0.05, 0.25, 200, 200)
    assert row.others == pytest.approx(0.04)
    assert row.change == pytest.approx(0.20 - 0.04)
    variance = 0.05 * 0.95 / 200 + 0.25 * 0.75 / 200 + 0.05 * 0.95 / 400 + 0.09 * 0.91 / 400
    assert row.high - row.low == pytest.approx(2 * 1.96 * variance**0.5, rel=0.03)
    assert row.p_value < 1e-4
    found, looks = readings.initiatives.findings(initiatives.effects(visits(*WORSE), begun(), PERIOD))
    assert [(f.kind, f.severity, f.subject) for f in found] == [
        ("weakness", "high", {"initiative": "new box", "touchpoint": "box"})
    ]
    assert found[0].text["en"] == "After “new box”, failures at “box” went from 5% to 25%"
    assert looks == 1


def test_what_moved_everywhere_is_nobodys_doing():
    everywhere = [("box", -10, 200, 10), ("box", 10, 200, 50), ("pay", -10, 400, 20), ("pay", 10, 400, 100)]
    found = initiatives.effects(visits(*everywhere), begun(), PERIOD)
    assert found["change"].iloc[0] == pytest.approx(0.0)
    assert readings.initiatives.findings(found)[0] == []
    assert "no effect was seen" in readings.initiatives.sentence(found, [])["en"]


def test_what_was_moving_before_is_told_quietly():
    moving = [*WORSE, ("box", -100, 200, 0), ("pay", -100, 400, 40)]
    moving[:2] = [("box", -10, 200, 30), ("box", 10, 200, 80)]
    (one,), _ = readings.initiatives.findings(initiatives.effects(visits(*moving), begun(), PERIOD))
    assert one.severity == "low"
    assert "may not be its doing" in one.detail["en"]


def test_better_is_a_strength():
    better = [("box", -10, 200, 50), ("box", 10, 200, 10), ("pay", -10, 400, 20), ("pay", 10, 400, 20)]
    found = initiatives.effects(visits(*better), begun(), PERIOD)
    (one,), _ = readings.initiatives.findings(found)
    assert one.kind == "strength"
    assert readings.initiatives.sentence(found, [one])["en"].startswith("Worked: After “new box”")


def test_order_of_rows_and_more_initiatives_are_corrected_for():
    both = begun(("I1", "new box", "box", START), ("I2", "new till", "pay", START))
    found = initiatives.effects(visits(*WORSE), both, PERIOD)
    again = initiatives.effects(visits(*WORSE[::-1]), both, PERIOD)
    pd.testing.assert_frame_equal(found, again)
    assert (found["p_adjusted"] >= found["p_value"]).all()
    assert found.loc["I2", "change"] == pytest.approx(-0.16), "against the box, which got worse"


@pytest.mark.parametrize(
    ("why", "table"),
    [
        ("too late to be seen", begun(("I1", "x", "box", START + dt.timedelta(days=25)))),
        ("too long ago", begun(("I1", "x", "box", START - dt.timedelta(days=200)))),
        ("of no touchpoint", begun(("I1", "x", None, START))),
        ("of none there", begun().filter(ibis._.initiative_id == "none")),
    ],
)
def test_what_cannot_be_judged_is_left_out(why, table):
    found = initiatives.effects(visits(*WORSE), table, PERIOD)
    assert found.empty, why
    assert readings.initiatives.findings(found) == ([], 0)
    assert "Nothing was begun" in readings.initiatives.sentence(found, [])["en"]


def test_too_few_and_unknown_outcomes_are_null_not_zero():
    few = [("box", -10, 20, 10), ("box", 10, 200, 50), ("pay", -10, 400, 20), ("pay", 10, 400, 36)]
    assert initiatives.effects(visits(*few), begun(), PERIOD)["change"].isna().all()
    alone = [part for part in WORSE if part[0] == "box"]
    assert initiatives.effects(visits(*alone), begun(), PERIOD)["change"].isna().all(), "nothing to compare with"
    bare = visits(*WORSE).drop("outcome")
    assert initiatives.effects(bare, begun(), PERIOD).empty
    plain = begun().select("initiative_id", "started_at", "touchpoint")
    assert initiatives.effects(visits(*WORSE), plain, PERIOD)["name"].isna().all()


def test_what_was_on_its_way_back_is_told_quietly_and_is_no_success():
    """A spike that ended by itself just before the start: the box failed 20 in a hundred, 60, 20."""
    spike = [("box", -100, 200, 20), ("box", -10, 200, 60), ("box", 10, 200, 20)]
    rest = [("pay", day, 400, 20) for day in (-100, -10, 10)]
    found = initiatives.effects(visits(*spike, *rest), begun(), PERIOD)
    told, _ = readings.initiatives.findings(found)
    assert [(one.kind, one.severity) for one in told] == [("strength", "low")]
    assert "no more than a return to the usual" in told[0].detail["en"]
    assert readings.initiatives.short(found, told)["en"] == "of 1 it may not be their doing."


def test_two_at_one_place_in_the_same_days_share_their_effect():
    rows = [("I1", "new box", "box", START), ("I2", "tape", "box", START - dt.timedelta(days=2)),
            ("I3", "old", "box", START - dt.timedelta(days=200)), ("I4", "page", "pay", START)]  # fmt: skip
    found = initiatives.effects(visits(*WORSE), begun(*rows), PERIOD)
    assert found["beside"].to_dict() == {"I2": 1, "I1": 1, "I4": 0}
    told, _ = readings.initiatives.findings(found)
    box = [one for one in told if one.subject["touchpoint"] == "box"]
    assert {one.severity for one in box} == {"medium"}
    assert all("both together" in one.detail["en"] for one in box)


def test_what_was_tried_before_is_told_by_theme():
    frame = initiatives.begun(begun(("I1", "two shifts", "support_chat", START), cost=[500.0]), PERIOD)
    (told,) = readings.initiatives.tried(frame)
    assert told[:2] == ("support", "two shifts")
    assert told[2]["en"].startswith("Tried before: “two shifts”, since ")
    assert readings.initiatives.tried(initiatives.begun(None, PERIOD)) == []
