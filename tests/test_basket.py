"""Baskets: counted by hand, against arules' published rules, and planted pairs found again among other customers."""

import gzip
import itertools

import numpy as np
import pandas as pd
import pytest

from cx_helpers import disclosure, readings
from cx_helpers.measures import basket, basket_rules
from cx_helpers.tables import TableError

# five baskets by hand: tea, tea+cup, tea+cup+pot, cup, tea+cup
SMALL = ["tea", "tea cup", "tea cup pot", "cup", "tea cup"]


def shop(contents, customers=None):
    """(order_items, orders) of baskets told as words."""
    customers = customers or [f"c{i}" for i in range(len(contents))]
    orders = [(f"o{i}", customers[i], "2025-09-01", 10.0) for i in range(len(contents))]
    lines = [(f"o{i}", k, item, item, 1.0, 5.0) for i, one in enumerate(contents) for k, item in enumerate(one.split())]
    orders = pd.DataFrame(orders, columns=["order_id", "customer_id", "ordered_at", "amount"])
    orders["ordered_at"] = pd.to_datetime(orders["ordered_at"], utc=True)
    names = ["order_id", "line", "product_id", "product_name", "quantity", "unit_price"]
    return pd.DataFrame(lines, columns=names), orders


def bought(lay, items, orders, **more):
    return basket.baskets(lay(items, "order_items"), lay(orders, "orders"), **more)


def counted(sets):
    return dict(zip(sets["items"], sets["n"], strict=True))


def test_sets_by_hand(lay):
    sets = basket.itemsets(bought(lay, *shop(SMALL)), support=0.4)
    assert counted(sets) == {("cup",): 4, ("tea",): 4, ("cup", "tea"): 3}
    assert sets["support"].tolist() == [0.8, 0.8, 0.6]
    every = basket.itemsets(bought(lay, *shop(SMALL)), support=0.0)
    assert counted(every)["cup", "pot", "tea"] == 1
    assert len(every) == 7


def test_rules_by_hand(lay):
    found = basket.rules(basket.itemsets(bought(lay, *shop(SMALL)), support=0.0), confidence=0.7)
    told = {(row.given, row.offer): row for row in found.itertuples()}
    one = told[("tea",), "cup"]
    assert (one.n, one.given_n, one.offer_n, one.confidence) == (3, 4, 4, 0.75)
    assert one.lift == pytest.approx(0.75 / 0.8)
    assert told[("pot",), "tea"].confidence == 1
    assert told[("pot",), "tea"].lift == pytest.approx(1.25)
    assert told[("pot", "tea"), "cup"].redundant, "pot alone is as sure"
    assert one.redundant, "cup without tea is surer (0.8)"


def test_sets_agree_with_a_plain_count(lay):
    rng = np.random.default_rng(4)
    contents = [" ".join(rng.choice(list("abcdefg"), size=rng.integers(1, 6), replace=False)) for _ in range(120)]
    found = counted(basket.itemsets(bought(lay, *shop(contents)), support=0.05, longest=4))
    plain = {}
    for one in contents:
        for size in range(1, 5):
            for part in itertools.combinations(sorted(one.split()), size):
                plain[part] = plain.get(part, 0) + 1
    assert found == {part: n for part, n in plain.items() if n >= 6}
    assert any(len(part) == 3 for part in found)


def test_published_rules_of_groceries(lay, real):
    folder = real / "truth" / "groceries"
    labels = [line.split("\t")[1] for line in (folder / "Groceries.labels").read_text("latin-1").splitlines()]
    with gzip.open(folder / "Groceries.data.gz", "rt") as file:
        rows, columns = np.nonzero(np.array([line.split("\t") for line in file], float) > 0)
    frame = pd.DataFrame({"order_id": [f"{row:05d}" for row in rows], "item": [labels[c] for c in columns]})
    items = lay(frame.assign(line=range(len(frame)), product_id=frame["item"]), "order_items")
    found = basket.rules(basket.itemsets(items, 0.001), 0.8)
    assert len(found) == 410
    assert (found["given"].map(len) + 1).value_counts().to_dict() == {3: 29, 4: 229, 5: 140, 6: 12}
    top = found.loc[found["lift"].idxmax()]
    assert (set(top["given"]), top["offer"]) == ({"liquor", "red/blush wine"}, "bottled beer")
    assert [round(top[c], d) for c, d in (("support", 7), ("confidence", 4), ("lift", 3))] == [
        0.0019319,
        0.9048,
        11.235,
    ]


