"""One action a customer: rules, consent, caps and money by hand; rules of the past valued as the lot allows."""

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers import actions, audiences, offpolicy, readings, spreadsheet
from cx_helpers.dates import Period
from cx_helpers.disclosure import Limit
from cx_helpers.intake import exported, pseudonyms
from cx_helpers.intake.start import init
from cx_helpers.measures import next_action, next_item, policy_value, standing
from cx_helpers.settings import WorkspaceError

NOW = pd.Timestamp("2025-09-22", tz="UTC")
CALL = "call: {when: {open_tickets: '>= 1'}, duty: true, priority: 1, brings: kept, effect: 0.5, cost: 10}"
OFFER = "offer: {when: {recency_days: ['>= 30', '<= 120']}, offer: true, priority: 2, effect: 0.1, cost: 5}"
BOTH = f"rest_days: 14\nholdout: 0\nactions:\n  {CALL}\n  {OFFER}\n"


def people(n=6, **columns):
    """Customers who bought once for 100, fifty days ago, have consented and wait for nothing."""
    base = {
        "customer_id": [f"c{i}" for i in range(n)], "orders": 1, "value": 100.0, "mean_order": 100.0,
        "recency_days": 50.0, "lifecycle": "cooling", "consent": True, "open_tickets": 0, "open_cases": 0,
        "touched_days": np.nan, "risk": 0.5, "kept": 80.0, "next_item": None, "next_chance": np.nan,
        "next_worth": np.nan, "rfm": "at_risk", "waiting_days": np.nan,
    }  # fmt: skip
    return pd.DataFrame(base | columns, index=range(n))


def chosen(known, text=BOTH, **more):
    return next_action.choose(known, actions.read(text), **more)


def test_each_customer_falls_out_at_the_first_step_that_stops_them():
    known = people(
        8,
        recency_days=[50, 20, 50, 50, 50, 50, np.nan, 50],
        open_cases=[0, 0, 1, 0, 0, 0, 0, 0],
        consent=[True, True, True, None, True, False, True, True],
        touched_days=[20, np.nan, np.nan, np.nan, 13.9, np.nan, np.nan, 14],
        mean_order=[100, 100, 100, 100, 100, 100, 100, 49],
    )
    found = chosen(known).rows
    steps = ["chosen", "rule", "complaint", "consent", "rest", "consent", "rule", "worth"]
    assert found["step"].tolist() == steps
    assert found.loc[0, ["action", "gross", "cost", "expected"]].tolist() == ["offer", 10, 5, 5]
    lost = next_action.funnel(chosen(known))["lost"]
    assert lost.sum() + 1 == 8, "what is lost adds up"
    assert lost[["rule", "complaint", "consent", "rest", "worth"]].tolist() == [2, 1, 2, 1, 1]


def test_an_open_complaint_is_answered_and_nothing_is_sold():
    found = chosen(people(2, open_tickets=[1, 0])).rows
    assert found["action"].tolist() == ["call", "offer"]
    assert found.loc[0, "expected"] == 0.5 * 80 * 0.5 - 10
    poor = chosen(people(1, open_tickets=1, kept=np.nan)).rows
    assert poor.loc[0, ["action", "expected"]].tolist() == ["call", -10], "a duty, whatever it brings"


def test_a_duty_that_costs_more_than_it_brings_is_told_as_one():
    dear = chosen(people(3, open_tickets=1, kept=np.nan))
    said = readings.next_action.duties(next_action.by_action(dear), dear.policy)
    assert "“call” (" in said["en"]
    assert "وظیفه است، هرچند سودی ندارد" in said["fa"]
    paid = chosen(people(3, open_tickets=1))
    assert readings.next_action.duties(next_action.by_action(paid), paid.policy) is None
    assert readings.next_action.duties(next_action.by_action(chosen(people(0))), paid.policy) is None


