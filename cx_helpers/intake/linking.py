"""Which records are one person?  Two rounds of weighing, with what speaks against a link between them.

First records are weighed against each other and the sure links taken; what is one person then becomes one profile with
all its phones, e-mails, spellings and places, and profiles are weighed against each other: two namesakes whose profiles
hold different phones are told apart that no two of their records could tell.  Last come records without a first name:
they follow a phone or an e-mail, where all who have it and a name are one person.
"""

from __future__ import annotations

from collections.abc import Iterable

from cx_helpers.intake import candidates, comparisons, generations, likeness, namesakes
from cx_helpers.intake.clusters import CROWD, Forest, components
from cx_helpers.intake.values import literal

SURE = 6.0  # weight (log2 of odds) from which on two records are linked in the first round
ENOUGH = -2.0  # … two profiles in the second, where no rival comes near:
MARGIN = 3.0  # by so much less it must weigh
FAMILY = 0.15  # share of phones (or mail boxes) with several owners, from which on none leads to its owner by itself
FAR = -8.0  # weight below which a profile is nobody's rival
YEAR = 3.0  # weight from which on a birth year tells two with different phones from namesakes of one age
ALONE = 4.0  # weight from which on two profiles are linked, rivals or not
NEVER = 1000.0  # weight that no name has: a company of few records does not tell how rare its names are
ASK = 0.0  # weight from which on a pair is worth an analyst's question

NEWEST = """nid nid_like born born_jalali born_text born_year sure_jalali sure_text sure_year city province address
postal company""".split()

_ALIKE = "('same', 'sound', 'close', 'recut')"
_KEYS = "(mobile IS NOT DISTINCT FROM 'same' OR email IS NOT DISTINCT FROM 'same')"
_SURELY = f"{_KEYS} AND first IN ('same', 'sound') AND last IN {_ALIKE}"  # a birth date is mistyped sooner
# What speaks against two records so loudly that they are never one person, whatever else agrees
_CONTRADICTED = (
    "coalesce((nid_l <> nid_r) OR national_id IS DISTINCT FROM 'same' AND ("
    # another initial
    "(first IS NULL AND cx_begins(first_sound_l) <> cx_begins(first_sound_r)) OR "
    # another first name; two that are rare and somewhat alike may be slips of one: they are just not linked
    "(first = 'different' AND (least(first_n_l, first_n_r) > 3 OR jaro_winkler_similarity(first_sound_l, "
    "first_sound_r) < 0.6))"
    f" OR ((born = 'different' OR year = 'different') AND NOT coalesce({_SURELY}, false))), false)"
)
# … or so loudly that only an analyst may say they are: half a generation between two who share a phone and both names
_AGES = "generation AND national_id IS DISTINCT FROM 'same'"
AGAINST = f"({_CONTRADICTED} OR {_AGES})"
ASKABLE = f"NOT {_CONTRADICTED}"
# half a compound name, one only roughly alike or another surname may be a relative's: something of one's own must
# agree as well
_OWN = (
    f"(first IN {_ALIKE} AND last IS DISTINCT FROM 'different' OR national_id = 'same' OR born IN ('same', 'slip') OR "
    f"{_KEYS} AND (first = 'loose' AND last IN {_ALIKE} OR year = 'same') OR "
    f"mobile = 'same' AND email = 'same' AND first IN ('part', 'loose') AND last IN {_ALIKE} OR "
    "(email = 'same' AND first IN ('same', 'sound', 'close', 'loose')))"
)
# something beside the name that agrees: without it they may be two people of one name
_BESIDE = (
    "(mobile IN ('same', 'slip') OR email IN ('same', 'mailbox') OR national_id IN ('same', 'slip') OR card = 'same' "
    "OR landline = 'same' OR born IN ('same', 'slip') OR place IN ('home', 'near') "
    f"OR year = 'same' AND (mobile IS DISTINCT FROM 'different' OR weight >= {YEAR}))"
)
# or a name that is rare enough
_RARE = "(weight >= {0} AND mobile IS DISTINCT FROM 'different' AND email IS DISTINCT FROM 'different')"
LINKABLE = f"first IS NOT NULL AND first <> 'different' AND NOT {AGAINST} AND {_OWN}"


