"""Who must not be seen?  Groups of too few customers, and what else is held back so that nobody subtracts them.

The group is whoever `n` counts.  Two rules: with fewer than `smallest` answers a value is too unsure to be shown, and
n says so; with fewer than `privacy.smallest_group` customers it would tell of persons, and neither the value nor how
many they are is shown.  A group that is the only one missing under a total is the total less the others; so the next
smallest is held back, too (secondary suppression).  docs/decisions/0014 says what that covers and what it does not.
Source: Hundepool et al., Statistical Disclosure Control, 2012, ch. 4 and 5.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from cx_helpers import rings
from cx_helpers.wording import Words, say

HIDDEN = "hidden"  # the column of an answer that says why a row is not shown, or null where it is
SMALL, BESIDE, PARTS, RARE = "small", "beside", "parts", "rare"
WHY: dict[str, Words] = {
    SMALL: {
        "fa": "گروه کوچک؛ برای حفظ حریم مشتریان نشان داده نشد",
        "en": "Small group; not shown, to protect customers’ privacy",
    },
    BESIDE: {
        "fa": "نشان داده نشد تا گروه کوچکی از تفریق به دست نیاید",
        "en": "Not shown, so that a small group cannot be had by subtraction",
    },
    RARE: {
        "fa": "مواردش آن‌قدر کم است که از افراد خبر می‌دهد؛ برای حفظ حریم مشتریان نشان داده نشد",
        "en": "So few cases that they would tell of persons; not shown, to protect customers’ privacy",
    },
    PARTS: {
        "fa": "در هر ماه گروهی کوچک است؛ برای حفظ حریم مشتریان نشان داده نشد",
        "en": "A small group in each month; not shown, to protect customers’ privacy",
    },
}


def _nothing(_column: str) -> frozenset:
    return frozenset()


class Limit(int):
    """From how many answers on a value is shown (the number itself), and from how many customers on a group is.

    customers  behind a group;  held  column -> its values that are held back beside small ones in everything
    A plain whole number does wherever a Limit does: it asks for answers only.
    """

    customers: int
    held: Callable[[str], frozenset]

    def __new__(cls, answers: int, customers: int = 1, held: Callable[[str], frozenset] = _nothing) -> Limit:
        made = super().__new__(cls, answers)
        made.customers, made.held = customers, held
        return made

    def __getnewargs__(self) -> tuple:
        return int(self), self.customers, self.held


def least(smallest: int) -> int:
    """How many customers a group needs: 1 where only answers were asked for."""
    return getattr(smallest, "customers", 1)


def customers_only(smallest: int) -> int:
    """The same rule where nothing but customers counts: no number of answers is asked for."""
    return Limit(1, smallest.customers, smallest.held) if isinstance(smallest, Limit) else 1


def few(customers, smallest: int) -> np.ndarray:
    """Are there customers, but too few of them?  Nobody (0, null) is nobody's secret."""
    customers = np.nan_to_num(np.asarray(customers, float))
    return (customers > 0) & (customers < least(smallest))


def count(n, smallest: int, customers=None) -> float | Words:
    """`n` for a sentence; “fewer than 10” where too few customers (default: n of them) stand behind it."""
    if few(n if customers is None else customers, smallest):
        return say(fa="کمتر از {k}", en="fewer than {k}", k=least(smallest))
    return n


def sentence(why: str) -> Words:
    """Why a number is not shown, as a sentence of its own."""
    return {locale: f"{text}." for locale, text in WHY[why].items()}


def unshown(why) -> Words:
    """`sentence` of what a row's `hidden` says; of one that is not hidden: that there are too few to tell anything."""
    if isinstance(why, str):
        return sentence(why)
    return {"fa": "برای گفتن چیزی شمار کافی نیست.", "en": "There are too few to tell anything."}


def beside(customers, held, smallest: int) -> np.ndarray:
    """Which further group must be held back, so that no small one is the total less those shown?

    customers  of each group under one total;  held  those held back already, their n too
    What is missing together can always be had; it tells of nobody in particular once a group that is large enough is
    among it.  So where a small group is missing and no large one, the smallest of the large ones goes, too.  Only
    customers decide, so that every table of the same groups holds back the same one.
    """
    customers, held = np.nan_to_num(np.asarray(customers, float)), np.asarray(held, bool)
    large, out = customers >= least(smallest), np.zeros(len(customers), bool)
    if few(customers, smallest).any() and large.any() and not (held & large).any():
        out[np.where(large, customers, np.inf).argmin()] = True
    return out


