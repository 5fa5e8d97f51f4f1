"""How do customers answer?  Invitations to NPS, CSAT, CES, a yearly SERVQUAL wave, and who answered what.

Behind every score stands one latent number: the person's own kindness (`trait`), chance, and the planted effects.  It
is cut into the scale's steps at fixed shares, so that without effects every group has the same distribution.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import calendar
from .calendar import END, STARTS, month_of, stamps
from .effects import CRISIS_MONTH, CRISIS_PROVINCE
from .journeys import STAGE_OF

# shares of a usual company's answers up to each step of the scale
NPS_CUTS = (0.02, 0.03, 0.04, 0.055, 0.075, 0.11, 0.16, 0.28, 0.50, 0.74)  # 0..9; NPS about +34
CSAT_CUTS = (0.05, 0.12, 0.27, 0.60)  # 1..4; top two boxes 73 %
CES_CUTS = (0.03, 0.07, 0.13, 0.24, 0.42, 0.70)  # 1..6; 7 = very easy
ATTRIBUTES = ("delivery", "support", "quality", "price", "packaging", "app")
WEIGHTS = {"delivery": 0.50, "support": 0.40, "quality": 0.25, "app": 0.10}  # price and packaging: none
ANSWERED = 0.45  # of the invited
# touchpoint: share of its events that are followed by a CSAT question
ASKED = {
    "search": 0.09, "product_page": 0.035, "reviews": 0.05, "cart": 0.03, "checkout": 0.05, "payment": 0.16,
    "delivery": 0.30, "unboxing": 0.25, "support_chat": 0.6, "support_call": 0.6, "return": 0.6, "review": 0.40,
    "club": 0.8, "consult": 0.15,
}  # fmt: skip
SERVQUAL = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")


def cut(latent: np.ndarray, shares: tuple[float, ...], first: int) -> np.ndarray:
    """A standard-normal latent as a step of a scale that starts at `first`."""
    from scipy.special import ndtri

    return (np.searchsorted(ndtri(np.array(shares)), latent) + first).astype(float)


def answers(
    rng: np.random.Generator, crowd: pd.DataFrame, tries: pd.DataFrame, steps: pd.DataFrame, effects: frozenset[str]
) -> pd.DataFrame:
    """Every invitation and its answer, sorted by invitation.

    Columns: who, invited, responded (days; NaN = not answered), instrument, score (NaN = not answered), scale_min,
    scale_max, touchpoint, channel, attempt (-1 = none), latent, attr_* (only on overall CSAT).
    """
    parts = [
        _nps(rng, crowd, tries, effects),
        *_after_touchpoints(rng, crowd, tries, steps, effects),
        _overall(rng, crowd, tries, effects),
        _servqual(rng, crowd, tries),
    ]
    table = pd.concat([p for p in parts if len(p)] or parts, ignore_index=True)
    delay = rng.exponential(np.where(table["touchpoint"].isna(), 0.3, 0.12))
    table["responded"] = table["invited"] + delay + 1 / 1440
    silent = rng.random(len(table)) > ANSWERED
    whole = table["instrument"].str.startswith("servqual").to_numpy()  # one form: all five answered or none
    silent = np.where(whole, table["score"].isna(), silent) | (table["responded"] >= END).to_numpy()
    extra = [c for c in table if c.startswith("attr_")]
    table.loc[silent, ["responded", "score", *extra]] = np.nan
    return table.sort_values(["invited", "who", "instrument"], kind="stable", ignore_index=True)


def _frame(who, invited, instrument, score, low, high, latent, **more) -> pd.DataFrame:
    base = {"who": who, "invited": invited, "instrument": instrument, "score": score}
    base |= {"scale_min": float(low), "scale_max": float(high), "latent": latent}
    more = {"touchpoint": None, "channel": None, "attempt": -1} | more
    return pd.DataFrame(base | more).astype({"touchpoint": object, "channel": object})


def _feeling(rng, crowd: pd.DataFrame, who: np.ndarray) -> np.ndarray:
    return crowd["trait"].to_numpy()[who] + rng.normal(0, 0.8, len(who))


def _last_seen(crowd: pd.DataFrame, tries: pd.DataFrame) -> np.ndarray:
    last = pd.Series(tries["at"]).groupby(tries["who"]).max().reindex(range(len(crowd))).to_numpy()
    return np.where(np.isnan(last), crowd["arrived"].to_numpy(), last)


def _quiet_end(day: np.ndarray) -> np.ndarray:
    """Is it a day on which letters go out?  Not in the last three days of a month, so that answers fall into it."""
    return (day < END) & (STARTS[np.minimum(month_of(day) + 1, 24)] - day > 3)


def _crisis(crowd: pd.DataFrame, who: np.ndarray, day: np.ndarray, effects: frozenset[str]) -> np.ndarray:
    here = (crowd["province"] == CRISIS_PROVINCE).to_numpy()[who] & (month_of(day) == CRISIS_MONTH)
    return here & ("crisis_spreads" in effects)


def _nps(rng, crowd: pd.DataFrame, tries: pd.DataFrame, effects: frozenset[str]) -> pd.DataFrame:
    """About every month while a customer is around: would you recommend us?"""
    n = len(crowd)
    every = np.cumsum(np.c_[rng.uniform(8, 35, n), rng.uniform(28, 36, (n, 26))], axis=1)
    day = crowd["arrived"].to_numpy()[:, None] + every
    day = np.floor(day) + 0.40 + 0.2 * rng.random(day.shape)
    until = np.minimum(_last_seen(crowd, tries) + 150, END)
    who, which = np.nonzero((day < until[:, None]) & crowd["consent"].to_numpy()[:, None] & _quiet_end(day))
    day = day[who, which]
    by_phone = {"digital": 0.12, "shop": 0.35, "omni": 0.10, "business": 0.5, "pilot": 0.1}
    channel = crowd["home"].to_numpy()[who]
    called = rng.random(len(who)) < crowd["segment"].map(by_phone).to_numpy()[who] * 0.5
    channel = np.where(called, "phone", channel)
    latent = _feeling(rng, crowd, who)
    latent = latent - 0.5 * ((channel == "phone") & ("phone_nps" in effects))
    latent = latent - 1.0 * _crisis(crowd, who, day, effects)
    latent = latent - 0.7 * (_late_before(tries, who, day, 30) & ("late_hurts" in effects))
    return _frame(who, day, "nps", cut(latent, NPS_CUTS, 0), 0, 10, latent, channel=channel)


def _late_before(tries: pd.DataFrame, who: np.ndarray, day: np.ndarray, window: float) -> np.ndarray:
    """Had the customer a late delivery promised within the `window` days before?"""
    late = tries[tries["late"].to_numpy() & (tries["promised"] < END).to_numpy()]
    if not len(late):
        return np.zeros(len(who), bool)
    key = np.sort(late["who"].to_numpy() * 1e4 + late["promised"].to_numpy())
    asked = who * 1e4 + day
    near = np.searchsorted(key, asked) - 1
    return (near >= 0) & (asked - key[np.maximum(near, 0)] <= window)


def _after_touchpoints(rng, crowd, tries, steps, effects) -> list[pd.DataFrame]:
    """A CSAT question after some events, a CES question after half of the support contacts."""
    share = steps["touchpoint"].map(ASKED).fillna(0).to_numpy()
    consent = crowd["consent"].to_numpy()[steps["who"]]
    parts = []
    for instrument, asked, cuts, high in (
        ("csat", share, CSAT_CUTS, 5),
        ("ces", 0.5 * (steps["touchpoint"].map(STAGE_OF) == "support").to_numpy(), CES_CUTS, 7),
    ):
        met = steps[(rng.random(len(steps)) < asked) & consent]
        who, day, attempt = met["who"].to_numpy(), met["at"].to_numpy() + 1 / 24, met["attempt"].to_numpy()
        on = day < END
        met, who, day, attempt = met[on], who[on], day[on], attempt[on]
        touchpoint, channel = met["touchpoint"].to_numpy(), met["channel"].to_numpy()
        late = np.where(attempt >= 0, tries["late"].to_numpy()[attempt], False) if len(tries) else attempt >= 0
        failed = (met["outcome"] == "failure").to_numpy()
        latent = _feeling(rng, crowd, who)
        support = np.isin(touchpoint, ("support_chat", "support_call", "return"))
        latent = latent - 0.8 * (support & ("support_dip" in effects))
        latent = latent - 1.0 * ((touchpoint == "delivery") & _crisis(crowd, who, day, effects))
        latent = latent - 1.4 * ((touchpoint == "delivery") & late & ("late_hurts" in effects))
        broken = (touchpoint == "payment") & (channel == "app") & failed & ("app_payment_fails" in effects)
        latent = latent - 1.4 * broken
        torn = (touchpoint == "unboxing") & failed & ("packaging_breaks" in effects)
        latent = latent - 1.4 * torn
        score = cut(latent, cuts, 1)
        more = {"touchpoint": touchpoint, "channel": channel, "attempt": attempt}
        parts.append(_frame(who, day, instrument, score, 1, high, latent, **more))
    return parts


def _overall(rng, crowd: pd.DataFrame, tries: pd.DataFrame, effects: frozenset[str]) -> pd.DataFrame:
    """A monthly panel: overall satisfaction and six attributes on one form, all 1-5."""
    until, came = _last_seen(crowd, tries) + 60, crowd["arrived"].to_numpy()
    who, day = [], []
    for start in STARTS[:-1]:
        here = (came < start) & (until > start) & crowd["consent"].to_numpy() & (rng.random(len(crowd)) < 0.9)
        who.append(np.flatnonzero(here))
        day.append(np.floor(start + rng.uniform(3, 25, here.sum())) + 0.35 + 0.3 * rng.random(here.sum()))
    who, day = np.concatenate(who), np.concatenate(day)
    n = len(who)
    halo = rng.normal(0, 1, n)
    own = {name: 0.45 * halo + np.sqrt(1 - 0.45**2) * rng.normal(0, 1, n) for name in ATTRIBUTES}
    if "null_driver" in effects:
        own["packaging"] = 0.72 * own["delivery"] + np.sqrt(1 - 0.72**2) * rng.normal(0, 1, n)
    own["delivery"] = own["delivery"] - 0.9 * _crisis(crowd, who, day, effects)
    latent = _feeling(rng, crowd, who)
    if "drivers" in effects:
        made = sum(weight * own[name] for name, weight in WEIGHTS.items())
        latent = (made + 0.55 * latent) / 1.05
    channel = np.where(np.isin(crowd["home"], ("app", "web")), crowd["home"], "web").astype(object)[who]
    extra = {f"attr_{name}": cut(own[name], CSAT_CUTS, 1) for name in ATTRIBUTES}
    for name in extra:  # some leave a line of the form empty
        extra[name][rng.random(n) < 0.02] = np.nan
    return _frame(who, day, "csat", cut(latent, CSAT_CUTS, 1), 1, 5, latent, channel=channel, **extra)


def _servqual(rng, crowd: pd.DataFrame, tries: pd.DataFrame) -> pd.DataFrame:
    """Two waves of SERVQUAL perceptions, five dimensions, 1-7, among customers around at the time."""
    until, came = _last_seen(crowd, tries) + 90, crowd["arrived"].to_numpy()
    parts = []
    for wave in (calendar.day_of(1403, 2, 10), calendar.day_of(1404, 2, 10)):
        here = np.flatnonzero((came < wave) & (until > wave) & crowd["consent"].to_numpy())
        who = np.sort(rng.choice(here, min(500, len(here)), replace=False))
        day = wave + 0.4 + rng.uniform(0, 7, len(who))
        halo, silent = _feeling(rng, crowd, who), rng.random(len(who)) > ANSWERED
        for dimension in SERVQUAL:
            latent = 0.6 * halo + 0.8 * rng.normal(0, 1, len(who))
            score = np.where(silent, np.nan, cut(latent, CES_CUTS, 1))
            parts.append(_frame(who, day, f"servqual.{dimension}", score, 1, 7, latent, channel="web"))
    return pd.concat(parts, ignore_index=True)


def responses(crowd: pd.DataFrame, given: pd.DataFrame, text: pd.Series) -> pd.DataFrame:
    """The contract's table of responses; `text` holds the comment of each row, null where there is none."""
    attributes = [c for c in given if c.startswith("attr_")]
    return pd.DataFrame(
        {
            "response_id": [f"R{i:06d}" for i in range(1, len(given) + 1)],
            "customer_id": crowd.index.to_numpy()[given["who"]],
            "responded_at": stamps(given["responded"].to_numpy()),
            "invited_at": stamps(given["invited"].to_numpy()),
            "instrument": given["instrument"],
            "score": given["score"],
            "scale_min": given["scale_min"],
            "scale_max": given["scale_max"],
            "touchpoint": given["touchpoint"],
            "channel": given["channel"],
            "comment": text,
            **{name: given[name] for name in attributes},
            "source": "survey",
        }
    )
