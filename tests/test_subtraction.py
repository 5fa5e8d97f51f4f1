"""Can a small group be had by subtraction?  An adversary who knows every number of the customer page, and a solver."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from cx_helpers import readings
from cx_helpers.disclosure import Limit
from cx_helpers.measures import lifecycle

LIMIT = Limit(1, 10)
AS_OF = dt.datetime(2025, 9, 23, tzinfo=dt.UTC)
STAGES = lifecycle.STAGES
QUIET = ("cooling", "lapsed")
DAYS = {"prospect": None, "new": 5, "active": 20, "cooling": 45, "lapsed": 90}  # since the last purchase


def profiles(stages, asked, bad, value) -> pd.DataFrame:
    """What `profile.profile` gives, of customers of whom these are known."""
    bought = [None if DAYS[s] is None else AS_OF - dt.timedelta(days=DAYS[s]) for s in stages]
    return pd.DataFrame({
        "customer_id": [f"c{i}" for i in range(len(stages))], "lifecycle": stages,
        "last_order_at": pd.Series(bought, dtype="datetime64[us, UTC]"), "value": value,
        "last_nps": np.where(asked, np.where(bad, 2.0, 9.0), np.nan), "last_csat": np.nan, "open_tickets": 0,
        "consent": True, "last_contact_at": AS_OF,
    })  # fmt: skip


def company(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers before and now, with small groups here and there; the same ids are the same people."""
    rng = np.random.default_rng(seed)
    sizes = {s: int(rng.choice([0, rng.integers(1, 10), rng.integers(10, 80)], p=[0.1, 0.4, 0.5])) for s in STAGES}
    stages = np.repeat(list(sizes), list(sizes.values()))
    rate = dict(zip(STAGES, rng.choice([0.05, 0.3, 0.9, 1.0], 5), strict=True))
    asked = rng.random(len(stages)) < [rate[s] for s in stages]
    value = np.where(stages == "prospect", 0.0, rng.lognormal(3, 1, len(stages)))
    now = profiles(stages, asked, rng.random(len(stages)) < 0.4, value)
    # most stay where they are; some are new to the company, and come as prospects, new or active
    then = np.where(rng.random(len(stages)) < 0.7, stages, rng.choice(STAGES[:4], len(stages)))
    fresh = np.isin(stages, STAGES[:3]) & (rng.random(len(stages)) < 0.1)
    return now.assign(lifecycle=then)[~fresh], now


class Adversary:
    """Linear facts about unknown counts; `reach` tells between which bounds one sum of them must lie."""

    def __init__(self):
        self.names: dict = {}
        self.facts: list = []

    def learn(self, terms: dict, value: float = 0.0) -> None:
        """The sum of these {count: how often} is `value`."""
        for name in terms:
            self.names.setdefault(name, len(self.names))
        self.facts.append((terms, value))

    def learn_about(self, terms: dict, value: float, off: float) -> None:
        """The sum of these is within `off` of `value`: so far above the lower end, and below the upper."""
        up, down = ("over", len(self.facts)), ("under", len(self.facts))
        self.learn(terms | {up: -1}, value - off)
        self.learn(terms | {down: 1}, value + off)

    def reach(self, wanted) -> tuple[float, float]:
        row = np.zeros((len(self.facts), len(self.names)))
        for i, (terms, _) in enumerate(self.facts):
            for name, times in terms.items():
                row[i, self.names[name]] = times
        goal = np.zeros(len(self.names))
        goal[[self.names[name] for name in wanted]] = 1
        ends = [linprog(sign * goal, A_eq=row, b_eq=[v for _, v in self.facts]) for sign in (1, -1)]
        assert ends[0].status == 0, "what is true must be possible"
        return ends[0].fun, np.inf if ends[1].status == 3 else -ends[1].fun


def share_of(found: pd.Series, column: str) -> tuple[float, float] | None:
    """(n, share x n) of a row, where both are told."""
    if pd.isna(found["n"]) or pd.isna(found[column]):
        return None
    return found["n"], found["n"] * found[column]


def buyers(known: Adversary, row: pd.Series) -> None:
    """What the n of a row tells of those who ever bought: rounded to the smallest group where the row is held back."""
    off = 0.5 * LIMIT.customers if row["hidden"] == "beside" else 0.0
    known.learn_about({("stage", s): 1 for s in STAGES[1:]}, row["n"], off)


