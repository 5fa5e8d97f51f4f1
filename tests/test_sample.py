"""The sample company: the same bytes each time, fit for the contract, every truth in it, and none when switched off."""

import datetime as dt
import functools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from cx_helpers import dates, tables
from cx_helpers.intake.sentiment import DERIVED, score_comments
from tools import sample
from tools.sample import compose, truth
from tools.sample.__main__ import fill
from tools.sample.effects import BASE_FAILURE, CRISIS_PROVINCE
from tools.sample.journeys import STAGES
from tools.sample.labels import labels
from tools.sample.truth_page import page

SHIPPED = Path(__file__).parents[1] / "data" / "sample"
PERIOD = dates.Period.parse("1404-06")
ARROW = {"string": "string", "timestamp": "timestamp[us, tz=UTC]", "float64": "double", "int64": "int64"}
ARROW |= {"boolean": "bool"}


@pytest.fixture(scope="module")
def company():
    return sample.build(sample.SEED)


@pytest.fixture(scope="module")
def nothing():
    return sample.build(7, sample.NONE)


@pytest.fixture(scope="module")
def found(company):
    return truth.measured(company)


@pytest.fixture(scope="module")
def found_nothing():
    """The same measurements in three companies without effects."""
    return [truth.measured(sample.build(seed, sample.NONE)) for seed in (7, 8, 9)]


# --- the same each time, small, fit for the contract ---------------------------------------------------------------


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        fill(tmp_path / folder, seed=3, customers=150)
    files = [sorted(p for p in (tmp_path / f).rglob("*") if p.is_file()) for f in ("one", "two")]
    assert [p.name for p in files[0]] == [p.name for p in files[1]]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(*files, strict=True))
    other = sample.build(4, customers=150)["responses"]
    assert not other.equals(sample.build(3, customers=150)["responses"])


def test_what_ships_is_what_the_generator_makes(company):
    for name, table in company.items():
        shipped = pq.read_table(SHIPPED / ("state" if name == "cases" else "tables") / f"{name}.parquet")
        if name == "comments":  # shipped as cx ingest leaves them: with their feelings
            read = score_comments(table)["sentiment"]
            assert shipped["sentiment"].to_pandas().to_numpy() == pytest.approx(read.to_numpy(), abs=2e-3, nan_ok=True)
            shipped = shipped.drop_columns([*DERIVED, "how_read"])
        assert shipped.equals(sample.files.arrow(table)), f"{name}: run python -m tools.sample data/sample"
    assert (SHIPPED / "TRUTH.md").read_text("utf-8") == page(company, sample.SEED)
    assert yaml.safe_load((SHIPPED / "labels.yaml").read_text("utf-8")) == labels()


def test_it_stays_small():
    assert sum(p.stat().st_size for p in SHIPPED.rglob("*") if p.is_file()) <= 5_000_000


CONTRACT = [name for name in tables.TABLES if name != "aggregates"]  # a shop knows its customers one by one


@pytest.mark.parametrize("name", CONTRACT)
def test_every_table_fits_the_contract(company, name):
    spec, table = tables.TABLES[name], company[name]
    kinds = {f.name: str(f.type) for f in sample.files.arrow(table).schema}
    extra = {c for c in kinds if c not in spec.columns}
    assert extra <= {"source"} | {c for c in kinds if name == "responses" and c.startswith("attr_")}
    assert {c: kinds[c] for c in kinds if c in spec.columns} == {
        c: ARROW[spec.columns[c].type] for c in kinds if c in spec.columns
    }
    assert not table.duplicated(list(spec.key)).any()
    assert table[list(spec.key)].notna().all(axis=None)
    unanswered = {"responded_at", "score"} if name == "responses" else set()
    for column in set(spec.required) - unanswered:
        assert table[column].notna().all(), column
    for column, meant in spec.columns.items():
        if meant.values and column in table:
            assert set(table[column].dropna()) <= set(meant.values), column
    if "customer_id" in table:  # employees answer without a name
        known = table["customer_id"].isin(company["customers"]["customer_id"])
        assert (known | (table["instrument"] == "enps" if name == "responses" else False)).all()


def test_the_workspace_opens_in_its_last_month():
    workspace = pytest.importorskip("cx_helpers.workspace")
    opened = workspace.open(SHIPPED)
    assert opened.period.name == "1404-06"
    assert opened.settings.stages == STAGES
    for table in CONTRACT:
        assert opened.has(table)


def test_touchpoints_lie_sorted_with_a_small_share_of_ties(company):
    t = company["touchpoints"]
    order = t.sort_values(["customer_id", "occurred_at", "event_id"], kind="stable")
    assert order.index.equals(t.index)
    tied = (t["occurred_at"] == t.groupby("customer_id")["occurred_at"].shift()).mean()
    assert 0.005 < tied < 0.02


