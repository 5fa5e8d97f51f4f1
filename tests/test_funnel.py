"""Funnels: followed by hand, against a plain loop, planted drops found again, and what is not over is no drop."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from cx_helpers import disclosure, readings, wording
from cx_helpers.dates import Period
from cx_helpers.measures import funnel, funnel_drops, funnel_walks
from cx_helpers.tables import MissingTable, TableError

START = pd.Timestamp("2025-08-01", tz="UTC")
STEPS = ["page", "cart", "pay"]


def log(*visits, **columns):
    """Touchpoints of visits told as (customer, "page@0 cart@5 pay!@9"): minutes since the start, `!` failed."""
    rows = []
    for number, (who, told) in enumerate(visits):
        for place, one in enumerate(told.split()):
            name, at = one.split("@")
            outcome = "failure" if name.endswith("!") else None
            rows.append(
                (f"e{number:05d}{place:02d}", who, START + pd.Timedelta(float(at), "min"), name.strip("!"), outcome)
            )
    frame = pd.DataFrame(rows, columns=["event_id", "customer_id", "occurred_at", "touchpoint", "outcome"])
    return frame.assign(**columns)


SMALL = [
    ("a", "page@0 cart@5 pay@9"),
    ("b", "page@0 search@1 cart@5 pay!@9"),  # the last step failed
    ("c", "cart@0 page@5"),  # the cart came before
    ("d", "page@0 page@1 cart@2"),
    ("e", "search@0 cart@1 pay@2"),  # never entered
    ("f", "page@0 pay@3"),  # left the cart out
]


def walked(lay, frame, steps=STEPS, until="2025-09-01", **way):
    return funnel_walks.walks(lay(frame, "touchpoints"), steps, START, pd.Timestamp(until, tz="UTC"), **way)


def shares(found):
    return found[["n", "reached", "lost"]].astype(int).values.tolist()


def test_open_steps_by_hand(lay):
    found = funnel.conversion(walked(lay, log(*SMALL)), STEPS)
    assert shares(found) == [[5, 5, 0], [5, 3, 2], [3, 1, 2]]
    assert found["conversion"].tolist() == [1, 0.6, 0.2]
    assert found["passed"].tolist()[1:] == pytest.approx([0.6, 1 / 3])
    assert np.isnan(found["passed"].iloc[0])
    assert (found["low"] <= found["passed"]).iloc[1:].all()


def test_strict_steps_follow_directly_repeats_aside(lay):
    found = funnel.conversion(walked(lay, log(*SMALL), order="strict"), STEPS)
    assert shares(found) == [[5, 5, 0], [5, 2, 3], [2, 1, 1]]  # b searched between; d saw the page twice


def test_an_optional_step_may_be_left_out(lay):
    found = funnel.conversion(walked(lay, log(*SMALL), optional=("cart",)), STEPS, optional=("cart",))
    assert found["reached"].tolist() == [5, 3, 2]  # f paid without a cart
    assert found["passed"].iloc[2] == pytest.approx(2 / 5)
    late = log(("a", "page@0 pay@3 cart@9"))
    row = walked(lay, late, optional=("cart",)).execute().iloc[0]
    assert pd.isna(row["t1"])  # the cart came after the goal
    assert row["t2"] - row["t0"] == 180


def test_times_between_steps(lay):
    frame = log(("a", "page@0 cart@5 pay@9"), ("b", "page@0 cart@100 pay@101"), ("c", "page@0 cart@1 pay@400"))
    assert shares(funnel.conversion(walked(lay, frame, within="6h"), STEPS))[2] == [3, 2, 1]
    assert shares(funnel.conversion(walked(lay, frame, at_most="1h"), STEPS))[1:] == [[3, 2, 1], [2, 1, 1]]
    assert shares(funnel.conversion(walked(lay, frame, at_least="2min"), STEPS))[1:] == [[3, 2, 1], [2, 1, 1]]


def test_the_best_attempt_counts_once(lay):
    frame = log(("a", "page@0 cart@5"), ("a", "page@3000 cart@3001 pay@3002"), ("a", "page@9000"))
    rows = walked(lay, frame, within="1d").execute()
    assert len(rows) == 1
    assert rows["entered_at"].iloc[0] == START.timestamp() + 3000 * 60
    assert len(walked(lay, frame, within="1d", journey="2h").execute()) == 3


def test_an_attempt_that_is_over_counts_before_one_that_is_not(lay):
    frame = log(("a", "page@0"), ("a", "page@3000 cart@3001"), ("b", "pay@0"))
    row = walked(lay, frame, until="2025-08-03 12:00", within="1d").execute().iloc[0]
    assert row["over"]
    assert row["entered_at"] == START.timestamp()


def test_whose_time_is_not_over_is_not_lost(lay):
    frame = log(("a", "page@0 cart@5 pay@9"), ("b", "page@0"), ("late", "page@1500 cart@1501"))
    found = walked(lay, frame, until="2025-08-02 06:00", within="1d")
    assert funnel_walks.sizes(found) == (3, 2)
    assert shares(funnel.conversion(found, STEPS)) == [[2, 2, 0], [2, 1, 1], [1, 1, 0]]
    assert "1 of 3" in readings.funnel.waiting(3, 2)["en"]


def test_who_entered_before_the_period_is_not_in_it(lay):
    frame = log(("a", "page@-10 cart@5 pay@9"), ("b", "page@0 cart@5 pay@9"))
    assert walked(lay, frame).execute()["customer_id"].tolist() == ["b"]


def plain(frame, steps, within_s):
    """The same by loops: {customer: steps reached by the best attempt}."""
    out = {}
    for who, part in frame.sort_values(["occurred_at", "event_id"]).groupby("customer_id"):
        rows = list(zip(part["touchpoint"], part["occurred_at"], part["outcome"].isna(), strict=True))
        best = 0
        for i, (name, begun, _ok) in enumerate(rows):
            if name != steps[0]:
                continue
            deep, k = 1, i
            for step in steps[1:]:
                last = step == steps[-1]
                k = next((j for j in range(k + 1, len(rows)) if rows[j][0] == step and (rows[j][2] or not last)), None)
                if k is None or (rows[k][1] - begun).total_seconds() > within_s:
                    break
                deep += 1
            best = max(best, deep)
        if best:
            out[who] = best
    return out


def test_many_walks_agree_with_a_plain_loop(lay):
    rng = np.random.default_rng(8)
    names = ["page", "cart", "pay", "pay!", "search"]
    visits = [
        (f"c{c}", " ".join(f"{rng.choice(names)}@{m}" for m in np.sort(rng.integers(0, 900, rng.integers(1, 12)))))
        for c in range(200)
    ]
    frame = log(*visits).sample(frac=1, random_state=1)
    found = walked(lay, frame, within="2h").execute().set_index("customer_id")["deepest"].astype(int).to_dict()
    assert found == plain(frame, STEPS, 7200)
    assert set(found.values()) == {1, 2, 3}


def crowd(seed, share, people=900, channel=None):
    """A page, then a cart for 80 %, then a payment for `share` of those, within minutes."""
    rng = np.random.default_rng(seed)
    visits = []
    for c in range(people):
        told = f"page@{c}"
        if rng.random() < 0.8:
            told += f" cart@{c + 1}" + (f" pay@{c + 2}" if rng.random() < share else "")
        visits.append((f"{channel}{c}", told))
    return log(*visits, channel=channel or "web")


def looked(lay, now, before):
    parts = [[walked(lay, frame, by="channel", within="1h") for frame in (now, before)]]
    ((here, there),) = parts
    answers = {
        by: tuple(funnel.conversion(w, STEPS, by, smallest=30) for w in (here, there)) for by in (None, "channel")
    }
    dear = funnel_drops.costs(answers[None][0], 100.0)
    return funnel_drops.looks(answers, dear, 100.0, 30), dear


def kinds(lay, shares):
    """The looks of a company whose carts are paid by these shares: {(channel, province): (people, share)}."""
    rows = []
    for (channel, province), (people, share) in shares.items():
        for c in range(people):
            told = f"page@{c} cart@{c + 1}" + (f" pay@{c + 2}" if c % 100 < 100 * share else "")
            rows.append(log((f"{channel}{province}{c}", told), channel=channel).assign(province=province))
    rows = pd.concat(rows, ignore_index=True).assign(event_id=lambda f: [f"e{i}" for i in range(len(f))])
    columns = ["channel", "province"]
    now = walked(lay, rows, by=columns, within="1h")
    answers = {by: (funnel.conversion(now, STEPS, by, smallest=30),) * 2 for by in (None, *columns)}
    crossed = funnel.conversion(now, STEPS, columns, smallest=30)
    found = funnel_drops.looks(answers, funnel_drops.costs(answers[None][0], 100.0), 100.0, 30, crossed)
    at = (found["column"] == "channel") & (found["group"] == "app") & (found["step"] == STEPS[-1])
    return found, found[at & (found["against"] == "others")].iloc[0]


def test_what_is_worse_in_all_and_better_in_every_part_is_no_finding(lay):
    """Simpson: the app pays better by ten points in both provinces, and is used where little is paid."""
    shares = {("app", "A"): (200, 0.8), ("web", "A"): (600, 0.7), ("app", "B"): (600, 0.4), ("web", "B"): (200, 0.3)}
    found, app = kinds(lay, shares)
    assert app["change"] == pytest.approx(0.5 - 0.6)
    assert app["inside"] == pytest.approx(0.1)
    assert (app["mixed"], app["loud"]) == (True, None)
    told = readings.funnel.mixed(found)["en"]
    assert "channel “app”" in told.replace("\u2068", "")
    assert "+10 points" in told


def test_what_is_worse_in_every_part_stays_a_finding(lay):
    shares = {("app", "A"): (200, 0.4), ("web", "A"): (200, 0.7), ("app", "B"): (200, 0.2), ("web", "B"): (200, 0.5)}
    found, app = kinds(lay, shares)
    assert app["inside"] == pytest.approx(-0.3)
    assert not app["mixed"]
    assert app["loud"] == "medium"
    assert readings.funnel.mixed(found) is None


def test_a_planted_drop_is_found_and_costed(lay):
    web = crowd(1, 0.6, channel="web")
    now, before = (pd.concat([web, crowd(2, share, channel="app")]) for share in (0.3, 0.6))
    found, dear = looked(lay, now, before)
    told, count = readings.funnel.findings(found)
    first = told[0]
    assert first.subject in ({"step": "pay", "channel": "app"}, {"step": "pay"})
    assert (first.severity, first.kind, first.impact["unit"]) == ("high", "funnel_drop", "money")
    assert {tuple(sorted(f.subject.items())) for f in told} <= {
        (("step", "pay"),),
        (("channel", "app"), ("step", "pay")),
    }
    assert count == len(found) > 4
    assert found["p_adjusted"].min() == pytest.approx(found["p_value"].min() * count)
    row = found[(found["group"] == "app") & (found["against"] == "before") & (found["step"] == "pay")].iloc[0]
    assert row["lost"] == pytest.approx(row["n"] * (row["baseline"] - row["value"]))  # payment is the goal: all of them
    assert dear.loc["cart", "would_convert"] == pytest.approx(dear.loc["cart", "lost"] * dear.loc["cart", "onward"])
    assert row["lost_low"] == pytest.approx(row["lost"] * (1 - 1.96 / norm.isf(row["p_value"] / 2)), rel=1e-3)
    assert first.impact["low"] < first.impact["value"] < first.impact["high"]
    assert "(95% interval " in readings.funnel.dearest(dear)["en"]
    assert "pay" in readings.funnel.found(told, count)["en"]
    assert f"In {count} comparisons 1 holds after" in readings.funnel.found(told[:1], count)["en"]


def test_the_interval_of_a_cost_holds_what_the_drop_costs():
    """Of 1,000 walks .8 get to the cart and .6 of those pay: the drop before the cart costs 120 purchases."""
    rng, held = np.random.default_rng(3), 0
    for _ in range(300):
        carts = rng.binomial(1000, 0.8)
        reached = np.array([1000, carts, rng.binomial(carts, 0.6)], float)
        passed = np.r_[np.nan, reached[1:] / reached[:-1]]
        n = np.r_[1000, reached[:-1]]
        whole = pd.DataFrame({"n": n, "customers": n, "reached": reached, "passed": passed}, index=STEPS)
        whole = whole.assign(low=0.0, high=1.0, se=np.sqrt(passed * (1 - passed) / n), lost=n - reached)
        row = funnel_drops.costs(whole, 10.0).loc["cart"]
        held += row["would_low"] < 120 < row["would_high"]
        assert row["money_low"] == pytest.approx(10 * row["would_low"])
    assert 0.92 < held / 300 < 0.98


def test_a_lasting_difference_between_groups_is_not_loud(lay):
    frame = pd.concat([crowd(1, 0.6, channel="web"), crowd(2, 0.3, channel="app")])
    told, _ = readings.funnel.findings(looked(lay, frame, frame)[0])
    assert [(f.subject, f.severity) for f in told] == [({"step": "pay", "channel": "app"}, "medium")]


def test_chance_is_silent(lay):
    loud = 0
    for seed in range(12):
        parts = [
            pd.concat([crowd(10 * seed + k + j, 0.6, 300, ch) for j, ch in enumerate(("app", "web"))]) for k in (0, 5)
        ]
        loud += bool(readings.funnel.findings(looked(lay, *parts)[0])[0])
    assert loud <= 2


def test_where_those_who_leave_go(lay):
    frame = log(*SMALL, ("g", "page@0 search@3"), ("h", "page@0 search@20000"), ("late", "page@44600 search@44601"))
    rows = walked(lay, frame, within="1d")
    found = funnel_drops.afterwards(rows, lay(frame, "touchpoints"), STEPS, "1d")
    assert found["n"].to_dict() == {
        ("page", "(gone)"): 2, ("page", "pay"): 1, ("page", "search"): 1,
        ("cart", "(failed)"): 1, ("cart", "(gone)"): 1,
    }  # fmt: skip
    assert found.loc["page"]["share"].sum() == 1
    told = readings.funnel.onward(found, "pay").index.tolist()
    assert told[3] in ("از cart به pay (ناموفق)", "from cart to pay (failed)")
    said = {"fa": ("پس از page رفتند", "از page به pay"), "en": ("left after page", "from page to pay")}
    assert any(told[:2] == list(pair) for pair in said.values())
    few = funnel_drops.afterwards(rows, lay(frame, "touchpoints"), STEPS, "1d", smallest=disclosure.Limit(1, 2))
    assert few.index.tolist() == [("page", "(gone)")]


def test_time_to_convert_counts_the_unfinished_as_long_as_seen(lay):
    frame = log(("a", "page@0 cart@1 pay@10"), ("b", "page@0 cart@1 pay@30"), ("c", "page@0"), ("late", "page@40"))
    found = funnel.durations(walked(lay, frame, within="1h"), STEPS, "1h", START + pd.Timedelta(60, "min"))
    assert found.index.name == "minutes"
    # after 10 minutes 1 of 4; `late` is seen for 20 minutes only, so at 30 it is 1 of 2 that are left
    assert found.loc[[8, 10, 28, 30], "converted"].tolist() == pytest.approx([0, 0.25, 0.25, 1 - 0.75 / 2])
    assert found.attrs["median"] == pytest.approx(30, abs=0.1)
    assert "30 minutes" in readings.funnel.time_to_convert(found)["en"]


def test_how_long_few_took_is_not_told(lay):
    rows, end = walked(lay, log(*SMALL)), START + pd.Timedelta(30, "D")
    assert len(funnel.durations(rows, STEPS, "7d", end))
    hidden = funnel.durations(rows, STEPS, "7d", end, smallest=disclosure.Limit(1, 10))
    assert hidden.empty
    assert "too few" in readings.funnel.time_to_convert(hidden)["en"]


def test_nobody_known_makes_no_funnel(lay):
    with pytest.raises(MissingTable, match="two different touchpoints"):
        funnel_walks.default_steps(lay(log(*SMALL).assign(customer_id=None), "touchpoints"), {})


def test_the_people_behind_a_number(lay):
    rows = walked(lay, log(*SMALL))
    assert set(funnel_walks.people(rows, STEPS, "cart").execute()["customer_id"]) == {"c", "f"}
    assert funnel_walks.people(rows, STEPS, "pay", reached=True).execute()["waited_s"].tolist() == [540]
    assert funnel_walks.people(rows, STEPS, "cart", slower_than="3min").execute()["customer_id"].tolist() == ["a", "b"]


def test_small_groups_are_not_told(lay):
    frame = pd.concat([crowd(1, 0.6, 200, "web"), crowd(2, 0.6, 6, "app")])
    found = funnel.conversion(
        walked(lay, frame, by="channel", within="1h"), STEPS, "channel", smallest=disclosure.Limit(30, 10)
    )
    assert found.loc["app", "reached"].isna().all()
    assert found.loc["app", "hidden"].notna().all()
    assert np.isnan(funnel.at_goal(found, STEPS).loc["app", "reached_goal"])


@pytest.mark.parametrize(
    ("visits", "said"),
    [
        ([("x", "cart@0 pay@1"), ("y", "search@0"), ("z", "page@-99")], "Nobody"),
        ([("x", "page@0 cart@1 pay@2")], "Of 1 who"),
    ],
    ids=["nobody entered", "one"],
)
def test_few_or_none_is_said_so(lay, visits, said):
    rows = walked(lay, log(*visits))
    whole = funnel.conversion(rows, STEPS)
    assert readings.funnel.sentence(whole, STEPS)["en"].startswith(said)
    dear = funnel_drops.costs(whole)
    looks = funnel_drops.looks({None: (whole, whole)}, dear)
    assert readings.funnel.findings(looks)[0] == []
    assert readings.funnel.found([], len(looks))["fa"]
    curve = funnel.durations(rows, STEPS, "7d", START + dt.timedelta(30))
    assert readings.funnel.time_to_convert(curve)["en"]


@pytest.mark.parametrize(
    ("steps", "way", "said"),
    [
        (["page"], {}, "two or more"),
        (["page", "page"], {}, "two or more"),
        (["page", "basket"], {}, "basket"),
        (STEPS, {"optional": ("pay",)}, "between the first and the last"),
        (STEPS, {"order": "loose"}, "open or strict"),
        (STEPS, {"within": "soon"}, "soon"),
    ],
)
def test_what_cannot_be_asked_is_refused(lay, steps, way, said):
    with pytest.raises(TableError, match=said):
        walked(lay, log(*SMALL), steps, **way)


def test_the_steps_that_a_workspace_tells(lay):
    stages = {"awareness": ["ad"], "evaluation": ["gone", "page", "reviews"], "purchase": ["cart", "pay"]}
    table = lay(log(("a", "pay@0 page@1 cart@2 reviews@3")), "touchpoints")
    assert funnel_walks.default_steps(table, stages) == STEPS
    assert funnel_walks.default_steps(lay(log(*SMALL), "touchpoints"), {}) == ["page", "search", "cart", "pay"]
    assert funnel_walks.default_steps(lay(log(*SMALL), "touchpoints"), {}, most=2) == ["page", "cart"]


def test_both_periods_stand_as_they_stood(lay):
    august, september = Period.parse("2025-08", timezone="UTC"), Period.parse("2025-09", timezone="UTC")
    frame = log(("a", "page@44630"), ("a", "cart@44650 pay@44660"))  # the last minutes of August and the first after
    now, before = funnel_walks.both(lay(frame, "touchpoints"), STEPS, september, within="1d")
    assert now.count().execute() == 0
    assert before.execute()["t1"].isna().all()
    assert august.end == september.start


# -- the Kaplan-Meier curve ------------------------------------------------------------------------------------------


def test_nobody_of_many_is_told_as_none_of_them(lay):
    """Backwards from the third step to the first: nobody gets on, which exposes nobody.  After few, it would."""
    wording.use(locale="en")
    frame, limit = log(*((f"w{i}", "pay@0 cart@1 page@2") for i in range(300))), disclosure.Limit(30, 10)
    rows = walked(lay, frame.assign(channel="web"), by="channel")
    found = funnel.conversion(rows, STEPS, "channel", smallest=limit)
    assert found["reached"].tolist() == [300, 0, 0]
    assert found["hidden"].isna().all()
    told = readings.funnel.sentence(funnel.conversion(rows, STEPS, smallest=limit), STEPS)["en"]
    assert told == "Of 300 who began at “page”, 0.0% got to “pay” (95% interval 0.0% to 1.3%)."


def test_that_none_of_few_got_on_is_not_told(lay):
    frame = log(*((f"w{i}", "page@0 search@1") for i in range(30)), ("x", "page@0 cart@1 search@9"), ("y", "pay@0"))
    steps = ["page", "cart", "pay", "search"]
    found = funnel.conversion(walked(lay, frame, steps), steps, smallest=disclosure.Limit(30, 10))
    assert found["reached"].isna().tolist() == [False, False, True, True]
    assert "so few came near “search”" in readings.funnel.sentence(found, steps)["en"]


def test_why_no_groups_were_compared_is_told(lay):
    many = [("x", "pay@0"), *((f"w{i}", "page@0 cart@1") for i in range(100))]
    one = log(*many, channel="web")
    hidden = pd.concat([one, log(*((f"a{i}", "page@0 cart@1") for i in range(5)), channel="app")])
    limit, said = disclosure.Limit(30, 10), []
    for frame in (one, hidden):
        now = funnel.conversion(walked(lay, frame, by="channel"), STEPS, "channel", smallest=limit)
        said.append(readings.funnel.found([], 0, {"channel": (now, now)})["en"])
    assert "only one group" in said[0]
    assert "privacy" in said[1]
    assert "too few customers" in readings.funnel.found([], 0)["en"]
