"""A small company whose data are sound, and ways of breaking them: one planted fault of each kind.

400 days up to the end of Shahrivar 1404 (22 September 2025), every number of rows known beforehand: 24 contacts a day
in two channels (Fridays half as many), ten orders, six answers, four requests, four comments.  `make(folder)` writes
the sound one; `make(folder, "late", …)` the same with those faults.  What each fault must be found as stands in FAULTS.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

DAYS = 400
END = pd.Timestamp("2025-09-22 20:30", tz="UTC")  # midnight in Tehran: Shahrivar 1404 is over
FIRST = END - dt.timedelta(days=DAYS)
PEOPLE = [f"c{i:03}" for i in range(120)]
Tables = dict[str, pd.DataFrame]


def sound() -> Tables:
    """The company as it should be: times in order, keys single, every customer known everywhere."""
    made = {"customers": _customers(), "touchpoints": _touchpoints(), "orders": _orders()}
    return made | {"responses": _responses(), "tickets": _tickets(), "comments": _comments(), "contracts": _contracts()}


def _at(rows: int, minute: int) -> pd.Series:
    """Instants spread over the days, `rows` a day, beginning at a minute of the (local) day of its own."""
    day, step = np.divmod(np.arange(rows * DAYS), rows)
    return pd.Series(FIRST + pd.to_timedelta(day * 1440 + minute + step * (840 // rows), unit="min"))


def _who(rows: int, shift: int = 0) -> list[str]:
    return [PEOPLE[(7 * i + shift) % len(PEOPLE)] for i in range(rows)]


def _hours(n: float) -> dt.timedelta:
    return dt.timedelta(hours=n)


def _customers() -> pd.DataFrame:
    made = FIRST + pd.to_timedelta(3 * np.arange(len(PEOPLE)), unit="D")  # a newcomer every third day
    frame = pd.DataFrame({"customer_id": PEOPLE, "created_at": made, "birth_year": [1960 + i % 40 for i in range(120)]})
    return frame.assign(province=["تهران", "فارس"] * 60, source="crm")


def _touchpoints() -> pd.DataFrame:
    at = _at(24, 420)
    n = np.arange(len(at))
    frame = pd.DataFrame({"event_id": [f"e{i:05}" for i in n], "customer_id": _who(len(at)), "occurred_at": at})
    frame["touchpoint"] = np.where(n % 3 == 0, "payment", "search")
    frame["channel"], frame["source"] = np.where(n % 2 == 0, "app", "web"), "shop"
    frame["outcome"] = np.where(n % 10 == 0, "failure", "success")
    frame["duration_s"] = 30.0 + n % 60
    friday = (at + _hours(3.5)).dt.weekday == 4
    return frame[~friday | (n % 4 < 2)].reset_index(drop=True)


def _orders() -> pd.DataFrame:
    at = _at(10, 480)
    n = np.arange(len(at))
    frame = pd.DataFrame({"order_id": [f"o{i:05}" for i in n], "customer_id": _who(len(at), 1), "ordered_at": at})
    frame["amount"] = 1_000_000.0 + 1000 * (n % 50)
    frame["promised_at"] = at + _hours(48)
    late = n % 10 == 0
    frame["delivered_at"] = (at + pd.to_timedelta(np.where(late, 60, 30), unit="h")).where(at < END - _hours(72))
    return frame.assign(channel=np.where(n % 2 == 0, "app", "web"), status="delivered", source="shop")


def _responses() -> pd.DataFrame:
    at = _at(6, 540)
    n = np.arange(len(at))
    frame = pd.DataFrame({"response_id": [f"r{i:05}" for i in n], "customer_id": _who(len(at), 2)})
    frame["responded_at"], frame["invited_at"], frame["instrument"] = at, at - _hours(3), "nps"
    frame["score"], frame["scale_min"], frame["scale_max"] = (n % 11).astype(float), 0.0, 10.0
    return frame.assign(channel=np.where(n % 2 == 0, "app", "web"), source="survey")


def _tickets() -> pd.DataFrame:
    at = _at(4, 600)
    n = np.arange(len(at))
    frame = pd.DataFrame({"ticket_id": [f"t{i:05}" for i in n], "customer_id": _who(len(at), 3), "opened_at": at})
    frame["first_reply_at"], frame["solved_at"] = at + _hours(1), at + _hours(10)
    return frame.assign(status="solved", channel="phone", topic=np.where(n % 2 == 0, "late", "broken"), source="desk")


def _comments() -> pd.DataFrame:
    at = _at(4, 660)
    n = np.arange(len(at))
    frame = pd.DataFrame({"comment_id": [f"k{i:05}" for i in n], "customer_id": _who(len(at), 4), "written_at": at})
    frame["text"] = [f"نوشتهٔ شمارهٔ {i} دربارهٔ سفارشی که هفتهٔ گذشته به دستم رسید" for i in n]
    frame["sentiment"] = np.where(n % 2 == 0, 0.5, -0.3)
    return frame.assign(origin="review", channel="web", source="shop")


def _contracts() -> pd.DataFrame:
    at = _at(1, 500)
    n = np.arange(len(at))
    frame = pd.DataFrame({"contract_id": [f"x{i:04}" for i in n], "customer_id": _who(len(at), 5), "started_at": at})
    frame["ended_at"] = (at + _hours(24 * 60)).where((n % 5 == 0) & (n < 300))
    return frame.assign(plan="basic", monthly_fee=100_000.0, source="crm")


# -- the faults --------------------------------------------------------------------------------------------------------


def period(frame: pd.DataFrame, column: str) -> pd.Series:
    """Which rows lie in the report's period, Shahrivar 1404?"""
    return frame[column] >= END - dt.timedelta(days=31)