def hide(
    found: pd.DataFrame, smallest: int, *, size: str = "customers", total: bool = True, parts: dict | None = None
) -> pd.DataFrame:
    """Null every value of the groups that are too small to be shown, and of those held back beside them.

    found     an answer with n; its index: groups, a level `period` being a table of its own, two levels a cross-tab
    smallest  a Limit, or a number of answers;  size  the column that counts customers;  total  is their total known?
    parts     {group: the part it belongs to} where another table tells the totals of parts, too: a small group is then
              hidden beside a large one of its own part
    `n` stays, so that a reader of data sees why (a page says it in words); the number of customers goes.  Where a
    Limit was given a column `hidden` says why: `small`, `beside`, or null for what is shown or too unsure.
    """
    back = (found["n"] < smallest).to_numpy()
    out, kept = found.copy(), [c for c in (HIDDEN, "n", size) if c in found]
    if isinstance(smallest, Limit):
        out[HIDDEN] = _why(found.index, found["n"], found[size], smallest, total, parts or {})
        hidden = out[HIDDEN].notna().to_numpy()
        back |= hidden
        if size != "n":
            out[size] = out[size].mask(hidden)
    numbers = [c for c in found if c not in kept]
    out[numbers] = out[numbers].mask(_wide(back, numbers))
    return out


def _wide(rows, columns) -> np.ndarray:
    """A truth for each row, repeated over the columns: whatever the index, equal labels in it too."""
    return np.repeat(np.asarray(rows, bool)[:, None], len(columns), axis=1)


def _why(index: pd.Index, n, customers, smallest: Limit, total: bool, known: dict) -> np.ndarray:
    customers = np.nan_to_num(np.asarray(customers, float))
    kept_back = held(index, smallest) & (customers > 0)
    why = np.where(few(customers, smallest), SMALL, np.where(kept_back, BESIDE, None)).astype(object)
    levels = [name for name in index.names if name not in (None, "period")]
    if not total or not levels:
        return why
    places, last = index.to_frame(index=False), levels[-2:]
    others = [name for name in index.names if name not in last]
    parts = places.groupby(others, dropna=False, sort=False).indices.values() if others else [np.arange(len(index))]
    for part in parts:
        if len(last) == 1:
            more = _beside_parts([known.get(one) for one in places[last[0]].iloc[part]], customers[part],
                                 kept_back[part], smallest)  # fmt: skip
        else:
            two = [places[name].iloc[part] for name in last]
            more = cells(*two, np.asarray(n, float)[part], customers[part], smallest, back=kept_back[part])
        why[part[more & pd.isna(why[part])]] = BESIDE
    return why


def _beside_parts(labels: list, customers, held, smallest: int) -> np.ndarray:
    """`beside` within each part whose total is known, and then once more for all of them together."""
    code, out = pd.factorize(pd.Series(labels, dtype=object), use_na_sentinel=False)[0], np.zeros(len(labels), bool)
    for part in np.unique(code):
        mine = code == part
        out[mine] = beside(customers[mine], held[mine], smallest)
    return out | beside(customers, held | out, smallest)


def held(index: pd.Index, smallest: int) -> np.ndarray:
    """Which rows are of values that are held back everywhere beside a small one of their column?"""
    out, ask = np.zeros(len(index), bool), getattr(smallest, "held", _nothing)
    for place, name in enumerate(index.names):
        values = ask(name) if name is not None else ()
        if values:
            level = index.get_level_values(place)
            out |= (level.isna() & (None in values)) | level.astype(str).isin([v for v in values if v is not None])
    return out


def apart(parts: dict, smallest: int) -> dict:
    """What `certainty.sums` must count to know how many customers stand behind each part of a group; else nothing.

    parts  {name: an ibis expression of ones and zeros}, e.g. promoters, passives, detractors
    """
    return {name: one.nullif(0) for name, one in parts.items()} if least(smallest) > 1 else {}


def hide_parts(found: pd.DataFrame, parts: list[str], sums: dict[str, pd.DataFrame], smallest: int) -> pd.DataFrame:
    """Null the counts of a group's parts, all of them, where one of them is of too few customers.

    found  an answer that holds the counts;  sums  of `certainty.sums` with what `apart` asked for
    All: the group's score and its n give two of them away together with any one.
    """
    if least(smallest) == 1:
        return found
    small = np.column_stack([few(sums[part]["customers"], smallest) for part in parts]).any(axis=1)
    out = found.copy()
    out[parts] = out[parts].mask(_wide(small, parts))
    return out


