"""A small company with four groups that must not be seen: a province, a channel, a touchpoint and a segment.

Each is of few customers with many rows, so that only counting customers can hide it; what they wrote, how long they
waited and what they paid is like nobody else's, so that it can be searched for.
"""

from pathlib import Path

import pandas as pd

from cx_helpers.dates import Period
from tools.sample import ALL
from tools.sample.__main__ import fill

PROVINCE, CHANNEL, TOUCHPOINT, SEGMENT = "نهان‌شهر", "kiosk", "fitting_room", "patron"
SECRETS = (PROVINCE, CHANNEL, TOUCHPOINT, SEGMENT)
SIZES = {"province": 4, "channel": 7, "touchpoint": 3, "segment": 5}
WORDS = "از اتاق پرو نهان‌شهر بسیار بسیار ناراضی هستم، افتضاح و مزخرف بود، هیچ‌کس جواب درستی نداد و خیلی بد بود"
SECONDS = 98765.0
MONTH = Period.parse("1404-06")
COLUMNS = {"responses": "responded_at", "touchpoints": "occurred_at", "comments": "written_at", "orders": "ordered_at"}
KEYS = {"responses": "response_id", "touchpoints": "event_id", "comments": "comment_id", "orders": "order_id"}


def said(at: pd.Timestamp) -> str:
    """Words of its own for the comment of each minute: copies of one text are not read."""
    days = "شنبه یکشنبه دوشنبه سه‌شنبه چهارشنبه پنجشنبه جمعه صبح ظهر عصر شب دیروز".split()
    minute = int(at.timestamp()) // 60
    return " ".join(days[minute // 12**power % 12] for power in range(6))


def make(folder: Path, customers: int = 800) -> Path:
    """Write the company; its four groups are taken from those who did most in the last month."""
    fill(folder, 1, ALL, customers=customers)
    tables = {name: pd.read_parquet(folder / "tables" / f"{name}.parquet") for name in ("customers", *COLUMNS)}
    recent = tables["touchpoints"][tables["touchpoints"]["occurred_at"] >= MONTH.start]
    busy = list(recent["customer_id"].value_counts(sort=True).sort_index(kind="stable").nlargest(19).index)
    here, there, met, patrons = busy[:4], busy[4:11], busy[11:14], busy[14:19]
    people = tables["customers"].set_index("customer_id")
    people.loc[here, "province"], people.loc[patrons, "segment"] = PROVINCE, SEGMENT
    tables["customers"] = people.reset_index()
    for name, when in COLUMNS.items():
        tables[name] = _with_more(tables[name], name, when, here, there, met, patrons)
    for name, table in tables.items():
        table.to_parquet(folder / "tables" / f"{name}.parquet", index=False, coerce_timestamps="us")
    return folder


def _with_more(table, name, when, here, there, met, patrons) -> pd.DataFrame:
    """The table with many more rows of the few: 40 and more of each group in each of the last two months."""
    like = table[table[when].between(MONTH.start, MONTH.end)].sort_values(KEYS[name]).reset_index(drop=True)
    parts = [table[~table["customer_id"].isin(met)] if name == "touchpoints" else table]
    for group, who in {"here": here, "there": there, "met": met, "patrons": patrons}.items():
        for month in (MONTH.previous(), MONTH):
            rows = like.sample(60, replace=True, random_state=len(who)).reset_index(drop=True)
            rows[KEYS[name]] = [f"{name}-{group}-{month.name}-{i}" for i in range(len(rows))]
            rows["customer_id"] = [who[i % len(who)] for i in range(len(rows))]
            rows[when] = [month.start + pd.to_timedelta(540 + 660 * i + i % 7, "min") for i in range(len(rows))]
            parts.append(_marked(rows, name, group))
    return pd.concat(parts, ignore_index=True).astype(table.dtypes)


def _marked(rows: pd.DataFrame, name: str, group: str) -> pd.DataFrame:
    if name == "touchpoints":
        rows["outcome"] = ["failure" if i % 3 else "success" for i in range(len(rows))]
        rows["session_id"] = [f"{group}-{i // 3}" for i in range(len(rows))]
        rows["duration_s"] = SECONDS
    if name == "comments":
        rows = rows.assign(
            text=[f"{WORDS}، {said(at)}" for at in rows["written_at"]],
            sentiment=-0.9,
            p_negative=0.95,
            p_positive=0.05,
        )
    if name == "orders":
        rows["amount"] = 987_654_321.0
    if group == "there" and "channel" in rows:
        rows["channel"] = CHANNEL
    if group == "met" and "touchpoint" in rows:
        rows["touchpoint"] = TOUCHPOINT
    return rows