def _set(frame: pd.DataFrame, rows, **values) -> pd.DataFrame:
    out = frame.copy()
    for column, value in values.items():
        out.loc[rows, column] = value
    return out


def _some(frame: pd.DataFrame, column: str, every: int) -> np.ndarray:
    """Every n-th row of the period."""
    rows = np.flatnonzero(period(frame, column))
    return frame.index[rows[::every]]


def late(t: Tables) -> Tables:
    """Orders end twelve days before the period does."""
    return t | {"orders": t["orders"][t["orders"]["ordered_at"] < END - dt.timedelta(days=12)]}


def everything_late(t: Tables) -> Tables:
    """All tables end forty days before the period does."""
    cut = END - dt.timedelta(days=40)
    times = dict(zip(t, ("created_at", "occurred_at", "ordered_at", "responded_at", "opened_at"), strict=False))
    times |= {"comments": "written_at", "contracts": "started_at"}
    return {name: frame[frame[times[name]] < cut] for name, frame in t.items()}


def lost_channel(t: Tables) -> Tables:
    """For six days of the period no contact of the app was recorded."""
    frame = t["touchpoints"]
    days = frame["occurred_at"].between(END - dt.timedelta(days=20), END - dt.timedelta(days=14), inclusive="left")
    return t | {"touchpoints": frame[~(days & (frame["channel"] == "app"))].reset_index(drop=True)}


def doubled_days(t: Tables) -> Tables:
    """On three days of the period orders came three times, each time under new keys and a minute later."""
    frame = t["orders"]
    days = frame["ordered_at"].between(END - dt.timedelta(days=13), END - dt.timedelta(days=10), inclusive="left")
    again = [
        frame[days].assign(
            order_id=frame.loc[days, "order_id"] + f"-{k}", ordered_at=frame["ordered_at"] + _hours(k / 60)
        )
        for k in (1, 2)
    ]
    return t | {"orders": pd.concat([frame, *again], ignore_index=True)}


def repeated_row(t: Tables) -> Tables:
    """Every tenth answer of the period came twice under another key, promoters only."""
    frame = t["responses"]
    rows = frame.loc[_some(frame, "responded_at", 1)]
    rows = rows[rows["score"] == 10]
    return t | {"responses": pd.concat([frame, rows.assign(response_id=rows["response_id"] + "b")], ignore_index=True)}


def copied_text(t: Tables) -> Tables:
    """Eight customers wrote the same long text in one week of the period."""
    frame = t["comments"]
    rows = frame.index[np.flatnonzero(frame["written_at"] >= pd.Timestamp("2025-09-18", tz="UTC"))[:8]]
    return t | {"comments": _set(frame, rows, text="بهترین فروشگاه ایران، همین حالا با کد تخفیف ویژهٔ ما خرید کنید")}