def test_consent_is_never_broken_whatever_the_customers():
    rng = np.random.default_rng(1)
    said = np.array([True, False, None, np.nan, "true", "yes", 1, 0], object)
    for _ in range(30):
        known = people(40, consent=rng.choice(said, 40), open_tickets=rng.integers(0, 2, 40),
                       recency_days=rng.uniform(0, 200, 40), touched_days=rng.uniform(0, 60, 40),
                       sms=rng.choice([True, False, None], 40))  # fmt: skip
        found = chosen(known, BOTH.replace("offer: true", "offer: true, consent: sms"))
        did = found.rows[found.rows["action"].notna()]
        column = np.where(did["action"] == "offer", did["sms"], did["consent"])
        assert len(did)
        assert all(one is True or one is np.True_ for one in column)
        assert not (did["open_tickets"].gt(0) & did["action"].eq("offer")).any()
        assert (did["touched_days"] >= 14).all()
    assert chosen(known.drop(columns="consent")).taken["action"].isin([]).all(), "no column is no consent"


def test_caps_go_to_whom_it_brings_most_and_the_others_ask_for_their_next():
    text = BOTH.replace("priority: 1", "priority: 1, most: 2").replace("offer: true, ", "")
    known = people(4, open_tickets=1, kept=[100, 400, 300, 200])
    found = chosen(known, text).rows
    assert found["action"].tolist() == ["offer", "call", "call", "offer"]
    found = chosen(known, f"budget: 15\n{text}").rows
    assert found["action"].tolist() == [None, "call", None, None]  # 10 of 15; the next call does not fit
    assert found["step"].tolist() == ["room", "chosen", "room", "room"]
    assert chosen(known, f"budget: 0\n{text}").taken.empty


def test_equals_fall_the_same_way_in_any_order():
    known = people(50, recency_days=np.linspace(0, 160, 50))
    text = BOTH.replace("cost: 5", "cost: 5, most: 7").replace("holdout: 0", "holdout: 0.3")
    one = chosen(known, text).rows
    for seed in range(3):
        other = chosen(known.sample(frac=1, random_state=seed), text).rows
        pd.testing.assert_frame_equal(one, other)
    assert one["action"].notna().sum() == 7


def test_the_lot_holds_back_its_share_and_holds_the_same_ones_again():
    known = people(4000)
    found = chosen(known, BOTH.replace("holdout: 0", "holdout: 0.25"))
    assert len(found.held) == pytest.approx(1000, abs=90)
    assert len(found.held) + len(found.taken) == 4000
    some = chosen(known.iloc[:100], BOTH.replace("holdout: 0", "holdout: 0.25"))
    assert set(some.held["customer_id"]) <= set(found.held["customer_id"])


def test_what_was_measured_takes_the_place_of_the_assumption():
    tried = next_action.Uplift(40.0, 3.0, 20.0, 500)
    found = chosen(people(100), measured={"offer": tried})
    row = next_action.by_action(found).loc["offer"]
    assert row[["n", "expected_money", "each", "measured"]].tolist() == [100, 3500, 35, 1]
    half = 1.959964 * np.sqrt(100 * 20**2 + (100 * 3) ** 2)
    assert row["high"] - row["expected_money"] == pytest.approx(half, rel=1e-6)
    assert next_action.total(found).loc["all", "expected_money"] == 3500


UNKNOWN = dict.fromkeys(["recency_days", "consent", "risk", "kept", "mean_order", "open_tickets", "value"])


@pytest.mark.parametrize("known", [people(0), people(1), people(3).assign(**UNKNOWN)])
def test_nobody_one_and_nothing_known(known):
    found = chosen(known)
    assert len(found.rows) == len(known)
    total = next_action.total(found).iloc[0]
    assert total["n"] == (1 if len(known) == 1 else 0)
    assert pd.isna(total["expected_money"]) == (total["n"] == 0), "nothing is null, not 0"
    assert next_action.funnel(found)["n"].iloc[0] == len(known)
    assert len(next_action.whom(found)) == total["n"]


