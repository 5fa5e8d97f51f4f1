"""Small groups are not seen, nor worked out: the rules by hand, an adversary with a solver, a planted company."""

import json
import re

import nbformat
import numpy as np
import pandas as pd
import planted
import pytest
from cells import NOTEBOOKS, run
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from cx_helpers import disclosure, folding, workspace
from cx_helpers.dates import Period
from cx_helpers.disclosure import BESIDE, SMALL, Limit
from cx_helpers.measures import cohort, dropouts, journey, outcomes, survey, touchpoints, voices

TEN = Limit(1, 10)  # one answer will do, but ten customers must stand behind a group


def answer(groups: dict, index="channel", value=0.5) -> pd.DataFrame:
    """{group: (n, customers)} as an answer."""
    frame = pd.DataFrame.from_dict(groups, orient="index", columns=["n", "customers"]).rename_axis(index)
    return frame.assign(csat=value, low=value - 0.1, high=value + 0.1)


# -- the rule, by hand -------------------------------------------------------------------------------------------------


def test_many_answers_of_few_customers_are_a_small_group():
    found = disclosure.hide(
        answer({"app": (90, 80), "kiosk": (60, 7), "web": (95, 90), "shop": (40, 30)}), Limit(30, 10)
    )
    assert found["hidden"].tolist() == [None, SMALL, None, BESIDE]
    assert found["csat"].isna().tolist() == [False, True, False, True]
    assert found["customers"].isna().tolist() == [False, True, False, True]
    assert found["n"].tolist() == [90, 60, 95, 40], "data keep n, as the contract asks"


def test_few_answers_of_enough_customers_are_unsure_and_no_secret():
    found = disclosure.hide(answer({"app": (90, 80), "web": (12, 12)}), Limit(30, 10))
    assert found["hidden"].tolist() == [None, None]
    assert found["csat"].isna().tolist() == [False, True]
    assert found["customers"].tolist() == [80, 12]


def test_nobody_is_nobodys_secret():
    assert disclosure.hide(answer({"app": (90, 80), "web": (0, 0)}), TEN)["hidden"].tolist() == [None, None]


@pytest.mark.parametrize(
    ("customers", "gone"),
    [
        ([4, 50, 20], [0, 2]),  # the one small group, and the next smallest
        ([4, 5, 50, 20], [0, 1, 3]),  # two small ones are nine together: still too few to be told
        ([4, 9, 8], [0, 1, 2]),  # no large one is there to be held back
        ([10, 50, 20], []),  # ten are enough
        ([4], [0]),
        ([], []),
    ],
)
def test_the_next_smallest_goes_too(customers, gone):
    small = disclosure.few(customers, TEN)
    hidden = small | disclosure.beside(customers, np.zeros(len(customers), bool), TEN)
    assert np.flatnonzero(hidden).tolist() == gone


def test_each_period_is_a_table_of_its_own():
    months = Period.parse("1404-06").back(2)
    parts = {
        m: answer({"app": (90, 80), "kiosk": (60, k), "web": (95, 50)}) for m, k in zip(months, (40, 7), strict=True)
    }
    found = disclosure.hide(pd.concat(parts, names=["period"]), TEN)
    assert found["hidden"].tolist() == [None, None, None, None, SMALL, BESIDE]
    alone = disclosure.hide(answer({m: (60, k) for m, k in zip(months, (40, 7), strict=True)}, "period"), TEN)
    assert alone["hidden"].tolist() == [None, SMALL], "months have no total on any page"


def test_a_plain_number_asks_for_answers_only():
    found = disclosure.hide(answer({"app": (90, 80), "kiosk": (60, 7)}), 30)
    assert "hidden" not in found
    assert found["csat"].notna().all()


def test_answers_without_a_customer_are_each_of_one(lay):
    frame = pd.DataFrame(
        {"customer_id": [None] * 12 + ["a"] * 12, "channel": ["web"] * 12 + ["app"] * 12, "score": 9.0}
    )
    found = survey.nps(lay(frame.assign(response_id=[f"r{i}" for i in range(24)])), by="channel", smallest=TEN)
    assert found["hidden"].to_dict() == {"app": SMALL, "web": BESIDE}


