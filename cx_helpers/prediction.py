"""How good was a prediction?  What was foretold for each, held against what came: order, honesty, and gain.

Every function takes y (did it happen: 0 or 1) and p (the chance that was foretold), one for each customer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from cx_helpers import certainty

SHARES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)  # of customers, the likeliest first


def auc(y, p) -> tuple[float, float, float]:
    """How often does one to whom it happened have the higher chance than one to whom it did not?  (auc, low, high)

    0.5 is no better than chance, 1 is perfect; ties count half.  The interval (95 %) is DeLong's on the logit scale;
    null where all are of one kind.  Source: DeLong, DeLong, Clarke-Pearson, Biometrics 44, 1988.
    """
    y, p = np.asarray(y, bool), np.asarray(p, float)
    m, n = int(y.sum()), int((~y).sum())
    if not m or not n:
        return np.nan, np.nan, np.nan
    whole, one, other = rankdata(p), rankdata(p[y]), rankdata(p[~y])
    above = (whole[y] - one) / n  # share of the others that each lies above
    below = 1 - (whole[~y] - other) / m
    value = float(above.mean())
    se = np.sqrt(sum(x.var(ddof=1) / len(x) for x in (above, below) if len(x) > 1))
    inside = min(max(value, 1e-9), 1 - 1e-9)
    half = certainty.Z95 * se / (inside * (1 - inside))
    low, high = (1 / (1 + np.exp(-np.clip(np.log(inside / (1 - inside)) + z, -40, 40))) for z in (-half, half))
    return value, float(low), float(high)


def brier(y, p) -> tuple[float, float, float, float]:
    """The mean squared distance of the chances from what came: (brier, low, high, skill); 0 is perfect.

    skill  by how much it is below that of telling everybody the same, the share to which it happened: 1 is perfect, 0
           no better, below 0 worse.  The interval is Student's.  Source: Brier, Monthly Weather Review 78, 1950.
    """
    y, p = np.asarray(y, float), np.asarray(p, float)
    if not len(y):
        return (np.nan,) * 4
    each = (y - p) ** 2
    value, plain = float(each.mean()), float(y.mean() * (1 - y.mean()))
    half = float(certainty.t_quantile(len(y) - 1) * each.std(ddof=1) / np.sqrt(len(y))) if len(y) > 1 else np.nan
    return value, max(value - half, 0.0), value + half, 1 - value / plain if plain else np.nan


def reliability(y, p, bins: int = 10) -> pd.DataFrame:
    """Of those told 30 %, does it happen to 30 %?  Groups of equal size, the least likely first.

    Returns, index `group` (1 the least likely): n, `foretold` (mean chance), `happened` (share) with low, high
    (Wilson). Equal chances stay together, so there may be fewer groups.
    """
    y, p = np.asarray(y, float), np.asarray(p, float)
    names = ["n", "foretold", "happened", "low", "high"]
    if not len(y):
        return pd.DataFrame(columns=names, index=pd.Index([], name="group"))
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1]))
    place = pd.factorize(np.searchsorted(edges, p, side="left"), sort=True)[0]
    n, told, came = (np.bincount(place, w) for w in (np.ones(len(y)), p, y))
    low, high = certainty.wilson(came, n)
    columns = {"n": n.astype(int), "foretold": told / n, "happened": came / n, "low": low, "high": high}
    return pd.DataFrame(columns, index=pd.Index(np.arange(1, len(n) + 1), name="group"))


def ece(y, p, bins: int = 10, times: int = 200, seed: int = 1) -> tuple[float, float]:
    """The mean distance of what was foretold from what came, over the groups of `reliability`: (ece, chance).

    chance  what 19 of 20 chances that were exactly right would stay below, for so few customers: above it, it errs
    Source: Naeini, Cooper, Hauskrecht, AAAI 2015.
    """
    y, p = np.asarray(y, float), np.asarray(p, float)
    if not len(y):
        return np.nan, np.nan
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, p, side="left")
    told = np.bincount(place, p)

    def apart(came) -> float:
        return float(np.abs(np.bincount(place, came) - told).sum() / len(p))

    rng = np.random.default_rng(seed)
    return apart(y), float(np.quantile([apart(rng.random(len(p)) < p) for _ in range(times)], 0.95))


def gain(y, p, shares=SHARES) -> pd.DataFrame:
    """Whoever looks at the likeliest so many only, how many of those to whom it happens do they see?

    Returns, index `share` (of all, the likeliest first): n looked at, `seen` (0..1 of all to whom it happened) with
    low, high (Wilson), `lift` (how many times as many as among so many drawn by lot) with lift_low, lift_high.
    Customers of equal chance count in part where the line falls among them.
    """
    y, p = np.asarray(y, float), np.asarray(p, float)
    total, n = y.sum(), len(y)
    if not n or not total:
        return pd.DataFrame(columns=["n", "seen", "low", "high", "lift", "lift_low", "lift_high"],
                            index=pd.Index([], name="share"), dtype=float)  # fmt: skip
    order = np.argsort(-p, kind="stable")
    tied = np.unique(-p[order], return_inverse=True)[1]
    even = (np.bincount(tied, y[order]) / np.bincount(tied))[tied]  # equal chances: none before the other
    running = np.concatenate([[0.0], np.cumsum(even)])
    looked = np.clip(np.round(np.asarray(shares) * n), 1, n)
    seen = running[looked.astype(int)] / total
    low, high = certainty.wilson(seen * total, total)
    part = looked / n
    columns = {"n": looked.astype(int), "seen": seen, "low": low, "high": high}
    columns |= {"lift": seen / part, "lift_low": low / part, "lift_high": high / part}
    return pd.DataFrame(columns, index=pd.Index(list(shares), name="share"))
