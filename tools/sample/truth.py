"""Is each planted truth really there?  One direct computation per effect, as simple as it can be.

`measured(tables)` compares two shares, means or NPS values per effect: in the place where the effect acts (`here`) and
elsewhere (`there`), with their counts and the distance between them in standard errors (z).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from . import products
from .calendar import FIRST, MONTHS, STARTS
from .effects import CRISIS_PROVINCE


class Measured(NamedTuple):
    """Two values with their counts and z = their difference in standard errors."""

    what: str
    here: float
    there: float
    n: int
    n_there: int
    z: float


def _gap(what: str, values: pd.Series, here: pd.Series) -> Measured:
    """The mean of `values` where `here` is true against where it is false; nulls are left out."""
    values = values.astype(float)
    a, b = values[here & values.notna()], values[~here & values.notna()]
    if len(a) < 2 or len(b) < 2:
        return Measured(what, np.nan, np.nan, len(a), len(b), np.nan)
    error = np.sqrt(a.var() / len(a) + b.var() / len(b))
    return Measured(what, a.mean(), b.mean(), len(a), len(b), (a.mean() - b.mean()) / error if error else 0.0)


def _span(count: float, unit_days: float = 1.0) -> np.timedelta64:
    """So many days (or other units, given in days) as a stretch of time."""
    return np.timedelta64(round(count * unit_days * 86400), "s")


class _Facts:
    """The tables with what several computations need: months, customers' columns, votes, next orders."""

    def __init__(self, tables: dict[str, pd.DataFrame]):
        who = tables["customers"].set_index("customer_id")
        self.customers = who.assign(month=self.month(who["created_at"]))
        self.end = max(tables["touchpoints"]["occurred_at"].max(), tables["orders"]["ordered_at"].max())
        join = ["province", "segment", "acquisition_channel"]

        def known(table, time):
            return table.join(who[join], on="customer_id").assign(month=self.month(table[time]))

        self.touchpoints = known(tables["touchpoints"], "occurred_at")
        self.orders = known(tables["orders"], "ordered_at")
        self.responses = known(tables["responses"].dropna(subset=["score"]), "responded_at")
        self.comments = known(tables["comments"], "written_at")
        self.tickets = known(tables["tickets"], "opened_at")
        self.contracts, self.exposures = tables["contracts"], tables["exposures"]
        self.items = tables["order_items"]
        nps = self.responses[self.responses["instrument"] == "nps"]
        self.nps = nps.assign(vote=100 * ((nps["score"] >= 9) * 1 - (nps["score"] <= 6) * 1))
        self.csat = self.responses[(self.responses["instrument"] == "csat") & self.responses["touchpoint"].notna()]
        self.overall = self.responses[(self.responses["instrument"] == "csat") & self.responses["touchpoint"].isna()]

    @staticmethod
    def month(times: pd.Series) -> pd.Series:
        """The Jalali month number of each time, 0 = 1402-07."""
        day = (times.dt.tz_convert("Asia/Tehran").dt.tz_localize(None) - pd.Timestamp(FIRST)) / _span(1)
        return pd.Series(np.searchsorted(STARTS, day, side="right") - 1, index=times.index)

    def orders_after(self, events: pd.DataFrame, time: str, days: float, gap: float = 0.05) -> pd.Series:
        """Does the customer order within `days` after each event?  Null where the data ends before that."""
        bought = self.orders.sort_values("ordered_at")[["customer_id", "ordered_at"]]
        asked = events[["customer_id", time]].assign(row=np.arange(len(events)))
        asked["from"] = asked[time] + _span(gap)
        met = pd.merge_asof(
            asked.sort_values("from"),
            bought,
            left_on="from",
            right_on="ordered_at",
            by="customer_id",
            direction="forward",
        ).sort_values("row")
        came = (met["ordered_at"] - met[time] <= _span(days)).astype(float).to_numpy()
        seen = (events[time] + _span(days) <= self.end).to_numpy()
        return pd.Series(np.where(seen, came, np.nan), index=events.index)

    def retained(self) -> pd.DataFrame:
        """Per buyer: cohort (month of the first order) and whether an order follows in the next month."""
        first = self.orders.groupby("customer_id")["month"].min()
        pairs = self.orders[["customer_id", "month"]].drop_duplicates()
        again = pairs[pairs["month"] == pairs["customer_id"].map(first) + 1]["customer_id"]
        table = self.customers.join(first.rename("cohort"), how="inner")
        return table.assign(back=table.index.isin(again))[table["cohort"] < 23]


