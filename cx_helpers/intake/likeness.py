"""How much does it weigh that two records agree here and differ there?  Fellegi and Sunter's weights, by Splink.

Every field is compared on a few levels (same, same sound, a slip, part of it, different).  A level weighs log2(m / u):
m is how often one person's two records stand on it, u how often two persons' do.  m comes from expectation-maximisation
on this company's records, u from random pairs; rare names weigh more than common ones (term frequencies).  Weights of
all fields and the prior add up to the pair's weight: +3 means 8 to 1 that the two are one person.
Sources: Fellegi, Sunter, JASA 64, 1969; Enamorado, Fifield, Imai, APSR 113, 2019; Splink 5 (Ministry of Justice).
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass

import duckdb

from cx_helpers.intake.comparisons import COMPARISONS, levels
from cx_helpers.intake.frequencies import FREQUENCIES

SEED = 1
FEWEST = 2000  # records from which on a company's own records say what weighs how much
ENOUGH = 300  # pairs that one training rule must find
HALF = 0.5  # the prior is no more: of a company with a single customer all pairs are one person's
ROUNDS = (25, 10, 4)  # of expectation-maximisation at most, each tried where more of them fail
# pairs that share these columns show how one person's records differ in the others
TRAINED_ON = ("mobile", "first_sound last_sound", "email", "nid")


@dataclass
class Model:
    """What a company's own records taught: m and u of every level, the prior, and how many records it was learnt from.

    weights  {"first.same": [m, u], …};  prior  chance that two random records are one person's
    named    weight from which on a name will do (namesakes.enough), once the first links are there to tell
    The frequencies of names, dates and places belong to it, in the tables id_tf_COLUMN (see `frequencies`).
    """

    weights: dict[str, list[float]]
    prior: float
    records: int
    trained: bool
    named: float | None = None


def learn(con: duckdb.DuckDBPyConnection) -> Model:
    """Learn a model from id_records, by Splink; from few records, only the prior: the rest is what is usual.

    The same records give the same model, in whatever order they come: samples are drawn by hashes of ids under SEED,
    and what floating point leaves undecided is rounded away.
    """
    records = con.execute("SELECT count(*) FROM id_records").fetchall()[0][0]
    weights = {f"{c.name}.{level.name}": [level.m, level.u] for c in COMPARISONS for level in c.levels}
    if records >= FEWEST:
        weights |= _trained(con)
    return Model(weights, _prior(con, records), records, records >= FEWEST)


def _prior(con, records: int) -> float:
    """Chance that two records are one person's: pairs that share a key and a name are taken for four fifths."""
    sure = con.execute(
        "WITH k AS (SELECT kind, value, unique_id, first_sound, last_sound FROM id_keys JOIN id_records USING "
        "(unique_id) "
        "WHERE NOT shared AND kind IN ('mobile', 'email', 'national_id') AND first_sound IS NOT NULL) "
        "SELECT count(DISTINCT (a.unique_id, b.unique_id)) FROM k a JOIN k b USING (kind, value, first_sound, "
        "last_sound) "
        "WHERE a.unique_id < b.unique_id"
    ).fetchall()[0][0]
    share = max(sure / 0.8, 0.1 * records, 1) / max(records * (records - 1) / 2, 4)
    return float(f"{min(share, HALF):.4g}")


def _trained(con) -> dict[str, list[float]]:
    model = {}
    for rounds in ROUNDS:
        with contextlib.suppress(ValueError):  # a share fell so low that Splink takes it for none: stop before that
            model = _maximised(con, rounds)
            break
    if not model:
        return {}
    learnt = {}
    for c in COMPARISONS:
        rows = {row["label_for_charts"]: row for row in model[c.name]}
        m = _bounded([rows[level.name].get("m_probability") for level in c.levels], [level.m for level in c.levels])
        u = _bounded([rows[level.name].get("u_probability") for level in c.levels], [level.u for level in c.levels])
        learnt |= {f"{c.name}.{level.name}": [a, b] for level, a, b in zip(c.levels, m, u, strict=True)}
    return learnt


