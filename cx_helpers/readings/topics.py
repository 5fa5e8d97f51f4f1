"""What is new in what customers write, said to a manager: which topics broke out, since when, and what is felt."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import disclosure
from cx_helpers.measures import risen
from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import Words, join, raw, say, sentences

LARGE = 0.05  # of all comments: a step that a manager hears of loudly
UNHAPPY = 0.5  # of a topic's comments: from here on it is trouble
WORDS = 6  # of a topic that are told

GUARDS = [
    {
        "fa": "واژه‌ها بر حسب مشتری شمرده شده‌اند، نه تکرار، و برای شمار همهٔ واژه‌ها تصحیح شده‌اند (هولم).",
        "en": "Words are counted by customers, not by repetition, and corrected for all the words looked at (Holm).",
    },
    {
        "fa": "واژهٔ کم‌کاربرد باید جهش بزرگی کرده باشد تا تازه خوانده شود (پیشین دیریکله).",
        "en": "A rare word must rise much to be called new (Dirichlet prior).",
    },
    {
        "fa": "نوشته‌ای که دو واژه از یک موضوع دارد دربارهٔ آن شمرده می‌شود؛ یک واژه تنها وقتی بس است که بیشتر با واژه‌های "
        "دیگر همان موضوع بیاید. یک نوشته می‌تواند چند موضوع داشته باشد.",
        "en": "A comment that holds two words of a topic counts as about it; one is enough only where it mostly comes "
        "with the topic’s other words. A comment may have several topics.",
    },
    {
        "fa": "تکرار نوشتهٔ یک مشتری و رونوشت‌های پخش‌شده، مانند گزارش احساس، کنار گذاشته می‌شوند؛ نوشته‌ای که مدل احساس به "
        "آن نمره نداده، اینجا شمرده می‌شود.",
        "en": "The same customer’s same text again, and copies pasted by many, are left out as in the report on "
        "feeling; a comment that the sentiment model could not score counts here.",
    },
    {
        "fa": "چون واژه‌های موضوع تازه از همین دوره برگزیده شده‌اند، جهش آن کمی بزرگ‌تر از واقع دیده می‌شود.",
        "en": "A new topic’s words are chosen from this very period, so its rise looks a little larger than it is.",
    },
]


def names(made: pd.DataFrame, spelled: dict[str, str], phrases: dict[int, str], most: int = WORDS) -> pd.DataFrame:
    """What a topic is called: its most telling phrase, and the words that make it.

    made     one row a term, the most telling first: topic, term and, of new topics, told (`topics.group`, `standing`)
    spelled  how each term is mostly written (`terms.spelled`), phrases too;  phrases  of `topics.phrases`
    Returns index topic: name (the phrase, else the first two words), words (a list, the first ones), each name once.
    """
    told = made[made["told"]] if "told" in made else made
    out = {}
    for topic, own in made.groupby("topic", sort=True):
        words = [spelled[term] for term in told.loc[told["topic"] == topic, "term"]] or [spelled[own["term"].iloc[0]]]
        out[topic] = (spelled[phrases[topic]] if topic in phrases else "، ".join(words[:2]), words[:most])
    frame = pd.DataFrame.from_dict(out, orient="index", columns=["name", "words"]).rename_axis("topic")
    again = frame["name"].duplicated(keep=False)
    frame.loc[again, "name"] = frame.loc[again, "words"].map("، ".join)
    return frame


NEW = {"fa": "موضوع‌های تازه در این دوره", "en": "New topics of this period"}
ALWAYS = {"fa": "موضوع‌های همیشگی در این دوره", "en": "Standing topics in this period"}
RISEN = {"fa": "واژه‌ها و عبارت‌های تازه", "en": "Words and phrases that rose"}


def told(moved: pd.DataFrame, named: pd.DataFrame, felt: pd.DataFrame, turns: dict | None = None) -> pd.DataFrame:
    """One row a topic: its words, n, topic_share with low and high, negative (share with its
    interval, in words), change, p_adjusted, since.

    moved  of `topic_shares.changes`;  named  of `names`;  felt, turns  as for `findings`.  p_adjusted is only told of
    topics that were not made of what rose: of these the words' p is the honest one (`findings`).
    """
    out = moved[["n", "topic_share", "low", "high", "change"]].copy()
    out.insert(0, "words", named["words"].map("، ".join).reindex(out.index))
    bad = felt.reindex(named["name"]).set_index(named.index).reindex(out.index)
    out["negative"] = [_felt(row) for _topic, row in bad.iterrows()]
    if turns is None:
        out["p_adjusted"] = moved["p_adjusted"]
    else:
        sure = {topic: turn.index[0] for topic, turn in turns.items() if len(turn) and turn["p_value"].iloc[0] < 0.05}
        out["since"] = [sure[topic].on(sure[topic].first) if topic in sure else None for topic in out.index]
    if disclosure.HIDDEN in moved:
        out[disclosure.HIDDEN] = moved[disclosure.HIDDEN]
    return called(out, named)


def _felt(row: pd.Series) -> Words | None:
    if pd.isna(row["negative_share"]):
        return None
    values = {"x": row["negative_share"], "low": row["low"], "high": row["high"]}
    return say(fa="{x:.0%} ({low:.0%} تا {high:.0%})", en="{x:.0%} ({low:.0%} to {high:.0%})", **values)


def called(found: pd.DataFrame, named: pd.DataFrame) -> pd.DataFrame:
    """An answer by topic with the topics' names in place of their numbers.  named: of `names`."""
    return found.rename(index=named["name"].to_dict(), level="topic" if found.index.nlevels > 1 else None)


