"""Can these data be trusted?  A sound company has no fault; each planted fault is found, with its numbers."""

import contextlib
import dataclasses
import datetime as dt
import itertools
import os
import re
from urllib.parse import unquote

import nbformat
import numpy as np
import pandas as pd
import pytest
import unwell
from conftest import ROOT

from cx_helpers import coverage, faults, readings, runner, wording, workspace
from cx_helpers.dates import Period
from cx_helpers.measures import (
    arrivals,
    completeness,
    health,
    impossible,
    linkage,
    novelties,
    repeats,
    scales,
    units,
    volume,
)
from cx_helpers.report.tabulate import table_payload
from cx_helpers.run import alerts

MONTH = Period.parse("1404-06")


@pytest.fixture(scope="session")
def company(tmp_path_factory):
    """company("late", …) -> the tables of the small company with these faults, opened for the month; none: sound."""
    made = {}

    def open_(*names: str) -> workspace.Tables:
        if names not in made:
            made[names] = workspace.open(unwell.make(tmp_path_factory.mktemp("c"), *names), "1404-06", locale="en")
        return made[names]

    return open_


def frames(*names: str) -> unwell.Tables:
    tables = unwell.sound()
    for fault in names:
        tables = unwell.FAULTS[fault][0](tables)
    return tables


