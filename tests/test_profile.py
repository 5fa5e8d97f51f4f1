"""Profiles by hand: what is known of each customer at one instant, and nothing that came later."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cx_helpers import readings, spreadsheet, whereabouts
from cx_helpers.measures import lifecycle, profile
from cx_helpers.tables import TableError

AS_OF = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(f"2026-{text}", tz="UTC")


ORDERS = [  # customer, when, amount
    ("new", "02-20", 10.0),
    ("active", "01-01", 10.0), ("active", "02-10", 30.0), ("active", "03-05", 999.0),  # the last one is still to come
    ("cooling", "01-01", 5.0), ("cooling", "01-10", 5.0),
    ("lapsed", "01-01", 1.0),
]  # fmt: skip


@pytest.fixture
def tables(lay):
    orders = pd.DataFrame(ORDERS, columns=["customer_id", "ordered_at", "amount"])
    orders["ordered_at"] = orders["ordered_at"].map(day)
    orders = orders.assign(order_id=[f"o{i}" for i in range(len(orders))], channel="app")
    answers = pd.DataFrame({
        "response_id": ["r1", "r2", "r3", "r4"], "customer_id": ["active", "active", "new", "new"],
        "responded_at": [day("01-05"), day("02-15"), day("02-21"), day("02-21")],
        "instrument": ["nps", "nps", "csat", "csat"], "score": [9.0, 3.0, 1.0, 3.0],
        "scale_min": 0.0, "scale_max": 10.0,
    })  # fmt: skip
    tickets = pd.DataFrame({
        "ticket_id": ["t1", "t2", "t3"], "customer_id": ["active", "active", "cooling"],
        "opened_at": [day("02-01"), day("02-02"), day("01-12")], "solved_at": [day("02-03"), day("03-07"), pd.NaT],
        "status": ["solved", "open", "closed"],
    })  # fmt: skip
    comments = pd.DataFrame({"comment_id": ["k1"], "customer_id": ["lapsed"], "written_at": [day("01-02")],
                             "text": ["بد"], "sentiment": [-0.5]})  # fmt: skip
    steps = pd.DataFrame({"event_id": ["e1", "e2"], "customer_id": ["prospect", "active"], "touchpoint": "cart",
                          "occurred_at": [day("02-01"), day("02-02")], "channel": ["web", "web"]})  # fmt: skip
    frames = {"orders": orders, "responses": answers, "tickets": tickets, "comments": comments, "touchpoints": steps}
    return {name: lay(frame, name) for name, frame in frames.items()}


@pytest.fixture
def customers(lay):
    ids = ["prospect", "new", "active", "cooling", "lapsed"]
    return lay(pd.DataFrame({"customer_id": ids, "consent": [True, False, None, True, True]}), "customers")


def rows(profiles) -> pd.DataFrame:
    return profiles.execute().set_index("customer_id").sort_index()


def test_each_customer_is_what_they_are_at_that_instant(customers, tables):
    found = rows(profile.profile(customers, AS_OF, 28.0, **tables))
    assert found["lifecycle"].to_dict() == {name: name for name in found.index}
    assert found["orders"].to_dict() == {"active": 2, "cooling": 2, "lapsed": 1, "new": 1, "prospect": 0}
    assert found.loc["active", "value"] == 40
    assert found.loc["active", ["last_nps", "contacts", "channels"]].tolist() == [3, 7, 2]
    assert found.loc["active", "last_contact_at"] == day("02-15")
    assert found.loc["new", "last_csat"] == 2  # two answers of one instant: their mean
    assert found["open_tickets"].to_dict() == {"active": 1, "cooling": 0, "lapsed": 0, "new": 0, "prospect": 0}
    assert found.loc["lapsed", "last_feeling"] == -0.5
    assert np.isnan(found.loc["prospect", "value"])


def test_the_order_of_rows_does_not_matter(customers, tables, lay):
    shuffled = {name: lay(t.execute().sample(frac=1, random_state=4), name) for name, t in tables.items()}
    once, again = (rows(profile.profile(customers, AS_OF, 28.0, **t)) for t in (tables, shuffled))
    pd.testing.assert_frame_equal(once, again)


def test_what_a_company_lacks_is_null_and_contacts_stand_for_orders(customers, tables):
    found = rows(profile.profile(customers, AS_OF, 28.0, touchpoints=tables["touchpoints"]))
    assert found["orders"].isna().all()
    assert found["open_tickets"].isna().all()
    assert found["lifecycle"].to_dict() == {
        "active": "new", "cooling": "prospect", "lapsed": "prospect", "new": "prospect", "prospect": "new",
    }  # fmt: skip
    alone = rows(profile.profile(customers, AS_OF, float("nan")))
    assert set(alone["lifecycle"]) == {"prospect"}


def test_usual_gap_is_the_ninth_of_ten(tables, lay):
    assert profile.usual_gap(tables["orders"])[1] == 3  # 40 and 23 days, and 9
    jan = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    when = [jan + dt.timedelta(days) for i in range(11) for days in (0, 10 * i)]
    many = pd.DataFrame({"customer_id": [f"c{i // 2}" for i in range(22)], "ordered_at": when, "amount": 1.0})
    many = many.assign(order_id=[f"o{i}" for i in range(22)])
    assert profile.usual_gap(lay(many, "orders")) == (pytest.approx(91), 10)  # 10 … 100 days; 0 days is no gap
    assert profile.usual_gap(lay(many.head(1), "orders"))[1] == 0


def test_stages_by_hand(customers, tables):
    found = lifecycle.stages(profile.profile(customers, AS_OF, 28.0, **tables))
    assert list(found.index) == list(lifecycle.STAGES)
    assert found["n"].tolist() == [1] * 5
    assert found["share"].tolist() == [0.2] * 5
    assert found.loc["active", ["value", "unhappy", "unhappy_n", "open"]].tolist() == [40, 1, 1, 1]
    assert found.loc["new", "unhappy"] == 1
    assert found["value_share"].sum() == pytest.approx(1)
    assert found.loc["new", "consent"] == 0
    assert np.isnan(found.loc["active", "consent"])
    hidden = lifecycle.stages(profile.profile(customers, AS_OF, 28.0, **tables), smallest=2)
    assert hidden["share"].isna().all()
    assert hidden["n"].tolist() == [1] * 5


def test_who_moved_where(customers, tables):
    before = profile.profile(customers, AS_OF - dt.timedelta(days=28), 28.0, **tables)
    found = lifecycle.moved(before, profile.profile(customers, AS_OF, 28.0, **tables))
    seen = found[found["n"] > 0]
    assert list(seen.index) == [
        ("prospect", "prospect"),
        ("prospect", "new"),
        ("active", "cooling"),
        ("cooling", "active"),
        ("cooling", "lapsed"),
    ]
    assert seen["share"].tolist() == [0.5, 0.5, 1, 0.5, 0.5]


def test_limits_move_with_the_window(customers, tables):
    found = lifecycle.limits(profile.profile(customers, AS_OF, 28.0, **tables), AS_OF, 28.0)
    assert found.index.tolist() == [14, 28, 56]
    assert found["quiet"].tolist() == [0.75, 0.5, 0.25]
    assert (found["n"] == 4).all()


def company(lay, unhappy_top: float, n: int = 2000, seed: int = 1):
    rng = np.random.default_rng(seed)
    value = rng.lognormal(3, 1, n)
    top = value > np.quantile(value, 0.8)
    bad = rng.random(n) < np.where(top, unhappy_top, 0.2)
    ids = [f"c{i}" for i in range(n)]
    people = lay(pd.DataFrame({"customer_id": ids}), "customers")
    orders = lay(
        pd.DataFrame({"order_id": ids, "customer_id": ids, "ordered_at": day("02-20"), "amount": value}), "orders"
    )
    answers = pd.DataFrame({"response_id": ids, "customer_id": ids, "responded_at": day("02-21"), "instrument": "nps",
                            "score": np.where(bad, 3.0, 9.0), "scale_min": 0.0, "scale_max": 10.0})  # fmt: skip
    return profile.profile(people, AS_OF, 28.0, orders=orders, responses=lay(answers))


@pytest.mark.parametrize(("planted", "kind"), [(0.45, "risk"), (0.05, "strength"), (0.2, None)])
def test_a_planted_difference_of_those_who_buy_most_is_found(lay, planted, kind):
    fifths = lifecycle.worth(company(lay, planted))
    assert fifths["customers"].tolist() == [400] * 5
    found, looks = readings.lifecycle.findings(fifths)
    assert looks == 1
    assert [f.kind for f in found] == ([kind] if kind else [])
    if found:
        assert found[0].low < planted < found[0].high
        assert found[0].baseline == pytest.approx(0.2, abs=0.03)
        assert found[0].text["fa"]


def test_nobody_and_one(lay):
    nobody = lay(pd.DataFrame({"customer_id": pd.Series([], dtype=str)}), "customers")
    one = lay(pd.DataFrame({"customer_id": ["a"]}), "customers")
    for people, n in ((nobody, 0), (one, 1)):
        profiles = profile.profile(people, AS_OF, float("nan"))
        assert lifecycle.stages(profiles)["n"].sum() == n
        assert readings.lifecycle.findings(lifecycle.worth(profiles)) == ([], 0)
        assert lifecycle.quiet(profiles)["quiet"].isna().all()
        assert readings.lifecycle.sentence(lifecycle.stages(profiles), (float("nan"), 0))["fa"]


def test_one_customers_story_is_in_time(tables, lay):
    both = pd.concat([tables["responses"].execute()] * 2, ignore_index=True)
    both["responded_at"] = both["responded_at"].where(both.index < 4)  # the second half are invitations
    tables = tables | {"responses": lay(both)}
    found = profile.events("active", **tables | {"comments": None})
    assert found["at"].is_monotonic_increasing
    assert found["kind"].value_counts().to_dict() == {"orders": 3, "responses": 2, "tickets": 2, "touchpoints": 1}
    assert profile.events("nobody", **tables).empty


@pytest.fixture
def shop(tmp_path):
    """A company's folder: one who bought in Mordad and Shahrivar, one who bought in Mordad, one in Mehr, one never."""
    (tmp_path / "tables").mkdir()
    (tmp_path / "workspace.yaml").write_text("name: {fa: فروشگاه, en: Shop}\nprivacy: {smallest_group: 1}\n", "utf-8")
    people = {"customer_id": list("abcd"), "city": ["=cmd()", "یزد", None, "ری"]}
    pd.DataFrame(people).to_parquet(tmp_path / "tables" / "customers.parquet")
    orders = pd.DataFrame({"order_id": list("12345"), "customer_id": list("aaabc"), "amount": [1.0, 2, 4, 8, 16]})
    times = ["2025-07-25", "2025-08-01", "2025-09-10", "2025-07-24", "2025-10-01"]
    orders["ordered_at"] = pd.to_datetime(times, utc=True).as_unit("us")
    orders.to_parquet(tmp_path / "tables" / "orders.parquet")
    answers = pd.DataFrame({"response_id": list("123"), "customer_id": ["a", "b", None], "instrument": "nps",
                            "score": [9.0, 2, 7], "scale_min": 0.0, "scale_max": 10.0})  # fmt: skip
    answers["responded_at"] = pd.to_datetime(["2025-09-11"] * 3, utc=True).as_unit("us")
    answers.to_parquet(tmp_path / "tables" / "responses.parquet")
    return tmp_path