def emptier(t: Tables) -> Tables:
    """A third of the period's answers have no channel."""
    frame = t["responses"]
    return t | {"responses": _set(frame, _some(frame, "responded_at", 3), channel=None)}


def no_reply(t: Tables) -> Tables:
    """A third of the period's requests have no time of first reply."""
    frame = t["tickets"]
    return t | {"tickets": _set(frame, _some(frame, "opened_at", 3), first_reply_at=pd.NaT)}


def misspelt(t: Tables) -> Tables:
    """A sixth of the period's contacts is with a touchpoint called `paymnet`."""
    frame = t["touchpoints"]
    return t | {"touchpoints": _set(frame, _some(frame, "occurred_at", 6), touchpoint="paymnet")}


def stranger(t: Tables) -> Tables:
    """The survey names customers by a key of its own."""
    frame = t["responses"]
    return t | {"responses": frame.assign(customer_id="mail-" + frame["customer_id"])}


def without_customer(t: Tables) -> Tables:
    """Two comments of five have no customer."""
    frame = t["comments"]
    return t | {"comments": _set(frame, frame.index[frame.index % 5 < 2], customer_id=None)}


def new_value(t: Tables) -> Tables:
    """A sixth of the period's contacts came through a channel called `apps`."""
    frame = t["touchpoints"]
    rows = _some(frame, "occurred_at", 6)
    return t | {"touchpoints": _set(frame, rows, channel="apps")}


def tied_times(t: Tables) -> Tables:
    """Every contact of web happens at the instant of the app's contact before it, of the same customer."""
    frame = t["touchpoints"]
    before = frame.shift()
    web = (frame["channel"] == "web") & (before["channel"] == "app")
    return t | {
        "touchpoints": frame.assign(
            occurred_at=before["occurred_at"].where(web, frame["occurred_at"]),
            customer_id=before["customer_id"].where(web, frame["customer_id"]),
        )
    }


def _impossible(table: str, time: str, every: int, **values) -> Callable[[Tables], Tables]:
    """Every n-th row of the period has these values; a value may be made of the row's frame."""

    def breaking(t: Tables) -> Tables:
        frame = t[table]
        rows = _some(frame, time, every)
        made = {c: v(frame.loc[rows]) if callable(v) else v for c, v in values.items()}
        return t | {table: _set(frame, rows, **made)}

    return breaking


def future(t: Tables) -> Tables:
    """Seven contacts have the year 2087."""
    frame = t["touchpoints"]
    rows = frame.index[1000:1007]
    times = frame.loc[rows, "occurred_at"] + pd.DateOffset(years=62)
    return t | {"touchpoints": _set(frame, rows, occurred_at=times.astype(frame["occurred_at"].dtype))}


def far_future(t: Tables) -> Tables:
    """Three of a hundred orders, whatever their day, have a year five years on."""
    frame, rows = t["orders"], t["orders"].index[::33]
    times = {c: frame.loc[rows, c] + dt.timedelta(days=1826) for c in ("ordered_at", "promised_at", "delivered_at")}
    return t | {"orders": _set(frame, rows, **times)}


def _month_before(frame: pd.DataFrame, column: str) -> pd.Series:
    """Which rows lie in Mordad 1404, the month before the period."""
    return (frame[column] >= END - dt.timedelta(days=62)) & (frame[column] < END - dt.timedelta(days=31))


def other_unit(t: Tables) -> Tables:
    """The orders of the month before were written in rials, ten to the toman."""
    frame = t["orders"]
    now = _month_before(frame, "ordered_at")
    return t | {"orders": frame.assign(amount=frame["amount"].where(~now, frame["amount"] * 10))}


def narrower_scale(t: Tables) -> Tables:
    """The answers of the month before were given on 0 to 5."""
    frame = t["responses"]
    now = _month_before(frame, "responded_at")
    return t | {"responses": frame.assign(score=frame["score"].where(~now, (frame["score"] / 2).round()))}


def jalali_births(t: Tables) -> Tables:
    """A quarter of the customers was born in a Jalali year."""
    frame = t["customers"]
    return t | {"customers": _set(frame, frame.index[::4], birth_year=1365)}