def link(con, model: likeness.Model, answers: Iterable[tuple[int, int, bool]] = ()) -> None:
    """Make id_people (unique_id, person) and id_links: who is one person, and by which links.

    Needs id_records and id_keys (people.describe, candidates.set_apart, likeness.complete).
    answers  what an analyst said of pairs of records: (l, r, are they one person)
    Completes a model that was learnt just now by the weight from which on a name will do.
    A person is named by its smallest record.  id_links holds the links that tied the records, each with its round, its
    weight, and the level and weight of every field.
    """
    forest = Forest()
    con.execute(
        "CREATE OR REPLACE TEMP TABLE id_links AS SELECT 'answered' AS round, l, r FROM (SELECT 0 AS l, 0 AS r) LIMIT 0"
    )
    _fill(con, "id_links", forest.answer(answers), "answered")
    named = namesakes.USUAL if model.trained else NEVER
    candidates.pair(con, "id_records", "id_pairs", candidates.BLOCKS)
    likeness.weigh(con, model, "id_records", "id_pairs", "id_first")
    _leave(con, forest, "id_first", _linkable(named))
    _grow(con, forest, f"SELECT l, r, weight FROM id_first WHERE {_linkable(named)} AND weight >= {SURE}", "records")
    profiles(con, forest)
    if model.trained:
        if model.named is None:
            model.named = namesakes.enough(con, MARGIN)
        named = model.named
    candidates.pair(con, "id_profiles", "id_pairs", candidates.BLOCKS | candidates.MISTYPED)
    likeness.weigh(con, model, "id_profiles", "id_pairs", "id_second")
    _rank(con)
    _leave(con, forest, "id_second", _linkable(named))
    clear = f"weight >= {ALONE} OR weight >= {ENOUGH} AND margin >= {MARGIN}"
    _grow(con, forest, f"SELECT l, r, weight FROM id_second WHERE {_linkable(named)} AND ({clear})", "profiles")
    _publish(con, forest)
    _grow(con, forest, _followers(con), "followed")
    _publish(con, forest)


def _linkable(named: float) -> str:
    """SQL of pairs that may be linked: nothing against it, and something beside the name or a name of that weight."""
    return f"{LINKABLE} AND ({_BESIDE} OR {_RARE.format(named)})"


def _leave(con, forest: Forest, scored: str, linkable: str) -> None:
    """Leave records to the analyst that may be either of two generations.

    What was answered of one record holds for those that nothing tells from it: they are not the other generation's.
    """
    torn = generations.torn(con, scored, linkable, MARGIN)
    settled = {x: forest.find(x) for x, a, b in torn if forest.find(x) in (forest.find(a), forest.find(b))}
    others = {b if forest.find(a) == settled[x] else a for x, a, b in torn
              if x in settled and settled[x] in (forest.find(a), forest.find(b))}  # fmt: skip
    open_ = [(x, a, b) for x, a, b in torn if x not in settled and not forest.against[x] & {a, b}]
    for x, a, b in open_:
        for person in {a, b} & others or {a, b}:
            forest.forbid(x, person)


