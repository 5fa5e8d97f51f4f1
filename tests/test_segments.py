"""Segments: fifths by hand, clusters planted and not, factors with published answers, who moved where."""

import re

import numpy as np
import pandas as pd
import pytest

from cx_helpers import disclosure, factors, partition, readings
from cx_helpers.measures import items, migration, personas, rfm, segments, traits
from cx_helpers.report import blocks
from cx_helpers.tables import MissingTable

END = pd.Timestamp("2025-09-01", tz="UTC")


def orders(*rows):
    """(customer, days before the end, amount)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "days", "amount"])
    frame["ordered_at"] = END - pd.to_timedelta(frame.pop("days"), unit="D")
    return frame.assign(order_id=[f"o{i}" for i in range(len(frame))], amount=frame["amount"].astype(float))


def seen(lay, frame, **more):
    return traits.traits(END.to_pydatetime(), orders=lay(frame, "orders"), **more)


def by_customer(table):
    return table.execute().set_index("customer_id").sort_index()


def test_traits_by_hand(lay):
    asked = pd.DataFrame([("a", 5.0), ("a", 5.0), ("b", 1.0)], columns=["customer_id", "score"])
    asked["responded_at"] = pd.Timestamp("2025-08-31", tz="UTC")
    asked = asked.assign(scale_min=1.0, scale_max=5.0, instrument="csat")
    frame = orders(("a", 10, 100), ("a", 30, 300), ("b", 5, 50), ("c", 400, 7), (None, 1, 9), ("d", 0, 9))
    found = by_customer(seen(lay, frame, responses=lay(asked)))
    assert found.index.tolist() == ["a", "b", "c"]  # nobody's order is no customer; one at the end is not yet known
    assert found.loc["a", ["orders", "value", "mean_order", "recency_days"]].tolist() == [2, 400, 200, 10]
    mean = 2 / 3  # of the marks 1, 1, 0
    wanted = [(2 + 2 * mean) / 4, (0 + 2 * mean) / 3, mean]
    assert found["satisfaction"].tolist() == pytest.approx(wanted)


def test_without_orders_and_touchpoints_it_says_so():
    with pytest.raises(MissingTable, match="orders or touchpoints"):
        traits.traits(END.to_pydatetime())


def test_fifths_keep_equal_customers_together(lay):
    frame = orders(*[(f"c{i}", 10 * (i + 1), 100 - i) for i in range(10)])
    found = by_customer(rfm.fifths(seen(lay, frame)))
    assert found["recency"].tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert found["money"].tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert set(found["frequency"]) == {3}  # one order each: alike, in the middle
    assert found["rfm"].tolist()[:4] == ["champions", "champions", "loyal", "loyal"]
    assert found["rfm"].tolist()[-2:] == ["hibernating", "hibernating"]


@pytest.mark.parametrize("people", [0, 1, 40])
def test_one_customer_or_all_alike(lay, people):
    who = seen(lay, orders(*[(f"c{i}", 10, 100) for i in range(people)]))
    standards = traits.standard(who)
    made = segments.choose(traits.sample(who, standards), standards)
    assert made.names == []
    placed = rfm.fifths(segments.assign(traits.scales(who), made))
    named = rfm.named(placed)
    assert named["n"].tolist() == ([people] if people else [])
    said = readings.segments.sentence(named)["en"], readings.segments.clusters(made)["en"]
    assert "too few customers, or they are too much alike" in said[1]
    hushed = readings.segments.clusters(made, disclosure.Limit(30, 10))["en"]
    assert ("fewer than 10" in hushed) == (people == 1)
    assert said[0] != ""


def test_named_groups_add_up_and_hide_the_small(lay):
    rng = np.random.default_rng(4)
    who, days, amounts = rng.integers(0, 300, 900), rng.integers(1, 300, 900), rng.lognormal(4, 1, 900)
    frame = orders(*[(f"c{c}", day, amount) for c, day, amount in zip(who, days, amounts, strict=True)])
    ranked = rfm.fifths(seen(lay, frame))
    found = rfm.named(ranked)
    assert found["n"].sum() == frame["customer_id"].nunique()
    assert found["value"].sum() == pytest.approx(frame["amount"].sum())
    assert found["value_share"].sum() == pytest.approx(1)
    assert (found["low"] <= found["share"]).all()
    assert rfm.grid(ranked)["n"].sum() == found["n"].sum()
    counts = pd.DataFrame([[3, 1], [0, 0], [4, 0]], index=pd.Index([3, 2, 1], name="frequency"))
    assert re.search("in fifth .?[2۲].? of frequency", readings.segments.ties(counts)["en"])
    assert readings.segments.ties(counts.drop(2)) is None
    shown = rfm.grid(ranked, disclosure.Limit(30, 10))
    small = rfm.grid(ranked)["n"].between(1, 9).to_numpy()
    assert small.any()
    assert shown["n"][small].isna().all()


def crowd(rng, *centres, people=250):
    return np.vstack([rng.normal(c, 1.0, (people, 4)) for c in centres])


def test_planted_clusters_are_found_and_no_others():
    rng = np.random.default_rng(5)
    x = crowd(rng, (0, 0, 0, 0), (4, 4, 0, 0), (0, 4, 4, 2))
    x = (x - x.mean(0)) / x.std(0)
    found = partition.partition(x)
    assert found.k == 3
    assert min(found.stability) > 0.9
    labels = found.assign(x).reshape(3, 250)
    assert [np.bincount(row).max() > 240 for row in labels] == [True] * 3
    again = partition.partition(x)
    assert np.array_equal(again.centres, found.centres)


def shapes(name, rng, n=800):
    skewed = [rng.poisson(rng.gamma(1, 2, n)), rng.lognormal(0, 1, n), rng.poisson(0.4, n), rng.exponential(20, n)]
    return {
        "one body": rng.normal(size=(n, 4)),
        "a cigar": rng.multivariate_normal([0] * 4, np.full((4, 4), 0.8) + 0.2 * np.eye(4), n),
        "even": rng.uniform(size=(n, 3)),
        "counts and amounts": np.log1p(np.column_stack(skewed)),
        "two counts": np.column_stack([rng.integers(0, 2, n), rng.integers(0, 2, n), rng.normal(size=n)]),
    }[name]


@pytest.mark.parametrize("name", ["one body", "a cigar", "even", "counts and amounts", "two counts"])
def test_where_there_is_no_structure_there_are_no_clusters(name):
    x = shapes(name, np.random.default_rng(6))
    found = partition.partition((x - x.mean(0)) / x.std(0))
    assert (found.k, found.method) == (0, "")
    assert len(found.tried) >= 10


@pytest.mark.parametrize(
    ("silhouette", "gap", "chance", "stability", "said"),
    [
        (0.2, None, None, None, "at least 0.30 is needed"),
        (0.9, None, None, None, "too small a cluster: 1.0% of the customers"),
        (0.9, 0.01, None, None, "gap 0.01, which must be above 0.02"),
        (
            0.4,
            0.5,
            0.41,
            None,
            "no farther apart, silhouette 0.40 of 1, than made-up crowds without clusters come to: 0.41",
        ),
        (0.9, 0.5, 0.41, 0.6, "found again in resamples 0.60 of 1, at least 0.75 is needed"),
    ],
)
def test_the_test_that_failed_is_told(silhouette, gap, chance, stability, said):
    row = {"silhouette": silhouette, "gap": gap, "gap_se": 0.02, "chance_silhouette": chance, "smallest": 0.01,
           "stability": stability, "holds": False}  # fmt: skip
    tried = pd.DataFrame([row, row | {"silhouette": 0.1, "gap": None, "chance_silhouette": None, "stability": None}])
    none = partition.Partition(
        "", np.empty((0, 2)), np.empty((0, 2)), np.empty(0), tried.astype(float, errors="ignore")
    )
    told = readings.segments.clusters(segments.Segmentation(pd.DataFrame(), none, 500))["en"]
    assert told.startswith("There are no clusters among the customers: none of 2 clusterings")
    assert said in told


def test_chance_is_passed_only_beyond_what_few_crowds_leave_open():
    """Twenty crowds' highest is no bound where five numbers of clusters are tried: their spread takes it higher."""
    crowds = list(0.4 + 0.01 * np.random.default_rng(3).normal(size=20))
    assert 0.42 < max(crowds) + 0.005 < partition._beyond(crowds) < 0.46
    assert partition._beyond([0.4] * 20) == pytest.approx(0.4)


