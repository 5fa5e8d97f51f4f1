"""What is to be said of how far the models of the drivers can be trusted?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.folding import Rows
from cx_helpers.wording import Words, name, say, sentences


def checks_sentence(rows: Rows, seen: pd.Series) -> Words:
    """What was guarded against, and what remains to be borne in mind."""
    if disclosure.few(seen["customers"], rows.smallest):
        return disclosure.sentence(disclosure.SMALL)
    lost = seen["asked"] - seen["n"]
    parts = [
        say(
            fa="{n} پاسخ کامل از {c} مشتری سنجیده شد ({lost} پاسخ ناقص کنار ماند). "
            "این‌ها با هم دیده شده‌اند؛ لزوماً یکی علت دیگری نیست.",
            en="{n} complete answers of {c} customers were weighed ({lost} incomplete ones left out). These are "
            "associations, not causes.",
            n=seen["n"],
            c=seen["customers"],
            lost=disclosure.count(lost, rows.smallest),
        ),
        *rows.notes,
    ]
    if seen["vif"] > 5 or seen["condition"] > 30:
        parts.append(
            say(
                fa="برخی عوامل (بیش از همه «{c}») چنان با هم می‌آیند که سهم تک‌تکشان نامطمئن است (VIF برابر {v:.1f}).",
                en="Some drivers (most of all “{c}”) go together so closely that their single shares are unsure "
                "(VIF {v:.1f}).",
                c=name(seen["vif_driver"]),
                v=seen["vif"],
            )
        )
    if seen["brant_p"] < 0.01:
        parts.append(
            say(
                fa="اثر «{c}» در پله‌های گوناگون مقیاس یکسان نیست (آزمون برانت)؛ ضریب آن را میانگین پله‌ها بدانید.",
                en="“{c}” does not weigh the same at every step of the scale (Brant test); read its coefficient as an "
                "average over the steps.",
                c=name(seen["brant_driver"]),
            )
        )
    return sentences(*parts)