def stability(standing: pd.DataFrame) -> Words:
    """How many standing topics there are, and how surely.  standing: of `topics.standing`."""
    if not standing.attrs.get("topics"):
        return say(
            fa="موضوع همیشگی پایداری پیدا نشد: نوشته‌ها کم‌اند یا بسیار گوناگون.",
            en="No stable standing topic was found: the comments are too few or too various.",
        )
    return say(
        fa="{k} موضوع پایدار است؛ واژه‌های هر یک با آنچه در نیمی از مشتریان پیدا می‌شود به طور میانگین {x:.0%} "
        "هم‌پوشانی دارد.",
        en="{k} topics are stable; the words of each overlap by {x:.0%} on average with those found on half of the "
        "customers.",
        k=standing.attrs["topics"],
        x=standing.groupby("topic")["stability"].first().mean(),
    )


def findings(
    news: pd.DataFrame,
    made: pd.DataFrame,
    moved: pd.DataFrame,
    named: pd.DataFrame,
    felt: pd.DataFrame | None = None,
    turns: dict | None = None,
) -> list[Finding]:
    """The topics that broke out, surest first.

    news   of `risen.risen`, with attrs["looks"];  made  of `topics.group`;  moved  of `topic_shares.changes`
    named  of `names`
    felt   index the topics' names: negative_share, low, high (sentiment.negative_share)
    turns  {topic: of `turning.since`}
    A topic's p is that of its surest word, corrected for all words looked at: the topic was made by that search.
    """
    looks, out = news.attrs.get("looks"), []
    for topic, row in moved.iterrows():
        terms = made.loc[made["topic"] == topic, "term"]
        p = float(news.loc[terms, "p_adjusted"].min())
        loud = severity(p, row["topic_share"] - np.nan_to_num(row["before"]) >= LARGE)
        if loud is None or pd.isna(row["topic_share"]):
            continue
        bad = None if felt is None or named.at[topic, "name"] not in felt.index else felt.loc[named.at[topic, "name"]]
        trouble = bad is not None and bad["negative_share"] >= UNHAPPY
        text = _claim(named.at[topic, "name"], row)
        out.append(
            Finding(
                kind="topic",
                subject={"topic": named.at[topic, "name"]},
                measure="topic_share",
                value=clean(row["topic_share"]),
                baseline=clean(row["before"]),
                low=clean(row["low"]),
                high=clean(row["high"]),
                n=int(row["n"]),
                p_adjusted=clean(p),
                severity=loud if trouble else "low" if loud == "low" else "medium",
                text=text,
                detail=_detail(row, named.at[topic, "words"], bad, (turns or {}).get(topic)),
                looks=looks,
                good=False if trouble else None,
            )
        )
    return sorted(out, key=lambda one: one.p_adjusted)


def moves(moved: pd.DataFrame, named: pd.DataFrame, felt: pd.DataFrame, new: pd.DataFrame) -> tuple[list[Finding], int]:
    """Standing topics that are written about more or less than before, surest first, and how many were looked at.

    moved, named, felt  of the standing topics, as for `findings`;  new  `names` of those that broke out: what is told
                        there is not told twice
    """
    looks = int(moved["p_value"].notna().sum())
    known, out = {word for words in new["words"] for word in words}, []
    for topic, row in moved.sort_values("p_adjusted", kind="stable").iterrows():
        loud = severity(row["p_adjusted"], abs(row["change"]) >= LARGE)
        if loud is None or len(known & set(named.at[topic, "words"])) > 1:
            continue
        up = row["change"] > 0
        bad = felt.loc[named.at[topic, "name"]] if named.at[topic, "name"] in felt.index else None
        trouble = up and bad is not None and bad["negative_share"] >= UNHAPPY
        text = say(
            fa="از «{t}» {way} می‌نویسند: {x:.1%} نوشته‌ها، پیش‌تر {b:.1%}",
            en="“{t}” is written about {way}: {x:.1%} of the comments, {b:.1%} before",
            t=raw(named.at[topic, "name"]), x=row["topic_share"], b=row["before"],
            way={"fa": "بیشتر", "en": "more"} if up else {"fa": "کمتر", "en": "less"},
        )  # fmt: skip
        of = {k: clean(row[v]) for k, v in (("value", "topic_share"), ("baseline", "before"), ("low", "low"))}
        out.append(
            Finding(
                kind="topic",
                subject={"topic": named.at[topic, "name"]},
                measure="topic_share",
                **of,
                high=clean(row["high"]),
                n=int(row["n"]),
                p_adjusted=clean(row["p_adjusted"]),
                severity=loud if trouble else "low" if loud == "low" else "medium",
                text=text,
                detail=_detail(row, named.at[topic, "words"], bad, None),
                looks=looks,
                good=False if trouble else None,
            )
        )
    return out, looks