def test_the_engine_places_customers_as_the_partition_does(lay):
    rng = np.random.default_rng(7)
    often = [(f"a{c}", d, 500 + 50 * rng.normal()) for c in range(80) for d in rng.integers(1, 9, 12)]
    once = [(f"b{c}", int(rng.integers(190, 210)), 20 + rng.normal()) for c in range(80)]
    who = traits.scales(seen(lay, orders(*often, *once)))
    standards = traits.standard(who)
    rows = traits.sample(who, standards)
    made = segments.choose(rows, standards)
    assert made.names == ["A", "B"]
    found = by_customer(segments.assign(who, made))["cluster"]
    assert found.tolist() == [made.names[j] for j in made.partition.assign(rows)]
    assert found.groupby(found.index.str[0]).nunique().tolist() == [1, 1]
    told = segments.described(segments.assign(who, made), "cluster", traits.columns(who))
    assert told["n"].tolist() == [80, 80]
    assert told["z_orders"].abs().min() > 0.9
    assert "2 stable clusters" in readings.segments.clusters(made)["en"]


def groups(lay, more):
    rng = np.random.default_rng(8)
    value = rng.lognormal(3, 0.6, 600) * np.where(np.arange(600) % 6 == 0, more, 1.0)
    return lay(pd.DataFrame({"customer_id": [f"c{i}" for i in range(600)], "value": value,
                             "segment": np.where(np.arange(600) % 6 == 0, "omni", "other"),
                             "city": rng.choice(["x", "y", "z"], 600)}))  # fmt: skip