def test_times_follow_each_other_and_end_with_the_last_month(company):
    start, end = pd.Timestamp(dates.Period.parse("1402-07").start), pd.Timestamp(PERIOD.end)
    for name, table in company.items():
        for column in table.select_dtypes("datetimetz").columns.drop(["promised_at", "due_at"], errors="ignore"):
            assert table[column].dropna().between(start, end, inclusive="left").all(), (name, column)
    r, t, o = company["responses"], company["tickets"], company["orders"]
    asked = r[r["responded_at"].notna() & (r["source"] != "form")]  # a form lies open: nobody is invited to it
    assert (asked["responded_at"] > asked["invited_at"]).all()
    assert not (t["first_reply_at"] < t["opened_at"]).any()
    assert not (t["solved_at"] < t["first_reply_at"]).any()
    assert not (o["delivered_at"] < o["ordered_at"]).any()
    assert (company["touchpoints"]["occurred_at"] >= PERIOD.end - dt.timedelta(days=1)).any()


def test_invitations_without_an_answer_are_rows_without_score(company):
    r = company["responses"]
    silent = r["score"].isna()
    assert silent.equals(r["responded_at"].isna())
    assert 0.4 < silent.mean() < 0.7
    assert r.loc[silent, ["comment", "attr_delivery"]].isna().all(axis=None)
    answered = r[~silent]
    assert answered["score"].between(answered["scale_min"], answered["scale_max"]).all()
    assert set(r["instrument"]) >= {"nps", "csat", "ces", "servqual.empathy"}


def test_baskets_add_up_to_the_orders(company):
    items, orders = company["order_items"], company["orders"].set_index("order_id")
    gross = (items["quantity"] * items["unit_price"]).groupby(items["order_id"]).sum().reindex(orders.index)
    assert np.allclose(gross - orders["discount"], orders["amount"])
    assert (orders["amount"] > 0).all()


def test_small_and_absent_groups_are_there(company):
    people = company["customers"]
    assert 0 < (people["province"] == "ایلام").sum() < 10
    pilot = people.loc[people["segment"] == "pilot", "customer_id"]
    assert len(pilot) == 24
    for name in ("touchpoints", "orders", "responses", "tickets", "comments"):
        table = company[name]
        when = table[tables.TABLES[name].time]
        assert not (table["customer_id"].isin(pilot) & (when >= PERIOD.start)).any(), name


def test_every_key_has_names_in_both_languages(company):
    names = labels()
    assert all(set(pair) == {"fa", "en"} and all(pair.values()) for pair in names.values())
    keys = [("customers", c) for c in ("acquisition_channel", "gender", "province", "city", "segment")]
    keys += [("touchpoints", c) for c in ("touchpoint", "channel", "campaign", "source")]
    keys += [("orders", c) for c in ("channel", "status")] + [("order_items", "category"), ("contracts", "plan")]
    keys += [("tickets", c) for c in ("status", "priority", "channel", "topic")] + [("exposures", "experiment")]
    keys += [("comments", c) for c in ("origin", "touchpoint", "channel")] + [("initiatives", "name")]
    from cx_helpers import wording

    for table, column in keys:
        unknown = set(company[table][column].dropna()) - set(names) - set(wording.STANDARD)
        assert not unknown, (table, column, unknown)


# --- the words ----------------------------------------------------------------------------------------------------


def test_there_are_hundreds_of_different_comments_per_theme_and_feeling():
    rng = np.random.default_rng(0)
    for theme in compose.THEMES:
        for feeling in compose.FEELINGS:
            texts = compose.comments(rng, np.full(1500, theme), np.full(1500, feeling))
            assert len(set(texts)) > (300 if feeling == "mixed" else 700), (theme, feeling)


def test_words_fit_the_rating_and_hold_no_personal_data(company):
    c = company["comments"]
    book = compose.parts()

    def said(feeling):
        lines = [m.split("{")[0][:25] for (_, f, *_), (main, _) in book.items() if f == feeling for m in main]
        return c["text"].map(lambda text: any(line and line in text for line in lines if len(line) > 15))

    praised, blamed = said("positive"), said("negative")
    assert praised[c["rating"] <= 2].mean() == 0
    assert blamed[c["rating"] >= 4].mean() < 0.02
    assert praised[c["rating"] == 5].mean() > 0.5 < blamed[c["rating"] <= 2].mean()
    assert not c["text"].str.contains(r"[۰-۹0-9]{4,}|@|https?:|\{|\}").any()
    assert c["text"].str.contains("[يك]").mean() > 0.03
    assert c["text"].str.contains("\u200c").mean() > 0.4


def test_sentences_use_persian_letters_and_no_stray_slot():
    for (theme, feeling, *rest), (main, details) in compose.parts().items():
        assert main, (theme, feeling, rest)
        for line in (*main, *details):
            assert not re.search("[يكةٱ]|  ", line), line
            assert set(re.findall(r"{[^}]*}", line)) <= {"{کالا}", "{روز}", "{ساعت}"}, line


# --- the truths ---------------------------------------------------------------------------------------------------