def test_lines_that_are_no_purchase_are_left_out_and_counted(lay):
    items, orders = shop(["tea cup", "tea cup", "tea"])
    items.loc[0, "quantity"] = -1.0
    items.loc[1, ["product_name", "product_id"]] = None
    items.loc[2, "product_name"] = None  # goes by its id
    items.loc[len(items)] = ["nowhere", 1, "tea", "tea", 1.0, 5.0]
    orders.loc[2, "amount"] = -10.0
    counts = basket.left_out(lay(items, "order_items"), lay(orders, "orders"))
    assert counts == {"lines": 6, "nameless": 1, "returned": 1, "strange": 2}
    assert counted(basket.itemsets(bought(lay, items, orders), 0.0)) == {("cup",): 1, ("tea",): 1, ("cup", "tea"): 1}
    assert "6" in readings.basket.left_out(counts)["en"]


def test_the_bill_may_name_an_item_twice_and_rows_may_come_in_any_order(lay):
    items, orders = shop(SMALL)
    twice = pd.concat([items, items.assign(line=items["line"] + 10)]).sample(frac=1, random_state=1)
    one, other = (basket.itemsets(bought(lay, x, orders.sample(frac=1, random_state=2)), 0.0) for x in (items, twice))
    pd.testing.assert_frame_equal(one, other)


def market(seed=1, pairs=True, customers=1500, each=2):
    """Baskets of popular and rare items; with `pairs`, who buys phone buys case in 60 % of cases (else 10 %)."""
    rng = np.random.default_rng(seed)
    names = np.array([f"p{k:02d}" for k in range(20)])
    likely = 1 / np.arange(1, 21)
    contents, who = [], []
    for customer in range(customers):
        for _ in range(each):
            items = set(rng.choice(names, size=rng.integers(1, 4), p=likely / likely.sum(), replace=False))
            items |= {"phone"} if rng.random() < 0.1 else set()
            items |= {"case"} if rng.random() < (0.6 if pairs and "phone" in items else 0.1) else set()
            contents.append(" ".join(sorted(items)))
            who.append(f"c{customer}")
    return shop(contents, who)


def judged(lay, items, orders, smallest=1, support=0.005):
    rows = bought(lay, items, orders)
    found_in, tested_in = basket_rules.halves(rows)
    chosen = basket_rules.candidates(basket.rules(basket.itemsets(found_in, support, 3), 0.05))
    return rows, basket_rules.confirmed(chosen, tested_in, smallest)


def test_a_planted_pair_is_found_among_other_customers(lay):
    rows, found = judged(lay, *market())
    held = found[found["p_adjusted"] < 0.05]
    assert list(held.index) == ["phone → case"]
    row = held.iloc[0]
    assert row["low"] < 0.6 < row["high"]
    assert row["lift_low"] < 0.6 / 0.15 < row["lift_high"]
    assert row["lift"] == pytest.approx(row["both"] / row["n"] / row["usual"])
    told, looks = readings.basket.findings(found)
    assert looks == len(found)
    assert [one.severity for one in told] == ["high"]
    assert told[0].subject == {"given": "phone", "offer": "case"}
    assert "case" in told[0].text["fa"]
    shown = basket_rules.offers(found, pd.Series({"case": 200.0}))
    assert shown.loc[("phone", "case"), "worth"] == pytest.approx(200 * (row["confidence"] - row["usual"]))
    assert shown.loc[("phone", "case"), "worth_high"] == pytest.approx(200 * (row["high"] - row["usual"]))
    assert "case" in readings.basket.best(shown)["en"]
    assert "95% interval" in readings.basket.best(shown)["en"]