def test_a_group_that_spends_more_is_found_and_none_where_nothing_is(lay):
    found, looks = readings.segments.findings(segments.worth(groups(lay, 1.8), ["segment", "city"]))
    assert looks == 5
    assert (found[0].severity, found[0].kind) == ("high", "segment")
    assert {"segment": "omni"} in [f.subject for f in found if f.value > f.baseline]
    assert all("city" not in f.subject for f in found)
    assert readings.segments.findings(segments.worth(groups(lay, 1.0), ["segment", "city"])) == ([], 5)


def test_who_moved(lay):
    before = lay(pd.DataFrame({"customer_id": list("abcd"), "rfm": ["x", "x", "x", "y"]}))
    now = lay(pd.DataFrame({"customer_id": list("abce"), "rfm": ["x", "y", "y", "y"]}))
    found = segments.moved(before, now, "rfm")
    assert found["n"].unstack("now").loc["x"].tolist() == [1, 2]
    assert found.loc[("x", "y"), "share"] == pytest.approx(2 / 3)
    assert found.loc[("x", "y"), "low"] < 2 / 3 < found.loc[("x", "y"), "high"]
    assert np.isnan(found.loc[("y", "x"), "share"])  # nobody of y is in both: not 0


def test_add_splits_any_table(lay):
    placed = lay(pd.DataFrame({"customer_id": ["a"], "rfm": ["loyal"]}))
    table = lay(pd.DataFrame({"customer_id": ["a", "b", None], "score": [1.0, 2.0, 3.0]}))
    found = segments.add(table, placed, "rfm").order_by("score").execute()["rfm"]
    assert found.fillna("-").tolist() == ["loyal", "-", "-"]