def with_hidden(out: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """An answer made of the shown rows of another one, with a row of nulls for each group that it has lost by that.

    out    with `n` (and whatever else), index = the groups;  found  the rows it was made from, one each month, with `n`
           and `hidden`
    n of such a group is the sum, null where a part of it is hidden for privacy; `hidden` is then `parts`.
    """
    keys = list(out.index.names)
    every = found.reset_index().groupby(keys, dropna=False, sort=False)
    made = {"n": every["n"].agg(lambda each: each.sum(skipna=False)), HIDDEN: every[HIDDEN].first()}
    made = pd.DataFrame(made).reset_index()
    there = made[keys].merge(out.reset_index()[keys].assign(_there=True), "left", keys)["_there"].notna()
    lost = made[~there.to_numpy()].set_index(keys)
    lost[HIDDEN] = np.where(lost[HIDDEN].notna(), PARTS, None)
    out = out.assign(**{HIDDEN: None})
    return pd.concat([out, lost.reindex(columns=out.columns)]) if len(lost) else out


def rounded(found: pd.DataFrame, counts: list[str], smallest: int) -> pd.DataFrame:
    """Counts rounded to multiples of the smallest group: what is left of a total is then known by no more than that."""
    base = least(smallest)
    return found.assign(**{c: (found[c] / base).round() * base for c in counts})


# ---- cross-tabs ------------------------------------------------------------------------------------------------------


def hide_cells(found: pd.DataFrame, smallest: int, rows=None, columns=None) -> pd.DataFrame:
    """Null the cells of a cross-tab that are too small to be shown, counts and all, and those held back beside them.

    found  an answer with n and customers; the last two levels of its index are the sides, each combination of those
           before them is a table of its own
    rows, columns  {label of a side: its customers}, the same for every table; default: the sum over its cells
    With a plain number (of customers) as `smallest` n and customers stay.  With a Limit they go, and `hidden` says why.
    """
    out = found.copy()
    if not isinstance(smallest, Limit):
        numbers = [c for c in found if c not in ("n", "customers")]
        out[numbers] = out[numbers].mask(_wide(found["customers"].between(1, smallest - 1), numbers))
        return out
    kept_back = held(found.index, smallest)
    why = np.where(few(found["customers"], smallest), SMALL, np.where(kept_back, BESIDE, None)).astype(object)
    places = found.index.to_frame(index=False)
    *others, row, column = places.columns
    parts = places.groupby(others, dropna=False, sort=False).indices.values() if others else [np.arange(len(found))]
    for part in parts:
        mine = found.iloc[part]
        two = (places[side].iloc[part] for side in (row, column))
        more = cells(*two, mine["n"], mine["customers"], smallest, rows, columns, kept_back[part])
        why[part[more & pd.isna(why[part])]] = BESIDE
    return out.mask(_wide(~pd.isna(why), out.columns)).assign(**{HIDDEN: why})


def cells(row, column, n, customers, smallest: int, rows=None, columns=None, back=None) -> np.ndarray:
    """Which cells of a cross-tab must not be shown: the small ones, and those without which they could be worked out?

    row, column  the labels of each cell;  n  what adds up to the sums at the sides;  customers  behind each cell
    rows, columns  {label: customers of the side}; a side that is small is not known, nor is the one beside it
    back  cells held back already.  A combination that is not listed must look to a reader as a hidden one does
    Every line with a small cell loses a large one, too.  Beyond that, a missing cell of a table is known exactly when
    it lies on no ring of missing cells (each next one in the row or the column of the one before); the cheapest ring
    is a shortest path.  Source: Kelly, Golden, Assad, Networks 22, 1992; Gusfield, SIAM J. Comput. 17, 1988.
    """
    n, customers = (np.nan_to_num(np.asarray(x, float)) for x in (n, customers))
    small = few(customers, smallest)
    hidden = small | (np.zeros(len(n), bool) if back is None else np.asarray(back, bool))
    if not small.any():
        return hidden
    sides = [_side(labels, given, customers, smallest) for labels, given in ((row, rows), (column, columns))]
    for (code, _small, unknown), (other, *_) in (sides, sides[::-1]):
        for line in np.unique(code[small]):
            mine = code == line
            if not unknown[line] and not (hidden & mine & (customers >= least(smallest))).any():
                needed = np.isin(other, other[small])  # one that serves both of its lines
                open_ = np.flatnonzero(mine & ~hidden & (n > 0))
                hidden[open_[np.lexsort((n[open_], ~needed[open_]))[:1]]] = True
    return rings.closed(n, small, hidden, *sides)


def _side(labels, given, customers, smallest) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The line each cell stands in; of each line: is it small, and is its sum not known?"""
    code, names = pd.factorize(pd.Series(np.asarray(labels, object)), use_na_sentinel=False)
    whole = np.bincount(code, customers)
    if given is not None:
        whole = np.array([given.get(None if pd.isna(name) else name, 0) for name in names], float)
    small = few(whole, smallest)
    return code, small, small | beside(whole, np.zeros(len(whole)), smallest)
