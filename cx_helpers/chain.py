"""How does a change travel from what is moved to money?  The links of the chain, and draws of what is not known.

lever (late, failed, slow, unsolved)  ->  buys again in the days after  ->  money
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

EXPOSED = {  # to whom each lever can happen
    "late_delivery": "promised",
    "failed_purchase": "tried",
    "slow_reply": "asked",
    "unsolved_request": "asked",
}
LEVERS = tuple(EXPOSED)
TIMES = {"promised": "promises", "tried": "tries", "asked": "requests"}  # how often a month it could happen
MARKET = ("volume", "price")  # moved too, by a share of what they are; they need no link


@dataclass(frozen=True)
class Links:
    """What was fitted to customers' own histories.

    table   per lever, as measures.relations.links gives it: effect, its ends, p_adjusted, sure …
    coef, cov  of its levers in order, for what is worked out from several at once
    worth, worth_se  what a customer who bought again spent in those days, of `buyers` customers; NaN: nobody did
    """

    table: pd.DataFrame
    coef: np.ndarray
    cov: np.ndarray
    worth: float = np.nan
    worth_se: float = np.nan
    buyers: int = 0

    @property
    def sure(self) -> list[str]:
        """The levers whose link is sure after correction for how many were looked at."""
        return list(self.table.index[self.table["sure"].astype(bool)])


def draws(links: Links, times: int = 4000, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """(effects of the sure levers, draws x levers; worth of a customer who comes back), as far as they are known.

    Effects of several levers are drawn together, from the normal distribution of their estimates with its covariance.
    What is not sure is not drawn: it moves no money.
    """
    rng = np.random.default_rng(seed)
    at = [links.table.index.get_loc(lever) for lever in links.sure]
    cov = links.cov[np.ix_(at, at)]
    values, vectors = np.linalg.eigh(cov) if at else (np.empty(0), np.empty((0, 0)))
    root = vectors * np.sqrt(np.maximum(values, 0))
    effects = links.coef[at] + rng.standard_normal((times, len(at))) @ root.T
    worth = np.maximum(links.worth + links.worth_se * rng.standard_normal(times), 0)
    return pd.DataFrame(effects, columns=links.sure), worth