def _claim(name: str, row) -> Words:
    if pd.isna(row["before"]):
        return say(
            fa="موضوع تازه: «{t}»، که پیش‌تر کمتر کسی از آن می‌نوشت، به {x:.1%} نوشته‌ها رسید",
            en="New topic: “{t}”, which hardly anybody wrote about before, is in {x:.1%} of the comments",
            t=raw(name), x=row["topic_share"],
        )  # fmt: skip
    return say(
        fa="موضوع تازه: «{t}» از {b:.1%} نوشته‌ها به {x:.1%} رسید",
        en="New topic: “{t}” rose from {b:.1%} of the comments to {x:.1%}",
        t=raw(name), b=row["before"], x=row["topic_share"],
    )  # fmt: skip


def _detail(row, words: list[str], bad, turn) -> Words:
    parts = [say(fa="واژه‌ها: {w}.", en="Words: {w}.", w=join([raw(word) for word in words]))]
    if bad is not None and pd.notna(bad["negative_share"]):
        parts.append(
            say(
                fa="{x:.0%} آن‌ها ناخوشایندند (بازهٔ ۹۵٪ با خطای مدل: {low:.0%} تا {high:.0%}).",
                en="{x:.0%} of them are negative (95% interval with the model’s error: {low:.0%} to {high:.0%}).",
                x=bad["negative_share"],
                low=bad["low"],
                high=bad["high"],
            )  # fmt: skip
        )
    if turn is not None and len(turn) and turn["p_value"].iloc[0] < 0.05:
        parts.append(since(turn))
    return sentences(*parts)


def since(turn: pd.DataFrame) -> Words:
    """When a topic broke out.  turn: of `turning.since` over weeks."""
    row, week = turn.iloc[0], turn.index[0]
    return say(
        fa="آغاز: هفتهٔ {week} (با احتمال ۹۵٪ میان {a} و {z}).",
        en="Broke out in the week of {week} (95%: between {a} and {z}).",
        week=week.on(week.first), a=row["earliest"].on(row["earliest"].first), z=row["latest"].on(row["latest"].first),
    )  # fmt: skip


def sentence(found: list[Finding], news: pd.DataFrame) -> Words:
    """The bottom line: what is new, or that nothing is.  news: of `risen.risen`."""
    looks = int(news.attrs.get("looks") or 0)
    if not looks:
        return say(
            fa="در این دوره، یا پیش از آن، نوشتهٔ کافی برای سنجیدن واژه‌ها نیست.",
            en="Too few comments in this period, or before it, to compare words.",
        )
    if found:
        rose = len(risen.news(news))
        many = {"fa": "{k} تا بیش از پیش نوشته شده‌اند", "en": "{k} are written more than before"}
        one = {"fa": "یکی بیش از پیش نوشته شده است", "en": "one is written more than before"}
        new = {"fa": "موضوع‌های تازه", "en": "new topics"}
        new = {"fa": "موضوع تازه", "en": "new topic"} if len(found) == 1 else new
        return say(
            fa="از {looks} واژه و عبارت، " + (one if rose == 1 else many)["fa"] + "؛ {new}: {names}.",
            en="Of {looks} words and phrases, " + (one if rose == 1 else many)["en"] + "; {new}: {names}.",
            looks=looks, k=rose, new=new,
            names=join([say(fa="«{t}»", en="“{t}”", t=raw(f.subject["topic"])) for f in found[:3]]),
        )  # fmt: skip
    return say(
        fa="موضوع تازه‌ای دیده نمی‌شود: از {looks} واژه و عبارت هیچ‌کدام بیش از تصادف و دست‌کم یک‌ونیم برابر نشده است.",
        en="No new topic: of {looks} words and phrases none rose beyond chance to {r:.1f} times its share or more.",
        looks=looks, r=risen.RATIO,
    )  # fmt: skip