def test_promoters_passives_and_detractors_are_shown_all_or_none(lay):
    def votes(scores, channel):
        return pd.DataFrame({"score": [float(s) for s in scores], "channel": channel})

    frame = pd.concat([votes([10] * 20 + [8] * 20 + [0] * 3, "app"), votes([10] * 20 + [8] * 20 + [0] * 20, "web")])
    frame["customer_id"] = [f"c{i}" for i in range(len(frame))]
    found = survey.nps(lay(frame), by="channel", smallest=TEN)
    parts = found[["promoters", "passives", "detractors"]]
    assert parts.loc["app"].isna().all(), "n and the score give two away together with any one"
    assert parts.loc["web"].tolist() == [20, 20, 20]
    assert found["nps"].notna().all(), "the score is of all 43 customers"


def test_a_count_of_few_is_said_in_words():
    assert disclosure.count(4, TEN) == {"fa": "کمتر از \u2066۱۰\u2069", "en": "fewer than 10"}
    assert disclosure.count(12, TEN) == 12
    assert disclosure.count(40, TEN, customers=3)["en"] == "fewer than 10"
    assert disclosure.count(4, 30) == 4


# -- an adversary who knows every sum ----------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 15))
@settings(max_examples=200, deadline=None)
def test_what_is_left_of_a_total_is_never_a_small_group(customers, smallest):
    limit, customers = Limit(1, smallest), np.array(customers)
    small = disclosure.few(customers, limit)
    hidden = small | disclosure.beside(customers, np.zeros(len(customers), bool), limit)
    assert not small.any() or hidden.sum() == (customers > 0).sum() or customers[hidden].max() >= smallest
    assert hidden.sum() <= small.sum() + 1, "no more is held back than is needed"


def reach(shown: np.ndarray, sums: tuple, wanted: list) -> list:
    """What a solver finds of each wanted cell or sum: (least, most), given a table with gaps and its sums with gaps.

    shown  cells, NaN where not known, or (low, high) for each;  sums  (of rows, of columns), NaN where not known
    """
    low, high = (
        shown
        if isinstance(shown, tuple)
        else (np.where(np.isnan(shown), 0, shown), np.where(np.isnan(shown), np.inf, shown))
    )
    rows, columns = low.shape
    down, across = sums
    size = rows * columns + rows + columns
    equal = np.zeros((rows + columns + 1, size))
    right = np.zeros(rows + columns + 1)
    for i in range(rows):
        equal[i, i * columns : (i + 1) * columns], equal[i, rows * columns + i] = 1, -1
    for j in range(columns):
        equal[rows + j, j : rows * columns : columns], equal[rows + j, rows * columns + rows + j] = 1, -1
    equal[-1, rows * columns : rows * columns + rows], equal[-1, rows * columns + rows :] = 1, -1
    ends = [*zip(low.ravel(), high.ravel(), strict=True)]
    ends += [(0, np.inf) if np.isnan(s) else (s, s) for s in (*down, *across)]
    total = np.zeros(size)
    out = []
    for place in wanted:
        total[:] = 0
        total[place] = 1
        found = [linprog(sign * total, A_eq=equal, b_eq=right, bounds=ends) for sign in (1, -1)]
        assert found[0].status == 0, "what is true must be possible"
        out.append((found[0].fun, np.inf if found[1].status == 3 else -found[1].fun))
    return out


def margins(table: np.ndarray, limit: Limit) -> tuple:
    """The sums that are published: without small ones, and without the one beside them."""
    out = []
    for side in (1, 0):
        sums = table.sum(axis=side).astype(float)
        small = disclosure.few(sums, limit)
        out.append(np.where(small | disclosure.beside(sums, np.zeros(len(sums), bool), limit), np.nan, sums))
    return tuple(out)


def tables(count: int, seed: int):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        shape = tuple(rng.integers(1, 6, 2))
        made = rng.poisson(rng.gamma(0.6, 30, shape)) * (rng.random(shape) < rng.choice([0.5, 0.8, 1.0]))
        if made.sum(axis=1).max() >= 10:  # else there is no group to tell of
            yield made


@pytest.mark.parametrize("listed", ["everything", "where somebody is"])
def test_no_hidden_cell_of_a_cross_tab_can_be_worked_out(listed):
    asked = 0
    for table in tables(60, len(listed)):
        row, column = np.nonzero(table) if listed != "everything" else np.indices(table.shape).reshape(2, -1)
        n = table[row, column]
        gone = disclosure.cells(row, column, n, n, TEN)
        shown = np.full(table.shape, np.nan)
        shown[row[~gone], column[~gone]] = n[~gone]
        small = (table > 0) & (table < 10)
        assert np.isnan(shown[small]).all()
        for least, most in reach(shown, margins(table, TEN), np.flatnonzero(small)):
            assert most - least > 0.5, f"{table.tolist()} with {shown.tolist()}"
            asked += 1
    assert asked > 100


