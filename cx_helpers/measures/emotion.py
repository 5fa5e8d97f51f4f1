"""How do customers feel along the way?  The emotion curve over the stages of the journey, and where it dips."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty
from cx_helpers.tables import need

_SUMS = "n customers sum_x sum_xx cluster_xx cluster_xn cluster_nn".split()


def curve(
    stages: dict[str, list[str]],
    comments: ir.Table | None = None,
    responses: ir.Table | None = None,
    touchpoints: ir.Table | None = None,
    smallest: int = 1,
) -> pd.DataFrame:
    """How do customers feel at each stage, and where do they feel worse than elsewhere?

    stages       the workspace's, in order: {stage: [touchpoint, …]}
    comments     with `touchpoint` and `sentiment` (-1..1)
    responses    with `touchpoint`, `instrument`, score and scale,
                 brought to -1..1 end to end;  what names no touchpoint of a stage is left out
    touchpoints  where given, its `stage` column says where touchpoints stand that `stages` does not name
    smallest     stages with fewer voices, or voices of too few customers, keep n and lose their values

    Returns, index `stage` in the given order: n, customers, `feeling` (-1..1), low, high, se, and the comparison with
    all other stages together: `change`, change_low, change_high, p_value, p_adjusted (Holm over the stages).

    Like is compared with like: a question that is asked at one stage only (an effort score after support, say) would
    shift that stage by its own scale, so such questions are left out wherever others are asked at two stages or more,
    and each question's voices count by how far they lie from that question's mean, around the mean of all.
    Customers who speak several times are clustered; the interval is Student's.
    Without comments and responses, or where no stage holds a touchpoint, nobody speaks: n = 0 and nulls.
    """
    names, place = list(stages), _place(stages, touchpoints)
    if not place or (comments is None and responses is None):
        return _curve(pd.DataFrame(0.0, pd.Index(names, name="stage"), _SUMS), smallest)
    voices = _voices(comments, responses, place)
    asked = voices.group_by(["kind", "stage"]).aggregate(n=_.count()).execute()
    kinds = asked.groupby("kind")["stage"].nunique()
    shared = sorted(kinds[kinds > 1].index) or sorted(kinds.index)
    voices = voices.filter(voices.kind.isin(shared)) if shared else voices
    together, own = ibis.window(), ibis.window(group_by="kind")
    level = voices.feeling.mean().over(together) - voices.feeling.mean().over(own) if len(kinds[kinds > 1]) else 0.0
    voices = voices.mutate(feeling=voices.feeling + level)
    found = certainty.sums(voices, voices.feeling, ["stage"])
    # a stage that only the log's own column names stands after those of the workspace
    names += sorted(s for s in found.index if s not in names)
    return _curve(found.reindex(pd.Index(names, name="stage"), fill_value=0.0), smallest)


def _curve(found: pd.DataFrame, smallest: int) -> pd.DataFrame:
    out = certainty.average(found, "feeling", (-1, 1))
    out["feeling"] = out["feeling"].clip(-1, 1)  # levelled, it may lie a little outside
    out = certainty.hide_small(out, smallest, total=False)  # nobody is told how all stages together feel
    return out.join(_dips(out))


def _place(stages: dict[str, list[str]], touchpoints: ir.Table | None) -> dict[str, str]:
    place = {touchpoint: stage for stage, those in stages.items() for touchpoint in those}
    if touchpoints is not None and "stage" in touchpoints.columns:
        each = touchpoints.filter(_.stage.notnull()).group_by(["touchpoint", "stage"]).aggregate(n=_.count()).execute()
        each = each.sort_values(["n", "stage"], ascending=[False, True]).drop_duplicates("touchpoint")
        place = dict(zip(each["touchpoint"], each["stage"], strict=True)) | place
    return place


def _voices(comments, responses, place: dict[str, str]) -> ir.Table:
    """One row a voice: customer_id, stage, kind (comments or the instrument), feeling."""
    parts = []
    if comments is not None:
        need(comments, "customer_id", "touchpoint", "sentiment")
        parts.append(comments.mutate(kind=ibis.literal("comments"), feeling=comments.sentiment.cast("float64")))
    if responses is not None:
        need(responses, "customer_id", "touchpoint", "instrument", "score", "scale_min", "scale_max")
        reach = (responses.scale_max - responses.scale_min).nullif(0).cast("float64")
        parts.append(
            responses.mutate(kind=responses.instrument, feeling=2 * (responses.score - responses.scale_min) / reach - 1)
        )
    known = []
    for part in parts:
        stage = ibis.cases(*[(part.touchpoint == t, s) for t, s in sorted(place.items())])
        part = part.mutate(stage=stage).select("customer_id", "stage", "kind", "feeling")
        known.append(part.filter(part.stage.notnull(), part.feeling.notnull()))
    return ibis.union(*known) if len(known) > 1 else known[0]


def _dips(out: pd.DataFrame) -> pd.DataFrame:
    """Each stage against all the others together."""
    n = out["n"].where(out["feeling"].notna() & out["se"].notna(), 0).astype(float)
    value, se = out["feeling"].fillna(0), out["se"].fillna(0)
    rest = (n.sum() - n).where(lambda x: x > 0)
    others = ((n * value).sum() - n * value) / rest
    spread = np.sqrt(((n * se) ** 2).sum() - (n * se) ** 2) / rest
    step, wide = (value - others).where(n > 0), np.hypot(se, spread).where(n > 0)
    people = out["customers"].where(n > 0, 0)
    rest_of = {"n": rest, "se": spread, "customers": people.sum() - people}
    p = certainty.difference(step.where(wide > 0), {"n": n, "se": se, "customers": people}, rest_of)
    return pd.DataFrame(
        {
            "change": step,
            "change_low": step - certainty.Z95 * wide,
            "change_high": step + certainty.Z95 * wide,
            "p_value": p,
            "p_adjusted": certainty.adjust(p, "holm"),
        },
        index=out.index,
    )