def test_factors_of_bfi(real, lay):
    folder = real / "truth" / "bfi"
    if not folder.is_dir():
        pytest.skip("no truth/bfi in the real data")
    frame = pd.read_csv(folder / "bfi.csv.gz").iloc[:, 1:26]
    form = items.form(items.wide(lay(frame.add_prefix("attr_"))))
    fit = items.suitability(form).iloc[0]
    assert (fit["n"], fit["df"]) == (2436, 300)
    assert round(fit["kmo"], 5) == 0.84865
    assert round(fit["chi2"], 2) == 18146.07
    loaded = items.loadings(form)
    assert loaded["factor"].max() == 5  # the Big Five
    reliable = items.reliability(form, loaded)
    neurotic = next(row for row in reliable.itertuples() if "attr_N1" in row.names)
    assert sorted(neurotic.names) == [f"attr_N{i}" for i in range(1, 6)]
    assert neurotic.low < neurotic.alpha < neurotic.high
    assert "KMO 0.85" in readings.items.sentence(items.suitability(form))["en"]


def test_alpha_by_hand():
    # two items of variance 1 with covariance .5: 2 * (1 - 2/3)
    value, low, high = factors.alpha([[1, 0.5], [0.5, 1]], 101)
    assert value == pytest.approx(2 / 3)
    assert 0 < low < value < high < 1
    assert np.isnan(factors.alpha([[1.0]], 101)[0])


@pytest.mark.parametrize("rows", [1, 30, 400])
def test_items_without_anything_in_common_are_not_factored(lay, rows):
    x = np.random.default_rng(9).integers(1, 6, (rows, 4)).astype(float)
    form = items.form(items.wide(lay(pd.DataFrame(x, columns=[f"attr_{c}" for c in "abcd"]))))
    assert items.loadings(form).empty
    assert items.reliability(form, items.loadings(form)).empty
    assert rows > 1 or "no form of several questions" in readings.items.sentence(items.suitability(form))["en"]


def test_instruments_of_one_family_are_items(lay):
    rng = np.random.default_rng(10)
    mood = rng.normal(size=200)
    rows = [(f"c{i}", END, f"servqual.{n}", float(m + 0.5 * rng.normal())) for i, m in enumerate(mood) for n in "abc"]
    table = lay(pd.DataFrame(rows, columns=["customer_id", "responded_at", "instrument", "score"]))
    assert items.there(table)
    form = items.form(items.wide(table))
    assert (form.n, form.names) == (200, ["a", "b", "c"])
    loaded = items.loadings(form)
    assert loaded["factor"].tolist() == [1, 1, 1]
    few = table.filter(table.instrument != "servqual.c")
    assert not items.there(few)
    with pytest.raises(MissingTable, match="three items"):
        items.wide(few)


# ---- personas --------------------------------------------------------------------------------------------------------


def two_kinds(lay):
    """40 who order 8 times for 100 and 40 who ordered once for 10, with what they used, answered and wrote."""
    often = [(f"a{c:02}", 1 + d, 100) for c in range(40) for d in range(8)]
    who = traits.scales(seen(lay, orders(*often, *[(f"b{c:02}", 200, 10) for c in range(40)])))
    kind = who.mutate(kind=who.customer_id.substr(0, 1))
    return kind, traits.standard(who)


