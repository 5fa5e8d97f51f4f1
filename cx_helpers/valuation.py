"""What is each customer expected to bring?  Models of buying and of spending on folded histories, and their terms.

Value is what today's customers are expected to bring within a horizon: purchases to come (a model of buying) times
the amount of each (Gamma-Gamma), less returns, times the margin, later money worth less.  All work is on folded
histories (histories.fold), so nothing here grows with the orders.

Where the data do not carry a model it is not fitted: `refused` holds the reason and the numbers behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from cx_helpers import certainty, histories, likelihood, purchasing, spending
from cx_helpers.dates import Period, day_number, numbered_day
from cx_helpers.likelihood import Fit

FEWEST, CAME_BACK = 100, 30  # customers, and customers with a second purchase, below which nothing is fitted
SHORTEST = 56  # days of history
DEPENDENT = 0.3  # correlation of spend and frequency beyond which Gamma-Gamma is refused; a third of it is told
YEAR = 365.25
VALUES = ("clv", "so_far", "lifetime", "alive", "purchases")


@dataclass(frozen=True)
class Terms:
    """What turns purchases into value.

    margin    share of sales that is left, and whether it is known (else values are sales, not profit)
    discount  a year: 0.2 = money of a year from now is worth 1 / 1.2;  months  how far ahead
    kept      share of the money of sales that does not come back as returns
    """

    margin: float = 1.0
    margin_known: bool = False
    discount: float = 0.2
    months: int = 36
    kept: float = 1.0

    @property
    def days(self) -> float:
        """The horizon in days."""
        return self.months * YEAR / 12

    @property
    def daily(self) -> float:
        """The discount of a day, continuous."""
        return float(np.log1p(self.discount)) / YEAR

    @property
    def each(self) -> float:
        """What is left of one unit of sales."""
        return self.margin * self.kept


@dataclass(frozen=True)
class Model:
    """What was fitted to the customers' histories, and what was not.

    rows     of histories.fold;  buying, spending  the fits, None where refused;  tried  every model of buying
    refused  {reason: numbers behind it}; noted  {weakness: numbers}: what is fitted all the same, and told
    """

    rows: pd.DataFrame
    terms: Terms
    buying: Fit | None = None
    spending: Fit | None = None
    tried: dict[str, Fit] = field(default_factory=dict)
    refused: dict[str, dict] = field(default_factory=dict)
    noted: dict[str, dict] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Customers."""
        return int(self.rows["n"].sum())


def model(rows: pd.DataFrame, terms: Terms, buying: str = "auto") -> Model:
    """Fit what the data carry.

    rows    of histories.fold;  buying  bgnbd, mbgnbd, paretonbd, or auto: the likeliest (all have four parameters)
    Refuses buying: nobody, few (under 100 customers), all_once, few_back (under 30 came back), short (under 8 weeks),
    untold (no finite answer).  Refuses spending: unpriced, heavy (q <= 1: there is no mean), dependent, untold_spend.
    """
    refused = _too_little(rows)
    if refused:
        return Model(rows, terms, refused=refused)
    few, named = histories.plain(rows), list(purchasing.MODELS) if buying == "auto" else [buying]
    tried = {name: purchasing.fit(name, few["x"], few["t_x"], few["T"], few["n"]) for name in named}
    sound = [fit for fit in tried.values() if fit.converged]
    if not sound:
        return Model(rows, terms, tried=tried, refused={"untold": {"n": rows["n"].sum()}})
    best = max(sound, key=lambda fit: fit.loglik)
    fitted, refused, noted = _spending(rows)
    if not terms.margin_known:
        noted |= {"margin": {}}
    return Model(rows, terms, best, fitted, tried, refused, noted)


def _too_little(rows: pd.DataFrame) -> dict[str, dict]:
    n, back = float(rows["n"].sum()), float(rows.loc[rows["x"] > 0, "n"].sum())
    span = float(rows["T"].max()) if n else 0.0
    facts = {"n": n, "back": back, "days": span}
    reasons = {"nobody": n == 0, "few": n < FEWEST, "all_once": back == 0, "few_back": back < CAME_BACK,
               "short": span < SHORTEST}  # fmt: skip
    return next(({name: facts} for name, so in reasons.items() if so), {})


def _spending(rows: pd.DataFrame) -> tuple[Fit | None, dict, dict]:
    came = rows[(rows["x"] > 0) & (rows["spend"] > 0)]
    if came["n"].sum() < CAME_BACK:
        return None, {"unpriced": {"n": came["n"].sum()}}, {}
    fit = spending.fit(came["x"], came["spend"], came["n"])
    going = dependence(rows).iloc[0]
    facts = {"r": going["correlation"], "low": going["low"], "high": going["high"]}
    surely = max(going["low"], -going["high"])  # the interval's end nearer to 0
    ends = fit.table().loc["q"]
    shape = {"q": fit["q"], "low": ends["low"], "high": ends["high"]}
    if not fit.converged:
        return None, {"untold_spend": shape}, {}
    if fit["q"] <= 1:
        return None, {"heavy": shape}, {}
    if surely > 0 and abs(facts["r"]) >= DEPENDENT:
        return None, {"dependent": facts}, {}
    noted = {"depends": facts} if surely > 0 and abs(facts["r"]) >= DEPENDENT / 3 else {}
    return fit, {}, noted | ({"near_one": shape} if shape["low"] <= 1 else {})


