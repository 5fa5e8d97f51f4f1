"""What did those who wrote say with a number?  Their stars and scores, joined to the words they wrote beside them.

A label is where on its scale the number lies: negative in the lower two fifths (1-2 of 5, 0-4 of 10), positive from
seven tenths on (4-5 of 5, 7-10 of 10), neutral between; an NPS answer by its own groups (0-6, 7-8, 9-10).
The labels teach a company's own model (sentiment_own), and tell how the shipped one, which never saw them, misreads
this company (`misread_here`): nearer than the domains it was proved on can tell.
"""

from __future__ import annotations

from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import misread
from cx_helpers.tables import rating_scale

BAD, GOOD = 0.4, 0.7
NPS_BAD, NPS_GOOD = 0.6, 0.9
SIDES = ("negative", "positive")
FEW = 100  # labels that make a source of comments (review, ticket, …) one that is known
FEWEST = 30  # customers on either side, below which a company's own labels tell nothing of the model
YEAR = 365 * 86_400  # seconds
PARTS = 4  # of that time, held against each other
UNLIKE = 0.1  # standard deviations: an origin's comments without a number are others than those with one
APART = 0.3  # hit less false: labels that go with the words less than this are about another thing


def labelled(comments: ir.Table, responses: ir.Table | None = None, tickets: ir.Table | None = None) -> ir.Table:
    """The comments with what their writers said in numbers: `label` (negative, neutral, positive; null: nothing) and
    `of` (whose number: rating, response or ticket).

    comments  with rating, origin and origin_id, as far as they are known;  responses, tickets  that origin_id leads to
    A comment's own rating counts before the score of the answer, or the ticket's csat, that it came with.
    """
    rows = comments.mutate(
        _number=_float(comments, "rating"),
        _from=_text(comments, "origin").fill_null(""),
        _response=_led(comments, "response"),
        _ticket=_led(comments, "ticket"),
    )
    rows = _beside(rows, responses, "_response", "response_id", ("score", "scale_min", "scale_max", "instrument"))
    rows = _beside(rows, tickets, "_ticket", "ticket_id", ("csat",))
    low, high = _float(rows, "_scale_min"), _float(rows, "_scale_max")
    score = (_float(rows, "_score") - low) / (high - low).nullif(0)
    at = {
        "rating": _place(rows, rows._number, "_from"),
        "response": ibis.ifelse((high > low) & score.between(0, 1) & ~_wished(rows), score, ibis.null("float64")),
        "ticket": _place(rows, _float(rows, "_csat")),
    }
    of = ibis.cases(*((where.notnull(), whose) for whose, where in at.items()), else_=ibis.null("string"))
    nps = (of == "response") & _text(rows, "_instrument").isin(["nps", "enps"]).fill_null(False)
    rows = rows.select(*comments.columns, _at=ibis.coalesce(*at.values()), of=of, _nps=nps)
    bad, good = (ibis.ifelse(rows._nps, *edges) for edges in ((NPS_BAD, BAD), (NPS_GOOD, GOOD)))
    label = ibis.cases((rows._at <= bad, "negative"), (rows._at >= good, "positive"), (rows._at.notnull(), "neutral"))
    return rows.mutate(label=label).drop("_at", "_nps")


class Rated(NamedTuple):
    """Comments with `rating`, all of one `scale` (lowest, highest); None: their own, whose scale is seen from them.

    n     comments that have a rating of what they came with;  left  that had one of another scale, and were given none
    """

    comments: ir.Table
    scale: tuple[float, float] | None = None
    n: int = 0
    left: int = 0