def test_small_groups_are_not_told_by_subtraction_either():
    limit = Limit(30, 10)
    known = people(300, open_tickets=[1] * 4 + [0] * 296, consent=[True] * 295 + [False] * 5)
    known["recency_days"] = [50.0] * 200 + [10.0] * 100
    found = chosen(known)
    told = next_action.by_action(found, smallest=limit)
    assert told[["expected_money", "n"]].isna().all(axis=None), "4 calls, and the offers beside them"
    assert pd.notna(next_action.total(found, smallest=limit)["share"].iloc[0])
    steps = next_action.funnel(found, limit)["n"].dropna().tolist()
    assert all(a - b == 0 or a - b >= 10 for a, b in zip(steps, steps[1:], strict=False))
    assert steps[0] == 300


def test_nobody_is_no_secret_and_all_but_a_few_is_one():
    limit = Limit(30, 10)
    nobody = next_action.total(chosen(people(300, consent=False)), smallest=limit).iloc[0]
    assert nobody["share"] == 0
    assert 0 < nobody["share_high"] < 0.02
    assert next_action.share(next_action.total(chosen(people(300, consent=False)), smallest=limit))["n"].iloc[0] == 300
    most = chosen(people(300, consent=[True] * 295 + [False] * 5))
    assert len(most.taken) == 295
    told = next_action.total(most, smallest=limit).iloc[0]
    assert told[["share", "customers", "each"]].isna().all(), "300 - 295 are 5"
    assert told["n"] == 300
    assert told["expected_money"] > 0


# -- the file ----------------------------------------------------------------------------------------------------------


def test_a_new_workspace_has_the_file_and_it_counts(tmp_path):
    folder = init(tmp_path / "company")
    mine = actions.load(folder)
    assert mine.own
    assert [a.key for a in mine.actions][0] == "apology_call"
    (folder / actions.FILE).unlink()
    assert actions.load(folder).actions == mine.actions
    assert not actions.load(folder).own


@pytest.mark.parametrize(("text", "said"), [
    ("actions:\n  a:\n    whn: {orders: 1}", "line 3: unknown key 'whn'; did you mean 'when'"),
    ("actions:\n  a:\n    when:\n      gender: male", "line 4: gender: who a customer is decides no action"),
    ("actions:\n  a:\n    when: {orders: '>= many'}", "line 3: orders: '>= many' compares with no number"),
    ("actions:\n  a:\n    when: {orders: many}", "line 3: orders is 'many'; it is a number"),
    ("actions:\n  a:\n    when: {orders: 1}\n    consent: no", "line 4: consent is False"),
    ("actions:\n  a:\n    when: {orders: 1}\n    effect: 2", "line 4: effect is 2; a number from 0 to 1"),
    ("actions:\n  a:\n    when: {orders: 1}\n    brings: keep", "did you mean 'kept'"),
    ("actions:\n  a:\n    when: {orders: 1}\n    tried: spring", "line 4: tried is 'spring'"),
    ("actions:\n  a:\n    when: {orders: 1}\n  a:\n    when: {}", "line 4: the key 'a' stands twice"),
    ("actions:\n  a:\n    when: {}", "line 3: when must hold one condition"),
    ("actions: []", "line 1: `actions` must hold actions"),
    ("- 1", "line 1: it holds no keys and values"),
])  # fmt: skip
def test_what_is_wrong_in_the_file_is_told_with_its_line(text, said):
    with pytest.raises(WorkspaceError, match=said.replace("(", r"\(")):
        actions.read(text)


def test_a_fact_that_nobody_has_is_refused_with_the_nearest():
    with pytest.raises(WorkspaceError, match="asks for 'recency'; did you mean 'recency_days'"):
        chosen(people(), "actions: {a: {when: {recency: '> 1'}}}")


# -- what decides ------------------------------------------------------------------------------------------------------


