"""Who wrote what, where?  Comments with answers, tickets, reviews and posts, and the tickets themselves.

What a comment feels follows the same latent number as the score beside it; what it is about follows its touchpoint and,
where planted, its cause (a late delivery, a failed payment, the broken box).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import compose
from .calendar import END, month_of, stamps
from .effects import CRISIS_MONTH, CRISIS_PROVINCE
from .people import pick

NEGATIVE_BELOW, MIXED_BELOW = -0.72, -0.25  # of the latent: about 24 % and 16 % of a usual company's comments
SUBJECTS = {
    "delivery": "پیگیری ارسال سفارش",
    "payment": "مشکل در پرداخت",
    "quality": "سؤال دربارهٔ کیفیت کالا",
    "price": "سؤال دربارهٔ قیمت",
    "support": "پیگیری درخواست قبلی",
    "packaging": "آسیب‌دیدگی بسته",
    "app": "کار با اپلیکیشن و سایت",
    "club": "باشگاه مشتریان",
    "info": "راهنمایی پیش از خرید",
}


def gather(
    rng: np.random.Generator,
    crowd: pd.DataFrame,
    tries: pd.DataFrame,
    steps: pd.DataFrame,
    given: pd.DataFrame,
    effects: frozenset[str],
) -> pd.DataFrame:
    """Every comment, sorted by time.

    Columns: who, at, origin, row (of what it came with), attempt, touchpoint, channel, rating, latent, theme,
    feeling, text.
    """
    said = pd.concat(
        [
            _with_answers(rng, given),
            _with_tickets(rng, crowd, tries, effects),
            _reviews(rng, crowd, tries, steps, effects),
            _posts(rng, crowd, steps, effects),
        ],
        ignore_index=True,
    )
    said = said[said["at"] < END].sort_values(["at", "who", "origin"], kind="stable", ignore_index=True)
    mixed, negative = said["latent"] < MIXED_BELOW, said["latent"] < NEGATIVE_BELOW
    said["feeling"] = np.select([negative, mixed], ["negative", "mixed"], "positive").astype(object)
    said["theme"] = _themes(rng, crowd, tries, said, effects)
    broken = (month_of(said["at"].to_numpy()) == CRISIS_MONTH) & (rng.random(len(said)) < 0.20)
    if "packaging_breaks" in effects:
        loud = broken & (said["origin"] != "ticket") & (said["feeling"] != "positive")
        calm = broken & (said["feeling"] == "positive") & said["rating"].isna() & (said["origin"] != "response")
        said.loc[loud | calm, ["theme", "feeling"]] = ["packaging", "negative"]
    said["text"] = compose.comments(rng, said["theme"].to_numpy(), said["feeling"].to_numpy())
    return said


def _feeling(rng, crowd: pd.DataFrame, who: np.ndarray, at: np.ndarray, effects: frozenset[str]) -> np.ndarray:
    latent = crowd["trait"].to_numpy()[who] + rng.normal(0, 0.8, len(who))
    here = (crowd["province"] == CRISIS_PROVINCE).to_numpy()[who] & (month_of(at) == CRISIS_MONTH)
    return latent - 1.0 * (here & ("crisis_spreads" in effects))


def _with_answers(rng, given: pd.DataFrame) -> pd.DataFrame:
    """Many of those who answer NPS or CSAT add a sentence."""
    share = given["instrument"].map({"nps": 0.28, "csat": 0.28}).fillna(0).to_numpy()
    rows = np.flatnonzero(given["score"].notna() & (rng.random(len(given)) < share))
    one = given.iloc[rows]
    return pd.DataFrame(
        {
            "who": one["who"].to_numpy(),
            "at": one["responded"].to_numpy(),
            "origin": "response",
            "row": rows,
            "attempt": one["attempt"].to_numpy(),
            "touchpoint": one["touchpoint"].to_numpy(),
            "channel": one["channel"].to_numpy(),
            "rating": np.where(one["instrument"] == "csat", one["score"], np.nan),
            "latent": one["latent"].to_numpy(),
        }
    )


def _with_tickets(rng, crowd: pd.DataFrame, tries: pd.DataFrame, effects: frozenset[str]) -> pd.DataFrame:
    rows = np.flatnonzero(tries["ticket"].notna())
    one = tries.iloc[rows]
    who, at = one["who"].to_numpy(), one["ticket"].to_numpy()
    call = (one["bought_in"] == "phone").to_numpy()
    latent = _feeling(rng, crowd, who, at, effects) - 1.2 * ("support_dip" in effects)
    upset = (one["late"].to_numpy() & ("late_hurts" in effects)) | (one["fate"] == "chat").to_numpy()
    return pd.DataFrame(
        {
            "who": who,
            "at": at,
            "origin": "ticket",
            "row": rows,
            "attempt": rows,
            "touchpoint": np.where(call, "support_call", "support_chat").astype(object),
            "channel": np.where(call, "phone", "web").astype(object),
            "rating": np.nan,
            "latent": latent - 1.2 * upset,
        }
    )


def _reviews(
    rng, crowd: pd.DataFrame, tries: pd.DataFrame, steps: pd.DataFrame, effects: frozenset[str]
) -> pd.DataFrame:
    rows = np.flatnonzero(steps["touchpoint"] == "review")
    one = steps.iloc[rows]
    who, at, attempt = (one[c].to_numpy() for c in ("who", "at", "attempt"))
    late = tries["late"].to_numpy()[attempt] if len(tries) else np.zeros(0, bool)
    latent = _feeling(rng, crowd, who, at, effects) - 1.0 * (late & ("late_hurts" in effects))
    stars = np.searchsorted((-1.5, NEGATIVE_BELOW, MIXED_BELOW, 0.4), latent) + 1.0
    return pd.DataFrame(
        {
            "who": who,
            "at": at,
            "origin": "review",
            "row": rows,
            "attempt": attempt,
            "touchpoint": "review",
            "channel": one["channel"].to_numpy(),
            "rating": stars,
            "latent": latent,
        }
    )


def _posts(rng, crowd: pd.DataFrame, steps: pd.DataFrame, effects: frozenset[str]) -> pd.DataFrame:
    """Posts under advertisements and words left in a chat or a call at any step of the way."""
    share = steps["touchpoint"].map(
        {"ad": 0.04, "search": 0.012, "product_page": 0.012, "checkout": 0.02, "club": 0.15}
    )
    rows = np.flatnonzero(rng.random(len(steps)) < share.fillna(0).to_numpy())
    one = steps.iloc[rows]
    who, at = one["who"].to_numpy(), one["at"].to_numpy() + 0.01
    origin = np.where(one["touchpoint"].isin(["ad", "club"]), "social", "chat").astype(object)
    return pd.DataFrame(
        {
            "who": who,
            "at": at,
            "origin": np.where(one["channel"] == "phone", "call", origin).astype(object),
            "row": rows,
            "attempt": -1,
            "touchpoint": one["touchpoint"].to_numpy(),
            "channel": one["channel"].to_numpy(),
            "rating": np.nan,
            "latent": _feeling(rng, crowd, who, at, effects),
        }
    )


def _themes(rng, crowd: pd.DataFrame, tries: pd.DataFrame, said: pd.DataFrame, effects: frozenset[str]) -> np.ndarray:
    theme = pick(rng, compose.ANYWHERE, len(said))
    own, cause = rng.random(len(said)) < 0.7, rng.random(len(said)) < 0.8
    of_touchpoint = said["touchpoint"].map(compose.THEME_OF)
    follows = own & of_touchpoint.notna().to_numpy() & ("talk_of_the_touchpoint" in effects)
    theme = np.where(follows, of_touchpoint, theme)
    attempt, bad = said["attempt"].to_numpy(), (said["feeling"] != "positive").to_numpy()
    known = (attempt >= 0) if len(tries) else np.zeros(len(said), bool)
    late = known & np.where(known, tries["late"].to_numpy()[attempt] if len(tries) else False, False)
    theme = np.where(late & bad & cause & ("late_hurts" in effects), "delivery", theme)
    fate = np.where(known, tries["fate"].to_numpy()[attempt] if len(tries) else "", "")
    theme = np.where(np.isin(fate, ("retry", "chat", "leave", "phone")) & bad & cause, "payment", theme)
    here = (crowd["province"] == CRISIS_PROVINCE).to_numpy()[said["who"]] if len(said) else np.zeros(0, bool)
    crisis = here & (month_of(said["at"].to_numpy()) == CRISIS_MONTH) & ("delivery_crisis" in effects)
    return np.where(crisis & bad & cause, "delivery", theme).astype(object)


def comments(crowd: pd.DataFrame, said: pd.DataFrame, origin_ids: dict[str, np.ndarray]) -> pd.DataFrame:
    """The contract's table of comments; `origin_ids` gives, per origin, the id of each row it came from."""
    origin_id = np.full(len(said), None, dtype=object)
    for origin, ids in origin_ids.items():
        here = (said["origin"] == origin).to_numpy()
        origin_id[here] = ids[said["row"].to_numpy()[here]]
    return pd.DataFrame(
        {
            "comment_id": [f"M{i:06d}" for i in range(1, len(said) + 1)],
            "customer_id": crowd.index.to_numpy()[said["who"]],
            "written_at": stamps(said["at"].to_numpy()),
            "text": said["text"],
            "origin": said["origin"],
            "origin_id": origin_id,
            "touchpoint": said["touchpoint"],
            "channel": said["channel"],
            "rating": said["rating"],
            "language": "fa",
            "source": said["origin"].map({"response": "survey", "ticket": "helpdesk"}).fillna("shop"),
        }
    )