def read(before: pd.DataFrame, now: pd.DataFrame) -> Adversary:
    """Everything that the page and its metrics say, as facts about ("stage", s), ("move", b, s), ("asked", s, f) …"""
    was, is_ = ibis.memtable(before), ibis.memtable(now)
    known, fifths = Adversary(), range(6)  # fifth 0: bought nothing

    def sums(kind, stages=STAGES, among=fifths, times=1.0):
        return {(kind, s, f): times for s in stages for f in among}

    stages = lifecycle.stages(is_, smallest=LIMIT)
    known.learn({("stage", s): 1 for s in STAGES}, len(now))
    for s in STAGES:  # where somebody was before, or not known then
        known.learn({("move", b, s): 1 for b in (*STAGES, None)} | {("stage", s): -1})
        known.learn(sums("good", [s]) | sums("bad", [s]) | {("silent", s): 1, ("stage", s): -1})
        if s not in stages.index:
            known.learn({("stage", s): 1}, 0)
        elif pd.notna(stages.loc[s, "share"]):
            known.learn({("stage", s): 1}, stages.loc[s, "n"])
        if s in stages.index and pd.notna(u := stages.loc[s, "unhappy"]):
            known.learn(sums("bad", [s], times=1 - u) | sums("good", [s], times=-u))
    for f in range(1, 6):
        known.learn({("bad", "prospect", f): 1, ("good", "prospect", f): 1}, 0)
    quiet = lifecycle.quiet(is_, smallest=LIMIT).loc["all"]
    buyers(known, quiet)
    if told := share_of(quiet, "quiet"):
        known.learn({("stage", s): 1 for s in QUIET}, told[1])
    limits = lifecycle.limits(is_, AS_OF, 30.0, smallest=LIMIT)
    for days, some in ((30, QUIET), (60, QUIET[1:])):
        buyers(known, limits.loc[days])
        if told := share_of(limits.loc[days], "quiet"):
            known.learn({("stage", s): 1 for s in some}, told[1])
    unhappy = lifecycle.unhappy(is_, smallest=LIMIT).loc["all"]
    if told := share_of(unhappy, "unhappy"):
        known.learn(sums("good") | sums("bad"), told[0])
        known.learn(sums("bad"), told[1])
    for f, row in lifecycle.worth(is_, smallest=LIMIT).iterrows():
        if told := share_of(row, "unhappy"):
            known.learn(sums("good", among=[f]) | sums("bad", among=[f]), told[0])
            known.learn(sums("bad", among=[f]), told[1])
    for (b, s), row in lifecycle.moved(was, is_, smallest=LIMIT).iterrows():
        if pd.notna(row["n"]):
            known.learn({("move", b, s): 1}, row["n"])
        if told := row["n"] and share_of(row, "share"):
            known.learn({("move", b, to): 1 for to in STAGES}, row["n"] / row["share"])
    return known


def secrets(before: pd.DataFrame, now: pd.DataFrame) -> dict:
    """The groups of one to nine customers that the page has to hide: {what: the counts that make it up}."""
    out = {}
    for s, n in now["lifecycle"].value_counts().items():
        if n < 10:
            out[f"customers {s}"] = [("stage", s)]
    both = now.merge(before, "left", "customer_id", suffixes=("", "_before"))
    for (b, s), n in both.groupby(["lifecycle_before", "lifecycle"]).size().items():
        if n < 10:
            out[f"from {b} to {s}"] = [("move", b, s)]
    for s, n in now[now["last_nps"].notna()]["lifecycle"].value_counts().items():
        if n < 10:
            out[f"unhappy {s}"] = [("bad", s, f) for f in range(6)]
    return out


@pytest.mark.parametrize("seed", range(12))
def test_no_small_group_of_the_customer_page_can_be_worked_out(seed):
    before, now = company(seed)
    if len(now) < 10:
        return
    known = read(before, now)
    for what, counts in secrets(before, now).items():
        least, most = known.reach(counts)
        assert most - least > 0.5, f"{what} is {least:.2f}: {now['lifecycle'].value_counts().to_dict()}"


def test_the_share_gone_quiet_does_not_give_a_small_stage_away():
    stages = np.repeat(STAGES, [30, 40, 50, 4, 60])
    now = ibis.memtable(profiles(stages, True, False, np.where(stages == "prospect", 0, 9.0)))
    for found in (lifecycle.quiet(now, smallest=LIMIT), lifecycle.limits(now, AS_OF, 30.0, smallest=LIMIT)):
        assert found[["customers", "quiet", "low", "high"]].isna().all(axis=None)
        assert found["n"].eq(150).all(), "154, rounded to the smallest group"
        assert found["hidden"].eq("beside").all()
    assert lifecycle.quiet(now)["quiet"].tolist() == pytest.approx([64 / 154])
    assert readings.lifecycle.money(lifecycle.stages(now, smallest=LIMIT)) is None, "not of those who are shown only"


def test_a_stage_in_which_nobody_was_has_no_row():
    now = ibis.memtable(profiles(np.repeat(["new", "active"], [20, 30]), True, False, 9.0))
    found = lifecycle.moved(now, now, smallest=LIMIT)
    assert list(found.index.unique("before")) == ["new", "active"]
    assert found.loc[("new", "new"), "n"] == 20