def test_how_a_customer_stands_knows_nothing_of_later(lay):
    day = [NOW - pd.Timedelta(d, "D") for d in (40, 10, 3, -2)]
    who = pd.DataFrame({"customer_id": ["a", "b"], "orders": [2, 0], "value": [300.0, None]})
    for column, first in (("first_order_at", day[0]), ("last_order_at", day[1]), ("last_contact_at", day[2])):
        who[column] = pd.Series([first, pd.NaT], dtype="datetime64[us, UTC]")
    tickets = pd.DataFrame({
        "ticket_id": list("1234"), "customer_id": ["a", "a", "a", "b"], "opened_at": [day[0], day[1], day[2], day[3]],
        "solved_at": [day[2], day[3], pd.NaT, pd.NaT], "status": ["solved", "open", "open", "open"]})  # fmt: skip
    answers = pd.DataFrame({"response_id": ["r", "s"], "customer_id": ["a", "a"], "responded_at": [day[2]] * 2,
        "invited_at": [day[1], day[3]], "instrument": "nps", "score": 5.0,
        "scale_min": 0.0, "scale_max": 10.0})  # fmt: skip
    tables = {"tickets": lay(tickets, "tickets"), "responses": lay(answers, "responses")}
    found = standing.standing(lay(who, "customers"), NOW, **tables).execute().set_index("customer_id")
    a, b = found.loc["a"], found.loc["b"]
    assert a[["recency_days", "tenure_days", "silence_days", "mean_order"]].tolist() == [10, 40, 3, 150]
    assert a["waiting_days"] == 10, "solved after today is still open, the oldest of those counts"
    assert a["touched_days"] == 10
    assert b[["recency_days", "mean_order", "waiting_days", "touched_days"]].isna().all()


def test_the_next_item_is_one_that_fits_and_was_never_bought(lay):
    rules = pd.DataFrame({
        "given": [("tea",), ("tea",), ("phone",), ("pen",)], "offer": ["pot", "cup", "case", "ink"],
        "confidence": [0.5, 0.6, 0.4, 0.9], "usual": [0.1, 0.1, 0.1, 0.1], "lift": [5, 6, 4, 9.0],
        "p_adjusted": [0.01, 0.01, 0.01, 0.2]})  # fmt: skip
    prices = pd.Series({"pot": 100.0, "cup": 10.0, "case": 30.0, "ink": 99.0})
    rows = [
        ("a", "tea", 5),
        ("b", "tea", 5),
        ("b", "pot", 400),
        ("c", "phone", 300),
        ("d", "pen", 5),
        ("a", "phone", 9),
    ]
    bought = pd.DataFrame(rows, columns=["customer_id", "item", "ago"])
    bought["ordered_at"] = [NOW - pd.Timedelta(d, "D") for d in bought.pop("ago")]
    made = lay(bought.assign(order_id=list("123456")), "orders")
    found = next_item.next_item(rules, prices, made, NOW - pd.Timedelta(90, "D"))
    assert found[["customer_id", "next_item", "next_given"]].to_numpy().tolist() == [
        ["a", "pot", "tea"], ["b", "cup", "tea"]]  # fmt: skip
    assert found["next_worth"].tolist() == pytest.approx([40, 5])
    assert found["next_chance"].iloc[0] == pytest.approx(0.4)
    assert next_item.next_item(rules.iloc[3:], prices, made, NOW).empty


# -- how it would have done --------------------------------------------------------------------------------------------


