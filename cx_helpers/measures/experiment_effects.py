"""What does each variant change, and how sure is that?  Every metric, every variant, corrected for all of them.

Takes the sums of `experiment_outcomes.sums`, and nothing that grows.  Two readings stand side by side: an interval
that holds however often somebody looks, and what is believed of the effect after the data (a posterior under the same
prior).  Beside the mean stands a robust one, in which a single whale cannot speak for everybody.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure, posterior, sequential, versus
from cx_helpers.records import METRICS
from cx_helpers.wording import OWN

POWER = 0.8


def effects(
    sums: pd.DataFrame,
    control: str,
    *,
    alpha: float = 0.05,
    expected: float = 0.0,
    adjust: bool = True,
    final: bool = False,
    smallest: int = 1,
) -> pd.DataFrame:
    """Every variant against the control in every metric.

    sums      of experiment_outcomes.sums, not split further;  control  the variant that the others are held against
    expected  the effect that is looked for, in parts of the control's value; 0: a tenth of a customer's spread
    adjust    take out what the same customers did before (CUPED)
    final     a planned end was named and has come: a single look decides, not the always-valid interval
    smallest  variants with fewer customers, or fewer than privacy asks for, get nulls (disclosure.Limit)

    Returns what versus.compare does, with `low`, `high` and `p_value` of the reading that decides (fixed_… and
    p_fixed, where final), and: p_adjusted (Holm over all variants and metrics), `looks` (how many those are),
    `better` (posterior probability that the variant is better: above, or below where the metric should fall), `best` (…
    that it is the best of all), `loss` and `loss_kept` (what is lost on average by taking it, and by keeping the
    control, in the metric's unit), `expects` (the posterior's mean) with its `expects_sd`, `detectable` (the smallest
    effect that so many customers would show in four of five cases), `good` (+1 where more is better, else -1).
    """
    found = versus.compare(sums, control, alpha=alpha, expected=expected, adjust=adjust)
    few = np.minimum(found["n"], found["n_control"])
    if final:
        found = found.assign(low=found["fixed_low"], high=found["fixed_high"])
    found["p_value"] = found["p_fixed" if final else "p_always"]
    found["p_adjusted"] = certainty.adjust(found["p_value"], "holm")
    found["looks"] = int(found["p_value"].notna().sum())
    good = found.index.get_level_values("metric").map(direction).to_numpy(float)
    mean, sd = posterior.effect(found["effect"], found["se"], found["scale"])
    found = found.assign(expects=mean, expects_sd=sd, better=posterior.chance_better(good * mean, sd))
    found = found.assign(loss=posterior.expected_loss(good * mean, sd))
    found = found.assign(loss_kept=posterior.expected_loss(-good * mean, sd), good=good)
    found["best"] = _best(found, sums, control)
    scale = None if final else found["scale"]
    found["detectable"] = sequential.detectable(found["se"], scale, alpha, POWER)
    number = [c for c in found.columns if c not in ("n", "n_control", "looks", "good", "kind")]
    found[number] = found[number].mask(few < versus.FEWEST, axis=0)
    hidden = disclosure.hide(found.assign(customers=few), smallest, total=False)
    return hidden.assign(**{c: found[c] for c in ("looks", "good", "kind")})  # no one's secret


def of_metric(found: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The rows of one metric: index variant; empty where there are none."""
    there = metric in found.index.get_level_values("metric")
    return found.xs(metric, level="metric") if there else found.iloc[:0].droplevel("metric")


def direction(metric: str) -> int:
    """+1 where more of the metric is better, -1 where less is; what nobody has said anything of should rise."""
    metric = metric.removeprefix(OWN)  # what is called churn_rate should fall, whoever counted it
    return -1 if metric in METRICS and METRICS[metric].direction == "down" else 1


def _best(found: pd.DataFrame, sums: pd.DataFrame, control: str) -> np.ndarray:
    """The probability that each variant is the best of its metric, the control among them."""
    out = pd.Series(np.nan, found.index)
    for metric, part in found.groupby(level="metric", sort=False):
        known = part[part["se"] > 0]
        if not len(known):
            continue
        base = versus.arm(sums.loc[[(metric, control)]], bool((sums.loc[[metric], "kind"] == "share").all()))
        own = min(float(base.se[0]), float(known["se"].min()) * 0.999)
        shares = posterior.chance_best(
            known["effect"], known["se"], own, float(known["scale"].iloc[0]), direction(metric) > 0
        )
        out.loc[known.index] = shares[1:]
    return out.to_numpy()