def test_a_table_without_small_cells_is_shown_whole():
    table = np.array([[20, 30, 0], [10, 0, 44]])
    row, column = np.indices(table.shape).reshape(2, -1)
    assert not disclosure.cells(row, column, table.ravel(), table.ravel(), TEN).any()


def log(steps: dict) -> pd.DataFrame:
    """{(from, to): customers}: each goes this one step, in a session of its own."""
    rows = [
        (f"c{k}-{i}", t, pd.Timestamp("2025-09-01T09:00Z") + pd.to_timedelta(m, "min"), f"{k}-{i}-{m}", f"s{k}-{i}")
        for k, (pair, customers) in enumerate(steps.items())
        for i in range(customers)
        for m, t in enumerate(pair)
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "touchpoint", "occurred_at", "event_id", "session_id"])
    return frame.assign(outcome="failure", channel="web", occurred_at=frame["occurred_at"].dt.as_unit("us"))


def test_a_rare_step_is_neither_shown_nor_left_over(lay):
    steps = {("search", "cart"): 57, ("search", "call"): 3, ("cart", "pay"): 31, ("call", "pay"): 22}
    found = journey.transitions(lay(log(steps), "touchpoints"), smallest=TEN)
    assert found.loc[("search", "call")].drop("hidden").isna().all()
    assert found.loc[("search", "call"), "hidden"] == SMALL
    # 60 searched and 57 went on to the cart: rounded to tens, what is left is anything from none to nine
    assert found.loc[("search", "cart"), "customers"] == 60
    assert found.loc[("search", "cart"), "share"] == 1
    free = journey.transitions(lay(log(steps), "touchpoints"), smallest=Limit(1, 1))
    assert free.loc[("search", "cart"), "n"] == 57
    assert free["hidden"].isna().all()


def test_rounded_steps_hide_the_small_ones_from_a_solver(lay):
    for table in tables(12, 5):
        sides = [[f"{side}{i}" for i in range(size)] for side, size in zip("ab", table.shape, strict=True)]
        steps = {
            (a, b): int(k) for a, line in zip(sides[0], table, strict=True) for b, k in zip(sides[1], line, strict=True)
        }
        found = journey.transitions(lay(log(steps), "touchpoints"), smallest=TEN)
        n = found["n"].unstack("to").reindex(index=sides[0], columns=sides[1]).to_numpy(float)
        exact = found["hidden"].isna().all()
        low = np.where(np.isnan(n), 0, n if exact else np.maximum(n - 5, 10))
        high = np.where(np.isnan(n), np.inf, n if exact else n + 5)
        small = np.flatnonzero((table > 0) & (table < 10))
        for least, most in reach((low, high), margins(table, TEN), small):
            assert most - least > 0.5, table.tolist()


def test_rare_paths_are_not_listed_and_are_no_remainder(lay):
    steps = {("search", "cart"): 57, ("search", "call"): 3, ("cart", "pay"): 31, ("call", "pay"): 22}
    found = journey.variants(lay(log(steps), "touchpoints"), smallest=TEN)
    assert found["path"].tolist() == ["search → cart", "cart → pay"], "the least common one hides the three"
    assert journey.variants(lay(log(steps), "touchpoints"))["n"].tolist() == [57, 31, 22, 3]
    many = steps | {("call", "search"): 8}  # eleven took a rare path: all of them together may be told
    assert journey.variants(lay(log(many), "touchpoints"), smallest=TEN)["n"].tolist() == [57, 31, 22]


def test_the_next_step_of_few_is_not_what_is_left_of_one(lay):
    def customers(frame):
        found = dropouts.dropouts(lay(frame, "touchpoints"), within="1h", until="2025-09-02", smallest=TEN)
        return found.xs("search", level="touchpoint")["customers"].to_dict()

    frame = log({("search", "cart"): 57, ("search", "call"): 3, ("search", "pay"): 20})
    assert pd.isna(list(customers(frame).values())).tolist() == [False, True, True]
    more = log({("search", "cart"): 57, ("search", "call"): 6, ("search", "pay"): 20, ("search", "home"): 5})
    shown = customers(more)
    assert (shown["cart"], shown["pay"]) == (57, 20), "eleven others are left, of two kinds"
    assert pd.isna(shown["call"])
    assert pd.isna(shown["home"])