def dependence(rows: pd.DataFrame) -> pd.DataFrame:
    """Do those who buy more often spend more, or less, each time?  Gamma-Gamma takes it that they do not.

    Returns one row `all`: n customers who came back, `correlation` (-1..1) of the mean spend and the log of the number
    of purchases, low, high (from heteroscedasticity-robust errors).  Not of the log of spend: the log of a mean of many
    skewed amounts is larger than that of one, which looks like dependence where there is none.
    """
    came = rows[(rows["x"] > 0) & (rows["spend"] > 0)]
    n = float(came["n"].sum())
    out = {"n": int(n), "correlation": np.nan, "low": np.nan, "high": np.nan}
    if n > 3:
        w, a, b = came["n"] / n, came["spend"], np.log(came["x"])
        a, b = a - (w * a).sum(), b - (w * b).sum()
        scale = np.sqrt((w * a * a).sum() * (w * b * b).sum())
        if scale > 0:
            r = (w * a * b).sum() / scale
            left = a - b * (w * a * b).sum() / (w * b * b).sum()
            se = np.sqrt((w * b**2 * left**2).sum() / n) / scale
            out |= {"correlation": r, "low": max(-1, r - certainty.Z95 * se), "high": min(1, r + certainty.Z95 * se)}
    return pd.DataFrame(out, index=[certainty.ALL])


def worth(found: Model, leaving: float = 1.0, terms: Terms | None = None) -> pd.DataFrame:
    """The rows with what is expected of each customer of them; nothing where buying was refused.

    alive (0..1), purchases within the horizon (later ones worth less), clv (what these are worth; null where spending
    was refused), so_far (what the purchases until now were worth, on the same terms), lifetime (both)
    leaving  how fast customers leave from now on, against how they did
    """
    rows, terms = found.rows, terms or found.terms
    so_far = rows["first_spend"] + np.where(rows["x"] > 0, rows["x"] * rows["spend"].fillna(0), 0)
    so_far = terms.each * so_far
    if found.buying is None:
        return rows.assign(alive=np.nan, purchases=np.nan, clv=np.nan, so_far=so_far, lifetime=np.nan)
    alive = purchasing.alive(found.buying, rows["x"], rows["t_x"], rows["T"])
    bought = alive * purchasing.to_come(found.buying, rows["x"], rows["T"], terms.days, terms.daily, leaving)
    money = found.spending
    to_come = terms.each * bought * (np.nan if money is None else spending.expected(money, rows["x"], rows["spend"]))
    return rows.assign(alive=alive, purchases=bought, clv=to_come, so_far=so_far, lifetime=to_come + so_far)


def with_cohort(found: Model, period: Period) -> Model:
    """The model with a column `cohort` in its rows: the quarter of each customer's first purchase (dates.Period)."""
    last = day_number(period.past) - 1
    ages = found.rows["T"].unique()
    names = {age: _quarter(period, last - age) for age in ages}
    return replace(found, rows=found.rows.assign(cohort=found.rows["T"].map(names)))


def _quarter(period: Period, day: float) -> Period:
    month = Period.month_of(numbered_day(day), calendar=period.calendar, timezone=period.timezone)
    year, number = month.name.split("-")
    return Period.parse(f"{year}-Q{(int(number) + 2) // 3}", timezone=period.timezone)


def influence(found: Model) -> np.ndarray:
    """By how much one customer of each row moves the logs of all parameters (of buying, then of spending)."""
    keys = found.rows.groupby(["x", "t_x", "T"]).ngroup().to_numpy()
    parts = [found.buying.influence[keys] / found.buying.n]
    if found.spending is not None:
        rows = found.rows
        told = ((rows["x"] > 0) & (rows["spend"] > 0)).to_numpy()
        moved = np.zeros((len(rows), len(found.spending.names)))
        moved[told] = found.spending.influence / found.spending.n
        parts.append(moved)
    return np.column_stack(parts)


def slopes_of(found: Model, what: str = "clv") -> np.ndarray:
    """Derivatives of each row's value by the logs of all parameters: rows x parameters."""
    rows, terms, base = found.rows, found.terms, worth(found)
    money = what in ("clv", "lifetime")
    each = (base["clv"] / base["purchases"]).to_numpy() if money else 1.0
    x, t_x, age = (rows[c] for c in ("x", "t_x", "T"))

    def bought(fit: Fit) -> np.ndarray:
        if what == "alive":
            return purchasing.alive(fit, x, t_x, age)
        return purchasing.purchases(fit, x, t_x, age, terms.days, terms.daily) * each

    parts = [likelihood.jacobian(bought, found.buying)]
    if found.spending is not None:
        ahead = base["purchases"].to_numpy() * terms.each
        slope = likelihood.jacobian(lambda fit: ahead * spending.expected(fit, x, rows["spend"]), found.spending)
        parts.append(slope if money else 0 * slope)
    return np.column_stack(parts)