def rated(comments: ir.Table, responses: ir.Table | None = None, tickets: ir.Table | None = None) -> Rated:
    """The comments with a `rating` each: their own, or that of the answer (score) or ticket (csat) they came with.

    As for `labelled`.  Own ratings are what is asked for: only where fewer than FEWEST comments have one do the others
    stand in for them, and of these the commonest scale alone, since points of 5 and of 10 make no mean.
    """
    own = comments.filter(_float(comments, "rating").notnull()).count().execute()
    if own >= FEWEST:
        return Rated(comments)
    rows = comments.mutate(_response=_led(comments, "response"), _ticket=_led(comments, "ticket"))
    rows = _beside(rows, responses, "_response", "response_id", ("score", "scale_min", "scale_max", "instrument"))
    rows = _beside(rows, tickets, "_ticket", "ticket_id", ("csat",))
    score, csat = _float(rows, "_score"), _float(rows, "_csat")
    low, high = _float(rows, "_scale_min"), _float(rows, "_scale_max")
    here = (high > low) & score.between(low, high) & ~_wished(rows)
    ends = rows.aggregate(low=csat.min(), plain=csat.min(where=csat >= 0), high=csat.max()).execute()
    least, plain, most = ends.astype(float).iloc[0]
    worst, best = rating_scale(least if most <= 1 else plain, most) or (None, None)  # as `_place` has it
    given = here.fill_null(False)
    rows = rows.mutate(
        _rating=ibis.ifelse(given, score, csat),
        _low=ibis.ifelse(given, low, ibis.literal(worst, "float64")),
        _high=ibis.ifelse(given, high, ibis.literal(best, "float64")),
    )
    rows = rows.mutate(_rating=ibis.ifelse(_._rating.between(_._low, _._high), _._rating, ibis.null("float64")))
    counts = rows.filter(_._rating.notnull()).group_by(["_low", "_high"]).aggregate(n=_.count())
    counts = counts.execute().sort_values(["n", "_low", "_high"], ascending=[False, True, True], ignore_index=True)
    if counts["n"].sum() <= own:
        return Rated(comments)
    low, high, n = counts.iloc[0]
    rating = ibis.ifelse((rows._low == low) & (rows._high == high), rows._rating, ibis.null("float64"))
    given = rows.mutate(rating=rating).select(*{**dict.fromkeys(comments.columns), "rating": None})
    return Rated(given, (float(low), float(high)), int(n), int(counts["n"].sum() - n))


def _wished(rows: ir.Table):
    """Is a score what customers wish for, not how it was?"""
    return _text(rows, "_instrument").re_search(r"\.(expected|importance)$").fill_null(False)


def _float(rows: ir.Table, column: str):
    """A column of numbers, NaN being null; all null where there is none."""
    value = rows[column].cast("float64") if column in rows.columns else ibis.null("float64")
    return ibis.ifelse(value.isnan(), ibis.null("float64"), value)


def _text(rows: ir.Table, column: str):
    return rows[column].cast("string") if column in rows.columns else ibis.null("string")


def _led(comments: ir.Table, origin: str):
    """The key of the row that a comment of this origin came with."""
    here = _text(comments, "origin") == ibis.literal(origin)
    return ibis.ifelse(here, _text(comments, "origin_id"), ibis.null("string"))


def _beside(rows: ir.Table, there: ir.Table | None, key: str, of: str, columns: tuple[str, ...]) -> ir.Table:
    """The rows with the `columns`, under `_`, of the row that each came with."""
    if there is None:
        return rows.mutate(**{f"_{c}": ibis.null("float64") for c in columns})
    said = {f"_{c}": there[c] if c in there.columns else ibis.null("float64") for c in columns}
    beside = there.select(_id=there[of].cast("string"), **said)
    return rows.left_join(beside, rows[key] == beside._id).drop("_id")


def _place(rows: ir.Table, number, source: str = ""):
    """Where on its scale does each number lie?  0..1; the scale is the first that holds all numbers of its source."""
    asked = rows.select(number=number, source=rows[source] if source else ibis.literal(""))
    number_ = asked.number
    ends = asked.group_by("source").aggregate(
        low=number_.min(), plain=number_.min(where=number_ >= 0), high=number_.max()
    )
    places = []
    for name, low, plain, high in ends.execute().itertuples(index=False):
        if span := rating_scale(low if high <= 1 else plain, high):  # below 0 stands "none" beside marks
            here = number.between(*span) & ((rows[source] == name) if source else ibis.literal(True))
            places.append((here, (number - span[0]) / (span[1] - span[0])))
    return ibis.cases(*places) if places else ibis.null("float64")