def test_moves_between_channels_and_between_votes(lay):
    frame = log({("a", "b"): 40, ("c", "d"): 4, ("e", "f"): 30})
    place = {"a": "web", "b": "app", "c": "web", "d": "shop", "e": "app", "f": "app"}
    frame["channel"] = frame["touchpoint"].map(place)
    found = dropouts.switches(lay(frame, "touchpoints"), smallest=TEN)
    assert found["hidden"].to_dict() == {("app", "app"): None, ("web", "app"): BESIDE, ("web", "shop"): SMALL}
    rows = [
        (f"c{i}", day, score)
        for i, pair in enumerate([(10, 10)] * 40 + [(10, 0)] * 4 + [(0, 0)] * 30)
        for day, score in zip((1, 20), pair, strict=True)
    ]
    answers = pd.DataFrame(rows, columns=["customer_id", "day", "score"]).assign(instrument="nps")
    answers["responded_at"] = pd.to_datetime("2025-09-01", utc=True) + pd.to_timedelta(answers.pop("day"), "D")
    answers["response_id"] = [f"r{i}" for i in range(len(answers))]
    moved = survey.moves(
        lay(answers.astype({"score": float})), since=pd.Timestamp("2025-09-10", tz="UTC"), smallest=Limit(1, 10)
    )
    assert moved.loc[("promoter", "detractor"), "hidden"] == SMALL
    assert moved["n"].isna().sum() >= 2, "else it is what is left of 44"
    assert moved.loc[moved["hidden"].notna(), ["n", "share", "low", "high", "stood"]].isna().all(axis=None)


def test_a_rate_of_the_few_visits_whose_outcome_is_known_is_not_shown(lay):
    frame = log({("search", "cart"): 60, ("pay", "home"): 50})
    known = [f"c0-{i}" for i in range(3)]
    frame["outcome"] = np.where(frame["touchpoint"] == "pay", "success", None)
    frame.loc[frame["customer_id"].isin(known), "outcome"] = "failure"
    frame["duration_s"] = pd.Series(np.where(frame["customer_id"].isin(known), 98765.0, np.nan))
    found = touchpoints.visits(lay(frame, "touchpoints"), smallest=TEN).loc["search"]
    assert (found["customers"], found["hidden"]) == (60, None), "sixty came"
    assert found[["failure", "abandonment", "median_s", "p95_s"]].isna().all(), (
        "but of three only is it known how it went"
    )


def test_what_few_bought_is_not_told(lay):
    first = [(f"c{i}", "2025-06-01", 10.0) for i in range(40)]
    later = [(f"c{i}", "2025-07-03", 777.0) for i in range(3)]
    orders = pd.DataFrame(first + later, columns=["customer_id", "ordered_at", "amount"])
    orders["ordered_at"] = pd.to_datetime(orders["ordered_at"], utc=True).dt.as_unit("us")
    orders["order_id"] = [f"o{i}" for i in range(len(orders))]
    months = Period.parse("2025-08", timezone="UTC").back(3)
    row = cohort.retention(lay(orders, "orders"), months, smallest=Limit(30, 10)).loc[(months[0], 1)]
    assert row["retention"] == 3 / 40, "a rate of forty"
    assert row[["money", "money_each", "orders"]].isna().all(), "a sum of three"


def test_a_driver_that_few_have_met_is_not_weighed(lay):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"score": rng.integers(1, 6, 200).astype(float), "common": rng.integers(0, 2, 200).astype(float)}
    )
    frame["rare"] = [1.0] * 40 + [0.0] * 160
    frame["customer_id"] = [f"c{i % 3}" if i < 40 else f"c{i}" for i in range(200)]
    table = lay(frame)
    assert folding.collapse(table, drivers=["common", "rare"]).drivers == ("common", "rare")
    rows = folding.collapse(table, drivers=["common", "rare"], smallest=TEN)
    assert rows.drivers == ("common",)
    assert "too few customers" in rows.notes[-1]["en"]
    few = folding.collapse(
        lay(frame.assign(customer_id=[f"c{i % 4}" for i in range(200)])), drivers=["common"], smallest=TEN
    )
    assert few.drivers == ()