def measured(tables: dict[str, pd.DataFrame]) -> dict[str, Measured]:
    """Every effect measured in these tables."""
    f, found = _Facts(tables), {}
    t, o, last = f.touchpoints, f.orders, 23

    pay = t[t["touchpoint"] == "payment"]
    broken = (pay["channel"] == "app") & (pay["month"] >= 21)
    found["app_payment_fails"] = _gap("payment failure rate", pay["outcome"] == "failure", broken)
    failed = pay[pay["outcome"] == "failure"]
    failed = failed[failed["channel"] == "app"]
    app = failed["month"] >= 21
    found["payment_dropouts"] = _gap(
        "order within 2 days after a failed payment", f.orders_after(failed, "occurred_at", 2, -0.01), app
    )
    phoned = o[o["channel"] == "phone"][["customer_id", "ordered_at"]]
    found["switch_to_phone"] = _gap("phone order within a day after a failed payment", _follows(failed, phoned, 1), app)

    due = o[o["promised_at"].notna() & (o["promised_at"] < f.end)]
    crisis = (due["province"] == CRISIS_PROVINCE) & (due["month"] == last)
    late = ~(due["delivered_at"] <= due["promised_at"])
    found["delivery_crisis"] = _gap("late delivery rate", late, crisis)
    home = f.nps[f.nps["province"] == CRISIS_PROVINCE]
    home = home[home["month"] >= last - 1]
    found["crisis_spreads"] = _gap("NPS in the province, 1404-06 against 1404-05", home["vote"], home["month"] == last)
    calm = t[(t["touchpoint"] == "delivery") & (t["month"] < last)]
    was_late = _delivered_late(calm, o)
    found["late_hurts"] = _gap(
        "delivery failure rate, late against on time, before 1404-06", calm["outcome"] == "failure", was_late
    )

    kept = f.retained()
    found["leaving_acquisition"] = _gap(
        "month-1 retention, influencer against others", kept["back"], kept["acquisition_channel"] == "influencer"
    )
    found["better_onboarding"] = _gap(
        "month-1 retention, cohorts from 1403-07 against before", kept["back"], kept["cohort"] >= 12
    )
    found |= _attributes(f.overall)
    found |= _forms(tables["responses"])
    found["closed_loop"] = _called_back(tables["cases"], o, f.end)

    asked = f.tickets.assign(fast=(f.tickets["first_reply_at"] - f.tickets["opened_at"]) <= _span(1, 1 / 24))
    found["first_reply"] = _gap(
        "order within 60 days, reply within an hour against later",
        f.orders_after(asked, "opened_at", 60),
        asked["fast"],
    )
    old = asked[asked["opened_at"] < f.end - _span(60)]
    found["unsolved_leave"] = _gap(
        "order within 60 days, unsolved against solved ticket",
        f.orders_after(old, "opened_at", 60),
        old["solved_at"].isna(),
    )
    hours = (f.tickets["solved_at"] - f.tickets["opened_at"]) / _span(1, 1 / 24)
    found["faster_resolution"] = _gap(
        "log resolution hours, from 1403-10 against before", np.log(hours), f.tickets["month"] >= 15
    )
    support = f.csat["touchpoint"].isin(["support_chat", "support_call", "return"])
    found["support_dip"] = _gap("mean CSAT, support stage against others", f.csat["score"], support)
    found["phone_nps"] = _gap("NPS, phone against others", f.nps["vote"], f.nps["channel"] == "phone")

    box = t[t["touchpoint"] == "unboxing"]
    found["packaging_breaks"] = _gap(
        "unboxing failure rate, 1404-06 against before", box["outcome"] == "failure", box["month"] == last
    )
    about = (
        f.comments["text"].str.replace("ي", "ی").str.replace("ك", "ک").str.contains("تحویل|پیک|ارسال|دیر رسید|مرسوله")
    )
    placed = f.comments["touchpoint"].notna()
    found["talk_of_the_touchpoint"] = _gap(
        "comments about delivery, at delivery against elsewhere",
        about[placed],
        (f.comments["touchpoint"] == "delivery")[placed],
    )

    months = ((f.contracts["ended_at"].fillna(f.end) - f.contracts["started_at"]) / _span(30.44)).round(0)
    seen = f.contracts["started_at"] < f.end - _span(107)
    found["plan_churn"] = _gap(
        "ended by month 3, trial plan against others",
        ((months <= 3) & f.contracts["ended_at"].notna())[seen],
        (f.contracts["plan"] == "club_trial")[seen],
    )
    worth = o.groupby("customer_id")["amount"].sum().reindex(f.customers.index).fillna(0) / 1e7
    found["omnichannel_value"] = _gap(
        "spent per customer (million toman), omni against others", worth, f.customers["segment"] == "omni"
    )
    found["product_pairs"] = _pairs(f.items)

    found["voucher"] = _won_back(f, o)
    for name, test in f.exposures[f.exposures["experiment"] != "voucher"].groupby("experiment"):
        gap = _gap(
            f"order within 7 days of exposure, {name}, B against A",
            f.orders_after(test, "exposed_at", 7, 0),
            test["variant"] == "B",
        )
        found["checkout_variant" if name == "checkout_v2" else "free_gift (no effect)"] = gap
    daily = o.groupby(["month", o["ordered_at"].dt.date]).size().rename("orders").reset_index()
    month = daily["month"].map(lambda m: MONTHS[m][1])
    second = daily["month"] >= 12
    found["seasonality"] = _gap(
        "orders a day in Esfand 1403 against Bahman and Farvardin",
        daily["orders"][second & month.isin([11, 12, 1])],
        (month == 12)[second & month.isin([11, 12, 1])],
    )
    came = f.customers.groupby("month").size().rename("n").reset_index()
    found["growth"] = _gap("new customers a month, second year against first", came["n"], came["month"] >= 12)
    return found


