"""Which clues of the experience do customers write about, and how do they feel about them?

Functional clues: does it work?  Mechanical clues: what things and places say (the app, the box).  Human clues:
what people do and how.  Where no form asks about them, the aspects that comments name tell of them; whoever writes had
a reason to, so shares are of those who wrote, not of customers.
Source: Berry, Wall, Carbone, Academy of Management Perspectives 20(2), 2006.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from cx_helpers import certainty, forms
from cx_helpers.tables import need

ASPECTS = {  # what intake.aspects marks -> the clue it is; price is none of them: it is what was given, not got
    "functional": ("delivery", "quality", "taste", "payment", "return", "accuracy", "support"),
    "mechanical": ("packaging", "app", "information"),
    "human": ("staff", "courier"),
}
BAND = 0.2  # a feeling nearer to 0 is neutral, as everywhere


def written(comments: ir.Table, smallest: int = 1, band: float = BAND) -> pd.DataFrame:
    """Of the comments that name a clue, which share is unhappy with it?

    comments  with a column aspect_NAME each (-1..1), as intake.aspects marks them
    A comment feels about a clue as about the worst of its aspects that it names.
    Returns, index `clue`: n comments, customers, `aspect_negative` (0..1) with Wilson's low and high on the effective
    number, se, positive (0..1).  A comment may name several clues, so shares do not add up.
    """
    need(comments, "customer_id")
    values = {}
    for clue in forms.CLUES:
        felt = [comments[f"aspect_{a}"] for a in ASPECTS[clue] if f"aspect_{a}" in comments.columns]
        worst = ibis.least(*felt) if len(felt) > 1 else felt[0] if felt else ibis.null("float64")
        values |= {f"{clue}_bad": (worst < -band).cast("float64"), f"{clue}_good": (worst > band).cast("float64")}
    sums = certainty.sums(comments, values)
    rows = {}
    for clue in forms.CLUES:
        bad, good = (certainty.share(sums[f"{clue}_{way}"], "aspect_negative").iloc[0] for way in ("bad", "good"))
        rows[clue] = bad.to_dict() | {"positive": good["aspect_negative"]}
    out = pd.DataFrame.from_dict(rows, "index").rename_axis("clue").astype({"n": int, "customers": int})
    return certainty.hide_small(out, smallest, total=False)