def test_a_portrait_by_hand(lay):
    kind, standards = two_kinds(lay)
    seen_ = personas.portraits(kind, "kind", standards)
    assert seen_.loc["a", ["n", "share", "each", "orders", "all_orders"]].tolist() == [40, 0.5, 800, 8, 4.5]
    assert seen_.loc["a", "value_share"] == pytest.approx(800 / 810)
    assert seen_.loc["a", "low"] < 0.5 < seen_.loc["a", "high"]
    assert seen_.loc["a", "each_low"] <= 800 <= seen_.loc["a", "each_high"]
    assert seen_.loc["a", "apart_orders"] == pytest.approx(1)  # two equal halves lie one deviation off their middle
    assert seen_.loc["b", "apart_orders"] == pytest.approx(-1)
    small = personas.portraits(kind, "kind", standards, disclosure.Limit(30, 50))
    assert small["each"].isna().all()
    card = readings.personas.cards(small, own=True)[0]
    assert "privacy" in card["why"]["en"]
    assert "figures" not in card


@pytest.mark.parametrize(("off", "fa", "en"), [
    ({"orders": 1.2, "satisfaction": 0.8}, "پرخریدهای راضی", "Satisfied frequent buyers"),
    ({"satisfaction": -0.9, "orders": -0.6}, "کم‌خریدهای ناراضی", "Dissatisfied occasional buyers"),
    ({"recency_days": 1.5, "mean_order": 0.7}, "دیرنیامده‌های پرخرج", "Big-spending customers gone quiet"),
    ({"channels": 0.9}, "چندکاناله‌ها", "Users of many channels"),
    ({"mean_order": 0.9, "feeling": -0.6}, "پرخرج‌های گله‌مند", "Complaining big spenders"),
    ({"orders": 0.2}, "مشتریان میانه", "Average customers"),
])  # fmt: skip
def test_a_name_suggests_itself(off, fa, en):
    assert readings.personas.called(pd.Series({f"apart_{k}": v for k, v in off.items()})) == {"fa": fa, "en": en}


def test_no_two_personas_are_called_alike():
    row = {"apart_orders": 1.0, "apart_visits": 0.9}
    alike = pd.DataFrame([row | {"apart_feeling": 0.6}, row | {"apart_feeling": -0.6}, row], index=list("ABC"))
    found = [one["fa"] for one in readings.personas.names(alike).values()]
    assert len(set(found)) == 3
    assert found[1] == "پرخریدهای پررفت‌وآمد و گله‌مند"


def test_channels_ways_and_tastes_by_hand(lay):
    used = pd.DataFrame({"customer_id": ["a", "a", "b", "c"], "kind": ["x", "x", "x", "y"]})
    used["channel"] = ["app", "web", "app", "web"]
    found = personas.channels(lay(used), "kind")
    assert found["n"].to_dict() == {("x", "app"): 2, ("x", "web"): 1, ("y", "web"): 1}
    assert found["share"].tolist() == [1, 0.5, 1]
    rows = [("x", "(start)", "ad", 0.7), ("x", "(start)", "shop", 0.3), ("x", "ad", "shop", 0.4),
            ("x", "ad", "ad", 0.6), ("x", "shop", "(end)", 0.8), ("x", "shop", "pay", 0.2)]  # fmt: skip
    steps = pd.DataFrame(rows, columns=["kind", "from", "to", "share"]).assign(customers=9, low=0.1, high=0.9)
    way = personas.ways(steps.set_index(["kind", "from", "to"]))
    assert way["touchpoint"].tolist() == ["ad", "shop"]  # not ad again, and from the shop most go no further
    rows = [(kind, "cart", to, n) for kind, paid in (("x", 300), ("y", 500), ("z", 500))
            for to, n in (("pay", paid), ("search", 900 - paid), ("(end)", 100))]  # fmt: skip
    steps = pd.DataFrame(rows, columns=["kind", "from", "to", "n"]).assign(share=lambda f: f["n"] / 1000)
    steps = steps.assign(customers=steps["n"], low=0.0, high=1.0, se=0.015).set_index(["kind", "from", "to"])
    turn = personas.turns(steps)
    assert turn.index.tolist() == [("x", 1), ("y", 1), ("z", 1)]
    assert turn.loc[("x", 1), ["from", "to", "share", "others"]].tolist() == ["cart", "search", 0.6, 0.4]
    assert turn.loc[("y", 1), ["to", "share", "others"]].tolist() == ["pay", 0.5, 0.4]
    assert "60%, others 40%" in readings.personas._turn(turn.loc[("x", 1)])["en"].replace("\u2066", "").replace(
        "\u2069", ""
    )
    assert readings.personas._alike(None) == []
    assert "as the others do" in readings.personas._alike(turn)[0]["en"]
    assert personas.turns(steps.assign(se=0.2)).empty, "what chance does too sets nobody apart"
    assert personas.turns(steps.xs("x", level=0, drop_level=False)).empty, "one group has no others"
    wrote = pd.DataFrame({"customer_id": list("abcd"), "kind": "x", "sentiment": [0.9, -0.9, 0.1, None]})
    wrote["aspect_price"] = [0.8, -0.8, None, -0.9]
    taste = personas.tastes(lay(wrote), "kind", ["price"])
    assert taste.loc[("x", "price"), ["n", "loved", "hated", "lovers", "haters"]].tolist() == [3, 1 / 3, 1 / 3, 1, 1]
    hushed = personas.tastes(lay(wrote), "kind", ["price"], disclosure.Limit(1, 2))
    assert hushed.loc[("x", "price"), ["loved", "hated", "lovers", "haters"]].isna().all()


