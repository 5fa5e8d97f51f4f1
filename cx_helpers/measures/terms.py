"""Which words and phrases do customers use?  Comments as terms, cut and counted in the engine.

A term is a word without its endings, or two neighbours of one sentence («جعبه پاره»); how it is spelled makes no
difference: half-spaces, Arabic letters and stretched letters, «بسته بندی» and «بسته‌بندی» are one.  The engine cuts the
texts and counts; only the different words come here, to be read by hazm once each.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers import persian
from cx_helpers.tables import need

FEWEST = 3  # comments in which a way of writing must stand, or it is left out
CAREFUL = 0.1  # of the comments: where so many write a term with its half-space, it is shown so
STOP = "|"
_MARK = r"\[[^\]]{1,20}\]"  # what redaction leaves: [تلفن]
_BETWEEN = "[^\\p{L}\\p{M}\u200c\\s]+"  # whatever is no letter and no blank ends a phrase
# whose, plural, "is", object: as they are spoken and hazm does not know them (گرونه, جعبشون, پیکو)
_SPOKEN = "هاشون هاتون هامون شون تون مون شان تان مان های هایی ها اش ات ام ش م ت ه و ی رو ترین تر".split()
SHORTEST = 3  # letters of what is left
_KEYS = {"written": "string", "key": "string", "silent": "boolean", "denies": "boolean"}


def terms(comments: ir.Table) -> ir.Table:
    """Every term of every comment, as an engine table.

    comments  with comment_id, text, written_at and, where known, customer_id (null: the comment stands for itself)
    Returns comment_id, who (the customer), written_at, `term` (its key: letters only, the same however it is written),
    `shown` (as written there), `one` and `two` (keys of its words; two is null for a word).  A term stands as often as
    it is written: count distinct `who` or comments.  Words that say nothing by themselves (FUNCTION_WORDS) are terms
    only beside one that does, and only where they deny it («کیفیت نداره»).
    """
    need(comments, "comment_id", "text", "written_at")
    cut = _cut(comments)
    known = cut.filter(_.a != STOP).group_by("a").aggregate(n=_.count()).filter(_.n >= FEWEST).execute()
    keys = ibis.memtable(_keys(known), schema=_KEYS)
    first = keys.rename(a="written", one="key", dumb="silent", no="denies")
    second = keys.rename(b="written", two="key", mute="silent", not_="denies")
    both = cut.inner_join(first, "a").left_join(second, "b")
    kept = ["comment_id", "who", "written_at"]
    word = both.filter(~_.dumb).select(*kept, term=_.one, shown=_.a, one=_.one, two=ibis.null("string"))
    tells = (~_.dumb & (~_.mute | _.not_)) | (_.no & ~_.mute)
    pair = both.filter(_.two.notnull(), tells)
    return ibis.union(word, pair.select(*kept, term=_.one + _.two, shown=_.a + " " + _.b, one=_.one, two=_.two))


def _cut(comments: ir.Table) -> ir.Table:
    """One row a word: a, and b, what stands after it; `|` stands between sentences."""
    who = ibis.literal("#") + comments.comment_id.cast("string")  # no customer's id begins so
    if "customer_id" in comments.columns:
        who = comments.customer_id.cast("string").fill_null(who)
    plain = comments.text.re_replace(_MARK, f" {STOP} ").re_replace(_BETWEEN, f" {STOP} ")
    words = (plain + f" {STOP}").strip().re_split(r"\s+")
    rows = comments.filter(_.text.notnull()).select("comment_id", "written_at", who=who, words=words)
    pairs = rows.mutate(pair=_.words.zip(_.words[1:])).drop("words").unnest("pair")
    return pairs.select("comment_id", "written_at", "who", a=_.pair.f1, b=_.pair.f2)


def _keys(known: pd.DataFrame) -> pd.DataFrame:
    """written -> key, and whether the word says nothing by itself."""
    if known.empty:
        return pd.DataFrame({name: [] for name in _KEYS}).astype({"silent": bool, "denies": bool})
    plain = known["a"].map(persian.simplify).map(str.strip)
    known = known.assign(plain=plain)[plain.str.len() > 0]
    spelled = known.sort_values(["n", "a"], ascending=[False, True], kind="stable").drop_duplicates("plain")
    lemma = dict(zip(spelled["plain"], spelled["a"].map(persian.lemma), strict=True))
    count = known.groupby(known["plain"].map(lemma))["n"].sum()
    roots = {key: _root(key, count) for key in count.index}
    key = known["plain"].map(lemma).map(roots)
    silent = known["plain"].isin(persian.FUNCTION_WORDS) | key.isin(persian.FUNCTION_WORDS) | (key.str.len() < 2)
    denies = known["plain"].isin(persian.DENYING)
    made = pd.DataFrame({"written": known["a"], "key": key, "silent": silent, "denies": denies})
    return made.astype({"silent": bool, "denies": bool}).reset_index(drop=True)


def _root(word: str, count: pd.Series) -> str:
    """The word without a spoken ending, where that is a word that stands there more often."""
    for ending in _SPOKEN:
        base = word.removesuffix(ending)
        if base != word and len(base) >= SHORTEST and count.get(base, 0) > count[word]:
            return base
    return word


def comments(found: ir.Table) -> int:
    """Of how many comments are these terms?  found: of `terms`."""
    return int(found.comment_id.nunique().execute())


def spelled(found: ir.Table, keys: list[str]) -> dict[str, str]:
    """How each of these terms is mostly written, tidied for people: {key: «بسته‌بندی»}.

    found  of `terms`
    """
    if not keys:
        return {}
    ways = found.filter(_.term.isin(list(keys))).group_by(["term", "shown"]).aggregate(n=_.comment_id.nunique())
    ways = ways.execute()
    same = ways["shown"].map(persian.simplify).str.replace(" ", "")  # other half-spaces, the same letters
    each = ways.groupby(["term", same])["n"].transform("sum")
    half = ways["shown"].str.contains("\u200c") & (ways["n"] >= CAREFUL * each)
    ways = ways.assign(each=each, same=same, half=half)
    order = ["each", "same", "half", "n", "shown"]
    ways = ways.sort_values(order, ascending=[False, True, False, False, True], kind="stable").drop_duplicates("term")
    return {term: persian.tidy(shown) for term, shown in zip(ways["term"], ways["shown"], strict=True)}