def test_weights_by_hand():
    """Six customers, chance 1/2 and, of the last two, 1/4; the rule gives it to the first, third and fifth."""
    y, a = np.array([6.0, 1, 2, 3, 8, 4]), np.array([1.0, 0, 0, 1, 1, 0])
    chance, zero = np.array([0.5, 0.5, 0.5, 0.5, 0.25, 0.25]), np.zeros(6)
    judged = offpolicy.Judged(y, a, chance, zero + 1, zero + 5, {})
    d = np.array([1.0, 0, 1, 0, 1, 0])
    assert offpolicy.matched(judged, d) == pytest.approx([2, 2, 0, 0, 4, 4 / 3])
    found = offpolicy.value(judged, d)
    total = 2 * 6 + 2 * 1 + 4 * 8 + 4 / 3 * 4
    assert found["ipw"] == pytest.approx(total / 6)
    assert found["snipw"] == pytest.approx(total / (2 + 2 + 4 + 4 / 3))
    missed = 2 * (6 - 5) + 2 * (1 - 1) + 4 * (8 - 5) + 4 / 3 * (4 - 1)
    assert found["dr"] == pytest.approx((5 + 1 + 5 + 1 + 5 + 1 + missed) / 6)
    assert found["ess"] == pytest.approx((28 / 3) ** 2 / (4 + 4 + 16 + 16 / 9))
    costs = offpolicy.value(judged, d, cost=3)
    assert costs["dr"] == pytest.approx(found["dr"] - 1.5)
    assert costs["snipw"] < found["snipw"]


def company(rng, n, effect, lot=True):
    """Customers whose outcome depends on x; the action helps those with x > 0 by `effect`, and harms nobody."""
    x = rng.normal(size=n)
    a = (rng.random(n) < (0.5 if lot else 1 / (1 + np.exp(-1.5 * x)))).astype(float)
    return x, a, 2 * x + effect * a * (x > 0) + rng.normal(size=n)


def test_a_rule_of_known_value_is_found_even_where_the_lot_was_bent():
    """True value: half of the customers gain 1, so 0.5; what was done looks otherwise, for those with high x got it."""
    for lot in (True, False):
        hits, errors = 0, []
        for seed in range(20):
            x, a, y = company(np.random.default_rng(seed), 1500, 1.0, lot)
            judged = offpolicy.judge(x, a, y)
            found = (
                offpolicy.means({"rule": offpolicy.contribution(judged, x > 0)}).iloc[0] if not judged.refused else None
            )
            hits += found["low"] <= 0.5 <= found["high"]
            errors.append(found["value"] - 0.5)
        assert hits >= 16
        assert abs(np.mean(errors)) < 0.06


def test_no_effect_is_no_gain():
    loud = 0
    for seed in range(40):
        x, a, y = company(np.random.default_rng(100 + seed), 600, 0.0)
        judged = offpolicy.judge(x, a, y)
        each = offpolicy.contribution(judged, x > 0) - offpolicy.contribution(judged, np.zeros(600))
        loud += offpolicy.means({"gain": each})["p_value"].iloc[0] < 0.05
    assert loud <= 6


RULE = actions.read("actions: {v: {when: {recency_days: '>= 30'}, cost: 1, tried: {experiment: e, variant: B}}}")["v"]


def tried(n=400, seed=1, variants=("A", "B"), **columns):
    rng = np.random.default_rng(seed)
    known = people(n, recency_days=rng.uniform(0, 60, n), **columns)
    rows = pd.DataFrame({"customer_id": known["customer_id"], "variant": rng.choice(variants, n)})
    helped = (rows["variant"] == "B") & (known["recency_days"] >= 30)
    return rows.assign(reward=10.0 + 5 * helped + rng.normal(size=n)), known


def test_where_giving_to_all_is_no_worse_than_the_rule_it_is_told():
    rows, known = tried()
    rows["reward"] += 1.2 * ((rows["variant"] == "B") & (known["recency_days"] < 30))  # it pays for the others, too
    judged, picked = policy_value.tested(RULE, rows, known, "A")
    shown = policy_value.gains(judged, picked, 1.0), policy_value.values(judged, picked, 1.0)
    said = readings.policy_value.everybody(*shown, policy_value.effect(judged, picked))["en"]
    assert "the rule is lower, but the difference is not sure. What speaks for the rule is the budget." in said
    assert "The others add" in said