def test_quotes_stand_on_the_card_of_their_group(lay):
    kind, standards = two_kinds(lay)
    quotes = {
        "loved": pd.DataFrame({"text": ["سریع بود"], "kind": ["b"]}),
        "hated": pd.DataFrame({"text": [], "kind": []}),
    }
    told = readings.personas.cards(personas.portraits(kind, "kind", standards), True, quotes=quotes)
    assert [one["loved_said"] for one in told] == [[], ["سریع بود"]]
    block = blocks.personas(told)
    assert block.payload["kind"] == "persona"
    html = block._repr_mimebundle_()["text/html"]
    assert "سریع بود" in html
    assert "<style>" in html  # the lab sees it, too
    bad = told[1] | {"loved_said": ["<script>x</script>"]}
    assert "<script>" not in blocks.personas([bad])._repr_mimebundle_()["text/html"]
    assert blocks.personas([]).payload["kind"] == "note"


# ---- movement --------------------------------------------------------------------------------------------------------


def test_who_are_too_few_to_tell_of_are_not_said_to_be_hidden(lay):
    few = rfm.named(rfm.fifths(seen(lay, orders(*[(f"c{i}", i, 10.0) for i in range(1, 13)]))), disclosure.Limit(30, 1))
    assert "too few to tell" in readings.segments.sentence(few)["en"]
    assert "privacy" in readings.segments.sentence(few.assign(hidden=disclosure.SMALL))["en"]


def test_limits_place_the_same_customers_as_the_fifths_do(lay):
    rng = np.random.default_rng(4)
    rows = [(f"c{c}", int(d), float(x)) for c, d, x in zip(rng.integers(0, 120, 400), rng.integers(1, 300, 400),
                                                         rng.integers(1, 50, 400), strict=True)]  # fmt: skip
    who = seen(lay, orders(*rows))
    ranked = rfm.fifths(who)
    again = rfm.within(who, rfm.limits(ranked))
    names = ["recency", "frequency", "money", "rfm"]
    pd.testing.assert_frame_equal(by_customer(ranked)[names], by_customer(again)[names])


def stood(lay, groups):
    return lay(pd.DataFrame({"customer_id": [f"c{i}" for i in range(len(groups))], "rfm": groups}))