def _grow(con, forest: Forest, links: str, round: str) -> None:
    """Take links (SQL of l, r, weight), strongest first, where nothing in their groups speaks against them."""
    edges = con.execute(f"SELECT l, r FROM ({links}) ORDER BY weight DESC, l, r").fetchall()
    group = components([(forest.find(a), forest.find(b)) for a, b in edges])
    con.execute("CREATE OR REPLACE TEMP TABLE id_groups (unique_id BIGINT, grp BIGINT)")
    _fill(con, "id_groups", [(x, group[root]) for root in group for x in forest.members.get(root, [root])])
    con.execute(
        "CREATE OR REPLACE TEMP TABLE id_inside AS SELECT a.unique_id AS l, b.unique_id AS r FROM id_groups a JOIN "
        "id_groups b "
        "ON a.grp = b.grp AND a.unique_id < b.unique_id "
        f"WHERE a.grp IN (SELECT grp FROM id_groups GROUP BY grp HAVING count(*) BETWEEN 3 AND {CROWD})"
    )
    for a, b in con.execute(
        f"SELECT l, r FROM ({comparisons.levels('id_inside', 'id_records')}) WHERE {AGAINST}"
    ).fetchall():
        forest.forbid(a, b)
    _fill(con, "id_links", [edge for edge in edges if forest.join(*edge)], round)
    con.execute("DROP TABLE id_inside; DROP TABLE id_groups")


def _fill(con, table: str, pairs: list[tuple[int, int]], round: str = "") -> None:
    import pyarrow as pa

    a, b = zip(*pairs, strict=True) if pairs else ((), ())
    con.register("_pairs", pa.table({"a": pa.array(a, pa.int64()), "b": pa.array(b, pa.int64())}))
    con.execute(f"INSERT INTO {table} SELECT {f'{literal(round)}, ' if round else ''}a, b FROM _pairs")
    con.unregister("_pairs")


def _publish(con, forest: Forest) -> None:
    """Make id_people of the groups as they are now: a person is named by the group's smallest record."""
    ids = [row[0] for row in con.execute("SELECT unique_id FROM id_records ORDER BY unique_id").fetchall()]
    smallest: dict[int, int] = {}
    for x in ids:
        smallest.setdefault(forest.find(x), x)
    con.execute("CREATE OR REPLACE TEMP TABLE id_people (unique_id BIGINT, person BIGINT)")
    _fill(con, "id_people", [(x, smallest[forest.find(x)]) for x in ids])


