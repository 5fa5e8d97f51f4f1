"""Jalali and Gregorian dates as people write them, and periods cut into UTC instants."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cx_helpers import dates
from cx_helpers.dates import DateError, Period


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1404-06-31", dt.date(2025, 9, 22)),
        ("۱۴۰۲/۰۶/۱۱", dt.date(2023, 9, 2)),
        ("١٤٠٢/٠٦/١١", dt.date(2023, 9, 2)),  # Arabic digits
        ("11 شهریور 1402", dt.date(2023, 9, 2)),
        ("11 شهريور 1402", dt.date(2023, 9, 2)),  # Arabic ye
        ("1403-12-30", dt.date(2025, 3, 20)),  # leap day
        ("2025-09-22", dt.date(2025, 9, 22)),
        ("22 September 2025", dt.date(2025, 9, 22)),
    ],
)
def test_a_day_is_read_as_people_write_it(text, day):
    assert dates.parse_date(text) == day


@pytest.mark.parametrize("text", ["1404-13-01", "1402-12-30", "2025-02-29", "yesterday", "", "1404-06", "31 مهر 1402"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(DateError, match=r"write 1404-06-31|is not a"):
        dates.parse_date(text)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2120, 12, 31)))
def test_jalali_there_and_back(day):
    assert dates.from_jalali(*dates.to_jalali(day)) == day


def test_a_jalali_month_starts_at_midnight_in_tehran():
    month = Period.parse("1404-06")
    assert month.start == dt.datetime(2025, 8, 22, 20, 30, tzinfo=dt.UTC)  # +03:30, no summer time since 1402
    assert month.end == dt.datetime(2025, 9, 22, 20, 30, tzinfo=dt.UTC)
    assert Period.parse("1400-05").start == dt.datetime(2021, 7, 22, 19, 30, tzinfo=dt.UTC)  # summer time: +04:30


@pytest.mark.parametrize(
    ("name", "previous", "fa", "en"),
    [
        ("1404-06", "1404-05", "شهریور ۱۴۰۴", "Shahrivar 1404"),
        ("1404-01", "1403-12", "فروردین ۱۴۰۴", "Farvardin 1404"),
        ("1404-Q1", "1403-Q4", "بهار ۱۴۰۴", "Q1 1404"),
        ("1404", "1403", "سال ۱۴۰۴", "1404"),
        ("2025-03", "2025-02", "مارس ۲۰۲۵", "March 2025"),
        ("1404-06-31", "1404-06-30", "۳۱ شهریور ۱۴۰۴", "31 Shahrivar 1404"),
        (
            "1404-06-11_1404-06-20",
            "1404-06-01_1404-06-10",
            "۱۱ شهریور ۱۴۰۴ تا ۲۰ شهریور ۱۴۰۴",
            "11 Shahrivar 1404 to 20 Shahrivar 1404",
        ),
    ],
)
def test_periods_know_the_one_before_and_their_names(name, previous, fa, en):
    period = Period.parse(name)
    assert period.name == name
    assert period.previous().name == previous
    assert period.previous().end == period.start
    assert (period.label("fa"), period.label("en")) == (fa, en)


@pytest.mark.parametrize("text", ["1404-13", "1404-00", "شهریور", "1404-Q5", "../1404", "1404-06-20_1404-06-01", ""])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(DateError):
        Period.parse(text)


def test_the_last_months_follow_each_other():
    months = Period.parse("1404-02").back(14)
    assert [m.name for m in (months[0], months[-1])] == ["1403-01", "1404-02"]
    assert all(a.end == b.start for a, b in zip(months, months[1:], strict=False))


def test_month_number_cuts_instants_at_the_jalali_month(lay):
    times = ["2025-08-22 20:29:59.999999", "2025-08-22 20:30", "2025-09-22 20:29", "2025-09-22 20:30"]
    frame = pd.DataFrame({"event_id": list("abcd"), "occurred_at": pd.to_datetime(times, utc=True, format="ISO8601")})
    table = lay(frame, "touchpoints")
    with pytest.raises(DateError, match="0 months back is no stretch of time"):
        Period.parse("1404-06").back(0)
    months = Period.parse("1404-06").back(2)
    found = table.mutate(m=dates.month_number(table.occurred_at, months)).order_by("event_id").execute()["m"]
    assert found.tolist()[:3] == [0, 1, 1]
    assert pd.isna(found.iloc[3])


def test_the_heading_tells_an_english_reader_the_days_of_a_jalali_period():
    assert Period.parse("1404-06").heading("en") == "Shahrivar 1404 (23 Aug – 22 Sep 2025)"
    assert Period.parse("1404-10").heading("en") == "Dey 1404 (22 Dec 2025 – 20 Jan 2026)"
    assert Period.parse("1404-06").heading("fa") == "شهریور ۱۴۰۴"
    assert Period.parse("2025-09", calendar="gregorian").heading("en") == "September 2025"


@pytest.mark.parametrize(
    ("name", "day", "there"),
    [
        ("1404-07", dt.date(2025, 9, 22), "1404-06"),
        ("1404-Q3", dt.date(2025, 9, 22), "1404-Q2"),
        ("1399", dt.date(2025, 3, 20), "1403"),  # the leap day 30 Esfand
        ("2026-Q1", dt.date(2025, 12, 31), "2025-Q4"),
        ("1404-07-05", dt.date(2025, 9, 22), "1404-06-31"),
        ("1404-07-01_1404-07-10", dt.date(2025, 9, 22), "1404-06-22_1404-06-31"),  # it ends on an earlier day
        ("1404-07-01_1404-07-10", dt.date(2025, 10, 23), "1404-08-01_1404-08-10"),  # and starts on a later one
    ],
)
def test_a_period_is_moved_to_a_day(name, day, there):
    moved = Period.parse(name).moved_to(day)
    assert moved.name == there
    assert moved == Period.parse(there)
    assert moved.first <= day < moved.past