def misread_here(
    comments: ir.Table, elsewhere: pd.DataFrame, responses: ir.Table | None = None, tickets: ir.Table | None = None
) -> pd.DataFrame | None:
    """How does a model that never saw this company misread its comments, by what their writers said in numbers?

    comments   with `sentiment`, written_at, and what `labelled` asks for
    elsewhere  sentiment_evidence.confusion of the model: how far off a domain of others may be
    What people mean by a number, and how they write, drifts over the years: the newest YEAR of labels tells, and all of
    them only where it has too few.
    Returns what misread.rates reads, index domain (origins of FEW labels and more): n_negative, n_not_negative
    (customers who said so, one for each comment of nobody known), negative_p_hit and negative_p_false (mean of p among
    them and among all the others, middling ones included) with their variances negative_hit_var and negative_false_var,
    negative_drift (how far off, beyond chance, the share is in one quarter of that time, corrected by all of it; root
    mean square), the same of positive, negative_elsewhere and negative_df, and `unseen`: the share of the comments
    read whose origin has fewer labels, or in which those without a number are others (_unlike).  None where fewer than
    FEWEST customers stand on either side, or where words and numbers say so little of each other (APART) that they are
    about two things.
    """
    rows = _read(comments, responses, tickets)
    ends = rows.filter(_.label.notnull()).aggregate(first=_.at.min(), last=_.at.max()).execute().dropna()
    for first, last in ends.astype(float).itertuples(index=False):
        for start in (max(last - YEAR, first), first):
            if _tells(table := _table(rows.filter(rows.at >= start), start, last, elsewhere)):
                return table
    return None


def unseen(comments: ir.Table, responses: ir.Table | None = None, tickets: ir.Table | None = None) -> float:
    """Which share of the comments read do those with a number tell nothing of?  Those of origins with fewer than FEW
    labels, and those without a number where they are others than those with one (_unlike); 0..1, 0 without comments."""
    whole = _sums(_read(comments, responses, tickets), "origin")
    strange = whole["rows"].where(whole["labels"] < FEW, (whole["rows"] - whole["labels"]).where(_unlike(whole), 0))
    return float(strange.sum() / max(whole["rows"].sum(), 1))


def _read(comments: ir.Table, responses: ir.Table | None, tickets: ir.Table | None) -> ir.Table:
    """The comments that were read: label, p(negative), origin, at (seconds), who."""
    rows = labelled(comments, responses, tickets)
    who = rows.customer_id if "customer_id" in rows.columns else ibis.null("string")
    kept = {"at": rows.written_at.epoch_seconds(), "p": (1 - rows.sentiment) / 2, "who": who.cast("string")}
    return rows.select("label", **kept, origin=_text(rows, "origin").fill_null("?")).filter(_.p.notnull())


def _table(rows: ir.Table, start: float, last: float, elsewhere: pd.DataFrame) -> pd.DataFrame:
    """Rows of label, p, origin, who and at as misread.rates reads them; empty where no origin has enough labels."""
    quarter = ((rows.at - start) * PARTS / (last - start + 1)).floor().cast("int64").clip(0, PARTS - 1)
    rows = rows.mutate(quarter=quarter)
    whole, parts = _sums(rows, "origin"), _sums(rows, "origin", "quarter")
    known = whole[(whole["labels"] >= FEW) & ~_unlike(whole)]
    table = {
        of: {k: v for label in SIDES for k, v in _row(sums, parts.loc[of], label, elsewhere).items()}
        for of, sums in known.iterrows()
    }
    unseen = 1 - known["rows"].sum() / whole["rows"].sum()
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("domain").assign(unseen=unseen)


