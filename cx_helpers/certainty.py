"""How sure are we?  Intervals that hold for small groups and repeated answers, and the price of many looks."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import betainc, gammainc, gammaincc, ndtr, ndtri, stdtr, stdtrit

from cx_helpers import disclosure

Z95 = float(ndtri(0.975))


def wilson(successes, n, z: float = Z95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of a share: (low, high), each 0..1; null where n is 0.

    successes, n  counts; they may be fractional (an effective sample size).
    Source: Wilson, JASA 22, 1927; recommended for all n by Brown, Cai, DasGupta, Stat. Sci. 16, 2001.
    """
    n = np.asarray(n, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.asarray(successes, float) / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        low, high = np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def effective_n(n, clusters, sum_x, sum_xx, cluster_xx, cluster_xn, cluster_nn) -> np.ndarray:
    """How many independent answers are `n` answers of fewer customers worth?  At most n.

    n            answers;  clusters  customers behind them
    sum_x        sum of the answers' values;  sum_xx  sum of their squares
    cluster_xx   sum over customers of (customer's sum)^2;  cluster_xn  of (customer's sum x customer's n)
    cluster_nn   of (customer's n)^2
    All come from one grouped query, so nothing grows with the data.  With one answer a customer the result is n.
    The ratio of the linearised cluster variance to the simple one is Kish's design effect; it is kept at 1 or above,
    so that chance agreement never shortens an interval.  Source: Kish, Survey Sampling, 1965; Cochran 1977, ch. 6.
    """
    n, clusters = np.asarray(n, float), np.asarray(clusters, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.asarray(sum_x, float) / n
        between = np.asarray(cluster_xx, float) - 2 * mean * cluster_xn + mean**2 * np.asarray(cluster_nn, float)
        clustered = clusters / (clusters - 1) * between / n**2
        simple = (np.asarray(sum_xx, float) - n * mean**2) / (n * (n - 1))
        effect = np.where((simple > 1e-12) & (clusters > 1), clustered / simple, np.nan)
    # without spread, or with one customer only, nothing can be estimated: each customer then counts once
    return np.where(np.isnan(effect), np.minimum(n, clusters), n / np.maximum(effect, 1))


def two_sided(z) -> np.ndarray:
    """Two-sided p value of a standard normal deviate."""
    return 2 * ndtr(-np.abs(np.asarray(z, float)))


def two_sided_t(t, df) -> np.ndarray:
    """Two-sided p value of Student's t with `df` degrees of freedom."""
    return 2 * stdtr(np.asarray(df, float), -np.abs(np.asarray(t, float)))


def difference(step, one, other) -> np.ndarray:
    """Two-sided p value of the difference `step` of two answers; holds where groups are small and off centre.

    one, other  `n`, `se` and, where known, `customers` of each side (frames of the same rows, or dictionaries)
    Both of two tests must say so (the larger p: an intersection-union test).  Student's takes one variance for both
    sides, as the hypothesis has it: a group that is extreme by chance looks sure by its own spread and would prove
    itself.  Welch's takes each side's own: a small group may truly be more divided than the rest.  Degrees of freedom
    count customers, not answers, and n se^2 is the variance of an answer with the design effect in it.
    Source: Rao's score test, Agresti, Categorical Data Analysis, 3rd ed. 2013, ch. 1 and 3; Welch, Biometrika 34, 1947;
    Berger, Technometrics 24, 1982; degrees of freedom: Cameron, Miller, J. Human Resources 50, 2015.
    """
    sides = [
        [np.asarray(side[key if key in side else "n"], float) for key in ("n", "se", "customers")]
        for side in (one, other)
    ]
    (n1, se1, c1), (n2, se2, c2) = sides
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = np.sqrt((n1**2 * se1**2 + n2**2 * se2**2) / (n1 * n2))
        df = (se1**2 + se2**2) ** 2 / (se1**4 / (c1 - 1) + se2**4 / (c2 - 1))
        df = np.where(se1 + se2 > 0, df, c1 + c2 - 2)
        student = two_sided_t(step / pooled, c1 + c2 - 2)
        welch = two_sided_t(step / np.hypot(se1, se2), df)
    return np.where((c1 > 1) & (c2 > 1), np.maximum(student, welch), np.nan)


def t_quantile(df, level: float = 0.95) -> np.ndarray:
    """Student's t for a two-sided interval of `level`; null where df < 1."""
    df = np.asarray(df, float)
    return np.where(df >= 1, stdtrit(np.maximum(df, 1), 0.5 + level / 2), np.nan)


def rare_count(count, expected, spread=1.0) -> np.ndarray:
    """Two-sided p value of a count where `expected` is usual; null where expected is not above 0.

    spread  variance of the count in parts of `expected`: 1 is Poisson's, above 1 a negative binomial's (its variance
            grows with the mean: NB1).  p is twice the smaller tail, the count itself in both, at most 1.
    Source: Cameron, Trivedi, Regression Analysis of Count Data, 2nd ed. 2013, ch. 3.
    """
    count, expected, spread = np.broadcast_arrays(*(np.asarray(x, float) for x in (count, expected, spread)))
    known = (expected > 0) & ~np.isnan(count)
    k, m = np.where(known, count, 0), np.where(known, expected, 1)
    poisson, some = spread < 1 + 1e-6, np.maximum(k, 1)
    size = np.where(poisson, 1, m / np.where(poisson, 1, spread - 1))
    one = 1 / np.maximum(spread, 1)
    below = np.where(poisson, gammaincc(k + 1, m), betainc(size, k + 1, one))
    above = np.where(k == 0, 1, np.where(poisson, gammainc(some, m), betainc(some, size, 1 - one)))
    return np.where(known, np.minimum(1, 2 * np.minimum(below, above)), np.nan)


def adjust(p_values, method: str = "bh") -> np.ndarray:
    """p values corrected for the number of looks; nulls were not looked at and stay null.

    method  "bh" keeps the share of false findings down (Benjamini, Hochberg 1995); "holm" keeps the chance of any
            false finding down (Holm 1979).  A family is what one question looked at: pass it whole, each look once.
    """
    p = np.asarray(pd.to_numeric(pd.Series(np.ravel(p_values)), errors="coerce"), float)
    looked = np.flatnonzero(~np.isnan(p))
    m, out = len(looked), p.copy()
    if m == 0:
        return out
    order = looked[np.argsort(p[looked], kind="stable")]
    ranks = np.arange(1, m + 1)
    if method == "bh":
        steps = np.minimum.accumulate((p[order] * m / ranks)[::-1])[::-1]
    elif method == "holm":
        steps = np.maximum.accumulate(p[order] * (m - ranks + 1))
    else:
        raise ValueError(f"method {method!r} is not known; use 'bh' or 'holm'")
    out[order] = np.minimum(steps, 1)
    return out


def bootstrap(statistic, rows: int, *, times: int = 999, seed: int = 1) -> tuple[float, float]:
    """A percentile interval (95 %) of `statistic(weights)` when whole rows (customers) are drawn again.

    statistic  takes an integer weight for each of `rows` rows and returns a number or an array; null draws are left out
    Multinomial weights, so that nothing is copied.  Returns (low, high).  Source: Efron, Tibshirani 1993, ch. 13.
    """
    rng = np.random.default_rng(seed)
    draws = np.array([statistic(rng.multinomial(rows, np.full(rows, 1 / rows))) for _ in range(times)], float)
    with np.errstate(invalid="ignore"):
        return tuple(np.nanpercentile(draws, [2.5, 97.5], axis=0))


def hill(drawn, points: int = 121) -> tuple[np.ndarray, np.ndarray]:
    """(values, how likely each is) of numbers that were drawn: a smooth heap over all but the outermost thousandths.

    Gaussian kernel of Silverman's width, on a fine histogram.  Source: Silverman, Density Estimation, 1986, ch. 3.
    """
    drawn = np.asarray(drawn, float)
    at, wide = np.linspace(*np.quantile(drawn, [0.001, 0.999]), points), 1.06 * drawn.std() * len(drawn) ** -0.2
    heap, edges = np.histogram(drawn, bins=4 * points)
    middle = (edges[1:] + edges[:-1]) / 2
    return at, (heap * np.exp(-(((at[:, None] - middle) / wide) ** 2) / 2)).sum(axis=1) / wide


# ---- averages of customers who may answer more than once ------------------------------------------------------------

ALL = "all"  # the index of an answer that is not split


def sums(table, value, by: list[str] = (), periods: list | None = None, time: str = "", **extra) -> pd.DataFrame:
    """What the answers of each group sum to, customer by customer: all that the intervals below need.

    table    an ibis table with `customer_id` (null: each row stands alone)
    value    a numeric ibis expression, or {name: expression} for several at once in one query
    by       group columns;  periods  consecutive dates.Period that cut the column `time` into a first group level
    extra    further expressions to sum up over all rows, e.g. promoters=…
    Returns one row per group, sorted: n answers, customers, sum_x, sum_xx, cluster_xx, cluster_xn, cluster_nn, extras;
    for several values {name: such a frame}.  One query, whatever the size of the table: sums by customer, then over
    customers.
    """
    import ibis

    from cx_helpers.dates import month_number

    several = isinstance(value, dict)
    values = value if several else {"x": value}
    if periods:
        table = table.filter(table[time] >= periods[0].start, table[time] < periods[-1].end)
    # groups are called by their place on the way: a company's column may bear any name, those used here too
    groups = {f"_by_{place}": column for place, column in enumerate(by)}
    by = [*(["period"] if periods else []), *groups]
    who = table.customer_id if "customer_id" in table.columns else ibis.null("string")
    rows = table.select(
        **{place: table[column] for place, column in groups.items()},
        **({"period": month_number(table[time], periods)} if periods else {}),
        _who=who.cast("string"),
        **{f"_x_{name}": x.cast("float64") for name, x in values.items()},
        **{name: x.cast("float64") for name, x in extra.items()},
    )
    # one row per known customer; a row without customer is a customer of its own
    known, alone = rows.filter(rows._who.notnull()), rows.filter(rows._who.isnull())
    parts, single, totals = {}, {}, {}
    for name in values:
        x, one = known[f"_x_{name}"], alone[f"_x_{name}"]
        parts |= {f"m_{name}": x.count(), f"s_{name}": x.sum(), f"q_{name}": (x * x).sum()}
        single |= {f"m_{name}": one.notnull().cast("int64"), f"s_{name}": one, f"q_{name}": one * one}
    parts |= {name: known[name].sum() for name in extra}
    single |= {name: alone[name] for name in extra}
    each = ibis.union(known.group_by([*by, "_who"]).aggregate(**parts), alone.select(*by, "_who", **single))
    for name in values:
        m, s, q = each[f"m_{name}"], each[f"s_{name}"], each[f"q_{name}"]
        found = {"n": m.sum(), "customers": (m > 0).sum(), "sum_x": s.sum(), "sum_xx": q.sum()}
        found |= {"cluster_xx": (s * s).sum(), "cluster_xn": (s * m).sum(), "cluster_nn": (m * m).sum()}
        totals |= {f"{column}_of_{name}": total for column, total in found.items()}
    totals |= {name: each[name].sum() for name in extra}
    out = (each.group_by(by) if by else each).aggregate(**totals).execute()
    out[list(totals)] = out[list(totals)].astype(float).fillna(0.0)
    if by:
        # summed once more, so that groups that differ only in how the engine names null come together
        out = out.groupby(by, dropna=False, sort=True)[list(totals)].sum()
        out = _label_periods(out, periods) if periods else out
        out.index.names = [groups.get(level, level) for level in out.index.names]
    else:
        out = out.set_axis([ALL])
    frames = {}
    for name in values:
        own = [column for column in totals if column.endswith(f"_of_{name}")]
        frames[name] = out[[*own, *extra]].rename(columns=lambda column: column.split("_of_")[0])
    return frames if several else frames["x"]


def _label_periods(out: pd.DataFrame, periods: list) -> pd.DataFrame:
    """Turn the period numbers of the first index level into the Periods, every one of them when nothing else splits."""
    if out.index.nlevels == 1:
        out = out.reindex(range(len(periods)), fill_value=0.0)
        return out.set_axis(pd.Index(periods, name="period", dtype=object))
    frame = out.reset_index()
    frame["period"] = [periods[int(i)] for i in frame["period"]]
    return frame.set_index(out.index.names)


def independent(found: pd.DataFrame) -> np.ndarray:
    """The effective sample size of each row of `sums`."""
    names = "n customers sum_x sum_xx cluster_xx cluster_xn cluster_nn".split()
    return effective_n(*(found[name] for name in names))


def share(found: pd.DataFrame, name: str) -> pd.DataFrame:
    """Answer from `sums` of zeros and ones: n, customers, the share `name` (0..1), Wilson's low and high, se.

    se is the one for differences (Agresti, Caffo 2000: one success and one failure added), never 0.
    """
    n, sure = found["n"], independent(found)
    value = (found["sum_x"] / n).where(n > 0)
    low, high = wilson(value * sure, sure)
    middle = (value * sure + 1) / (sure + 2)
    se = np.sqrt(middle * (1 - middle) / (sure + 2))
    return answer(found, {name: value, "low": low, "high": high, "se": se})


def average(found: pd.DataFrame, name: str, ends: tuple | None = None) -> pd.DataFrame:
    """Answer from `sums`: n, customers, the mean `name` with its cluster-robust Student interval low and high, se.

    ends  (lowest, highest) value that there can be, each a number or one for each row: no interval leaves its scale
    """
    n, customers = found["n"], found["customers"]
    value = (found["sum_x"] / n).where(n > 0)
    spread = (found["sum_xx"] - n * value**2).clip(lower=0) / (n - 1).where(n > 1)
    se = np.sqrt(spread / independent(found))
    half = t_quantile(customers - 1) * se
    low, high = value - half, value + half
    if ends is not None:
        low, high = low.clip(lower=ends[0]), high.clip(upper=ends[1])
    return answer(found, {name: value, "low": low, "high": high, "se": se})


def answer(found: pd.DataFrame, columns: dict) -> pd.DataFrame:
    """Put n and customers (whole numbers) before the given columns, each null where nobody answered."""
    head = found[["n", "customers"]].round().astype(int)
    rest = pd.DataFrame(columns, index=found.index, dtype=float)
    return pd.concat([head, rest.where(head["n"] > 0, axis=0)], axis=1)


def hide_small(found: pd.DataFrame, smallest: int, **rule) -> pd.DataFrame:
    """Null every value of groups with fewer than `smallest` answers, or too few customers: `disclosure.hide`."""
    return disclosure.hide(found, smallest, **rule)