def profiles(con, forest: Forest) -> None:
    """Make id_profiles: one row a group, in the shape of id_records, with everything its records say."""
    _publish(con, forest)
    every = "list_sort(list_distinct(flatten(list({0}))))"
    own = "CASE WHEN count({0}) > 0 THEN " + every + " END"
    # the spelling that most records have; of equal ones the better known, then the newest
    told = {
        c: f"(array_agg({c} ORDER BY {c}_votes DESC, {c}_n DESC, updated_at DESC NULLS LAST, unique_id) "
        f"FILTER ({c} IS NOT NULL))[1]" for c in ("first", "last")
    }  # fmt: skip
    newest = ", ".join(
        f"(array_agg({c} ORDER BY updated_at DESC NULLS LAST, unique_id) FILTER ({c} IS NOT NULL))[1] AS {c}"
        for c in NEWEST
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE id_profiles AS WITH voted AS (SELECT r.*, person, "
        "count(*) OVER (PARTITION BY person, first) AS first_votes, count(*) OVER (PARTITION BY person, last) AS "
        "last_votes "
        "FROM id_records r JOIN id_people USING (unique_id)), folded AS ("
        f"SELECT person, min(first_sound) AS initial, {told['first']} AS first, {told['last']} AS last, "
        f"{own.format('first_sounds')} AS "
        "first_sounds, "
        f"{own.format('last_sounds')} AS last_sounds, {newest}, "
        f"{', '.join(f'coalesce({every.format(c)}, []) AS {c}' for c in ('mobiles', 'landlines', 'mails'))}, "
        f"{', '.join(f'{every.format(c)} AS {c}' for c in ('nids', 'cards'))} FROM voted GROUP BY person) "
        "SELECT person AS unique_id, f.* EXCLUDE (person, initial), cx_code(f.first) AS first_code, "
        "cx_code(f.last) AS last_code, coalesce(a.sound, initial) AS first_sound, b.sound AS last_sound, x.seen AS "
        "first_n, "
        "y.seen AS last_n, mobiles[-1] AS mobile, landlines[1] AS landline, mails[1] AS email, cards[1] AS card FROM "
        "folded f "
        "LEFT JOIN id_texts a ON a.text = first LEFT JOIN id_texts b ON b.text = last "
        "LEFT JOIN id_tf_first x ON x.first = f.first LEFT JOIN id_tf_last y ON y.last = f.last ORDER BY unique_id"
    )


def _rank(con) -> None:
    """Add to id_second by how much each pair outweighs its rivals: a namesake nearby makes it unsure.

    A rival of (x, y) is another profile that x (or y) could be instead; one that x and y could both be is none.
    """
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE id_near AS SELECT l AS x, r AS y, weight FROM id_second WHERE weight >= {FAR} "
        f"AND NOT {AGAINST} "
        f"UNION ALL SELECT r, l, weight FROM id_second WHERE weight >= {FAR} AND NOT {AGAINST}"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE id_second AS WITH rivals AS (SELECT a.x, a.y, max(b.weight) AS weight FROM "
        "id_near a "
        f"JOIN id_near b ON a.x = b.x AND a.y <> b.y ANTI JOIN (FROM id_near WHERE weight >= {ENOUGH}) g ON g.x = "
        "a.y AND g.y = b.y "
        "GROUP BY a.x, a.y) SELECT s.*, s.weight - greatest(coalesce(a.weight, -20), coalesce(b.weight, -20)) AS "
        "margin "
        "FROM id_second s LEFT JOIN rivals a ON a.x = l AND a.y = r LEFT JOIN rivals b ON b.x = r AND b.y = l"
    )
    con.execute("DROP TABLE id_near")


# a phone alone leads to its owner where nothing else differs; two things of one's own lead there, whoever else has
# the phone
_LED = " AND ".join(
    [_KEYS, *(f"{c} IS DISTINCT FROM 'different'" for c in ("mobile", "email", "born", "year", "place"))]
)
_PROVEN = (
    f"(national_id = 'same' OR born = 'same' AND ({_KEYS} OR card = 'same') OR mobile = 'same' AND email = 'same') "
    f"AND margin >= {MARGIN} AND weight >= {SURE}"
)


def _followers(con) -> str:
    """SQL of links of profiles without a first name: each to the one person who has its phone or e-mail and a name."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE id_owned AS WITH k AS (SELECT kind, value, r.person, p.first IS NOT NULL AS "
        "named "
        "FROM id_keys JOIN id_people r USING (unique_id) JOIN id_records p USING (unique_id) "
        "WHERE NOT shared AND kind IN ('mobile', 'email')) "
        "SELECT *, count(DISTINCT CASE WHEN named THEN person END) OVER (PARTITION BY kind, value) AS owners FROM k"
    )
    shared = con.execute(  # of the keys that several records with a name have, how many belong to several people?
        "SELECT kind FROM (SELECT kind, value, any_value(owners) AS owners FROM id_owned WHERE named GROUP BY kind, "
        "value "
        f"HAVING count(*) > 1) GROUP BY kind HAVING avg((owners > 1)::INTEGER) > {FAMILY}"
    ).fetchall()
    own = " AND ".join(["true", *(f"kind <> '{kind}'" for (kind,) in shared)])
    con.execute(
        "CREATE OR REPLACE TEMP TABLE id_followers AS WITH led AS (SELECT DISTINCT a.person AS x, b.person AS y FROM "
        "id_owned a JOIN id_owned b USING (kind, value) "
        f"WHERE a.person <> b.person AND a.owners <= 1 AND {own}) "
        "SELECT l, r, weight FROM id_second JOIN id_people a ON a.unique_id = l JOIN id_people b ON b.unique_id = r "
        f"WHERE first IS NULL AND NOT {AGAINST} AND last IS DISTINCT FROM 'different' AND "
        f"({_PROVEN} OR {_LED} AND (a.person, b.person) IN (SELECT (x, y) FROM led))"
    )
    con.execute("DROP TABLE id_owned")
    return "FROM id_followers"