def test_the_rule_is_held_against_all_others():
    rows, known = tried()
    judged, picked = policy_value.tested(RULE, rows, known, "A")
    found = policy_value.values(judged, picked, 1.0)
    value = found["value_each"]
    assert value["rule"] == pytest.approx(10 + 4 * picked.mean(), abs=0.3)
    assert value["everybody"] == pytest.approx(9 + 5 * picked.mean(), abs=0.3)
    assert (found["low"] < value).all()
    assert (value < found["high"]).all()
    gains = policy_value.gains(judged, picked, 1.0)
    assert (gains["p_adjusted"] < 0.005).all()
    assert (gains["change"] > 0).all()
    effect = policy_value.effect(judged, picked)
    assert readings.policy_value.everybody(gains, found, effect) is None, "the rule is surely better"
    each = effect["each"]
    assert each["picked"] == pytest.approx(5, abs=0.4)
    assert each["others"] == pytest.approx(0, abs=0.4)
    shuffled = policy_value.tested(RULE, rows.sample(frac=1, random_state=3), known.sample(frac=1, random_state=4), "A")
    pd.testing.assert_frame_equal(policy_value.values(*shuffled, 1.0), found)


@pytest.mark.parametrize(("why", "change"), [
    ("few", lambda r, k: (r.iloc[:40], k)),
    ("untried", lambda r, k: (r.assign(variant="A"), k)),
    ("one_side", lambda r, k: (r.assign(variant="B"), k)),
    ("overlap", lambda r, k: (r.assign(variant=np.where(k["recency_days"] >= 45, "B", "A")), k)),
    ("nobody", lambda r, k: (r, k.assign(consent=None))),
    ("everybody", lambda r, k: (r, k.assign(recency_days=40.0))),
])  # fmt: skip
def test_where_the_lot_tells_nothing_nothing_is_told(why, change):
    judged, picked = policy_value.tested(RULE, *change(*tried()), "A")
    assert [*judged.refused] == [why]
    assert policy_value.values(judged, picked, 1.0).empty
    assert policy_value.gains(judged, picked, 1.0).empty


def test_a_rule_that_asks_what_is_not_told_of_the_past_is_refused():
    rule = actions.read("actions: {v: {when: {risk: '> 0.5'}, tried: {experiment: e, variant: B}}}")["v"]
    assert policy_value.tested(rule, *tried(), "A")[0].refused == {"facts": {"facts": ["risk"]}}


def test_only_what_was_bought_in_the_days_after_counts(lay):
    seen = int((NOW - pd.Timedelta(60, "D")).timestamp())
    trial = pd.DataFrame({"customer_id": ["a", "b", "late"], "variant": ["A", "B", "B"],
                          "seen_s": [seen, seen, int(NOW.timestamp()) - 10]})  # fmt: skip
    ago = [(60.1, "a"), (59, "a"), (30.5, "a"), (29, "a"), (31, "b")]
    orders = pd.DataFrame({"order_id": list("12345"), "customer_id": [w for _, w in ago], "amount": 100.0,
        "ordered_at": [NOW - pd.Timedelta(d, "D") for d, _ in ago], "margin": [1.0, 10, 20, 40, None]})  # fmt: skip
    found = policy_value.rewards(ibis.memtable(trial), lay(orders, "orders"), 30, NOW, 0.3).execute()
    assert dict(zip(found["customer_id"], found["reward"], strict=True)) == {"a": 30, "b": 30}


# -- how a list leaves -------------------------------------------------------------------------------------------------


class Company:
    """What `audiences` asks of a workspace: settings, period, two tables."""

    def __init__(self, folder, customers, identities=None, hidden=True):
        self.settings = type("S", (), {"folder": folder, "privacy": {"pseudonyms": hidden}})()
        self.period, self.locale, self.until = Period.parse("1404-06"), "en", self
        self.customers = ibis.memtable(pd.DataFrame({"customer_id": customers}))
        self.identities = None if identities is None else ibis.memtable(identities)

    def has(self, name):
        return getattr(self, name) is not None