def test_nobody_of_a_small_group_is_quoted(lay):
    frame = pd.DataFrame({"text": [f"خیلی بد بود و دیر رسید و کسی جواب نداد، شمارهٔ {i}" for i in range(50)]})
    frame = frame.assign(comment_id=[f"m{i:02}" for i in range(50)], sentiment=-0.9, province="تهران")
    frame["customer_id"] = [f"c{i}" for i in range(50)]
    frame.loc[:3, "province"] = "ایلام"
    few = voices.typical(lay(frame, "comments"), most=50, by=["province"], smallest=TEN)
    assert set(few["comment_id"]) == {f"m{i:02}" for i in range(4, 50)}
    one = frame.assign(customer_id=[f"c{i % 3}" for i in range(50)])
    assert voices.typical(lay(one, "comments"), smallest=TEN).empty
    assert len(voices.typical(lay(one, "comments"))) == 3


# -- the reports for each value, and the report on all -----------------------------------------------------------------


def test_what_no_report_is_made_for_is_not_left_over_from_the_whole(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "workspace.yaml").write_text("name: x\n", "utf-8")
    where = ["ایلام"] * 4 + ["یزد"] * 15 + ["تهران"] * 90
    customers = pd.DataFrame({"customer_id": [f"c{i}" for i in range(len(where))], "province": where})
    customers.to_parquet(tmp_path / "tables" / "customers.parquet")
    rows = customers.assign(
        response_id=customers["customer_id"], instrument="nps", score=9.0, scale_min=0.0, scale_max=10.0
    )
    rows = pd.concat([rows, rows[rows["province"] == "یزد"].assign(response_id=lambda f: f["response_id"] + "b")] * 3)
    rows["response_id"] = [f"r{i}" for i in range(len(rows))]
    rows["responded_at"] = pd.Timestamp("2025-09-01", tz="UTC").as_unit("us")
    rows.drop(columns="province").to_parquet(tmp_path / "tables" / "responses.parquet", coerce_timestamps="us")
    tables = workspace.open(tmp_path, period="1404-06")
    assert tables.rare("province") == (("ایلام",), ("یزد",))
    found = survey.nps(tables.with_column("responses", "province"), by="province", smallest=tables.smallest)
    assert found["hidden"].to_dict() == {"ایلام": SMALL, "تهران": None, "یزد": BESIDE}, (
        "the same one is held back in both"
    )
    assert tables.rare("no_such_column") == ((), ())


# -- a planted company -------------------------------------------------------------------------------------------------

DIGIT = re.compile(r"[0-9۰-۹]")
SECRET = re.compile("|".join(planted.SECRETS))
METRICS = "application/vnd.cx.metrics+json"
NUMBERS = re.compile(r"(?<![\d.])(98,?765|987,?654,?321)(?!\d)")  # their seconds, their amounts


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return planted.make(tmp_path_factory.mktemp("planted"))


def leaves(thing, path=()):
    """(path, text) of every value of a JSON document."""
    if isinstance(thing, dict):
        for key, value in thing.items():
            yield from leaves(value, (*path, key))
    elif isinstance(thing, list):
        for i, value in enumerate(thing):
            yield from leaves(value, (*path, i))
    else:
        yield path, str(thing)


def told_of(bundles: list[dict]) -> list[str]:
    """Every line of the outputs that names a secret beside a number, and every mark drawn for one."""
    out = []
    for bundle in bundles:
        for path, text in leaves({k: v for k, v in bundle.items() if k != METRICS}):
            out += [
                f"{path}: {line}" for line in text.splitlines() if SECRET.search(line) and DIGIT.search(plain(line))
            ]
            if planted.WORDS[:20] in text or NUMBERS.search(text):
                out.append(f"{path}: {text[:80]}")
        for path, row in tables_of(bundle):
            if SECRET.search(row["head"]) and any(DIGIT.search(cell["text"]) for cell in row["cells"]):
                out.append(f"{path}: {row}")
        figure = bundle.get("application/vnd.plotly.v1+json", {})
        out += [f"drawn: {name}" for name in marks(figure) if SECRET.search(name)]
    return out


def plain(line: str) -> str:
    """A line without what is no number about anybody: attributes of markup."""
    return re.sub(r'(colspan|class|scope)="[^"]*"|</?h\d>', "", line)


def tables_of(bundle: dict):
    block = bundle.get("application/vnd.cx.block+json", {})
    for table in (block, block.get("table") or {}):
        yield from ((block["kind"], row) for row in table.get("rows", []) if "head" in row)