AT_LEAST = {  # how many standard errors each effect must stand out by, and which way
    "app_payment_fails": 10, "payment_dropouts": -8, "switch_to_phone": 6, "delivery_crisis": 10, "crisis_spreads": -5,
    "late_hurts": 30, "leaving_acquisition": -12, "better_onboarding": 5, "drivers": 15, "null_driver": 15,
    "first_reply": 10, "unsolved_leave": -10, "faster_resolution": -12, "support_dip": -12, "phone_nps": -12,
    "packaging_breaks": 5, "talk_of_the_touchpoint": 8, "plan_churn": 12, "omnichannel_value": 5, "product_pairs": 12,
    "checkout_variant": 3, "seasonality": 4, "growth": 3, "closed_loop": 4, "voucher": 6,
    "unreliable": -8, "shabby": -6, "unhappy_callers": -4,
}  # fmt: skip


def test_every_effect_has_its_test_and_its_place_in_truth():
    assert set(AT_LEAST) == set(sample.EFFECTS)
    assert len(sample.EFFECTS) >= 15
    written = (SHIPPED / "TRUTH.md").read_text("utf-8")
    assert all(f"`{name}`" in written for name in sample.EFFECTS)


@pytest.mark.parametrize("name", AT_LEAST)
def test_a_planted_truth_is_there(found, name):
    assert found[name].z * np.sign(AT_LEAST[name]) > abs(AT_LEAST[name]), found[name]


@pytest.mark.parametrize("name", [n for n in AT_LEAST if n != "product_pairs"])
def test_and_is_gone_when_switched_off(found_nothing, name):
    zs = [measured[name].z for measured in found_nothing]
    assert np.median(np.abs(zs)) < 2.5, zs
    assert np.max(np.abs(zs)) < 4, zs


def test_pairs_are_gone_when_switched_off(found_nothing):
    assert all(m["product_pairs"].here < 0.06 for m in found_nothing)  # the least of three: only its size is told


def test_an_experiment_without_effect_has_none(found, found_nothing):
    assert all(abs(m["free_gift (no effect)"].z) < 3 for m in (found, *found_nothing))


def test_the_crisis_is_in_one_province_only(company):
    f = truth._Facts(company)
    rest = f.nps[(f.nps["month"] >= 22) & (f.nps["province"] != CRISIS_PROVINCE)]
    assert abs(truth._gap("elsewhere", rest["vote"], rest["month"] == 23).z) < 2.5


def test_packaging_and_price_do_not_drive(company):
    overall = truth._Facts(company).overall.dropna(subset=["attr_delivery", "attr_packaging"])
    own = overall["attr_packaging"].corr(overall["score"])
    rest = [
        pd.Series(
            overall[c] - np.polyval(np.polyfit(overall["attr_delivery"], overall[c], 1), overall["attr_delivery"])
        )
        for c in ("attr_packaging", "score")
    ]
    assert own > 0.3
    assert rest[0].corr(rest[1]) < 0.12


@functools.cache
def _small(effects):
    return sample.build(5, effects, customers=250)


@pytest.mark.parametrize("name", sample.EFFECTS)
def test_every_switch_is_wired(name):
    base = {"app_payment_fails"} if name in ("payment_dropouts", "switch_to_phone") else set()
    base |= {"delivery_crisis"} if name == "crisis_spreads" else set()
    off, on = (_small(frozenset(base | extra)) for extra in (set(), {name}))
    assert any(not off[table].equals(on[table]) for table in off), name


def test_nothing_fails_more_often_anywhere_when_all_is_off(nothing):
    t = nothing["touchpoints"].dropna(subset=["outcome"])
    for column in ("touchpoint", "channel"):
        groups = t.groupby(column)["outcome"].agg(lambda x: (x == "failure").mean())
        error = np.sqrt(BASE_FAILURE * (1 - BASE_FAILURE) / t.groupby(column).size())
        assert (abs(groups - BASE_FAILURE) / error).max() < 4


# --- other sizes, and what it refuses -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("effects", [sample.ALL, sample.NONE], ids=["all", "none"])
def test_a_company_of_one_customer_has_every_table(tmp_path, seed, effects):
    one = sample.build(seed, effects, customers=1)
    assert set(one) == {*CONTRACT, "cases"}
    assert len(one["customers"]) == 1
    sample.write(one, tmp_path)
    whole = sample.build(1, effects, customers=200)
    for name, table in one.items():
        assert table.columns.equals(whole[name].columns), name
        read = pq.read_schema(tmp_path / ("state" if name == "cases" else "tables") / f"{name}.parquet")
        assert read.equals(sample.files.arrow(whole[name]).schema), name


def test_an_unknown_effect_is_refused_with_the_list():
    with pytest.raises(ValueError, match="unknown effect.*known:.*app_payment_fails"):
        sample.build(1, {"payment_failz"})


def test_a_company_needs_a_customer():
    with pytest.raises(ValueError, match="at least 1"):
        sample.build(1, customers=0)