def test_one_line_gives_the_customers_as_the_period_ends(shop, tmp_path):
    from cx_helpers import spreadsheet, workspace

    tables = workspace.open(shop, "1404-06")
    found = rows(profile.of(tables))
    assert found["orders"].tolist() == [3, 1, 0, 0]  # what c buys in Mehr, Shahrivar does not know
    assert found["lifecycle"].tolist() == ["active", "cooling", "prospect", "prospect"]
    assert found["last_nps"].fillna(-1).tolist() == [9, 2, -1, -1]
    assert rows(profile.of(tables, "start"))["orders"].tolist() == [2, 1, 0, 0]
    with pytest.raises(ValueError, match="'end' or 'start'"):
        profile.of(tables, "middle")
    path = tmp_path / "customers.csv"
    spreadsheet.write(path, found.reset_index())
    assert "'=cmd()" in path.read_text("utf-8")  # no formula
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_stage_splits_any_answer(shop):
    from cx_helpers import workspace
    from cx_helpers.measures import survey

    tables = workspace.open(shop, "1404-06")
    split = profile.add(tables.responses, profile.of(tables), "lifecycle")
    found = survey.nps(split, by="lifecycle")
    assert found.loc[["active", "cooling"], "nps"].tolist() == [100, -100]
    assert found["n"].sum() == 3
    with pytest.raises(TableError, match="lifecycle"):
        profile.add(tables.responses, profile.of(tables), "lifecycel")


def test_pairs_that_nobody_has_judged_are_told(tmp_path):
    (tmp_path / "state").mkdir()
    assert whereabouts.questions(tmp_path) == 0
    assert readings.lifecycle.unanswered(0) is None
    rows = pd.DataFrame({"answer": ["", "same", " "], "customer_a": ["a", "b", "c"], "customer_b": ["x", "y", "z"]})
    spreadsheet.write(tmp_path / "state" / "review.csv", rows)
    assert whereabouts.questions(tmp_path) == 2, "one of three is answered"
    assert "2 pairs of customers may be one person" in readings.lifecycle.unanswered(2)["en"]
