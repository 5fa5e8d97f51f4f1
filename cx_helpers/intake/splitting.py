"""Which words of a name are the first name?  Full names are split, and swapped ones turned, as the company's own say.

A word that mostly stands in first_name is a first name: محمد رضا احمدی parts behind رضا, where محمد رضا is known as a
first name and رضا احمدی as no surname.  No list of names is needed; where nearly all names come whole, those of two
words tell what stands in front.
"""

from __future__ import annotations

TURNED = 3  # by so much (log of odds) must the other order be likelier before a name is turned round
CERTAIN = 5  # times a word must have been seen in front, to be taken for a first name out of a surname's field


def read(column: str, sql: str) -> str:
    """SQL of a lookup from each text of a column of id_rows, once, to what `sql` makes of it (x is the text)."""
    texts = f"SELECT DISTINCT {column}, {column} AS x FROM id_rows WHERE {column} IS NOT NULL"
    return f"(SELECT {column} AS t, {sql} FROM ({texts}))"


def split(con) -> None:
    """Make id_split (rec, g, f: first and last words of every row of id_rows) and id_sounds (name, sounds, sound)."""
    _said(con)
    _cuts(con)
    _lexicon(con)
    _best(con)
    for table in ("id_said", "id_cut", "id_lexicon"):
        con.execute(f"DROP TABLE {table}")


def _said(con) -> None:
    """Make id_said: first name g and surname f where they are told apart, else the whole name w.

    surname  w comes from a surname's field, and may be all surname
    """
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE id_said AS WITH r AS (
            SELECT rec, g.v AS g, f.v AS f, w.v AS w FROM id_rows
            LEFT JOIN {read("first_name", "cx_given(x) AS v")} g ON first_name = g.t
            LEFT JOIN {read("last_name", "cx_family(x) AS v")} f ON last_name = f.t
            LEFT JOIN {read("full_name", "cx_given(x) AS v")} w ON full_name = w.t),
        whole AS (
            SELECT *, CASE WHEN g IS NOT NULL AND f IS NOT NULL THEN NULL WHEN w IS NOT NULL THEN w
                WHEN contains(g, ' ') THEN g WHEN contains(f, ' ') THEN f END AS n FROM r)
        SELECT rec, n AS w, w IS NULL AND g IS NULL AS surname, CASE WHEN n IS NULL THEN f END AS f,
            CASE WHEN n IS NOT NULL THEN NULL
                WHEN ends_with(g, ' ' || f) THEN left(g, length(g) - length(f) - 1) ELSE g END AS g FROM whole
    """)


def _cuts(con) -> None:
    """Make id_cut: every way to cut a name in two, in either order; and id_sounds of all that comes of it."""
    con.execute("""
        CREATE OR REPLACE TEMP TABLE id_cut AS WITH
        names AS (SELECT DISTINCT coalesce(w, g || ' ' || f) AS w FROM id_said),
        words AS (SELECT w, string_split(w, ' ') AS words FROM names WHERE w IS NOT NULL),
        cuts AS (SELECT w, words, turned, unnest(range(1, len(words))) AS i
                 FROM words CROSS JOIN (VALUES (false), (true)) t(turned))
        SELECT w, turned, array_to_string(CASE WHEN turned THEN words[i + 1:] ELSE words[:i] END, ' ') AS g,
            array_to_string(CASE WHEN turned THEN words[:i] ELSE words[i + 1:] END, ' ') AS f FROM cuts
    """)
    con.execute("""
        CREATE OR REPLACE TEMP TABLE id_sounds AS WITH
        given AS (SELECT g AS x FROM id_cut UNION SELECT g FROM id_said UNION SELECT w FROM id_said),
        every AS (FROM given UNION SELECT cx_unglued(x) FROM given
                  UNION SELECT f FROM id_cut UNION SELECT f FROM id_said)
        SELECT x AS name, cx_sounds(x) AS sounds, cx_sound(x) AS sound FROM every WHERE x IS NOT NULL
    """)


def _lexicon(con) -> None:
    """Make id_lexicon: how often does a sound stand in front, and how often behind?"""
    con.execute("""
        CREATE OR REPLACE TEMP TABLE id_lexicon AS WITH
        told AS (
            SELECT g, f, 1.0 AS n FROM id_said WHERE g IS NOT NULL AND f IS NOT NULL UNION ALL
            SELECT split_part(w, ' ', 1), split_part(w, ' ', 2), 0.25 FROM id_said
            WHERE regexp_full_match(w, '[^ ]+ [^ ]+')),
        placed AS (SELECT g AS name, true AS ahead, n FROM told UNION ALL SELECT f, false, n FROM told),
        counted AS (
            SELECT sound, coalesce(sum(n) FILTER (ahead), 0) AS a, coalesce(sum(n) FILTER (NOT ahead), 0) AS b
            FROM placed JOIN id_sounds USING (name) GROUP BY sound)
        -- a few names are swapped: they must not prove that this is the right order
        SELECT sound, greatest(a - 0.03 * b, 0) AS front, greatest(b - 0.03 * a, 0) AS back FROM counted
    """)


def _best(con) -> None:
    """Make id_split: for every row the likeliest first and last words."""
    like = "ln((coalesce({0}, 0) + 0.1) / (total + 1000))"
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE id_split AS WITH
        size AS (SELECT coalesce(sum(front), 0) AS total FROM id_lexicon),
        scored AS (
            SELECT c.*, coalesce(a.front, 0) >= {CERTAIN} AND a.front > 2 * a.back AS certain,
                {like.format("a.front")} + {like.format("b.back")} - {TURNED} * turned::INTEGER AS score
            FROM id_cut c JOIN id_sounds x ON x.name = c.g JOIN id_sounds y ON y.name = c.f CROSS JOIN size
            LEFT JOIN id_lexicon a ON a.sound = x.sound LEFT JOIN id_lexicon b ON b.sound = y.sound),
        best AS (FROM scored QUALIFY row_number() OVER (PARTITION BY w ORDER BY score DESC, length(g), turned) = 1)
        SELECT rec,
            CASE WHEN s.w IS NULL THEN CASE WHEN t.turned AND t.g = s.f THEN s.f ELSE s.g END
                WHEN surname AND NOT b.certain THEN NULL ELSE b.g END AS g,
            CASE WHEN s.w IS NULL THEN CASE WHEN t.turned AND t.g = s.f THEN s.g ELSE s.f END
                WHEN surname AND NOT b.certain THEN s.w ELSE coalesce(b.f, s.w) END AS f
        FROM id_said s LEFT JOIN best b ON b.w = s.w LEFT JOIN best t ON s.w IS NULL AND t.w = s.g || ' ' || s.f
    """)