def _unlike(whole: pd.DataFrame) -> pd.Series:
    """Are the comments of an origin that carry no number written otherwise than those that do?

    Where only the unhappy rate, or those who say it clearly, the labelled ones tell nothing of the others: their p, or
    how far it is from the middle, then lies UNLIKE apart and more, in standard deviations (Austin, Multivariate
    Behav. Res. 46, 2011), and by more than chance.  A tenth of mute ones changes no share by much.
    """
    far = pd.Series(0.0, whole.index)
    for what in ("p", "clear"):
        sd = np.sqrt((whole[f"told_{what}_var"] + whole[f"mute_{what}_var"]) / 2)
        far = np.fmax(far, (whole[f"told_{what}"] - whole[f"mute_{what}"]).abs() / sd.clip(lower=1e-6))
    mute = whole["rows"] - whole["labels"]
    chance = 2 * np.sqrt(1 / whole["labels"].clip(lower=1) + 1 / mute.clip(lower=1))
    return (mute > whole["rows"] / 10) & (far > np.maximum(UNLIKE, chance))


def _sums(rows: ir.Table, *by: str) -> pd.DataFrame:
    """Index `by`: rows, labels, and of each label LABEL_own_… and LABEL_other_… (those labelled otherwise): n, people,
    the mean of p(LABEL), and the variance of that mean; people, not comments, are drawn."""
    sums = {"rows": rows.count(), "labels": rows.label.count()}
    for what, value in (("p", rows.p), ("clear", (2 * rows.p - 1).abs())):
        for who, those in (("told", rows.label.notnull()), ("mute", rows.label.isnull())):
            sums |= {f"{who}_{what}": value.mean(where=those), f"{who}_{what}_var": value.var(where=those, how="pop")}
    for label in SIDES:
        p = rows.p if label == "negative" else 1 - rows.p
        for side, those in (("own", rows.label == label), ("other", rows.label != label)):
            alone = rows.who.isnull() & those
            sums |= {
                f"{label}_{side}_n": those.sum(),
                f"{label}_{side}_people": rows.who.nunique(where=those) + alone.sum().coalesce(0),
                f"{label}_{side}_mean": p.mean(where=those),
                f"{label}_{side}_var": p.var(where=those, how="pop"),
            }
    found = rows.group_by(list(by)).aggregate(**sums).execute().set_index(list(by)).astype(float)
    for column in [c for c in found if c.endswith("_var") and c.replace("_var", "_people") in found]:
        found[column] /= found[column.replace("_var", "_people")].where(lambda n: n > 0)
    return found


def _row(whole: pd.Series, quarters: pd.DataFrame, label: str, elsewhere: pd.DataFrame) -> dict[str, float]:
    """What one origin's numbers say of one label."""
    stranger = misread.rates(elsewhere, label)
    return {
        f"n_{label}": whole[f"{label}_own_people"],
        f"n_not_{label}": whole[f"{label}_other_people"],
        f"{label}_p_hit": whole[f"{label}_own_mean"],
        f"{label}_p_false": whole[f"{label}_other_mean"],
        f"{label}_hit_var": whole[f"{label}_own_var"],
        f"{label}_false_var": whole[f"{label}_other_var"],
        f"{label}_drift": _drift(whole, quarters, label),
        f"{label}_elsewhere": stranger.error,
        f"{label}_df": stranger.df,
    }


def _drift(whole: pd.Series, quarters: pd.DataFrame, label: str) -> float:
    """How far off, beyond chance, is a quarter's share corrected by the rates of all?  Root mean square."""
    own, other = (f"{label}_{side}" for side in ("own", "other"))
    apart = whole[f"{own}_mean"] - whole[f"{other}_mean"]
    true = quarters[f"{own}_n"] / (quarters[f"{own}_n"] + quarters[f"{other}_n"])
    off = sum(
        part * (quarters[f"{side}_mean"] - whole[f"{side}_mean"]) for part, side in ((true, own), (1 - true, other))
    )
    chance = true**2 * quarters[f"{own}_var"] + (1 - true) ** 2 * quarters[f"{other}_var"]
    return float(np.sqrt(max((off**2 - chance).mean(), 0)) / apart) if apart > 0 else np.nan


def _tells(table: pd.DataFrame) -> bool:
    for label in SIDES if len(table) else ():
        of = misread.rates(table, label)
        people = table[[f"n_{label}", f"n_not_{label}"]].sum().min()
        if people < FEWEST or not of.hit - of.false >= APART:
            return False
    return bool(len(table))