def _follows(events: pd.DataFrame, orders: pd.DataFrame, days: float) -> pd.Series:
    met = pd.merge_asof(
        events[["customer_id", "occurred_at"]].assign(row=np.arange(len(events))).sort_values("occurred_at"),
        orders.sort_values("ordered_at"),
        left_on="occurred_at",
        right_on="ordered_at",
        by="customer_id",
        direction="forward",
        allow_exact_matches=False,
    ).sort_values("row")
    return pd.Series((met["ordered_at"] - met["occurred_at"] <= _span(days)).to_numpy(), index=events.index)


def _delivered_late(events: pd.DataFrame, orders: pd.DataFrame) -> pd.Series:
    late = orders.assign(late=orders["delivered_at"] > orders["promised_at"])
    late = late.dropna(subset=["delivered_at"])[["customer_id", "delivered_at", "late"]]
    known = late.drop_duplicates(["customer_id", "delivered_at"]).set_index(["customer_id", "delivered_at"])["late"]
    keys = pd.MultiIndex.from_frame(events[["customer_id", "occurred_at"]])
    return pd.Series(known.reindex(keys).fillna(False).astype(bool).to_numpy(), index=events.index)


def _called_back(cases: pd.DataFrame, orders: pd.DataFrame, end) -> Measured:
    """Of each customer's first case: an order within 60 days after three days, called by then against not."""
    first = cases.sort_values(["opened_at", "case_id"]).drop_duplicates("customer_id")
    mark = first["opened_at"] + _span(3)
    first, mark = first[mark + _span(60) <= end], mark[mark + _span(60) <= end]
    pairs = first.assign(mark=mark).merge(orders[["customer_id", "ordered_at"]], on="customer_id", how="left")
    after = (pairs["ordered_at"] > pairs["mark"]) & (pairs["ordered_at"] <= pairs["mark"] + _span(60))
    back = after.groupby(pairs["case_id"]).any().reindex(first["case_id"]).set_axis(first.index)
    return _gap("order within 60 days, called within three days against not", back, first["contacted_at"] <= mark)