def kept(key):
    return pseudonyms.pseudonym(key, "a secret of sixteen letters")


@pytest.mark.parametrize("system", [*audiences.SHAPES])
def test_an_audience_reads_back_in_the_vendors_shape(system, tmp_path, monkeypatch):
    """Five customers: known by the vendor's id, by e-mail, by an e-mail of two, by none, and one who said no since."""
    monkeypatch.setenv("CX_KEY", "a secret of sixteen letters")
    ids = [kept(k) for k in ("=1+1", "x2", "x3", "x4", "x5")]
    mail = [("a@b.ir", ids[1]), ("family@b.ir", ids[2]), ("family@b.ir", ids[3])]
    owners = pd.DataFrame([("crm", "email", kept(m), c) for m, c in mail], columns=["source", "kind", "value",
        "customer_id"])  # fmt: skip
    choice = chosen(people(5).assign(customer_id=ids))
    rows = choice.rows.assign(consent=[i != kept("x5") for i in choice.rows["customer_id"]])
    choice = next_action.Choice(rows, choice.policy, {}, choice.costs)
    one, mails, own = audiences.SHAPES[system]
    contacts = pd.DataFrame(
        {one: ["=1+1", "77", "78", "x5", "99"], mails: ["", "A@B.ir ", "family@b.ir", "", "z@z.ir"]}
    )
    spreadsheet.write(tmp_path / "contacts.csv", contacts)
    company = Company(tmp_path, ids, owners)
    found = audiences.write(company, choice, system, tmp_path / "out", tmp_path / "contacts.csv")
    row = found.loc["offer"]
    assert row[["chosen", "listed", "refused", "unknown", "shared"]].tolist() == [5, 2, 1, 0, 2], "adds up"
    path = tmp_path / "out" / row["file"]
    text = path.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert b'"\'=1+1"' in text, "no cell is a formula"
    assert path.stat().st_mode & 0o077 == 0
    back = pd.DataFrame(spreadsheet.read(path)).sort_values(one, ignore_index=True)
    assert [*back] == [one, mails, *own]
    assert back[[one, mails]].to_numpy().tolist() == [["77", "A@B.ir"], ["=1+1", ""]]
    assert back[own[1]].iloc[0] == "days since the last order: 50"
    exposed = spreadsheet.read(tmp_path / "out" / "exposures.csv")
    assert [r["customer_id"] for r in exposed] == ["=1+1"], "known by the id, and asked"
    assert {r["variant"] for r in exposed} == {"offer"}
    assert exported.folders(tmp_path) == {tmp_path / "out": "2025-09-23"}, "for cx forget"


def test_without_contacts_a_pseudonym_is_called_one(tmp_path):
    choice = chosen(people(2))
    found = audiences.write(Company(tmp_path, ["c0", "c1"]), choice, "hubspot", tmp_path)
    assert found["file"].tolist() == ["hubspot-offer-pseudonyms.csv"]
    assert audiences.PSEUDONYM in spreadsheet.read(tmp_path / found["file"].iloc[0])[0]
    assert not (tmp_path / "exposures.csv").exists()
    plain = audiences.write(Company(tmp_path, ["c0", "c1"], hidden=False), choice, "zoho", tmp_path)
    assert [r["Record Id"] for r in spreadsheet.read(tmp_path / plain["file"].iloc[0])] == ["c0", "c1"]
    with pytest.raises(WorkspaceError, match="did you mean 'hubspot'"):
        audiences.write(Company(tmp_path, []), choice, "hubspt", tmp_path)
    spreadsheet.write(tmp_path / "c.csv", pd.DataFrame({"Record": ["1"]}))
    with pytest.raises(WorkspaceError, match="no column 'Record ID'"):
        audiences.write(Company(tmp_path, ["c0"]), choice, "hubspot", tmp_path, tmp_path / "c.csv")
