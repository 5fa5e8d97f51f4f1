"""A renewal, an upgrade or a new term is no leaving: contracts of one customer that follow on one another are one."""

import ibis
import pandas as pd
import pytest

from cx_helpers import tenures

ROWS = [
    # a: three terms on end, the last runs
    ("a1", "a", "2025-01-01", "2025-03-31", "basic"),
    ("a2", "a", "2025-04-01", "2025-06-30", "basic"),
    ("a3", "a", "2025-06-25", None, "plus"),  # the upgrade began five days before the old one ended
    # b: left, and came back half a year later
    ("b1", "b", "2025-01-01", "2025-02-01", "basic"),
    ("b2", "b", "2025-08-01", "2025-09-01", "basic"),
    # c: two lines side by side; one ends
    ("c1", "c", "2025-01-01", "2025-06-01", "basic"),
    ("c2", "c", "2025-02-01", None, "plus"),
    # nobody known, no start, and one that ends before it starts
    ("d1", None, "2025-01-01", "2025-02-01", "basic"),
    ("d2", None, "2025-02-02", None, "basic"),
    ("e1", "e", None, "2025-02-01", "basic"),
    ("f1", "f", "2025-03-01", "2025-02-01", "basic"),
]


def laid(rows):
    frame = pd.DataFrame(rows, columns=["contract_id", "customer_id", "started_at", "ended_at", "plan"])
    for column in ("started_at", "ended_at"):
        frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[us, UTC]")
    return frame


@pytest.mark.parametrize("rows", [ROWS, ROWS[::-1]])
def test_what_follows_on_is_one_whatever_the_order(rows, lay):
    found = tenures.carried_on(lay(laid(rows), "contracts")).execute().set_index("contract_id").sort_index()
    assert list(found.index) == ["a1", "b1", "b2", "c1", "c2", "d1", "d2", "e1", "f1"]
    assert pd.isna(found.loc["a1", "ended_at"])
    assert found.loc["a1", "plan"] == "basic"
    assert str(found.loc["b1", "ended_at"])[:10] == "2025-02-01"
    assert str(found.loc["c1", "ended_at"])[:10] == "2025-06-01", "another ran beside it all the time"


def test_the_days_between_are_the_companys_to_say(lay):
    table = lay(laid(ROWS), "contracts")
    found = tenures.carried_on(table, 0).execute()
    assert len(found) == len(ROWS), "the next day is already another contract"
    assert len(tenures.carried_on(table, 400).execute()) < 9


def test_nothing_stays_nothing(lay):
    assert tenures.carried_on(None) is None
    assert tenures.carried_on(lay(laid(ROWS[:0]), "contracts")).count().execute() == 0
    bare = ibis.memtable({"contract_id": ["x"], "customer_id": ["x"], "started_at": [pd.Timestamp("2025-01-01")]})
    assert tenures.carried_on(bare) is bare


def ends(frame, lay):
    found = tenures.carried_on(lay(laid(frame), "contracts")).execute()
    return sorted((row.contract_id, str(row.ended_at)[:10]) for row in found.itertuples())


def test_a_plan_that_runs_beside_another_does_not_hide_its_renewals(lay):
    net = [(f"n{m}", "a", f"2025-{m:02}-01", f"2025-{m + 1:02}-01", "net") for m in range(1, 6)]
    tv = [("t1", "a", "2025-01-20", "2025-03-20", "tv"), ("t2", "a", "2025-03-20", None, "tv")]
    assert ends([*net, ("n6", "a", "2025-06-01", None, "net"), *tv], lay) == [("n1", "NaT"), ("t1", "NaT")]
    assert ends([*net, *tv], lay) == [("n1", "2025-06-01"), ("t1", "NaT")], "net alone was given up"
    changed = [("u1", "a", "2025-01-01", "2025-06-01", "basic"), ("u2", "a", "2025-06-10", None, "plus")]
    beside = ("t1", "a", "2025-02-01", None, "tv")
    assert ends([*changed, beside], lay) == [("t1", "NaT"), ("u1", "NaT")], "an upgrade while another runs"


def test_who_usually_renews_late_has_not_left_before_the_usual_wait_is_over(lay):
    rows = [(f"k{i}", f"c{i}", "2025-01-01", "2025-02-01", "basic") for i in range(9)]
    late = [(f"l{i}", f"c{i}", f"2025-02-{i + 1:02}", "2025-03-01", "basic") for i in range(6)]
    table = lay(laid([*rows, *late]), "contracts")
    assert tenures.usual_wait(table) == 5  # the last of them began on 6 February
    found = tenures.carried_on(table).execute().set_index("contract_id")["ended_at"].dt.strftime("%m-%d")
    assert (found["k0"], found["k8"]) == ("03-06", "02-06")
    once = [*rows, *[(f"m{i}", f"d{i}", "2025-01-01", "2025-02-01", "basic") for i in range(99)], late[3]]
    assert tenures.usual_wait(lay(laid(once), "contracts")) == 0, "one of 109 is nobody's habit"