def month(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame[(frame[column] >= MONTH.start) & (frame[column] < MONTH.end)]


# -- the whole ---------------------------------------------------------------------------------------------------------


def test_a_sound_company_has_no_fault(company):
    found, looks = alerts.examine(company())
    assert [one.text["en"] for one in found] == []
    assert looks > 1000
    assert (
        readings.health.sentence(found)["en"]
        == "These data can be relied on: no fault was found that moves the numbers of the reports."
    )


@pytest.mark.parametrize("name", unwell.FAULTS)
def test_a_planted_fault_is_found_and_nothing_else(company, name):
    _, table, problem, severity = unwell.FAULTS[name]
    found, _ = alerts.examine(company(name))
    assert [(one.subject["table"], one.subject["problem"], one.severity) for one in found] == [
        (table, problem, severity)
    ]
    (one,) = found
    assert one.kind == "data_quality"
    assert one.n is not None
    for words in (one.text, one.detail, one.remedy):
        assert all(words[locale].strip() for locale in ("fa", "en"))
        assert "nan" not in words["en"].lower()
        assert "—" not in words["en"]


def test_the_bottom_line_names_the_numbers_not_to_lean_on(company):
    found, _ = alerts.examine(company("late", "lost_channel", "off_scale", "reply_before_opened"))
    assert [one.severity for one in found] == ["high", "high", "high", "medium"]
    said = readings.health.sentence(found)["en"]
    assert said.startswith("These numbers cannot be relied on for now: Revenue, Conversion and scores.")
    assert said.endswith("The data have 3 faults of high importance.")
    mild = readings.health.sentence([one for one in found if one.severity != "high"])["en"]
    assert mild == "These data can be relied on, with one reservation that moves a number a little."


@pytest.mark.parametrize("size", [0, 1])
def test_tables_without_rows_or_with_one_are_no_fault(tmp_path, size):
    tables = {name: frame.tail(size) for name, frame in unwell.sound().items()}
    opened = workspace.open(unwell.write(tables, tmp_path), "1404-06", locale="en")
    found, _ = alerts.examine(opened)
    assert found == []
    assert health.freshness(
        arrivals.late(arrivals.arrivals(opened.whole, MONTH), volume.days(opened.whole, MONTH), MONTH)
    )["n"].item() == (6 if size else 0)


def test_one_customer_only_is_no_fault(tmp_path):
    tables = {name: frame[frame["customer_id"] == "c007"] for name, frame in unwell.sound().items()}
    found, _ = alerts.examine(workspace.open(unwell.write(tables, tmp_path), "1404-06"))
    assert [one.text["en"] for one in found if one.severity == "high"] == []


def test_columns_of_nulls_are_no_error(tmp_path):
    tables = unwell.sound()
    keep = {
        "orders": ["order_id", "customer_id", "ordered_at", "amount"],
        "comments": ["comment_id", "written_at", "text"],
    }
    for name, columns in keep.items():
        tables[name] = tables[name][columns].reindex(columns=tables[name].columns)
    found, _ = alerts.examine(workspace.open(unwell.write(tables, tmp_path), "1404-06"))
    assert {(one.subject["table"], one.subject["problem"]) for one in found} == {("comments", "without_customer")}
    bare = {name: tables[name][columns] for name, columns in keep.items()}
    found, _ = alerts.examine(workspace.open(unwell.write(bare, tmp_path / "bare"), "1404-06"))
    assert found == []


def test_the_order_of_rows_changes_nothing(company, tmp_path):
    faulty = ("late", "repeated_row", "negative_amount", "new_value")
    shuffled = {name: frame.sample(frac=1, random_state=3) for name, frame in frames(*faulty).items()}
    again, _ = alerts.examine(workspace.open(unwell.write(shuffled, tmp_path), "1404-06", locale="en"))
    assert [one.record() for one in again] == [one.record() for one in alerts.examine(company(*faulty))[0]]


# -- fresh? ------------------------------------------------------------------------------------------------------------


def test_a_late_table_is_told_with_its_day_and_what_is_missing(company):
    (one,), _ = alerts.examine(company("late"))
    last = frames("late")["orders"]["ordered_at"].max()
    assert one.value == pytest.approx((MONTH.end - last).total_seconds() / 86_400)
    assert one.text["en"] == "Orders: no rows after 19 Shahrivar 1404, 12 days before the period's end"
    assert one.detail["en"].startswith("39% of this period's days are missing from “Revenue”")
    assert one.n == len(month(frames("late")["orders"], "ordered_at"))
    assert one.p_adjusted < 0.001


def test_what_came_is_counted_by_table_and_source(company):
    found, made = arrivals.arrivals(company().whole, MONTH), frames()
    for (table, source), row in found.iterrows():
        time = {"customers": "created_at", "touchpoints": "occurred_at", "orders": "ordered_at", "tickets": "opened_at"}
        time |= {"responses": "responded_at", "comments": "written_at", "contracts": "started_at"}
        frame = made[table]
        assert source == frame["source"].iloc[0]
        assert (row["n"], row["later"]) == (len(frame), 0)
        assert row["in_period"] == len(month(frame, time[table]))
        assert (row["first"], row["last"]) == (frame[time[table]].min(), frame[time[table]].max())


def test_that_a_contract_ended_is_news_of_it_and_that_it_will_end_is_none(lay):
    end = pd.Timestamp(MONTH.end).tz_convert("UTC").tz_localize(None)
    frame = pd.DataFrame({"contract_id": list("abc"), "customer_id": list("abc"), "source": "shop"})

    def days(*back):
        return pd.to_datetime([end - dt.timedelta(one) for one in back]).tz_localize("UTC")

    frame = frame.assign(started_at=days(90, 80, 70), ended_at=days(3, -9, 60))
    found = arrivals.arrivals({"contracts": lay(frame, "contracts")}, MONTH)
    assert found["data_age"].item() == 3


def test_a_source_is_called_as_it_stands_whatever_labels_say():
    wording.use(locale="en", labels={"shop": {"fa": "خریداران حضوری", "en": "buyers in shops"}})
    index = pd.MultiIndex.from_tuples([("orders", "shop")], names=["table", "source"])
    shown = table_payload(pd.DataFrame({"n": [40]}, index=index), "en")
    assert shown["rows"][0]["head"] == "orders · shop"
    why = {"source": "shop", "n": 5, "fa": "", "en": "no date", "remedy": {"fa": "", "en": ""}}
    other = why | {"source": "desk", "n": 9, "en": "no key"}
    of = {"sources": {"shop": {"quarantined": 5, "rows_in": 50}}, "reasons": [other, why]}
    (one,), _ = readings.health.quarantine_findings(of)
    assert "source “shop”" in one.text["en"]
    assert "The commonest reason: no date." in one.detail["en"], "its own, not another source's"
    of["reasons"].append(why | {"en": "no id"})
    (one,), _ = readings.health.quarantine_findings(of)
    assert "One of the reasons: no date." in one.detail["en"]


def test_an_earlier_period_does_not_see_what_came_later(company):
    before = MONTH.previous()
    found = arrivals.arrivals(company("late").whole, before)
    orders = frames("late")["orders"]
    assert found.loc["orders", "n"].item() == (orders["ordered_at"] < before.end).sum()
    assert found.loc["orders", "later"].item() == (orders["ordered_at"] >= before.end).sum()
    assert (
        readings.arrivals.findings(arrivals.late(found, volume.days(company("late").whole, before), before), before)[0]
        == []
    )


def test_a_feed_with_silences_of_its_own_is_late_only_after_a_longer_one(tmp_path):
    tables = unwell.sound()
    orders = tables["orders"]
    day = (orders["ordered_at"] + dt.timedelta(hours=3.5)).dt.floor("D")
    weekly = orders[((day - day.min()).dt.days % 7) == 0]  # all orders of a week come on one day

    def late(cut_days: int) -> list:
        part = weekly[weekly["ordered_at"] < unwell.END - dt.timedelta(days=cut_days)]
        whole = workspace.open(unwell.write(tables | {"orders": part}, tmp_path / f"{cut_days}"), "1404-06").whole
        counts = volume.days(whole, MONTH)
        return readings.arrivals.findings(arrivals.late(arrivals.arrivals(whole, MONTH), counts, MONTH), MONTH)[0]

    assert late(3) == []
    assert [one.subject["table"] for one in late(16)] == ["orders"]


def test_a_source_switched_off_long_ago_is_not_waited_for(tmp_path):
    tables = unwell.sound()
    for age, expected in ((20, [("tickets", "late", "old desk")]), (200, [])):
        tickets = tables["tickets"]
        old = tickets["opened_at"] < unwell.END - dt.timedelta(days=age)
        both = tickets.assign(source=np.where(old & (tickets.index % 2 == 0), "old desk", "desk"))
        opened = workspace.open(unwell.write(tables | {"tickets": both}, tmp_path / f"{age}"), "1404-06")
        dry = arrivals.late(arrivals.arrivals(opened.whole, MONTH), volume.days(opened.whole, MONTH), MONTH)
        told, _ = readings.arrivals.findings(dry, MONTH)
        assert [(one.subject["table"], one.subject["problem"], one.subject["source"]) for one in told] == expected


def test_the_end_of_the_data_is_not_a_wrong_date(company):
    assert volume.end(volume.days(company().whole, MONTH)) == dt.date(2025, 9, 22)
    assert volume.end(volume.days(company("future").whole, MONTH)) == dt.date(2025, 9, 22)
    assert volume.end(volume.days({}, MONTH)) is None


@pytest.mark.parametrize("fault", ["future", "far_future"])
def test_a_wrong_date_does_not_choose_the_period(company, fault):
    assert workspace.last_complete_month(company(fault).settings) == "1404-06"
    assert company(fault).newest == dt.date(2025, 9, 22)


def test_however_many_dates_lie_beyond_today_they_are_no_data():
    day = (dt.date(2025, 9, 22) - dt.date(1970, 1, 1)).days
    counts = pd.DataFrame({"table": "orders", "day": [day - 1, day, day + 365 * 5], "n": [10, 10, 20]})
    assert volume.end(counts, dt.date(2025, 9, 23)) == dt.date(2025, 9, 22)
    assert volume.end(counts) == dt.date(2030, 9, 21), "nobody says which day it is, and half of all rows lie there"
    few = counts.assign(n=[10, 10, 2])
    assert volume.end(few) == dt.date(2025, 9, 22), "a tenth of all rows beyond half a year without any"


def test_dates_of_the_future_are_told_with_their_days_and_what_they_do(company):
    (one,), _ = alerts.examine(company("far_future"))
    assert one.text["en"] == (
        "In 122 of 4,000 orders (3.0%) a date lies beyond the end of the data: "
        "from 29 Mordad 1408 to 31 Shahrivar 1409; all from “shop”"
    )
    assert one.detail["en"].endswith("3.0% of what “Revenue” rests on is not counted.")
    assert "run cx ingest" in one.remedy["en"]


# -- stale -------------------------------------------------------------------------------------------------------------


def until(tables: unwell.Tables, days: int, *names: str) -> unwell.Tables:
    """These tables end so many days before the others."""
    time = {"responses": "responded_at", "tickets": "opened_at", "orders": "ordered_at", "touchpoints": "occurred_at"}
    past = unwell.END - dt.timedelta(days=days)
    return tables | {name: tables[name][tables[name][time[name]] < past] for name in names}


def test_a_feed_that_stopped_is_told_though_the_default_period_lies_before_that(tmp_path):
    folder = unwell.write(until(unwell.sound(), 93, "responses", "tickets"), tmp_path)
    assert workspace.last_complete_month(folder) == "1404-03", "the newest month that all main tables cover"
    found, _ = alerts.examine(workspace.open(folder, locale="en"))
    assert [(one.subject["table"], one.subject["problem"], one.severity) for one in found] == [
        ("tickets", "stopped", "high"),
        ("responses", "stopped", "high"),
    ]
    assert found[1].text["en"] == (
        "Answers and invitations: no rows after 31 Khordad 1404, "
        "though other data go on until 31 Shahrivar 1404 (93 days)"
    )
    assert "is of Khordad 1404, as the months after it are incomplete" in found[1].detail["en"]
    said = readings.health.sentence(found)["en"]
    assert "can be relied on" not in said
    assert said.startswith("Tickets: no rows after 31 Khordad 1404")
    warned = alerts.text(alerts.loud([one.record() for one in found]), linked=True)["en"]
    assert warned.count("no rows after 31 Khordad 1404") == 2, "each of them, on every page"
    assert "What to do: put a fresh export into sources/" in warned
    earlier, _ = alerts.examine(workspace.open(folder, "1404-02", locale="en"))
    assert earlier == [], "whoever names an earlier period is told of that period"


def test_stray_rows_after_the_end_do_not_hide_that_a_feed_has_stopped(tmp_path):
    tables, whole = until(unwell.sound(), 93, "responses"), unwell.sound()["responses"]
    tables["responses"] = pd.concat([tables["responses"], whole.tail(60).iloc[::20]], ignore_index=True)
    found, _ = alerts.examine(workspace.open(unwell.write(tables, tmp_path), locale="en"))
    assert [(one.subject["table"], one.subject["problem"]) for one in found] == [("responses", "stopped")]
    assert "no rows after 31 Khordad 1404" in found[0].text["en"]


def test_an_export_that_comes_once_a_month_has_not_stopped(tmp_path):
    found, _ = alerts.examine(workspace.open(unwell.write(until(unwell.sound(), 10, "tickets"), tmp_path), "1404-05"))
    assert found == []


def test_a_table_that_came_daily_and_broke_off_is_told_at_once(tmp_path):
    tables = workspace.open(unwell.write(until(unwell.sound(), 26, "orders"), tmp_path), locale="en")
    assert tables.period.name == "1404-05", "the month in which orders broke off is not complete"
    found, _ = alerts.examine(tables)
    assert [(one.subject["table"], one.subject["problem"], one.severity) for one in found] == [
        ("orders", "stopped", "high")
    ]
    assert found[0].text["en"].endswith("(26 days)")
    assert "can be relied on" not in readings.health.sentence(found)["en"].replace("cannot be relied on", "")


@pytest.mark.parametrize(
    ("last", "past", "told"),
    [
        ("2025-08-27", "2025-09-10", True),
        ("2025-09-02", "2025-09-10", False),  # a week: an export that comes weekly
        ("2025-08-22", "2025-09-10", False),  # 31 Mordad: monthly exports
        ("2025-08-31", "2025-09-14", False),
        ("2026-03-18", "2026-04-04", False),  # 27 Esfand to 15 Farvardin
        ("2026-03-10", "2026-04-09", True),
    ],
)
def test_broken_off_is_no_weekend_no_nowruz_and_no_month_end(last, past, told):
    past = dt.date.fromisoformat(past)
    row = {"last": pd.Timestamp(f"{last}T12:00", tz="UTC"), "p_adjusted": 1e-30, "usual": 1.0}
    row["silent"] = (past - row["last"].date()).days - 1
    reach = MONTH.on(past - dt.timedelta(1))
    assert readings.arrivals.broken_off(pd.Series(row), reach) is told


def test_data_that_are_all_old_are_told_where_new_ones_were_to_come(company):
    tables = dataclasses.replace(company(), now=dt.datetime(2027, 9, 22, tzinfo=dt.UTC))
    assert (tables.newest, tables.today, tables.is_newest) == (dt.date(2025, 9, 22), dt.date(2027, 9, 22), True)
    (one,), _ = readings.arrivals.aged(tables.newest, tables.today, awaited=True)
    assert one.text["en"] == "The newest row of the data is of 31 Shahrivar 1404, 24 months before this run."
    assert "تازه‌ترین ردیف داده‌ها از ۳۱ شهریور ۱۴۰۴ است" in one.text["fa"]
    assert one.severity == "medium"
    assert readings.health.sentence([one])["en"].startswith(one.text["en"] + " What has happened since")
    assert readings.arrivals.aged(tables.newest, tables.today, awaited=False)[0] == [], "nothing new was to come"
    assert readings.arrivals.aged(tables.newest, dt.date(2025, 10, 22), awaited=True)[0] == []
    assert readings.arrivals.old(tables.newest, dt.date(2025, 10, 22)) is None
    sound = readings.health.sentence([], readings.arrivals.old(tables.newest, tables.today))["en"]
    assert "can be relied on" not in sound
    assert sound.startswith("The newest row of the data is of 31 Shahrivar 1404, 24 months before this run.")
    assert sound.endswith("tell of that time, not of today. No fault was found beside that.")
    assert coverage.age(tables.newest, dt.date(2025, 9, 23))["en"].endswith("31 Shahrivar 1404, 1 day before this run.")


def test_a_notice_of_age_alone_is_called_old_and_a_serious_fault_is_named_before_it():
    old = {"text": {"fa": "کهنه", "en": "Old"}, "metric": None, "remedy": faults.STALE["aged"]}
    rows = {"text": {"fa": "قرنطینه", "en": "A quarter in quarantine"}, "metric": None, "remedy": None}
    assert alerts.title([old])["en"] == "The data behind this report are old"
    assert alerts.title([rows, old])["en"] == "The data behind this report have a serious fault"
    assert alerts.text([rows, old], linked=True)["en"].startswith("A quarter in quarantine. Old.")


# -- another unit, another scale ---------------------------------------------------------------------------------------


def test_a_month_in_another_unit_is_found_with_its_days_and_factor(company):
    found = units.units(company("other_unit").whole, MONTH)
    (row,) = found.itertuples()
    assert row.Index == ("orders", "amount", "all")
    assert (row.first_day, row.last_day, row.factor, row.n) == (dt.date(2025, 7, 23), dt.date(2025, 8, 22), 10.0, 310)
    assert np.isnan(row.moved), "none of them is in the period"
    before = MONTH.previous()
    (row,) = units.units(company("other_unit").whole, before).itertuples()
    amounts = month_of(frames("other_unit")["orders"], before)["amount"].sum()
    assert (row.shown, row.mended) == (pytest.approx(amounts), pytest.approx(amounts / 10))
    (one,), _ = readings.units.findings(units.units(company("other_unit").whole, before))
    assert one.severity == "high"
    assert "“amount” is 10 times the usual from 1 Mordad 1404 to 31 Mordad 1404" in one.text["en"]
    assert "900.0% too high" in one.detail["en"]
    assert units.units(company().whole, MONTH).empty


def month_of(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    return frame[(frame["ordered_at"] >= period.start) & (frame["ordered_at"] < period.end)]


def spread(**columns) -> pd.DataFrame:
    """The orders of the small company, of which two of five come from the tills; amounts are skewed."""
    orders = unwell.sound()["orders"]
    amounts = np.exp(np.random.default_rng(7).normal(13, 1, len(orders))).round(-2)
    return orders.assign(amount=amounts, source=np.where(orders.index % 5 < 2, "tills", "shop")).assign(**columns)


def written(lay, orders: pd.DataFrame) -> pd.DataFrame:
    return units.units({"orders": lay(orders, "orders")}, MONTH)


def test_a_source_in_another_unit_is_named_and_the_others_are_not(lay):
    orders = spread()
    month_before = unwell._month_before(orders, "ordered_at")
    wrong = month_before & (orders["source"] == "tills")
    (row,) = written(lay, orders.assign(amount=orders["amount"].where(~wrong, orders["amount"] / 10))).itertuples()
    assert (row.Index, row.factor) == (("orders", "amount", "tills"), 0.1)
    assert abs((row.first_day - dt.date(2025, 7, 23)).days) <= 2
    assert abs((row.last_day - dt.date(2025, 8, 22)).days) <= 2
    assert written(lay, orders).empty


@pytest.mark.parametrize(
    "times",
    [
        lambda day, lot: np.exp(1.2 * np.sin(day / 58)),  # seasons
        lambda day, lot: np.exp(day / 250),  # prices that rise fivefold
        lambda day, lot: np.where((day > 300) & (day < 330), 0.3, 1.0),  # a sale
        lambda day, lot: np.where(lot < np.where((day > 300) & (day < 330), 0.8, 0.2), 10.0, 1.0),  # another mix
        lambda day, lot: np.where(lot < 0.02, 1000.0, 1.0),  # a few orders that are huge
    ],
)
def test_seasons_sales_growth_and_another_mix_are_no_other_unit(lay, times):
    orders = spread()
    day = (orders["ordered_at"] - unwell.FIRST).dt.days.to_numpy()
    lot = np.random.default_rng(3).random(len(orders))
    assert written(lay, orders.assign(amount=orders["amount"] * times(day, lot))).empty


def test_a_source_that_is_always_in_another_unit_is_asked_about(lay):
    orders = spread()
    tills = orders["source"] == "tills"
    found = written(lay, orders.assign(amount=orders["amount"].where(~tills, orders["amount"] / 10)))
    (row,) = found.itertuples()
    assert (row.Index, row.factor, row.n) == (("orders", "amount", "tills"), 0.1, int(tills.sum()))
    (one,), _ = readings.units.findings(found)
    assert one.severity == "medium"
    assert "1/10 of those of “shop”" in one.text["en"]
    assert "Revenue of this period reads" in one.detail["en"]
    assert "“currency”" in one.remedy["en"]
    assert readings.health.sentence([one])["en"].startswith("One question must be answered before")
    for factor in (0.3, 0.5, 3.0):
        assert written(lay, orders.assign(amount=orders["amount"].where(~tills, orders["amount"] * factor))).empty
    other = np.exp(np.random.default_rng(8).normal(13 - np.log(10), 2, len(orders)))
    assert written(lay, orders.assign(amount=orders["amount"].where(~tills, other))).empty, "another shape"


def answers(**columns) -> pd.DataFrame:
    """Answers of two sources, three of five of them above 6."""
    frame, draw = unwell.sound()["responses"], np.random.default_rng(5)
    shares = [0.03, 0.02, 0.02, 0.03, 0.03, 0.07, 0.1, 0.1, 0.2, 0.2, 0.2]
    scores = draw.choice(11, len(frame), p=shares).astype(float)
    return frame.assign(score=scores, source=np.where(frame.index % 2 == 0, "sms", "mail")).assign(**columns)


def judged(lay, frame: pd.DataFrame) -> pd.DataFrame:
    return scales.scales({"responses": lay(frame, "responses")}, MONTH)


def test_half_of_a_source_on_another_scale_is_found(lay):
    frame = answers()
    half = (frame["source"] == "sms") & (frame.index % 4 == 0)
    (row,) = judged(lay, frame.assign(score=frame["score"].where(~half, (frame["score"] / 2).round()))).itertuples()
    assert row.Index == ("nps", "sms", "all")
    assert (row.narrower_high, row.top, row.n) == (5, 10, 1200)
    assert row.share == pytest.approx(0.5, abs=0.06)
    assert row.mended - row.shown > 20, "what nobody could give counts as nobody recommending"
    assert judged(lay, frame).empty


def test_a_channel_on_another_scale_is_found_and_not_twice_where_it_is_the_source(lay):
    frame = answers()
    frame["channel"] = np.array(["sms", "app", "web"])[frame.index % 3]
    sms = frame["channel"] == "sms"
    found = judged(lay, frame.assign(score=frame["score"].where(~sms, (frame["score"] / 2).round())))
    (row,) = found.itertuples()
    assert row.Index == ("nps", "channel=sms", "all")
    (one,), _ = readings.scales.findings(found, MONTH)
    assert "on a scale of 0 to 5" in one.text["en"] or "on a scale of 1 to 5" in one.text["en"]
    assert one.subject["channel"] == "sms"
    frame["channel"] = frame["source"]
    sms = frame["channel"] == "sms"
    found = judged(lay, frame.assign(score=frame["score"].where(~sms, (frame["score"] / 2).round())))
    assert [index[1] for index in found.index] == ["sms"]


def test_a_month_or_a_source_of_unhappy_customers_is_no_other_scale(lay):
    frame = answers()
    worse = frame["score"] - np.random.default_rng(9).integers(1, 6, len(frame))
    crisis = unwell._month_before(frame, "responded_at")
    for of in (crisis, frame["source"] == "sms", (frame["source"] == "sms") & (frame.index % 4 == 0)):
        assert judged(lay, frame.assign(score=frame["score"].where(~of, worse.clip(0, 10)))).empty


# -- impossible --------------------------------------------------------------------------------------------------------

# fault: (the number it moves, with all rows, without the broken ones), of the month, by pandas
MINUTE = dt.timedelta(minutes=1)
MOVED = {
    "reply_before_opened": (
        "first_reply_minutes", "tickets", "opened_at",
        lambda f: (f["first_reply_at"] - f["opened_at"]) / MINUTE,
        lambda f: f["first_reply_at"] >= f["opened_at"], "mean",
    ),
    "solved_before_opened": (
        "resolution_hours", "tickets", "opened_at",
        lambda f: (f["solved_at"] - f["opened_at"]) / MINUTE / 60, lambda f: f["solved_at"] >= f["opened_at"], "mean",
    ),
    "delivered_before_ordered": (
        "delivery_days", "orders", "ordered_at", lambda f: (f["delivered_at"] - f["ordered_at"]) / MINUTE / 1440,
        lambda f: ~(f["delivered_at"] < f["ordered_at"]), "mean",
    ),
    "promised_far_off": (
        "late_delivery_rate", "orders", "ordered_at",
        lambda f: (f["delivered_at"] > f["promised_at"]).where(f["delivered_at"].notna()),
        lambda f: ~(f["promised_at"] - f["delivered_at"] > dt.timedelta(days=60)), "mean",
    ),
    "negative_amount": ("revenue", "orders", "ordered_at", lambda f: f["amount"], lambda f: f["amount"] >= 0, "sum"),
}  # fmt: skip


@pytest.mark.parametrize("fault", MOVED)
def test_how_far_impossible_values_move_a_number(company, fault):
    metric, table, time, value, good, how = MOVED[fault]
    row = impossible.impossible(company(fault).whole, MONTH).loc[(table, fault)]
    frame = month(frames(fault)[table], time)
    shown, mended = (getattr(value(part).astype(float), how)() for part in (frame, frame[good(frame)]))
    assert row["suffers"] == metric
    assert (row["shown"], row["mended"]) == (pytest.approx(shown), pytest.approx(mended))
    assert row["moved"] == pytest.approx(faults.move(metric, shown, mended))
    assert row["bad"] == row["bad_period"] == (~good(frame)).sum()
    assert row["faulty_share"] == row["bad"] / row["n"]
    assert row["low"] < row["faulty_share"] < row["high"]
    assert (row["source"], row["source_bad"]) == (frame["source"].iloc[0], row["bad"])


def test_a_number_that_reads_too_low_is_said_so(company):
    (one,), _ = alerts.examine(company("reply_before_opened"))
    assert (
        one.detail["en"]
        == "Time to first reply of this period reads 3.2% too low: 58.1 minutes instead of 60.0 minutes."
    )
    assert "۳٫۲" in one.detail["fa"]
    assert "کمتر نشان داده می‌شود" in one.detail["fa"]


def test_what_lies_outside_the_period_moves_no_number_of_it(company):
    row = impossible.impossible(company("negative_amount").whole, MONTH.previous()).loc[("orders", "negative_amount")]
    assert (row["bad"], row["bad_year"], row["bad_period"]) == (0, 0, 0), "the faults come after that period"
    later = impossible.impossible(company("negative_amount").whole, MONTH.shift(3))
    (one,), _ = readings.impossible.findings(later)
    assert later.loc[("orders", "negative_amount"), "bad_period"] == 0
    assert one.severity in ("low", "medium")
    assert one.detail["en"].startswith("None of them lies in this period")


def test_off_scale_scores_stop_the_report_of_scores(company):
    from cells import run

    (one,), _ = alerts.examine(company("off_scale"))
    assert one.detail["en"] == "The report on scores is not made until these rows are mended."
    with pytest.raises(ValueError, match="lie outside 0-10"):
        run("survey", workspace=str(company("off_scale").settings.folder), period="1404-06")


def test_dates_beyond_the_end_of_the_data(company):
    tables = company("future").whole
    row = impossible.impossible(tables, MONTH, dt.date(2025, 9, 22)).loc[("touchpoints", "from_the_future")]
    assert (row["n"], row["bad"]) == (len(frames()["touchpoints"]), 7)
    asked = impossible.impossible(tables, MONTH).index.get_level_values("rule")
    assert "from_the_future" not in asked, "nobody said when the data end"


# -- there twice -------------------------------------------------------------------------------------------------------


def test_rows_said_twice_move_the_score(company):
    row = repeats.repeats(company("repeated_row").whole, MONTH).loc[("responses", "repeated_row")]
    frame = month(frames("repeated_row")["responses"], "responded_at")

    def nps(part: pd.DataFrame) -> float:
        return 100 * ((part["score"] >= 9).mean() - (part["score"] <= 6).mean())

    once = frame.drop_duplicates(["customer_id", "responded_at", "score"])
    assert row["extra_period"] == len(frame) - len(once)
    assert (row["shown"], row["mended"]) == (pytest.approx(nps(frame)), pytest.approx(nps(once)))


def test_two_customers_who_write_the_same_are_two(company, tmp_path):
    row = repeats.repeats(company("copied_text").whole, MONTH).loc[("comments", "copied_text")]
    assert (row["extra"], row["n"]) == (7, len(frames()["comments"])), "the first of eight is no copy"
    short = frames()["comments"].assign(text="عالی بود")  # short praise is written by everybody
    opened = workspace.open(unwell.write(frames() | {"comments": short}, tmp_path), "1404-06")
    assert repeats.repeats(opened.whole, MONTH).loc[("comments", "copied_text"), "extra"] == 0


def test_whole_days_cannot_tell_a_row_said_twice(tmp_path):
    orders = frames()["orders"]
    daily = orders.assign(ordered_at=orders["ordered_at"].dt.floor("D"), amount=1.0)
    twice = pd.concat([daily, daily.assign(order_id=daily["order_id"] + "b")])
    opened = workspace.open(unwell.write(frames() | {"orders": twice}, tmp_path), "1404-06")
    asked = repeats.repeats(opened.whole, MONTH).index
    assert ("orders", "repeated_row") not in asked
    assert ("responses", "repeated_row") in asked, "its times have hours"


def test_ties_are_counted_as_the_journey_counts_them(company):
    from cx_helpers.measures import journey

    tables = company("tied_times")
    row = repeats.repeats(tables.whole, MONTH).loc[("touchpoints", "tied_times")]
    frame = frames("tied_times")["touchpoints"]
    assert row["extra"] == frame.duplicated(["customer_id", "occurred_at"], keep=False).sum()
    assert row["extra"] >= journey.ties(tables.until.touchpoints).loc["all", "n"] * 0.5


# -- complete, linked, new ---------------------------------------------------------------------------------------------


def test_a_column_that_became_emptier(company):
    found = completeness.completeness(company("emptier").whole, MONTH)
    row = found.loc[("responses", "channel", "survey")]
    frame = month(frames("emptier")["responses"], "responded_at")
    assert (row["n"], row["filled"]) == (len(frame), frame["channel"].notna().sum())
    assert row["usual"] == 1
    assert row["low"] < row["completeness"] < row["high"]
    gaps, before = completeness.emptiest(found)
    assert list(gaps.index) == [("responses", "channel")], "all others are full"
    assert gaps["completeness"].item() == pytest.approx(frame["channel"].notna().mean())
    assert (before["completeness"].item(), before["n"].item()) == (1, row["n_before"])
    assert completeness.emptiest(found, frozenset({("responses", "table", "responses")}))[0].empty
    assert all(part.empty for part in completeness.emptiest(found.iloc[:0])), "no table of what customers did"
    every = len(found.index.droplevel("source").unique())
    assert readings.completeness.full(found)["en"].startswith(f"{every - 1} of {every} columns")
    by = completeness.share(company("emptier").responses, "channel", by="instrument")
    assert by.loc["nps", "completeness"] == pytest.approx(frame["channel"].notna().mean())


def test_what_is_not_due_yet_is_not_missing(company):
    found = completeness.completeness(company().whole, MONTH)
    row = found.loc[("orders", "delivered_at", "shop")]
    orders = month(frames()["orders"], "ordered_at")
    assert row["n"] == (orders["promised_at"] < MONTH.end - dt.timedelta(days=7)).sum()
    assert row["filled"] == row["n"]
    assert orders["delivered_at"].isna().any(), "some are on their way"


def test_tables_share_customers(company, tmp_path):
    tables = {name: frames()[name] for name in ("customers", "orders", "responses")}
    tables["customers"] = tables["customers"].head(100)
    tables["responses"] = tables["responses"][tables["responses"]["customer_id"] < "c060"]
    common = linkage.overlap(workspace.open(unwell.write(tables, tmp_path), "1404-06").whole, MONTH)
    share, n = linkage.shared(common)
    ids = {name: set(frame["customer_id"]) for name, frame in tables.items()}
    for row, column in itertools.permutations(ids, 2):
        assert share.loc[row, column] == pytest.approx(len(ids[row] & ids[column]) / len(ids[row]))
        assert n.loc[row, column] == len(ids[row])
    assert linkage.strangers(common)["strangers"].to_dict() == {"customers": 0, "orders": 20, "responses": 0}
    told, _ = readings.linkage.findings(common, linkage.known(arrivals.arrivals(tables_of(tmp_path), MONTH)))
    assert [(one.subject["table"], one.subject["problem"], one.severity) for one in told] == [
        ("orders", "unlisted", "medium")
    ]


def with_a_crowd(tables, share=3):
    """Each third order is by one key."""
    tables["orders"].loc[tables["orders"].index % share == 0, "customer_id"] = "guest"
    return tables


def test_one_key_with_a_third_of_the_orders_is_no_person(tmp_path):
    tables = with_a_crowd({name: frames()[name] for name in ("customers", "orders", "responses")})
    found = linkage.crowds(workspace.open(unwell.write(tables, tmp_path), "1404-06").whole, MONTH)
    seen = tables["orders"][tables["orders"]["ordered_at"] < MONTH.end]["customer_id"]
    assert list(found.index) == ["orders"]
    assert found.loc["orders", ["n", "crowd", "customers"]].tolist() == [
        len(seen), (seen == "guest").sum(), seen.nunique()
    ]  # fmt: skip
    assert (found.loc["orders", "listed"], found.attrs["looks"]) == (False, 2)
    told, looks = readings.linkage.findings(linkage.overlap(tables_of(tmp_path), MONTH), unknowns(tmp_path), found)
    (one,) = [one for one in told if one.subject["problem"] == "crowd"]
    assert (one.severity, one.subject["metric"]) == ("high", "repeat_rate")
    assert "does not list it: it is hardly a person" in one.detail["en"]
    assert "needs: customer_id" in one.remedy["en"]


def test_a_crowd_that_is_listed_or_small_is_a_customer(tmp_path):
    tables = with_a_crowd({name: frames()[name] for name in ("customers", "orders")})
    tables["customers"].loc[0, "customer_id"] = "guest"  # a heavy customer, known as all others
    assert linkage.crowds(workspace.open(unwell.write(tables, tmp_path / "a"), "1404-06").whole, MONTH).empty
    tables = with_a_crowd({name: frames()[name] for name in ("customers", "orders")}, share=40)
    assert linkage.crowds(workspace.open(unwell.write(tables, tmp_path / "b"), "1404-06").whole, MONTH).empty
    tables = with_a_crowd({"orders": frames()["orders"]})  # without a list of customers it is less sure
    found = linkage.crowds(workspace.open(unwell.write(tables, tmp_path / "c"), "1404-06").whole, MONTH)
    (one,), _ = readings.linkage.findings(
        pd.DataFrame({"n": []}), pd.DataFrame({"unknown": [], "known_customers": []}), found
    )
    assert (one.severity, one.subject["table"]) == ("medium", "orders")


def unknowns(folder):
    return linkage.known(arrivals.arrivals(tables_of(folder), MONTH))


def tables_of(folder) -> dict:
    return workspace.open(folder, "1404-06").whole


def test_a_new_name_and_the_one_it_resembles(company):
    found = novelties.novelties(company("new_value").whole, MONTH)
    frame = month(frames("new_value")["touchpoints"], "occurred_at")
    row = found.loc[("touchpoints", "channel", "apps")]
    assert (row["n"], row["rows"]) == ((frame["channel"] == "apps").sum(), len(frame))
    assert row["resembles"] == "app"


def test_a_rare_name_is_not_a_new_one(tmp_path):
    tables = frames()
    tables["touchpoints"].loc[tables["touchpoints"].index[-1], "channel"] = "kiosk"
    found = novelties.novelties(workspace.open(unwell.write(tables, tmp_path), "1404-06").whole, MONTH)
    assert list(found.index) == [("touchpoints", "channel", "kiosk")]
    assert readings.novelties.findings(found)[0] == [], "once in a month may be chance"


# -- how loud ----------------------------------------------------------------------------------------------------------


def test_loudness_is_how_far_a_number_moves():
    assert faults.move("revenue", 110, 100) == pytest.approx(0.1)
    assert faults.move("nps", 10, 20) == pytest.approx(-0.05), "of a scale of 200 points"
    assert faults.move("late_delivery_rate", 0.10, 0.11) == pytest.approx(-0.01), "of the whole, not of itself"
    assert np.isnan(faults.move("revenue", np.nan, 1))
    assert [faults.loudness(x) for x in (0.05, -0.049, 0.01, -0.0099, np.nan)] == [
        "high",
        "medium",
        "medium",
        "low",
        "low",
    ]
    assert faults.loudness(1.0, sure=False) == "medium"


def test_a_portion_is_never_said_to_be_nothing():
    assert faults.portion(0.0001)["en"] == "under 0.1%"
    assert faults.portion(0.0)["en"] == "0.0%"
    assert faults.portion(0.0006)["en"] == "0.1%"


# -- few customers are not told of -------------------------------------------------------------------------------------


def of_few(tables: unwell.Tables) -> unwell.Tables:
    """Five customers have a desk and a channel of their own, which fell silent; lately they come through `apps`."""
    tickets, steps = tables["tickets"], tables["touchpoints"]
    few = tickets["customer_id"].isin(unwell.PEOPLE[:5])
    more = pd.concat(
        tickets[few].assign(
            ticket_id=tickets["ticket_id"] + f"-{k}", opened_at=tickets["opened_at"] + dt.timedelta(minutes=k + 1)
        )
        for k in range(12)
    )
    more = more[more["opened_at"] < unwell.END - dt.timedelta(days=15)].assign(source="kiosk desk", channel="kiosk")
    more = more.assign(first_reply_at=more["opened_at"] - dt.timedelta(hours=1))
    mine = unwell.period(steps, "occurred_at") & steps["customer_id"].isin(unwell.PEOPLE[:5])
    return tables | {
        "tickets": pd.concat([tickets, more], ignore_index=True),
        "touchpoints": steps.assign(channel=steps["channel"].where(~mine, "apps")),
    }


@pytest.mark.parametrize("smallest", [10, 1])
def test_nothing_is_said_of_a_source_or_a_name_of_few_customers(tmp_path, smallest):
    folder = unwell.write(of_few(unwell.sound()), tmp_path)
    with (folder / "workspace.yaml").open("a", encoding="utf-8") as file:
        file.write(f"privacy: {{smallest_group: {smallest}}}\n")
    found, _ = alerts.examine(workspace.open(folder, "1404-06", locale="en"))
    told = {(one.subject["table"], one.subject["problem"]) for one in found}
    said = " ".join(one.text["en"] + str(one.subject) for one in found)
    assert ("tickets", "reply_before_opened") in told, "the fault itself is told"
    if smallest == 1:
        assert told > {("tickets", "late"), ("touchpoints", "new_value")}
        assert "kiosk desk" in said
    else:
        assert told == {("tickets", "reply_before_opened")}
        assert "kiosk" not in said
        assert "apps" not in said


def test_sources_and_tables_of_few_customers_are_hidden(tmp_path):
    tables = of_few(unwell.sound())
    tables["comments"] = tables["comments"][tables["comments"]["customer_id"].isin(unwell.PEOPLE[:9])]
    whole = workspace.open(unwell.write(tables, tmp_path), "1404-06")
    unseen = volume.unseen(whole.whole, MONTH, whole.smallest)
    assert unseen == {
        ("tickets", "source", "kiosk desk"),
        ("tickets", "channel", "kiosk"),
        ("touchpoints", "channel", "apps"),
        ("comments", "table", "comments"),
        ("comments", "source", "shop"),
        ("comments", "channel", "web"),
    }
    shown = health.days_of(arrivals.arrivals(whole.whole, MONTH), MONTH, whole.smallest)
    assert set(shown.index[shown["hidden"].notna()]) == {("tickets", "kiosk desk"), ("comments", "shop")}
    share, _ = linkage.shared(linkage.overlap(whole.whole, MONTH), whole.smallest)
    assert "comments" not in share.index.union(share.columns)
    none = repeats.repeats(whole.whole, MONTH).iloc[:0]
    assert health.checks((none, "extra"))["faulty_share"].empty, "a company of exposures alone has none of these tables"
    checks = health.checks((repeats.repeats(whole.whole, MONTH), "extra"), unseen=unseen)
    assert "comments" not in checks.index.get_level_values("table")


# -- the page, and what all other pages say ----------------------------------------------------------------------------


def test_the_page_finds_what_every_run_is_warned_of(company):
    from cells import run

    tables = company("late", "lost_channel", "no_reply", "new_value")
    with contextlib.ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(wording, "_reading", wording.current())
        made = run("data-health", workspace=str(tables.settings.folder), period="1404-06", locale="en")
    found, _ = alerts.examine(tables)
    assert made["findings"] == [one.record() | {"tone": "bad"} for one in found]
    assert len(made["findings"]) == 4


def pages(folder, *notebooks: str, **asked) -> dict[str, str]:
    """{page: its HTML} of a run of the unwell company."""
    out = folder.parent / f"{folder.name}-{'-'.join(notebooks)}"
    request = runner.Request(workspace=str(folder), notebooks=notebooks, period="1404-06", out=str(out), **asked)
    with contextlib.chdir(ROOT):
        place = runner.run(request).place
    return {path.relative_to(place).as_posix(): path.read_text("utf-8") for path in place.rglob("*.html")}


def notices(html: str) -> list[str]:
    return re.findall(r'<aside class="notice data".*?</aside>', html, re.S)


def test_every_page_over_broken_data_says_so(company):
    folder = company("late", "no_reply").settings.folder
    made = pages(folder, "data-health", "survey", locale="en")
    assert notices(made["data-health.html"]) == [], "it tells all of it anyway"
    for name in ("survey.html", "index.html"):
        (notice,) = notices(made[name])
        assert "The data behind this report have a serious fault" in notice
        assert "cannot be relied on for now: Revenue and Time to first reply." in notice
        assert "Orders: no rows after 19 Shahrivar 1404" in notice
        assert "There is one more of high importance." in notice
        assert 'href="data-health.html"' in notice


OWN = """workspace = ""
period = ""
segment = ""
locale = ""
---
from cx_helpers import workspace as ws
from cx_helpers.report import blocks
tables = ws.open(workspace, period=period, segment=segment, locale=locale)
blocks.note({"fa": "سلام", "en": "hello"})"""


def test_a_run_without_that_report_asks_the_data_itself(tmp_path):
    folder = unwell.make(tmp_path / "c", "late", "no_reply")
    cells = [nbformat.v4.new_code_cell(source) for source in OWN.split("\n---\n")]
    cells[0].metadata["tags"] = ["parameters"]
    (folder / "notebooks").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "notebooks" / "own.ipynb")
    made = pages(folder, "own", locale="fa")
    for name in ("own.html", "index.html"):
        (notice,) = notices(made[name])
        assert 'dir="rtl"' in notice
        assert "داده‌های این گزارش اشکال مهمی دارند" in notice
        assert "گزارش سلامت داده‌ها همه را می‌گوید" in notice
        assert "href" not in notice, "there is no such page"


def test_a_run_for_each_group_is_warned_on_all_its_pages_and_compares_no_health(company):
    made = pages(company("late").settings.folder, "data-health", "survey", for_each="province", locale="en")
    groups = {name.partition("/")[0] for name in made if "/" in name}
    assert len(groups) == 2
    for name, html in made.items():
        if name.endswith("data-health.html"):
            assert notices(html) == []
            continue
        (notice,) = notices(html)
        (href,) = re.findall(r'href="([^"]*)"', notice)
        assert os.path.normpath(os.path.join(os.path.dirname(name), unquote(href))) in made, "the link leads there"
    assert "NPS" in made["comparison.html"]
    assert "Cells that are filled" not in made["comparison.html"]


def test_pages_over_sound_data_say_nothing(company):
    made = pages(company().settings.folder, "survey", locale="en")
    assert all("The newest row of the data is of 31 Shahrivar 1404, " in html for html in made.values())
    assert {name: notices(html) for name, html in made.items()} == {"survey.html": [], "index.html": []}


def test_the_age_names_its_table_and_never_one_of_which_nothing_may_be_said():
    index = pd.MultiIndex.from_tuples([("orders", "all"), ("comments", "all"), ("comments", "x")])
    dry = pd.DataFrame({"data_age": [2.0, 900.0, 990.0]}, index=index.set_names(["table", "source"]))
    old = health.freshness(dry)
    assert old.loc["all", ["n", "data_age", "table"]].tolist() == [2, 900.0, "comments"]
    title = "Age of data at the period’s end (of regular tables the one furthest behind: comments)"
    assert readings.health.furthest(old)["en"] == title
    seen = health.freshness(dry, frozenset([("comments", "table", "comments")]))
    assert seen.loc["all", ["n", "data_age", "table"]].tolist() == [1, 2.0, "orders"]
    none = health.freshness(dry.iloc[:0])
    assert none["data_age"].isna().item()
    assert readings.health.furthest(none)["en"] == "Age of data"
