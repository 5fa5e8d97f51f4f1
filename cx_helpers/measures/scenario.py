"""What if?  Levers moved, the effect carried through the fitted links to customers and money, with what is not known.

Every number is of a year like the last twelve months: what would it have brought, had the levers stood elsewhere?
Money counts only what customers spend in the days that they were followed for, so it is a lower bound of what staying
is worth.
"""

from __future__ import annotations

import re

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure, sensitivity
from cx_helpers.chain import MARKET, Links, draws
from cx_helpers.dates import Period
from cx_helpers.tables import TableError, hint, people
from cx_helpers.valuation import Terms
from cx_helpers.wording import raw, say

YEAR = 12  # months
FALL = 0.1  # by how much volume or prices fall in the ready scenarios
COLUMNS = "n returning money low high low_80 high_80 chance score score_low score_high".split()
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٫٪−", "0123456789.%-")
_MOVE = re.compile(r"([+-]?)(\d+(?:\.\d+)?)(%?)")


def moves(text: str, ranges: pd.DataFrame) -> dict[str, float]:
    """What the user moves, and to where: `slow_reply=20%, late_delivery=-50%, price=-10%`.

    A number with a sign is a change of what is (−50% halves it); without one it is the new share (20% or 0.2).  volume
    and price can only be changed.  ranges  of `levers.ranges`: the levers that this company has
    Raises TableError where a name or number is not known, with the nearest right one.
    """
    known, out = [*ranges.index, *MARKET], {}
    for part in filter(None, (one.strip() for one in re.split("[,،;؛]", text.translate(_DIGITS)))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        found = _MOVE.fullmatch(value)
        if name not in known:
            raise TableError(_unknown(name, known))
        sign, number, percent = found.groups() if found else ("", "", "")
        size = float(number or "nan") / (100 if percent else 1)
        change = -size if sign == "-" else size
        target = (1 + change) * ranges["base"].get(name, np.nan) if sign else size
        fits = change >= -1 if name in MARKET else 0 <= target <= 1
        if found is None or not fits or (name in MARKET and not sign):
            raise TableError(_unfit(part))
        out[name] = change if name in MARKET else target
    return out


def _unknown(name: str, known: list[str]):
    return say(
        fa="moves: اهرمی به نام {name} نیست{hint}. آنچه هست: {known}",
        en="moves: there is no lever '{name}'{hint}; there are: {known}",
        name=raw(name), hint=hint(name, known), known=raw(", ".join(known)),
    )  # fmt: skip


def _unfit(part: str):
    return say(
        fa="moves: «{part}» خوانده نشد؛ سهم تازه را بنویسید (slow_reply=20%) یا تغییر را با علامت "
        "(slow_reply=-50%)؛ هیچ سهمی "
        "از ۰ کمتر و از ۱۰۰٪ بیشتر نیست، و volume و price تنها با علامت تغییر می‌کنند (price=-10%)",
        en="moves: '{part}' cannot be read; write the new share (slow_reply=20%) or a change with its sign "
        "(slow_reply=-50%); "
        "no share is below 0 or above 100%, and volume and price take a change only (price=-10%)",
        part=raw(part),
    )  # fmt: skip


def ready(ranges: pd.DataFrame, own: dict[str, float] | None = None) -> dict[str, dict[str, float]]:
    """The scenarios of the page: {name: {lever: its new share}}.

    own (what the user moves, first, where there is any), half:LEVER for each, best (every lever in its best tenth of
    the months), worst (every lever as in its worst month), volume, price (a tenth down: money needs no link here).
    """
    out = {"own": own} if own else {}
    out |= {f"half:{lever}": {lever: base / 2} for lever, base in ranges["base"].items()}
    if len(ranges):
        out |= {"best": ranges["low"].to_dict(), "worst": ranges["worst"].to_dict()}
    return out | {name: {name: -FALL} for name in MARKET}


def sales(orders: ir.Table, period: Period, smallest: int = 1) -> float:
    """What was sold in the last twelve months up to the period's end, of a shorter history what a year would be.

    NaN where nothing was sold, or to fewer customers than may be told of (smallest).
    """
    since = period.back(YEAR)[0].start
    rows = orders.filter(orders.ordered_at >= since, orders.ordered_at < period.end)
    facts = {"amount": rows.amount.sum(), "first": rows.ordered_at.min(), "customers": people(rows)}
    found = rows.aggregate(**facts).execute().iloc[0]
    if pd.isna(found["first"]) or not found["amount"] > 0 or disclosure.few(found["customers"], smallest):
        return float("nan")
    first = pd.Timestamp(found["first"])
    first = first.tz_localize("UTC") if first.tz is None else first
    known = (pd.Timestamp(period.end) - first).days
    return float(found["amount"]) * 365 / max(min(known, 365), 28)


def simulate(
    scenarios: dict[str, dict[str, float]],
    ranges: pd.DataFrame,
    links: Links,
    sold: float,
    terms: Terms,
    costs: dict[str, float] | None = None,
    times: int = 4000,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(money, customers who come back) of a year in each scenario, against the year as it was: draws x scenarios.

    ranges  of `levers.ranges`;  links  of `relations.links`;  sold  of `sales`;  terms  what is left of a sale
    costs  {scenario: what it costs in a year}, taken off its money
    A lever without a sure link moves nothing; a scenario in which nothing moves is NaN: money is not promised for it.
    """
    effects, worth = draws(links, times)
    money, back = pd.DataFrame(index=range(times)), pd.DataFrame(index=range(times))
    for name, moved in scenarios.items():
        sure = [lever for lever in moved if lever in effects and lever in ranges.index]
        customers = sum(
            (_hit(ranges, lever, moved[lever]) * effects[lever] for lever in sure), pd.Series(0.0, money.index)
        )
        market = _market(moved, sold, terms)
        back[name] = customers if sure else np.nan
        gain = (customers * worth * terms.each if sure else 0.0) + market - (costs or {}).get(name, 0.0)
        money[name] = gain if sure or market else np.nan
    return money, back


def _hit(ranges: pd.DataFrame, lever: str, target: float) -> float:
    """How many more (customers and months) are hit in a year."""
    row = ranges.loc[lever]
    return row["n"] * YEAR / row["months"] * (target - row["base"])


def _market(moved: dict[str, float], sold: float, terms: Terms) -> float:
    """Fewer orders lose what is left of them; a lower price loses all of the difference, since costs stay."""
    volume, price = (moved.get(name, 0.0) for name in MARKET)
    at_price = (1 + volume) * price * (terms.kept if terms.margin_known else terms.each)
    return float(np.nan_to_num(sold * (volume * terms.each + at_price)))


def outcomes(
    scenarios: dict[str, dict[str, float]],
    money: pd.DataFrame,
    back: pd.DataFrame,
    links: Links,
    felt: pd.DataFrame,
    ranges: pd.DataFrame,
) -> pd.DataFrame:
    """What does each scenario bring, and how sure is that?

    money, back  of `simulate`;  felt  of `relations.felt`
    Returns, index `scenario`: n rows behind the links, returning (customers and months more, median), money (a year,
    less the cost; median) with low, high (95 %), low_80, high_80, chance (that money is above 0; null where nothing is
    uncertain), score (points), score_low, score_high.  Money is null where no lever that is moved has a sure link.
    """
    rows = {}
    n = int(links.table["n"].max()) if len(links.table) else 0
    for name, moved in scenarios.items():
        ends = np.quantile(money[name], [0.5, 0.025, 0.975, 0.1, 0.9])
        chance = float((money[name] > 0).mean()) if np.ptp(money[name]) > 0 else np.nan
        rows[name] = (n, float(np.quantile(back[name], 0.5)), *ends, chance, *_scored(moved, felt, ranges))
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("scenario")


def loss(ranges: pd.DataFrame, links: Links, sold: float, terms: Terms) -> pd.DataFrame:
    """What did a year's bad experience cost: what nobody's being hit would have brought?  One row `all`: n rows,
    experience_cost, low, high (95 %); null where no link is sure."""
    nobody = dict.fromkeys(ranges.index, 0.0)
    drawn = simulate({"all": nobody}, ranges, links, sold, terms)[0]["all"]
    n = int(links.table["n"].max()) if len(links.table) else 0
    value, low, high = np.quantile(drawn, [0.5, 0.025, 0.975])
    return pd.DataFrame({"n": n, "experience_cost": value, "low": low, "high": high}, index=[certainty.ALL])


def _scored(moved: dict[str, float], felt: pd.DataFrame, ranges: pd.DataFrame) -> tuple[float, float, float]:
    """The change of the score in points, low, high: of the levers whose link with it is sure."""
    sure = [lever for lever in moved if lever in felt.index and felt.loc[lever, "sure"] and lever in ranges.index]
    if not sure:
        return (np.nan,) * 3
    more = np.array([felt.loc[c, "share"] * (moved[c] / ranges.loc[c, "base"] - 1) for c in sure])
    half = (felt.loc[sure, "high"] - felt.loc[sure, "low"]).to_numpy(float) / 2
    step, wide = float(more @ felt.loc[sure, "effect"]), float(np.sqrt((more**2) @ half**2))
    return step, step - wide, step + wide


def hills(money: pd.DataFrame, points: int = 121) -> pd.DataFrame:
    """How likely is each outcome?  Index (scenario, point): money, density (1 at the highest of all)."""
    parts = {}
    for name in money:
        drawn = money[name].to_numpy(float)
        if not np.ptp(drawn) > 0:  # also null: nothing is uncertain
            continue
        at, height = certainty.hill(drawn, points)
        parts[name] = pd.DataFrame({"money": at, "density": height}, index=pd.RangeIndex(points, name="point"))
    if not parts:
        return pd.DataFrame(columns=["money", "density"], dtype=float)
    out = pd.concat(parts, names=["scenario"])
    return out.assign(density=out["density"] / out["density"].max())


def inputs(ranges: pd.DataFrame, links: Links, found: pd.DataFrame) -> pd.DataFrame:
    """What the yearly cost of bad experience hangs on: index `input`: base, low, high.

    found  of `levers.levels`
    share:LEVER (tenth to ninetieth percentile of its months), effect:LEVER and worth (80 % interval of the estimate),
    volume (customers it can happen to, months' percentiles against their mean).  Levers with a sure link only.
    """
    sure = [lever for lever in links.sure if lever in ranges.index]
    rows = {f"share:{lever}": tuple(ranges.loc[lever, ["base", "low", "high"]]) for lever in sure}
    for lever in sure:
        place = links.table.index.get_loc(lever)
        rows[f"effect:{lever}"] = sensitivity.normal_ends(links.coef[place], float(np.sqrt(links.cov[place, place])))
    if sure:
        rows["worth"] = sensitivity.normal_ends(links.worth, links.worth_se)
        asked = found.loc[sure, "n"].groupby(level="month", sort=False).sum().to_numpy(float)
        rows["volume"] = (1.0, *(np.quantile(asked, [0.1, 0.9]) / asked.mean()))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["base", "low", "high"]).rename_axis("input")


def hangs_on(ends: pd.DataFrame, ranges: pd.DataFrame, links: Links, terms: Terms, n: int = 512) -> dict:
    """{tornado, sobol, morris} of the yearly cost by its `inputs`, each with n rows behind the links; see
    `sensitivity`."""
    model = yearly_cost(ends, ranges, terms)
    parts = {"tornado": sensitivity.tornado(model, ends), "sobol": sensitivity.sobol(model, ends, n)}
    rows = int(links.table["n"].max()) if len(ends) else 0
    return {name: one.assign(n=rows) for name, one in (parts | {"morris": sensitivity.morris(model, ends)}).items()}


def yearly_cost(ends: pd.DataFrame, ranges: pd.DataFrame, terms: Terms) -> sensitivity.Model:
    """The model of `inputs`: what is lost in a year to those who were hit and did not come back."""
    names = list(ends.index)
    sure = [name.removeprefix("share:") for name in names if name.startswith("share:")]
    at = {name: place for place, name in enumerate(names)}

    def model(x: np.ndarray) -> np.ndarray:
        lost = np.zeros(len(x))
        for lever in sure:
            exposed = ranges.loc[lever, "n"] * YEAR / ranges.loc[lever, "months"]
            lost -= exposed * x[:, at[f"share:{lever}"]] * x[:, at[f"effect:{lever}"]]
        return lost * x[:, at["worth"]] * x[:, at["volume"]] * terms.each

    return model


def limits(ranges: pd.DataFrame) -> dict[str, tuple[float, float, float, float]]:
    """{lever: (low, high, step, start)} for sliders: percent of those it can happen to; volume, price: change in
    percent."""
    shares = {lever: (0, 100, 1, round(100 * base)) for lever, base in ranges["base"].items()}
    return shares | dict.fromkeys(MARKET, (-50, 50, 1, 0))


def one(moved: dict[str, float], ranges: pd.DataFrame, links: Links, sold: float, terms: Terms, felt: pd.DataFrame):
    """The outcome of what the sliders say (percent), as `outcomes` gives it; levers that stay where they are do not
    move."""
    start = {lever: place for lever, (_, _, _, place) in limits(ranges).items()}
    own = {lever: x / 100 for lever, x in moved.items() if x != start[lever]}
    money, back = simulate({"own": own}, ranges, links, sold, terms)
    return outcomes({"own": own}, money, back, links, felt, ranges)