# name: (how to break it, table, what it must be called, how loud)
FAULTS: dict[str, tuple[Callable[[Tables], Tables], str, str, str]] = {
    "late": (late, "orders", "late", "high"),
    "everything_late": (everything_late, "all", "late", "high"),
    "lost_channel": (lost_channel, "touchpoints", "break", "high"),
    "doubled_days": (doubled_days, "orders", "break", "medium"),
    "repeated_row": (repeated_row, "responses", "repeated_row", "high"),
    "copied_text": (copied_text, "comments", "copied_text", "medium"),
    "emptier": (emptier, "responses", "emptier", "medium"),
    "no_reply": (no_reply, "tickets", "emptier", "high"),
    "misspelt": (misspelt, "touchpoints", "new_value", "high"),
    "stranger": (stranger, "responses", "strangers", "high"),
    "without_customer": (without_customer, "comments", "without_customer", "medium"),
    "new_value": (new_value, "touchpoints", "new_value", "medium"),
    "tied_times": (tied_times, "touchpoints", "tied_times", "medium"),
    "future": (future, "touchpoints", "from_the_future", "low"),
    "far_future": (far_future, "orders", "from_the_future", "medium"),
    "other_unit": (other_unit, "orders", "unit", "medium"),
    "narrower_scale": (narrower_scale, "responses", "narrower_scale", "medium"),
    "birth_year": (jalali_births, "customers", "birth_year", "high"),
    "delivered_before_ordered": (
        _impossible("orders", "ordered_at", 5, delivered_at=lambda f: f["ordered_at"] - _hours(5)),
        "orders", "delivered_before_ordered", "high",
    ),
    "promised_before_ordered": (
        _impossible("orders", "ordered_at", 5, promised_at=lambda f: f["ordered_at"] - _hours(48)),
        "orders", "promised_before_ordered", "high",
    ),
    "promised_far_off": (
        _impossible("orders", "ordered_at", 30, promised_at=lambda f: f["ordered_at"] + _hours(24 * 300)),
        "orders", "promised_far_off", "low",
    ),
    "negative_amount": (
        _impossible("orders", "ordered_at", 50, amount=lambda f: -f["amount"]), "orders", "negative_amount", "medium",
    ),
    "reply_before_opened": (
        _impossible("tickets", "opened_at", 100, first_reply_at=lambda f: f["opened_at"] - _hours(1)),
        "tickets", "reply_before_opened", "medium",
    ),
    "solved_before_opened": (
        _impossible("tickets", "opened_at", 10, solved_at=lambda f: f["opened_at"] - _hours(1)),
        "tickets", "solved_before_opened", "high",
    ),
    "off_scale": (_impossible("responses", "responded_at", 100, score=11.0), "responses", "off_scale", "high"),
    "answered_before_invited": (
        _impossible("responses", "responded_at", 50, invited_at=lambda f: f["responded_at"] + _hours(2)),
        "responses", "answered_before_invited", "medium",
    ),
    "negative_duration": (
        _impossible("touchpoints", "occurred_at", 200, duration_s=-5.0), "touchpoints", "negative_duration", "low",
    ),
    "ended_before_started": (
        _impossible("contracts", "started_at", 1, ended_at=lambda f: f["started_at"] - _hours(24)),
        "contracts", "ended_before_started", "high",
    ),
    "fee_beyond_money": (
        _impossible("contracts", "started_at", 10, monthly_fee=1e20), "contracts", "fee_beyond_money", "high",
    ),
    "negative_fee": (_impossible("contracts", "started_at", 10, monthly_fee=-1.0), "contracts", "negative_fee", "high"),
}  # fmt: skip


def make(folder: Path, *faults: str) -> Path:
    """Write the company into a folder: sound, or with these faults."""
    tables = sound()
    for fault in faults:
        tables = FAULTS[fault][0](tables)
    return write(tables, folder)


def write(tables: Tables, folder: Path) -> Path:
    """A workspace of these tables."""
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    settings = "name: {fa: فروشگاه, en: Shop}\nstages: {purchase: [search, payment]}\n"
    (folder / "workspace.yaml").write_text(settings, "utf-8")
    for name, frame in tables.items():
        frame.to_parquet(folder / "tables" / f"{name}.parquet", index=False, coerce_timestamps="us")
    return folder