def tickets(rng: np.random.Generator, crowd: pd.DataFrame, tries: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """The contract's table of tickets, sorted by opening; some are still open, some were closed unsolved."""
    wrote = said[said["origin"] == "ticket"].sort_values("row")
    one = tries.iloc[wrote["row"].to_numpy()]
    n, opened = len(one), one["ticket"].to_numpy()
    replied, solved = opened + one["reply_min"].to_numpy() / 1440, opened + one["solve_h"].to_numpy() / 24
    given_up = np.isnan(solved) & (rng.random(n) < 0.6)
    solved, replied = np.where(solved < END, solved, np.nan), np.where(replied < END, replied, np.nan)
    stars = np.searchsorted((-1.6, -1.1, -0.6, 0.2), wrote["latent"].to_numpy()) + 1.0
    table = pd.DataFrame(
        {
            "ticket_id": "",
            "customer_id": crowd.index.to_numpy()[one["who"]],
            "opened_at": opened,
            "first_reply_at": replied,
            "solved_at": solved,
            "status": np.select([~np.isnan(solved), given_up], ["solved", "closed"], "open"),
            "priority": pick(rng, {"low": 2, "normal": 6, "high": 2, "urgent": 0.5}, n),
            "channel": np.where(wrote["channel"] == "phone", "phone", pick(rng, {"app": 5, "web": 4, "email": 1}, n)),
            "topic": wrote["theme"].to_numpy(),
            "subject": wrote["theme"].map(SUBJECTS).to_numpy(),
            "description": wrote["text"].to_numpy(),
            "reopens": rng.poisson(0.12, n).astype("int64"),
            "escalated": rng.random(n) < 0.06,
            "csat": np.where(~np.isnan(solved) & (rng.random(n) < 0.35), stars, np.nan),
            "source": "helpdesk",
            "_row": wrote["row"].to_numpy(),
        }
    ).sort_values(["opened_at", "customer_id"], kind="stable", ignore_index=True)
    table["ticket_id"] = [f"T{i:05d}" for i in range(1, n + 1)]
    for column in ("opened_at", "first_reply_at", "solved_at"):
        table[column] = stamps(table[column].to_numpy())
    return table