def test_baskets_of_chance_hold_no_rule(lay):
    """Thirty markets without a pair: a search of hundreds of rules each, and hardly one rule stands."""
    false = [
        (judged(lay, *market(seed, pairs=False, customers=400))[1]["p_adjusted"] < 0.05).sum() for seed in range(30)
    ]
    assert sum(map(bool, false)) <= 3


def test_customers_who_repeat_themselves_prove_nothing(lay):
    """Six customers who buy the same odd pair forty times each are six customers, not 240 baskets."""
    items, orders = market(3, pairs=False, customers=300)
    odd = shop(["phone p19"] * 240, [f"odd{k % 6}" for k in range(240)])
    more = [part.assign(order_id="x" + part["order_id"]) for part in odd]
    items, orders = (pd.concat(both, ignore_index=True) for both in zip((items, orders), more, strict=True))
    _, found = judged(lay, items, orders)
    pair = found[[set(row.given) | {row.offer} == {"phone", "p19"} for row in found.itertuples()]]
    assert len(pair) == 1
    assert pair["both"].iloc[0] >= 80
    assert pair["p_adjusted"].iloc[0] > 0.05


def test_a_condition_that_adds_nothing_is_no_rule_of_its_own(lay):
    """phone → case holds; phone + p00 → case is as sure only because of the phone."""
    rows, _ = judged(lay, *market(customers=3000))
    longer = pd.DataFrame({"given": [("phone",), ("p00", "phone")], "offer": ["case", "case"]})
    found = basket_rules.confirmed(longer, rows)
    assert found["lift_low"].min() > 2
    assert found["p_adjusted"].iloc[0] < 1e-6
    assert found["p_adjusted"].iloc[1] > 0.05


def test_groups_differ_only_where_they_do(lay):
    items, orders = market(customers=2000)
    held = items.groupby("order_id")["product_name"].agg(set)
    odd = orders["order_id"].map(held).map(lambda have: {"phone", "case"} <= have)
    rng = np.random.default_rng(1)
    orders["channel"] = np.where(odd & (rng.random(len(orders)) < 0.7), "web", rng.choice(["app", "web"], len(orders)))
    rows = bought(lay, items, orders, keep=("channel",))
    rule = pd.DataFrame({"given": [("phone",)], "offer": ["case"]})
    found = basket_rules.by_group(rule, rows, "channel", 30)
    assert found.loc[("phone → case", "web"), "change"] > 0.1
    assert (found["p_adjusted"] < 0.001).all()
    assert basket_rules.by_group(rule.head(0), rows, "channel").empty
    assert basket_rules.by_group(rule, rows, None).empty


def test_what_one_shop_alone_sells_is_no_pair_for_that(lay):
    """Salt and soap are sold in the store alone, and bought there without regard to each other (Simpson)."""
    rng = np.random.default_rng(4)
    store = rng.random(3000) < 0.2
    salt, soap = (store & (rng.random(3000) < 0.3) for _ in range(2))
    names = [["bread"] + ["salt"] * int(a) + ["soap"] * int(b) for a, b in zip(salt, soap, strict=True)]
    items, orders = shop([" ".join(one) for one in names])
    orders["channel"] = np.where(store, "store", "web")
    rows = bought(lay, items, orders, keep=("channel",))
    rule = pd.DataFrame({"given": [("salt",)], "offer": ["soap"]})
    blind, seeing = (basket_rules.confirmed(rule, rows, 10, by=by).iloc[0] for by in (None, "channel"))
    assert blind["lift"] > 3
    assert blind["p_adjusted"] < 0.001
    both, expected = (salt & soap).sum(), salt.sum() * soap.sum() / store.sum()
    assert seeing["within"] == pytest.approx(both / expected)
    assert seeing["p_adjusted"] > 0.05


