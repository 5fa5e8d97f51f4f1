"""What is the difference between two groups of customers?  Means, shares and ratios from sums, nothing larger.

An arm is what its customers sum up to: n of them who count (d above 0), `y` (what is measured), `d` (what it is
counted by: 1 for a mean, the number of orders for revenue per order), `x` (what the same customers did before), and the
sums of squares and products `yy dd xx yd yx dx`.  Everything takes and gives arrays of one shape (days, variants …), so
nothing grows with the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers import certainty, sequential

SUMS = "n y d x yy dd xx yd yx dx".split()


@dataclass(frozen=True)
class Arm:
    """One arm's estimate: value, variance of the value, units behind it, its covariate's mean.

    share  are its values zeros and ones of independent units, so that Wilson's interval is theirs?
    """

    value: np.ndarray
    variance: np.ndarray
    n: np.ndarray
    share: bool = False
    cov: np.ndarray | None = None  # of a unit's linearised value with its covariate
    x_var: np.ndarray | None = None
    x_mean: np.ndarray | None = None

    @property
    def se(self) -> np.ndarray:
        """The standard error of the value."""
        return np.sqrt(self.variance)


def arm(sums, share: bool = False) -> Arm:
    """The value y/d of an arm and its variance by the delta method over whole units (customers, or their clusters).

    sums   a frame or mapping with SUMS;  share  zeros and ones, one a unit: one success and one failure are added
    Several orders of one customer are one unit's numerator and denominator, so that the variance is cluster-robust.
    A value with nothing to count by (d = 0), and the variance of one unit, are null.
    Source: delta method: Deng, Knoblich, Lu, KDD 2018; shares: Agresti, Caffo, Am. Stat. 54, 2000.
    """
    s = {name: np.asarray(sums[name], float) for name in SUMS}
    n, d = np.where(s["n"] > 0, s["n"], np.nan), np.where(s["d"] > 0, s["d"], np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = s["y"] / d
        spread = np.maximum(s["yy"] - 2 * value * s["yd"] + value**2 * s["dd"], 0)
        spread = np.where(spread > 1e-13 * (np.abs(s["yy"]) + value**2 * s["dd"]), spread, 0)  # rounding is no spread
        scale = n / (n - 1) * n / d**2  # (n / d)^2 turns a unit's share of y into one of the value
        variance = np.where(n > 1, spread / n * scale, np.nan)
        cov = (s["yx"] - value * s["dx"]) / d
        x_mean = s["x"] / n
        x_var = np.maximum(s["xx"] / n - x_mean**2, 0)
        x_var = np.where(x_var > 1e-12 * (s["xx"] / n), x_var, 0)
        if share:
            middle = (s["y"] + 1) / (n + 2)
            variance = middle * (1 - middle) / (n + 2)
    return Arm(value, variance, s["n"], share, cov, x_var, x_mean)


def adjusted(one: Arm, other: Arm) -> tuple[Arm, Arm, np.ndarray]:
    """Both arms as if their customers had done equally much before (CUPED), and the share of variance that is saved.

    theta = the arms' covariances with the covariate, pooled, over its pooled variance.  Where nothing is known of
    before, or it says nothing, the arms come back as they were and the share is 0.
    Source: Deng, Xu, Kohavi, Walker, WSDM 2013; Lin, Ann. Appl. Stat. 7, 2013.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = one.n * one.x_var + other.n * other.x_var
        theta = np.where(weight > 0, (one.n * one.cov + other.n * other.cov) / weight, 0)
        middle = (one.n * one.x_mean + other.n * other.x_mean) / (one.n + other.n)
        arms = [_shifted(each, theta, middle) for each in (one, other)]
        before, after = one.variance + other.variance, arms[0].variance + arms[1].variance
        cut = np.where(before > 0, 1 - after / before, 0)
    return arms[0], arms[1], cut


