"""Leaving: effects worked out another way, planted shares found again, calls worth what they are, silence where nothing
can be said."""

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from cells import run
from scipy.special import expit

from cx_helpers import actions, foresight, purchasing, readings, valuation, wording
from cx_helpers.measures import alive, at_risk, calling, leaving_with, snapshots, value
from cx_helpers.report import charts
from cx_helpers.report.tabulate import twin

TODAY = dt.datetime(2025, 9, 1, tzinfo=dt.UTC)
WHENS = [TODAY - dt.timedelta(97 * k) for k in (3, 2, 1, 0)]
PLAN = snapshots.Schedule("orders", TODAY, tuple(WHENS[:-1]), 7, 90, 500)


def plain(words) -> str:
    return words["en"].replace("\u2066", "").replace("\u2069", "")


def panel(seed=1, n=700, unsolved=0.0, slope=1.0):
    """Customers at three snapshots and today; an unsolved request moves the log odds of leaving by so much."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"who": np.tile([f"c{i}" for i in range(n)], 4), "when": np.repeat(WHENS, n)})
    size = len(rows)
    rows["recency_days"] = rng.uniform(1, 90, size)
    rows["orders"] = 1.0 + rng.poisson(2, size)
    rows["orders_recent"], rows["orders_before"] = 1.0 + rng.poisson(0.5, size), rng.poisson(1, size).astype(float)
    rows["spend_recent"], rows["spend_before"] = rng.gamma(2, 100, size), rng.gamma(2, 50, size)
    rows["mean_order"], rows["tenure_days"] = rng.gamma(3, 60, size), rows["recency_days"] + rng.uniform(1, 400, size)
    rows["unsolved_requests"] = (rng.random(size) < 0.1 + 0.002 * rows["recency_days"]).astype(float)
    odds = -0.5 + slope * (rows["recency_days"] / 45 - 1) + unsolved * rows["unsolved_requests"]
    rows["y"] = (rng.random(size) < expit(odds)).astype(float)
    rows["today"], rows["weight"] = rows["when"] == TODAY, 1.0
    return rows.assign(y=rows["y"].mask(rows["today"]), odds=odds)


@pytest.fixture(scope="module")
def rows():
    return panel(unsolved=1.5)


@pytest.fixture(scope="module")
def trial(rows):
    return at_risk.trial(rows.drop(columns="odds"))


def test_what_goes_with_leaving_is_what_was_planted_all_else_equal(rows):
    past = rows[~rows["today"]]
    found = leaving_with.effects(past).loc["unsolved_requests"]
    had = past[past["unsolved_requests"] > 0]
    truth = (expit(had["odds"]) - expit(had["odds"] - 1.5)).mean()
    assert found["low"] < truth < found["high"]
    assert found["change"] == pytest.approx(truth, abs=0.05)
    assert found["left"] - found["expected"] == pytest.approx(found["change"])
    (one,), looks = readings.leaving_with.findings(leaving_with.effects(past))
    assert (one.subject, one.severity, looks) == ({"experience": "unsolved_requests"}, "high", 1)
    odd = found.to_frame().T.assign(left=0.6046, expected=0.5554, change=0.0492, p_adjusted=0.001, sign=False)
    (one,), _ = readings.leaving_with.findings(odd)  # 60.5 and 55.5 are shown, and 5.0 apart
    left, expected = (float(x) for x in re.findall(r"[\d.]+(?=%)", plain(one.text)))
    assert f"Difference {left - expected:.1f} points" in plain(one.detail)
    share = leaving_with.share(past).iloc[0]
    expected = 1 - (expit(past["odds"] - 1.5 * past["unsolved_requests"])).sum() / expit(past["odds"]).sum()
    assert share["low"] < expected < share["high"]
    assert "of leaving goes with it" in plain(readings.leaving_with.share(leaving_with.share(past)))


def test_its_interval_is_that_of_a_bootstrap_by_customer(rows):
    past = rows[~rows["today"]].reset_index(drop=True)
    share = leaving_with.share(past).iloc[0]
    rng, places = np.random.default_rng(2), past.groupby("who").indices
    names, drawn = list(places), []
    for _ in range(60):
        picked = [places[names[i]] for i in rng.integers(0, len(names), len(names))]
        again = past.iloc[np.concatenate(picked)].assign(who=np.repeat(np.arange(len(picked)), list(map(len, picked))))
        drawn.append(leaving_with.share(again)["share"].iloc[0])
    width = share["high"] - share["low"]
    assert width == pytest.approx(2 * 1.96 * np.std(drawn), rel=0.3)


def test_where_nothing_goes_with_leaving_nothing_is_said():
    loud, covered = 0, 0
    for seed in range(12):
        past = panel(seed, 300).query("not today")
        found, share = leaving_with.effects(past), leaving_with.share(past)
        loud += bool(readings.leaving_with.findings(found)[0])
        covered += share["low"].iloc[0] <= 0 <= share["high"].iloc[0]
    assert loud <= 2
    assert covered >= 10
    assert "cannot be told from none" in plain(
        readings.leaving_with.share(leaving_with.share(panel(3, 300).query("not today")))
    )


def test_silence_is_a_sign_and_no_experience(rows):
    past = rows[~rows["today"]].assign(silence_days=lambda f: f["y"] * 40 + f["recency_days"])
    found = leaving_with.effects(past)
    assert found.loc["silence", "sign"]
    assert found.loc["silence", "p_adjusted"] < 0.001
    assert [f.subject["experience"] for f in readings.leaving_with.findings(found)[0]] == ["unsolved_requests"]
    assert leaving_with.share(past)["share"].iloc[0] == leaving_with.share(rows[~rows["today"]])["share"].iloc[0]


def test_who_is_at_risk_and_how_well_that_was_told(rows, trial):
    quality, now = at_risk.quality(trial), at_risk.chances(trial, rows)
    truth = expit(now["odds"])
    assert np.corrcoef(now["p"], truth)[0, 1] > 0.9
    outlook = at_risk.outlook(trial, now).iloc[0]
    assert outlook["low"] < truth.mean() < outlook["high"]
    assert 0.65 < quality["auc"].iloc[0] < 0.85
    assert at_risk.bands(now)["n"].sum() == 700
    said = plain(readings.at_risk.judged(trial, quality)) + plain(
        readings.at_risk.sentence(at_risk.outlook(trial, now), PLAN)
    )
    assert "reckoned with" in said
    assert "buy nothing from 17 Shahrivar 1404 to 15 Azar 1404" in said, "a week after 10 Shahrivar, and for 90 days"
    ends = readings.at_risk.sentence(at_risk.outlook(trial, now), replace(PLAN, leaving="contracts"))
    assert "buy nothing" not in plain(ends)
    assert readings.at_risk.doubt(quality) is None
    assert "Call nobody" in plain(readings.at_risk.doubt(quality.assign(skill=-0.9, ece=0.24, ece_chance=0.04)))
    assert readings.at_risk.doubt(quality.assign(skill=-0.01, ece=0.01, ece_chance=0.04)) is None
    doubt = readings.at_risk.doubt(quality.assign(skill=-0.9, ece=0.24, ece_chance=0.04))
    same = at_risk.levelled(now, trial)
    assert same["p"].nunique() == 1
    assert same["p"].iloc[0] == trial.judged["y"].mean()
    share = f"{trial.judged['y'].mean():.0%}"
    assert f"one chance was taken for all: {share}" in plain(readings.next_action.unforetold(doubt, same))
    assert readings.next_action.unforetold(None, now) is None
    seldom = replace(PLAN, window_days=182, gaps=900, given=False)
    assert "only looks as if leaving" in plain(readings.at_risk.defined(seldom, False))
    assert "nine of ten" in plain(readings.at_risk.defined(replace(seldom, window_days=180), False))
    assert not {"c1", "c2"} & set(said.split())
    assert at_risk.signals(trial).index[0] == "recency_days"


def test_a_call_is_worth_what_it_keeps_less_what_it_costs():
    now = pd.DataFrame(
        {"who": list("abcd"), "p": [0.9, 0.5, 0.1, 0.9], "value": [1000, 1000, 1000, np.nan], "weight": 1.0}
    )
    assert calling.worth(now["p"], now["value"], 0.2, 50).tolist()[:3] == pytest.approx([130, 50, -30])
    best = calling.best(now, 0.2, 50).iloc[0]
    assert (best["n"], best["net_gain"], best["saved"], best["spent"]) == pytest.approx((2, 180, 0.28, 100))
    assert best["low"] < 180 < best["high"]
    curve = calling.curve(now, 0.2, 50, shares=(0.34, 0.67, 1.0))
    assert curve["net_gain"].tolist() == pytest.approx([180, 150, 150], abs=31)
    assert curve["net_gain"].iloc[-1] == pytest.approx(150)
    many = pd.DataFrame({"p": [0.9] * 4 + [0.1] * 96, "value": 1000.0, "weight": 1.0})
    drawn = readings.calling.drawn(calling.curve(many, 0.2, 50, peak=True))
    assert drawn["net_gain"].max() == pytest.approx(4 * 130), "the best number is a point of the curve"
    assert drawn.index.is_unique
    assert "highest at 4 calls" in plain(readings.calling.peak(drawn))
    top = drawn["net_gain"].idxmax()
    (figure,) = (f for f in charts.lines(drawn, "net_gain", at=top)._repr_mimebundle_().values() if "data" in f)
    assert [place for place, text in zip(drawn.index, figure["data"][-1]["text"], strict=True) if text] == [top]
    assert readings.calling.peak(readings.calling.drawn(calling.curve(now, 0.2, 5000, peak=True))) is None
    assert list(calling.whom(now, 0.2, 50)["customer_id"]) == ["a", "b"]
    nobody = calling.best(now, 0.2, 5000)
    assert nobody["n"].iloc[0] == 0
    assert "no customer is worth a call" in plain(readings.calling.sentence(nobody, calling.Assumed(0.2, 5000)))
    assert readings.calling.sentence(calling.best(now.iloc[:0], 0.2, 50), calling.Assumed(0.2, 50)) is None


def test_churn_and_personalisation_assume_the_same_of_a_call_and_say_from_where():
    rows = pd.DataFrame({"mean_order": [1000.0, 3000.0], "monthly_fee": [500.0, 700.0]})
    own = actions.read("""actions:
      sorry: {when: {open_tickets: 1}, channel: phone, duty: true, brings: kept, effect: 0.9, cost: 1}
      keep: {name: keep them, when: {risk: '>= 0.5'}, channel: phone, priority: 1, brings: kept, effect: 0.3, cost: 70}
      mail: {when: {risk: '>= 0.5'}, channel: email, brings: kept, effect: 0.5, cost: 3}""")
    none = actions.read("actions: {mail: {when: {orders: 1}, channel: email}}")
    shipped = actions.read(actions.template(), own=False)
    assert calling.assumed(own, rows, "orders")[:2] == (0.3, 70)
    assert calling.assumed(none, rows, "orders")[:2] == pytest.approx((0.2, 200))
    assert calling.assumed(shipped, rows, "orders")[:2] == pytest.approx((0.1, 100))  # 5 % of a mean order
    assert calling.assumed(shipped, rows, "contracts")[:2] == pytest.approx((0.1, 60))  # a tenth of the fee
    given = calling.assumed(own, rows, "orders", cost=40_000)
    assert given[:2] == (0.3, 40_000)
    said = [readings.calling.taken(calling.assumed(p, rows, "orders"))["en"] for p in (own, shipped, none)]
    assert "“keep them” of actions.yaml" in said[0]
    assert "ships" in said[1]
    assert "the program’s own" in said[2]
    assert "call_cost = 40,000 rials" in plain(readings.calling.taken(given))
    both = readings.calling.taken(calling.assumed(own, rows, "orders", 0.4, 5))["en"]
    assert "actions.yaml" not in both


def test_the_table_behind_the_picture_of_gains_is_in_money():
    now = pd.DataFrame({"who": ["a", "b"], "p": [0.8, 0.6], "value": [5e8, 4e8], "weight": 1.0})
    shown = twin(readings.calling.drawn(calling.curve(now, 0.2, 50, shares=(0.5, 1.0))), "net_gain", "money", "fa")
    assert [column["title"] for column in shown["columns"]][1] == "سود خالص"
    assert shown["rows_title"] == "سهم تماس‌گرفته"
    assert "تومان" in shown["rows"][0]["cells"][1]["text"]


def test_the_interval_of_a_gain_holds_what_calls_brought():
    rng = np.random.default_rng(4)
    p, value = rng.beta(1, 2, 400), rng.gamma(2, 500, 400)
    now = pd.DataFrame({"who": range(400), "p": p, "value": value, "weight": 1.0})
    best = calling.best(now, 0.3, 40).iloc[0]
    called = calling.worth(p, value, 0.3, 40) > 0
    kept = (rng.random((2000, 400)) < 0.3 * p) & called
    brought = kept @ value - 40 * called.sum()
    assert 0.92 < ((brought >= best["low"]) & (brought <= best["high"])).mean() < 0.975


def test_what_is_kept_comes_from_the_companys_own_margins(rows, trial):
    terms = valuation.Terms(0.25, True, 0.2, 12)
    none = valuation.Model(pd.DataFrame(), terms)
    now, judged, source = calling.valued(trial, rows, PLAN, none, terms)
    pace = (now["spend_recent"] + now["spend_before"]) / 180 * terms.days * 0.25
    assert source == "pace"
    assert now["value"].tolist() == pytest.approx(pace.tolist())
    assert len(judged) == len(now) == 700
    assert judged["y"].notna().all()
    check = calling.check(judged, 0.2, 5.0).iloc[0]
    known = judged[calling.worth(judged["p"], judged["value"], 0.2, 5.0) > 0]
    assert check["ratio"] == pytest.approx((known["y"] * known["value"]).sum() / (known["p"] * known["value"]).sum())
    assert 0.8 < check["low"] < check["ratio"] < check["high"] < 1.2
    held = rows.assign(monthly_fee=100.0, contract_days=50.0)
    money, source = calling.kept(held, "contracts", none, valuation.Terms(0.5, True, 0.0, 12), 90, 0.1)
    assert source == "fees"
    assert money[0] == pytest.approx(50 * (1 - 0.9**12) / 0.1)
    assert calling.kept(rows, "contracts", none, terms, 90)[1] == "nothing"
    assert calling.a_month(0.271, 365.25 / 4) == pytest.approx(0.1, abs=1e-3)


def histories(seed=3, n=1500):
    """Customers of BG/NBD: (folded rows, was each still there at the end, does each leave within 60 days?)."""
    rng = np.random.default_rng(seed)
    T = rng.integers(200, 400, n)
    rate, p = rng.gamma(1.2, 1 / 30, n), rng.beta(1.2, 3, n)
    x, t_x, stay, soon = np.zeros(n), np.zeros(n), np.zeros(n, bool), np.zeros(n, bool)
    for i in range(n):
        t = 0.0
        while True:
            if rng.random() < p[i]:  # leaves after this purchase
                stay[i], soon[i] = t > T[i], T[i] < t <= T[i] + 60
                break
            t += rng.exponential(1 / rate[i])
            if t <= T[i]:
                x[i], t_x[i] = x[i] + 1, t
    rows = pd.DataFrame({"x": x, "t_x": t_x, "T": T.astype(float), "spend": np.where(x > 0, 10.0, np.nan)})
    return rows.assign(first_spend=10.0, n=1.0, group=np.where(np.arange(n) % 3, "a", "b")), stay, soon


def test_who_is_still_a_customer_and_how_many_leave_next():
    rows, stay, soon = histories()
    model = valuation.model(rows, valuation.Terms(), "mbgnbd")
    whole = alive.leavers(model, 60).iloc[0]
    assert whole["here"] == pytest.approx(stay.sum(), rel=0.1)
    assert whole["low"] < soon.sum() < whole["high"]
    parts = alive.leavers(model, 60, "group")
    assert parts["leaving"].sum() == pytest.approx(whole["leaving"])
    spread = alive.distribution(model)
    assert spread["n"].sum() == 1500
    assert spread["share"].sum() == pytest.approx(1)
    each = purchasing.alive(model.buying, rows["x"], rows["t_x"], rows["T"])
    rules = alive.rules(model)
    silent = (rows["T"] - rows["t_x"]) > 60
    assert rules.loc[60, "n"] == silent.sum()
    assert rules.loc[60, "still"] == pytest.approx(each[silent].sum())
    assert rules["lost"].is_monotonic_decreasing
    said = plain(readings.alive.sentence(model, alive.leavers(model, 60), 60))
    assert "leave for good, without a word" in said
    assert "rests on little" not in said
    assert "another thing" in plain(readings.alive.sentence(model, alive.leavers(model, 60), 60, beside=True))
    once = replace(model, rows=model.rows.assign(x=(np.arange(len(model.rows)) % 5 == 0).astype(float)))
    all_here = alive.leavers(model, 60).assign(here=1490.0)
    assert "only 20% bought again" in plain(readings.alive.sentence(once, all_here, 60))
    other = pd.DataFrame({"alive": [0.4, 0.99]}, index=["mbgnbd", "bgnbd"])
    assert "put this share at BG/NBD 99%" in plain(readings.alive.model_of(model, other))


def test_where_no_model_of_buying_can_be_fitted_it_says_what_is_missing():
    rows = histories()[0].assign(x=0.0, t_x=0.0, spend=np.nan)
    model = valuation.model(rows, valuation.Terms())
    whole = alive.leavers(model, 60)
    assert whole["leaving"].isna().all()
    assert "None of 1,500 customers bought again" in plain(readings.alive.sentence(model, whole, 60))
    assert alive.distribution(model).empty
    assert readings.alive.model_of(model) is None
    wording.use(locale="en")
    (told,) = readings.value_doubts.reasoned(model, value.clv(model, None, 1, "alive"))["why"]
    assert told == "nobody bought again"
    gone = alive.leavers(model, 60).assign(here=0.2, leaving=0.1)
    assert "none to be a customer still" in plain(readings.alive.sentence(replace(model, refused={}), gone, 60))
    few = valuation.model(histories()[0].head(40), valuation.Terms())
    assert "finds 40" in plain(readings.alive.sentence(few, alive.leavers(few, 60), 60))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.iloc[:0], "no known customer bought or had"),
        (lambda f: f[f["today"]], "The history is short"),
        (lambda f: f[f["who"] == "c1"], "too few to learn from|Nobody left"),
        (lambda f: f.assign(y=f["y"] * 0), "Nobody left at one of the snapshots"),
        (lambda f: f.assign(y=f["y"] * 0 + 1), "nearly all have left"),
        (lambda f: f.assign(closed_days=f["y"].fillna(0)), "closed_days tells by itself who leaves"),
    ],
    ids=["nobody", "no past", "one", "none left", "all left", "leak"],
)
def test_what_is_missing_is_said_and_the_rest_goes_on(rows, change, said):
    part = change(rows.drop(columns="odds"))
    trial = at_risk.trial(part)
    now = at_risk.chances(trial, part)
    assert trial.learner is None
    assert now.empty
    refusal = plain(readings.at_risk.refusal(trial, PLAN))
    assert any(one in refusal for one in said.split("|")), refusal
    assert at_risk.quality(trial)["auc"].isna().all()
    wording.use(locale="en")
    outlook = at_risk.outlook(trial, now)
    assert readings.at_risk.sentence(outlook, PLAN) is None
    assert outlook["n"].iloc[0] == 0
    assert "cannot be learnt" in readings.at_risk.reasoned(outlook, trial)["why"].iloc[0], "not: no data"
    terms = valuation.Terms()
    today, judged, _ = calling.valued(trial, part, PLAN, valuation.Model(pd.DataFrame(), terms), terms)
    assert readings.calling.sentence(calling.best(today, 0.2, 1.0), calling.Assumed(0.2, 1.0)) is None
    assert calling.check(judged, 0.2, 1.0)["ratio"].isna().all()
    assert len(calling.curve(today, 0.2, 1.0)) == len(at_risk.bands(today)) == 0
    past = part[~part["today"]] if len(part) else part
    if past["y"].nunique() < 2:
        assert "cannot be told" in plain(readings.leaving_with.share(leaving_with.share(past)))
        assert readings.leaving_with.findings(leaving_with.effects(past)) == ([], 0)


def test_small_bands_are_not_shown(trial, rows):
    from cx_helpers import disclosure

    now = at_risk.chances(trial, rows).assign(p=[0.95] * 5 + [0.4] * 695)
    shown = at_risk.bands(now, disclosure.Limit(30, 10))
    assert shown[["upto", "n"]].to_dict("index") == {3: {"upto": 6, "n": 700}}, "merged, not hidden"
    several = now.assign(p=[0.95] * 8 + [0.8] * 330 + [0.6] * 300 + [0.05] * 62)
    shown = at_risk.bands(several, disclosure.Limit(30, 10))
    assert shown["n"].to_dict() == {1: 62, 4: 300, 5: 338}, "who is most at risk stays in the picture"
    assert shown["share"].notna().all()
    assert re.sub("[\u2066-\u2069]", "", readings.at_risk.banded(shown).index[-1]) in ("over 70%", "بیش از ۷۰٪")
    assert foresight.FEWEST == 30


@pytest.mark.parametrize("report", ["churn", "value", "customer"])
def test_nobody_is_silent_for_the_data_s_end(tmp_path, report):
    last = pd.Timestamp("2026-03-17", tz="UTC")
    rng = np.random.default_rng(4)  # buyers of every twenty days, and contracts; all is recorded up to 17 March
    began = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 380, 120), unit="D")
    rows = [(f"c{i}", day) for i, at in enumerate(began) for day in pd.date_range(at, last, freq=f"{15 + i % 12}D")]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at"]).assign(amount=50.0)
    orders["order_id"] = orders.index.astype(str)
    people = pd.DataFrame({"customer_id": [f"c{i}" for i in range(120)], "created_at": began})
    contracts = people.rename(columns={"created_at": "started_at"}).assign(contract_id=people["customer_id"])
    contracts["ended_at"] = (began + pd.Timedelta(300, "D")).where(np.arange(120) % 3 == 0)
    contracts["ended_at"] = contracts["ended_at"].where(contracts["ended_at"] < "2026-03-18")
    (tmp_path / "tables").mkdir()
    (tmp_path / "workspace.yaml").write_text("name: x\ncalendar: gregorian\ntimezone: UTC\nlocale: en\n", "utf-8")
    for name, frame in {"orders": orders, "customers": people, "contracts": contracts}.items():
        times = {c: frame[c].dt.as_unit("us") for c in frame if c.endswith("_at")}
        frame.assign(**times).to_parquet(tmp_path / "tables" / f"{name}.parquet")
    year, day = (run(report, workspace=str(tmp_path), period=p)["metrics"] for p in ("2026", "2026-01-01_2026-03-17"))
    values = [[(m["metric"], m["value"], m["low"], m["n"]) for m in one] for one in (year, day)]
    assert values[0] == values[1]
    assert len(year) > 2