def marks(figure: dict):
    """What a chart's marks are called: ticks of the axis with a mark at them, nodes of a flow, texts at the pointer."""
    for trace in figure.get("data", []):
        yield from trace.get("node", {}).get("label", [])
        for texts in ("hovertext", "customdata"):
            for text in np.ravel(np.array(trace.get(texts) or [], object)):
                yield from [str(text)] if text else []
        if trace["type"] != "heatmap":
            yield from figure["layout"].get("yaxis", {}).get("ticktext", [])


BY = [(name, "province") for name in ("survey", "sentiment", "journey", "cohort")]
BY += [("churn", "province")]
BY += [(name, "channel") for name in ("sentiment", "cohort", "churn")]  # survey and journey split by it anyway


@pytest.mark.parametrize(("name", "by"), BY, ids=lambda x: x)
def test_no_number_about_a_small_group_is_in_a_notebook(company, name, by):
    found = run(name, workspace=str(company), locale="en" if by == "channel" else "fa", by=by)
    assert told_of(found["shown"]) == []
    assert not [f for f in found["findings"] if SECRET.search(json.dumps(f, ensure_ascii=False))]
    for row in found["metrics"]:
        if SECRET.search(json.dumps(row["dimensions"], ensure_ascii=False)):
            assert row["value"] is row["low"] is row["high"] is None
    if name in ("survey", "sentiment"):
        hidden = [m for m in found["metrics"] if m["dimensions"] and m["value"] is None]
        assert len({tuple(m["dimensions"].items()) for m in hidden}) > 1, "one alone is what is left of the total"


def test_no_number_about_a_small_group_is_published(company, published):
    """The run itself: executed notebooks, pages, metrics.json and findings.json."""
    result = published(company=company)
    assert {entry["outcome"] for entry in result.entries} == {"published"}
    for name in NOTEBOOKS:
        executed = nbformat.read(result.place / "notebooks" / f"{name}.ipynb", 4)
        shown = [o["data"] for cell in executed.cells if cell.cell_type == "code" for o in cell.outputs if "data" in o]
        assert shown
        assert told_of(shown) == [], name
        page = (result.place / f"{name}.html").read_text("utf-8")
        for line in page.splitlines():
            if SECRET.search(line) and not line.startswith("<script"):
                numbers = DIGIT.search(re.sub(r"<[^>]*>", "", line))
                assert not numbers, f"{name}: {line[:300]}"
        assert planted.WORDS[:20] not in page
    assert not SECRET.search((result.place / "findings.json").read_text("utf-8"))
    for row in json.loads((result.place / "metrics.json").read_text("utf-8")):
        if SECRET.search(json.dumps(row["dimensions"], ensure_ascii=False)):
            assert (row["value"], type(row["n"])) == (None, int)


def test_a_small_group_has_no_report_of_its_own(company):
    with pytest.raises(workspace.WorkspaceError, match="fewer than 10 customers"):
        workspace.open(company, segment=f"province={planted.PROVINCE}")


def test_where_one_customer_is_enough_nothing_is_hidden_for_privacy(company):
    text = (company / "workspace.yaml").read_text("utf-8")
    (company / "workspace.yaml").write_text(text.replace("smallest_group: 10", "smallest_group: 1"), "utf-8")
    try:
        tables = workspace.open(company)
        steps = tables.with_column("touchpoints", "province")
        answers = [
            survey.response_rate(tables.with_column("responses", "province"), by="province", smallest=tables.smallest),
            touchpoints.visits(steps, smallest=tables.smallest),
            outcomes.failure_rate(steps, by="channel", smallest=tables.smallest),
            journey.transitions(steps, smallest=tables.smallest),
            dropouts.switches(steps, smallest=tables.smallest),
        ]
        assert all(found["hidden"].isna().all() for found in answers)
        assert answers[1].loc[planted.TOUCHPOINT, "failure"] > 0.5
        found = run("sentiment", workspace=str(company), by="province", locale="en")
        told = [m for m in found["metrics"] if m["dimensions"] == {"province": planted.PROVINCE}]
        assert told[0]["value"] < -0.5
        assert told_of(found["shown"]), "the search finds what is there to be found"
        assert "privacy" not in json.dumps(found["shown"], ensure_ascii=False)
    finally:
        (company / "workspace.yaml").write_text(text, "utf-8")