def _shifted(each: Arm, theta, middle) -> Arm:
    """An arm's value and variance after the covariate's part is taken out."""
    less = (2 * theta * each.cov - theta**2 * each.x_var) / each.n
    value = np.where(theta == 0, each.value, each.value - theta * (each.x_mean - middle))
    variance = np.where(theta == 0, each.variance, np.maximum(each.variance - less, 0.05 * each.variance))
    return Arm(value, variance, each.n)


def step(one: Arm, other: Arm) -> tuple[np.ndarray, np.ndarray]:
    """`one` minus `other`, and its standard error; null where neither side varies at all."""
    se = np.sqrt(one.variance + other.variance)
    return one.value - other.value, np.where(se > 0, se, np.nan)


def pooled_se(one: Arm, other: Arm) -> np.ndarray:
    """The standard error of the difference if both sides vary alike, as they do where nothing happens.

    A small arm that has met no large order yet looks surer than it is; the other arm knows better.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt((one.n**2 * one.variance + other.n**2 * other.variance) / (one.n * other.n))
    return np.where(se > 0, se, np.nan)


def interval(one: Arm, other: Arm, alpha: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """Interval of `one` minus `other` for a single look: Newcombe's for two shares, Welch's t otherwise.

    Source: Newcombe, Stat. Med. 17, 1998 (method 10); Welch, Biometrika 34, 1947.
    """
    level = 1 - alpha
    if one.share and other.share:
        z = float(certainty.ndtri(0.5 + level / 2))
        (l1, u1), (l0, u0) = (certainty.wilson(a.value * a.n, a.n, z) for a in (one, other))
        gap = one.value - other.value
        low = gap - np.sqrt((one.value - l1) ** 2 + (u0 - other.value) ** 2)
        return low, gap + np.sqrt((u1 - one.value) ** 2 + (other.value - l0) ** 2)
    gap, se = step(one, other)
    half = certainty.t_quantile(freedom(one, other), level) * se
    return gap - half, gap + half


def freedom(one: Arm, other: Arm) -> np.ndarray:
    """Welch's and Satterthwaite's degrees of freedom, in whole units (customers or clusters)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = one.variance**2 / (one.n - 1) + other.variance**2 / (other.n - 1)
        return (one.variance + other.variance) ** 2 / parts


def p_value(one: Arm, other: Arm) -> np.ndarray:
    """Two-sided p of the difference for one look: Student's and Welch's must both say so (certainty.difference)."""
    gap, _ = step(one, other)
    p = certainty.difference(gap, *({"n": side.n, "se": side.se} for side in (one, other)))
    return np.where(one.variance + other.variance > 0, p, np.nan)


def lift(one: Arm, other: Arm, reach) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`one` in parts of `other` (0.1: a tenth more) with low and high: Fieller's interval.

    reach  half the interval in standard errors of the difference: an always-valid one has about 3, a single look 1.96
    It leaves 0 out exactly where the difference's interval does.  Null where either value is not above 0; the ends are
    null where the control itself could be 0, so that no ratio can be told.  Source: Fieller, J. R. Stat. Soc. B 16,
    1954.
    """
    reach = np.asarray(reach, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        known = (one.value > 0) & (other.value > 0)
        a = other.value**2 - reach**2 * other.variance
        b, c = one.value * other.value, one.value**2 - reach**2 * one.variance
        root = np.sqrt(np.maximum(b**2 - a * c, 0))
        ends = [np.where(known & (a > 0), (b + sign * root) / a - 1, np.nan) for sign in (-1, 1)]
        return np.where(known, one.value / other.value - 1, np.nan), *ends


def unit_sd(one: Arm, other: Arm) -> np.ndarray:
    """The spread of one unit's value, both arms pooled: what `a tenth of a standard deviation` is a tenth of."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt((one.n**2 * one.variance + other.n**2 * other.variance) / (one.n + other.n))


SMALL = 0.1  # of a customer's standard deviation: the effect for which intervals are made narrow where none is named
FEWEST = 30  # units on either side, below which nothing is tested
ENOUGH = 100  # units on either side, from which on what customers did before is used