def test_a_small_group_is_not_what_the_map_of_fifths_leaves_of_its_column(lay):
    sizes = {"champions": 60, "loyal": 50, "needs_care": 4, "about_to_sleep": 40, "cannot_lose": 12, "at_risk": 30}
    rows = pd.DataFrame({"rfm": np.repeat(list(sizes), list(sizes.values()))})
    table = lay(rows.assign(value=1.0, orders=1.0, recency_days=1.0, customer_id=[f"c{i}" for i in rows.index]))
    limit = disclosure.Limit(1, 10)
    shown = rfm.named(table, limit)
    # the map tells how many bought in the third fifth of recency: 44, so who is about to sleep goes, not cannot_lose
    assert shown.index[shown["hidden"].notna()].tolist() == ["needs_care", "about_to_sleep"]
    none = pd.DataFrame(columns=["mean", "sd"])
    seen_too = personas.portraits(table, "rfm", none, limit, rfm.PARTS)
    assert seen_too.index[seen_too["hidden"].notna()].tolist() == ["about_to_sleep", "needs_care"]
    assert personas.portraits(table, "rfm", none, limit)["hidden"]["cannot_lose"] == disclosure.BESIDE


def test_how_many_fell_is_not_told_where_they_are_few(lay):
    start = ["champions"] * 100 + ["loyal"] * 90 + ["promising"] * 80
    end = ["hibernating"] * 3 + ["champions"] * 97 + ["hibernating"] * 30 + ["loyal"] * 60 + ["hibernating"] * 40
    tables = [stood(lay, start), stood(lay, start), stood(lay, [*end, *["promising"] * 40])]
    found = migration.falls(*tables, "rfm", smallest=disclosure.Limit(1, 10))
    # three of the champions fell; of all 73 less the promising 40 they would be had, but for the loyal
    assert found["fallen"].notna().to_dict() == {"all": True, "champions": False, "loyal": False, "promising": True}
    assert found.loc["champions", ["change", "p_value"]].isna().all()
    assert migration.falls(*tables, "rfm").loc["champions", "fallen"] == 0.03


def test_who_falls_by_hand(lay):
    then = stood(lay, ["champions"] * 8 + ["at_risk"] * 2)
    start = stood(lay, ["champions"] * 8 + ["at_risk"] * 2)
    end = stood(lay, ["champions"] * 4 + ["needs_care"] * 3 + ["loyal"] + ["champions"] * 2)
    found = migration.falls(then, start, end, "rfm")
    assert found.index.tolist() == ["all", "champions"]  # nobody falls from where there is nothing lower
    assert found.loc["champions", ["n", "fallen", "fallen_before"]].tolist() == [8, 3 / 8, 0]
    assert found.loc["champions", "low"] < 3 / 8 < found.loc["champions", "high"]
    small = migration.falls(then, start, end, "rfm", smallest=disclosure.Limit(1, 10))
    assert small.loc["champions", "fallen"] != small.loc["champions", "fallen"]
    assert migration.falls(stood(lay, []), stood(lay, []), stood(lay, []), "rfm")["p_adjusted"].isna().all()


@pytest.mark.parametrize(("share", "loud"), [(0.1, []), (0.3, ["high", "high"])])
def test_a_planted_fall_is_found_and_no_other(lay, share, loud):
    rng, n = np.random.default_rng(3), 1500
    start = np.where(np.arange(n) % 2 == 0, "champions", "about_to_sleep")
    fell = rng.random(n) < np.where(start == "champions", share, 0.1)
    end = np.where(fell, "hibernating", start)
    then = np.where(np.arange(n) % 2 == 0, "champions", "about_to_sleep")
    was = np.where(rng.random(n) < 0.1, "hibernating", then)
    # as many of the same groups in the period before: those who fell are others' rows
    before, now = stood(lay, list(was)), stood(lay, list(np.where(was == "hibernating", was, end)))
    found, looks = readings.migration.findings(migration.falls(stood(lay, list(then)), before, now, "rfm"))
    assert looks == 3
    assert [f.severity for f in found] == loud
    if loud:
        assert {"rfm": "champions"} in [f.subject for f in found]
        assert found[0].impact is None or found[0].impact["value"] > 0