def test_what_one_feast_alone_sells_is_no_pair_for_that(lay):
    """Nuts and candles are sold on one day alone, and bought there without regard to each other."""
    rng = np.random.default_rng(4)
    feast = rng.random(3000) < 0.1
    nut, candle = (feast & (rng.random(3000) < 0.5) for _ in range(2))
    names = [["bread"] + ["nut"] * int(a) + ["candle"] * int(b) for a, b in zip(nut, candle, strict=True)]
    items, orders = shop([" ".join(one) for one in names])
    days = np.where(feast, 200 + rng.random(3000), rng.uniform(0, 350, 3000))
    orders["ordered_at"] = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta((days * 86_400).round(), "s")
    rows = bought(lay, items, orders, keep=("ordered_at",))
    rule = pd.DataFrame({"given": [("nut",)], "offer": ["candle"]})
    blind, seeing = (basket_rules.confirmed(rule, rows, 10, time=time).iloc[0] for time in (None, "ordered_at"))
    assert blind["p_adjusted"] < 0.001
    assert seeing["p_adjusted"] > 0.05
    assert "within" not in seeing


def test_a_pair_that_goes_together_everywhere_holds_within_channels_and_in_time(lay):
    items, orders = market()
    orders["ordered_at"] += pd.to_timedelta(np.random.default_rng(1).integers(0, 90, len(orders)), "D")
    orders["channel"] = np.where(np.arange(len(orders)) % 3, "app", None)
    rows = bought(lay, items, orders, keep=("channel", "ordered_at"))
    rule = pd.DataFrame({"given": [("phone",)], "offer": ["case"]})
    blind = basket_rules.confirmed(rule, rows, 10).iloc[0]
    seeing = basket_rules.confirmed(rule, rows, 10, by="channel", time="ordered_at").iloc[0]
    assert seeing["within"] == pytest.approx(blind["lift"], rel=0.05)
    assert seeing["p_adjusted"] < 0.001


def test_a_rule_of_few_customers_is_not_shown(lay):
    rows, _ = judged(lay, *market())
    rule = pd.DataFrame({"given": [("phone",)], "offer": ["case"]})
    hidden = basket_rules.confirmed(rule, rows, disclosure.Limit(30, 5000))
    assert hidden[["confidence", "lift", "p_value", "both"]].isna().all(axis=None)
    assert readings.basket.findings(hidden) == ([], 0)


def test_sizes_by_hand(lay):
    row = basket.sizes(bought(lay, *shop(SMALL))).loc["all"]
    assert (row["n"], row["customers"], row["basket_size"], row["several"]) == (5, 5, 1.8, 0.6)
    assert row["low"] < 1.8 < row["high"]
    assert row["several_low"] < 0.6 < row["several_high"]


@pytest.mark.parametrize(
    "contents", [[], ["tea"], ["tea cup"], ["tea"] * 40], ids=["none", "one", "one pair", "one item"]
)
def test_little_or_nothing_is_said_so(lay, contents):
    items, orders = shop(contents)
    kinds = {"order_id": str, "product_id": str, "product_name": str}
    rows, found = judged(lay, items.astype(kinds), orders.astype({"order_id": str, "customer_id": str}))
    assert found[found["p_adjusted"] < 0.05].empty
    size = basket.sizes(rows, smallest=30)
    said = readings.basket.sentence(size, found, 24)
    assert said["en"].startswith("There are too few baskets" if len(contents) < 30 else "A basket of this")
    assert readings.basket.best(basket_rules.offers(found, pd.Series(dtype=float))) is None


def test_nobody_known_is_each_basket_a_buyer(lay):
    items, orders = market(customers=400)
    orders["customer_id"] = pd.Series([None] * len(orders), dtype=object)
    rows, found = judged(lay, items, orders)
    assert rows.buyer.nunique().execute() == len(orders)
    assert (found["p_adjusted"] < 0.05).sum() == 1


def test_what_is_not_there_is_named(lay):
    items, orders = shop(SMALL)
    with pytest.raises(TableError, match="product_name"):
        bought(lay, items, orders, item="product_nam")