def scale(one: Arm, other: Arm, expected: float = 0.0) -> np.ndarray:
    """The size of effect that is looked for: `expected` in parts of the control's value, else a tenth of the spread."""
    return np.abs(expected * other.value) if expected else SMALL * unit_sd(one, other)


def compare(
    sums: pd.DataFrame, control: str, *, alpha: float = 0.05, expected: float = 0.0, adjust: bool = True
) -> pd.DataFrame:
    """Every variant against the control, metric by metric (and day by day, group by group, where sums are split so).

    sums      index (metric, variant, …), columns `kind` (share, mean, ratio) and SUMS
    control   the variant that the others are held against
    expected  the effect looked for, in parts of the control's value; 0: a tenth of a customer's standard deviation
    adjust    take out what the same customers did before (CUPED), where 100 units or more on either side tell

    Returns index (metric, variant, …) without the control: n, n_control, `value`, `control`, `effect` (value - control,
    adjusted), se, `low` and `high` at any look (always-valid, on the larger of Welch's and the pooled standard error),
    `fixed_low` and `fixed_high` at a single one, p_always, p_fixed (null below 30 units), `plain`, `plain_low`,
    `plain_high` (nothing taken out, single look), `cut` (share of the variance taken out), `lift`, lift_low, lift_high
    (the effect in parts of the control's value), `scale`, `kind`.
    """
    parts = [
        _compared(part, str(metric), control, alpha, expected, adjust)
        for metric, part in sums.groupby(level="metric", sort=False)
    ]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts) if parts else pd.DataFrame(columns=[*COLUMNS, "kind"], index=sums.index[:0], dtype=float)


COLUMNS = (
    "n n_control value control effect se low high fixed_low fixed_high p_always p_fixed plain plain_low plain_high cut "
    "lift lift_low lift_high scale"
).split()


def _compared(part, metric: str, control: str, alpha: float, expected: float, adjust: bool) -> pd.DataFrame:
    """One metric's variants against its control."""
    base = part[part.index.get_level_values("variant") == control]
    rest = part[part.index.get_level_values("variant") != control]
    others = [level for level in rest.index.names if level not in ("metric", "variant")]
    if others:  # the same day's, the same group's control
        base = base.droplevel(["metric", "variant"]).reindex(rest.index.droplevel(["metric", "variant"]))
    else:
        base = base.droplevel("metric").reindex([control] * len(rest))
    share = bool((part["kind"] == "share").all())
    one, other = (arm(side[SUMS].fillna(0), share) for side in (rest, base))
    size = scale(one, other, expected)
    used, held, cut = adjusted(one, other) if adjust else (one, other, np.zeros(len(rest)))
    enough = (np.minimum(one.n, other.n) >= ENOUGH) & (cut > 0)
    effect, se = (np.where(enough, a, b) for a, b in zip(step(used, held), step(one, other), strict=True))
    cautious = np.fmax(se, np.where(enough, pooled_se(used, held), pooled_se(one, other)))
    half = sequential.half_width(cautious, size, alpha)
    fixed = [
        np.where(enough, a, b) for a, b in zip(interval(used, held, alpha), interval(one, other, alpha), strict=True)
    ]
    plain = interval(one, other, alpha)
    p = np.where(enough, p_value(used, held), p_value(one, other))
    tested = np.minimum(one.n, other.n) >= FEWEST
    with np.errstate(invalid="ignore", divide="ignore"):
        lifts = [np.where(enough, a, b) for a, b in zip(
            lift(used, held, half / se), lift(one, other, half / se), strict=True)]  # fmt: skip
    values = (one.n, other.n, one.value, other.value, effect, se, effect - half, effect + half, *fixed)
    values += (
        sequential.p_always(effect, cautious, size),
        p,
        one.value - other.value,
        *plain,
        np.where(enough, cut, 0),
    )
    out = pd.DataFrame(dict(zip(COLUMNS, (*values, *lifts, size), strict=True)), index=rest.index)
    return out.assign(kind=part["kind"].iloc[0], **{p: out[p].where(tested, np.nan) for p in ("p_always", "p_fixed")})
