"""What would looking every day have done, and does the effect last?"""

from __future__ import annotations

import pandas as pd

from cx_helpers.measures import experiment_looks
from cx_helpers.wording import Words, name, say


def looked(found: pd.DataFrame, alpha: float = 0.05, final: bool = False) -> Words | None:
    """What looking every day would have done: by which rule when; None where no day could be looked at.

    final  the end was fixed beforehand and has come: a single look decides
    """
    when = experiment_looks.crossings(found, alpha)
    if not len(when):
        return None
    row = when.iloc[0]
    values = {"v": name(when.index[0]), "n": row["n"], "turned": row["turned"]}
    if row["n"] == 1:
        return _one_day(row, final)
    if row["fixed"] is None:
        return say(
            fa="در {n} روزی که می‌شد نگاه کرد، هیچ روزی تفاوتی دیده نمی‌شد که بتوان آن را فراتر از تصادف خواند.",
            en="On none of the {n} days on which one could have looked was there a difference beyond chance.",
            **values,
        )
    turned = say(
        fa=" و {turned} بار نظرش عوض می‌شد" if row["turned"] > 1 else "",
        en=" and would have changed its mind {turned} times" if row["turned"] > 1 else "",
        **values,
    )
    if row["always"] is None:
        return say(
            fa="آزمون یک‌باره، اگر هر روز نگاه می‌شد، نخستین بار در {day} تفاوتی «معنادار» نشان می‌داد{more}؛ "
            "نواری که برای "
            "نگاه هرروزه است در هیچ‌یک از {n} روز چنین نمی‌گوید.",
            en="A single-look test, asked every day, would first have called a difference on {day}{more}; the "
            "band made for "
            "looking every day does not on any of the {n} days.",
            day=row["fixed"],
            more=turned,
            **values,
        )
    return say(
        fa="نواری که برای نگاه هرروزه است از {sure} تفاوت را نشان می‌دهد؛ آزمون یک‌باره از {day}{more}.",
        en="The band made for looking every day shows the difference from {sure} on; a single-look test did "
        "from {day} on"
        "{more}.",
        sure=row["always"],
        day=row["fixed"],
        more=turned,
        **values,
    )


def _one_day(row, final: bool) -> Words:
    """All outcomes come on one day: a single look is all there is, and it counts only where its day was fixed."""
    if row["fixed"] is None:
        return say(
            fa="همهٔ نتیجه‌ها در یک روز آمده‌اند؛ آن روز هم تفاوتی دیده نمی‌شد که بتوان آن را فراتر از تصادف خواند.",
            en="All outcomes came in on one day, and on it no difference was beyond chance.",
        )
    if row["always"] is not None:
        return say(
            fa="همهٔ نتیجه‌ها در یک روز آمده‌اند؛ تفاوت، هم با یک نگاه دیده می‌شود و هم با نواری که برای نگاه هرروزه است.",
            en="All outcomes came in on one day; a single look shows the difference, and so does the band made for "
            "looking every day.",
        )
    if final:
        return say(
            fa="همهٔ نتیجه‌ها در یک روز آمده‌اند: {day}، پایانِ ازپیش‌تعیین‌شده. همان یک نگاه تصمیم می‌گیرد "
            "و تفاوت را نشان می‌دهد.",
            en="All outcomes came in on one day, {day}, the end that was fixed beforehand: that one look decides, and "
            "it shows the difference.",
            day=row["fixed"],
        )
    return say(
        fa="همهٔ نتیجه‌ها در یک روز آمده‌اند: {day}. آزمونِ یک‌باره آن روز تفاوتی نشان می‌دهد و نوارِ نگاه هرروزه نشان "
        "نمی‌دهد. اگر پایان آزمایش پیش از نخستین نگاه تعیین شده بود، آن را با planned_date بگویید؛ آنگاه همان یک نگاه "
        "تصمیم می‌گیرد.",
        en="All outcomes came in on one day, {day}. A single-look test shows a difference on it, the band made for "
        "looking every day does not. If the end was fixed before anybody looked, say so by planned_date: then that one "
        "look decides.",
        day=row["fixed"],
    )


def lasting(weeks: pd.DataFrame) -> Words | None:
    """Whether the effect fades or grows with the weeks since exposure; None where there are too few weeks to tell.

    weeks  of experiment_looks.weeks
    """
    if experiment_looks.fading(weeks)["p_adjusted"].isna().all():
        return None
    return changing(weeks) or say(
        fa="نشانه‌ای نیست که اثر از هفته‌ای به هفتهٔ دیگر عوض شود.",
        en="There is no sign that the effect changes from week to week.",
    )


def changing(weeks: pd.DataFrame) -> Words | None:
    """That the effect fades or grows with the weeks, a warning for the answer; None where nothing says so."""
    found = experiment_looks.fading(weeks)
    sure = found[found["p_adjusted"] < 0.05]
    if sure.empty:
        return None
    first = weeks.loc[sure.index[0], "effect"].iloc[0]
    fades = first * sure["change"].iloc[0] < 0
    return say(
        fa="اثر «{v}» هفته به هفته {way}: اثر هفتهٔ نخست را به ماه‌های بعد تعمیم ندهید.",
        en="The effect of “{v}” {way} from week to week: do not count on the first week’s for the months to come.",
        v=name(sure.index[0]),
        way={"fa": "کم می‌شود", "en": "fades"} if fades else {"fa": "بیشتر می‌شود", "en": "grows"},
    )