def _maximised(con, rounds: int) -> dict[str, list[dict]]:
    """Each comparison's levels as Splink has learnt them, by at most so many rounds of expectation-maximisation."""
    with _quiet():
        linker = _linker(con, "id_records", _settings(rounds=rounds))
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6 + 1, seed=SEED)
        for columns in TRAINED_ON:
            first, *_ = names = columns.split()
            pairs = con.execute(
                f"SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*) AS n FROM id_records "
                f"WHERE {first} IS NOT NULL GROUP BY {', '.join(names)})"
            ).fetchall()[0][0]
            if pairs >= ENOUGH:
                linker.training.estimate_parameters_using_expectation_maximisation(
                    " AND ".join(f"l.{c} = r.{c}" for c in names), estimate_without_term_frequencies=True, max_pairs=1e6
                )
        found = linker.misc.save_model_to_json()["comparisons"]
    return {c["output_column_name"]: c["comparison_levels"] for c in found}


def _bounded(found: list, usual: list[float], most: float = 5) -> list[float]:
    """Trained shares, none further than `most` times from what is usual: a level seen ten times proves little."""
    kept = [
        u if not isinstance(f, float) else min(max(f, u / most), u * most) for f, u in zip(found, usual, strict=True)
    ]
    return [float(f"{k / sum(kept):.5g}") for k in kept]


def _settings(model: Model | None = None, rounds: int = ROUNDS[0]):
    """Splink's settings: the comparisons with the m and u of a model, or those to start training from."""
    from splink import SettingsCreator

    comparisons = []
    for c in COMPARISONS:
        levels = [{"sql_condition": c.null, "label_for_charts": "null", "is_null_level": True}]
        for level in c.levels:
            m, u = model.weights[f"{c.name}.{level.name}"] if model else (level.m, level.u)
            row = {"sql_condition": level.sql, "label_for_charts": level.name, "m_probability": m, "u_probability": u}
            if level.fixed:
                row["fix_u_probability"] = True
            if level.tf:
                row["tf_adjustment_column"] = level.tf
            levels.append(row)
        comparisons.append({"output_column_name": c.name, "comparison_levels": levels})
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=["l.mobile = r.mobile"],  # pairs are given; Splink wants a rule
        probability_two_random_records_match=model.prior if model else 1e-5,
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,
        max_iterations=rounds,
    )


def _linker(con, records: str, given):
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(con)
    linker = Linker(api.register(records), given, log_level=None, validate_settings=False)
    for column in FREQUENCIES:
        linker.table_management.register_term_frequency_lookup(api.register(f"id_tf_{column}"), column)
    return linker


@contextlib.contextmanager
def _quiet():
    """Splink warns of levels that a company's records never reach; they keep what is usual."""
    log = logging.getLogger("splink")
    before, log.level = log.level, logging.ERROR
    try:
        yield
    finally:
        log.level = before


def weigh(con: duckdb.DuckDBPyConnection, model: Model, records: str, pairs: str, out: str) -> None:
    """Weigh given pairs by Splink into the table `out`: l, r, rule, weight, and each field's level and weight w_…."""
    with _quiet():
        linker = _linker(con, records, _settings(model))
        con.execute(
            "CREATE OR REPLACE TEMP VIEW id_blocked AS SELECT l AS join_key_l, r AS join_key_r, rule::VARCHAR AS "
            f"match_key FROM {pairs}"
        )
        linker.table_management.register_blocked_pairs_for_predict(linker._db_api.register("id_blocked"))
        scored = linker.inference.predict(warning_mode="never")
        parts = ", ".join(
            f"mw_{c.name}{f' + mw_tf_adj_{c.name}' if any(level.tf for level in c.levels) else ''} AS w_{c.name}"
            for c in COMPARISONS
        )
        con.execute(
            "CREATE OR REPLACE TEMP TABLE id_scored AS SELECT unique_id_l AS l, unique_id_r AS r, "
            "match_key::TINYINT AS rule, "
            f"match_weight AS weight, {parts} FROM {scored.physical_name}"
        )
        scored.drop_table_from_database_and_remove_from_cache()
    con.execute(f"CREATE OR REPLACE TEMP TABLE {out} AS {levels('id_scored', records)}")
    con.execute("DROP TABLE id_scored")