def _won_back(f, orders: pd.DataFrame) -> Measured:
    """An order within 60 days of those who bought last 30 to 120 days before: with the voucher against without."""
    test = f.exposures[f.exposures["experiment"] == "voucher"]
    last = orders[orders["ordered_at"] < test["exposed_at"].min()].groupby("customer_id")["ordered_at"].max()
    quiet = (test["exposed_at"] - test["customer_id"].map(last)) / _span(1)
    test = test[quiet.between(31, 119)]
    what = "order within 60 days, last bought 30 to 120 days before, voucher against none"
    return _gap(what, f.orders_after(test, "exposed_at", 60, 0), test["variant"] == "B")


def _forms(responses: pd.DataFrame) -> dict[str, Measured]:
    """What the forms say: the gap of reliability, the mechanical clue, each against the rest; eNPS by phone and not."""
    asked = responses[responses["source"] == "form"]
    part, side = (asked["instrument"].str.split(".").str[k] for k in (1, 3))
    gap = asked["score"] * side.map({"perceived": 1.0, "expected": -1.0})
    items = asked.assign(part=part, gap=gap)[side.isin(["perceived", "expected"])]
    gaps = (items.groupby(["customer_id", "part"])["gap"].sum() / 3).reset_index()
    clues = asked.assign(part=part)[asked["instrument"].str.startswith("clue.")]
    staff = asked[asked["instrument"] == "enps"]
    vote = 100 * ((staff["score"] >= 9).astype(float) - (staff["score"] <= 6))
    return {
        "unreliable": _gap("gap of reliability against the others (1-7)", gaps["gap"], gaps["part"] == "reliability"),
        "shabby": _gap("mechanical clue against the others (1-5)", clues["score"], clues["part"] == "mechanical"),
        "unhappy_callers": _gap("eNPS by phone against the rest", vote, staff["channel"] == "phone"),
    }


def _attributes(overall: pd.DataFrame) -> dict[str, Measured]:
    """Least squares of overall satisfaction on the attributes: the weight of delivery, and that of packaging."""
    names = [c for c in overall if c.startswith("attr_")]
    full = overall.dropna(subset=names)
    x = np.c_[np.ones(len(full)), full[names].to_numpy()]
    y = full["score"].to_numpy()
    weight, *_ = np.linalg.lstsq(x, y, rcond=None)
    rest = y - x @ weight
    error = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * (rest @ rest) / (len(y) - x.shape[1]))
    at = {name: i + 1 for i, name in enumerate(names)}
    d, p = at["attr_delivery"], at["attr_packaging"]
    r = np.corrcoef(full["attr_delivery"], full["attr_packaging"])[0, 1]
    base = np.corrcoef(full["attr_delivery"], full["attr_price"])[0, 1]
    z = (np.arctanh(r) - np.arctanh(base)) * np.sqrt((len(y) - 3) / 2)
    return {
        "drivers": Measured(
            "weight of attr_delivery on overall (1-5), against packaging",
            weight[d],
            weight[p],
            len(y),
            len(y),
            weight[d] / error[d],
        ),
        "null_driver": Measured(
            "correlation of delivery with packaging, against with price", r, base, len(y), len(y), z
        ),
    }


def _pairs(items: pd.DataFrame) -> Measured:
    """The second product of a pair in baskets with the first, against baskets without."""
    baskets = items.groupby("order_id")["product_name"].agg(set)
    gaps = []
    for first, second in products.PAIRS:
        has, joins = (baskets.map(lambda b, name=name: name in b) for name in (first, second))
        gaps.append(_gap(f"{second} in the basket, with {first} against without (the weakest pair)", joins, has))
    return min(gaps, key=lambda m: m.z)