def robust(sums: pd.DataFrame, control: str, *, alpha: float = 0.05, smallest: int = 1) -> pd.DataFrame:
    """The means again with every customer held down to one cap: does the effect rest on a few large ones?

    sums   as in `effects`; the rows of metrics that are no means are left out
    The cap is the 99th percentile of the customers of all variants who have anything.  What is compared then is the
    mean of customers up to the cap, a question of its own, with its own interval.
    Returns index (metric, variant): n, n_control, value, control, `effect`, low, high, p_value (all of a single look),
    `cap`, and `plain`, plain_low, plain_high: the mean as it is.
    Source: Dixon, Ann. Math. Stat. 31, 1960; Kohavi, Tang, Xu, Trustworthy Online Controlled Experiments, 2020, ch. 22.
    """
    means = sums[(sums["kind"] == "mean") & sums["cap"].notna()]
    held = means.assign(y=means["w"], yy=means["ww"], yd=means["w"], yx=means["wx"])
    columns = ["n", "n_control", "value", "control", "effect", "low", "high", "p_value"]
    both = [versus.compare(each, control, alpha=alpha, adjust=False) for each in (held, means)]
    capped, plain = both
    out = capped.assign(low=capped["fixed_low"], high=capped["fixed_high"], p_value=capped["p_fixed"])[columns]
    caps = means["cap"].groupby(level="metric").first()
    out["cap"] = [caps.get(metric) for metric in out.index.get_level_values("metric")]
    out = out.assign(plain=plain["plain"], plain_low=plain["plain_low"], plain_high=plain["plain_high"])
    return disclosure.hide(out.assign(customers=out[["n", "n_control"]].min(axis=1)), smallest, total=False)


def owed(sums: pd.DataFrame) -> pd.DataFrame:
    """How much of an outcome is one customer's?  Index metric: n, variant (of the largest), `share` of the sum, total.

    sums  as in `effects`.  Shares (did they?) and outcomes of which the sum is not above 0 are left out.
    """
    rows = sums[sums["kind"] != "share"]
    found = rows.groupby(level="metric", sort=False)[["n", "y", "top"]].agg({"n": "sum", "y": "sum", "top": "max"})
    largest = rows.groupby(level="metric", sort=False)["top"].idxmax()
    found = found.assign(variant=[variant for _, variant in largest], total=found["y"])
    found = found.assign(share=(found["top"] / found["y"]).clip(upper=1))[found["y"] > 0]
    return found[["n", "variant", "share", "total"]]


def arms(sums: pd.DataFrame, metric: str, experiment: str = "", smallest: int = 1) -> pd.DataFrame:
    """One metric of each variant by itself, the control too: n, customers, the value, low, high, se.

    Index variant; where `experiment` is named, (experiment, variant).

    Wilson's interval for shares, Student's for the rest, each for a single look.
    """
    part = of_metric(sums, metric)
    share = bool((part["kind"] == "share").all())
    one = versus.arm(part, share)
    if share:
        low, high = certainty.wilson(part["y"], part["n"])
    else:
        half = certainty.t_quantile(one.n - 1) * one.se
        low, high = one.value - half, one.value + half
    n = part["n"].fillna(0).astype(int)
    out = pd.DataFrame({"n": n, "customers": n, metric: one.value, "low": low, "high": high, "se": one.se}, part.index)
    out = disclosure.hide(out.rename_axis("variant"), smallest, total=False)
    return pd.concat({experiment: out}, names=["experiment"]) if experiment else out


def curve(found: pd.DataFrame, metric: str) -> pd.DataFrame:
    """What is believed of the effect: index (variant, point); `effect`, `density` (highest 1 over all), `better`.

    found  of `effects`.  A variant without a value has no curve.
    """
    rows = found.xs(metric, level="metric") if metric in found.index.get_level_values("metric") else found.iloc[:0]
    parts = []
    for variant, row in rows[rows["expects_sd"] > 0].iterrows():
        x, y = posterior.density(row["expects"], row["expects_sd"])
        part = pd.DataFrame({"effect": x, "density": y, "better": row["better"]})
        parts.append(part.assign(variant=variant, point=range(len(x))))
    if not parts:
        return pd.DataFrame(columns=["effect", "density", "better"], dtype=float)
    out = pd.concat(parts).set_index(["variant", "point"])
    return out.assign(density=out["density"] / out["density"].max())
