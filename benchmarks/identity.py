"""Are records of one person found, and nobody else's with them?  Linking of an invented population, its truth known.

    python -m benchmarks.identity [RECIPE …] [--records N] [--seed S]
    python -m benchmarks.identity --persons FILE --truth FILE

Recipes stand in tools/population/recipes.py; each is a company of its own.  A population of yours: the columns of
`persons` (docs/workspace.md), and a truth with columns customer_id and person; CSV or Parquet.
Of all pairs of records: precision = right pairs / found pairs, recall = right pairs / true pairs.  Not every true pair
can be known: `knowable` is the recall of a reader who knows the truth and ties what shows itself, records that share a
phone, an e-mail, a national id or a card, or a name with a birth date, a landline, a postal code, along any chain.
`of it` = right pairs among those / those: how far linking is from that reader.  What it finds beyond, by a rare name in
one city or by records that follow a phone, is a guess that the company's own records bear out.
Linking runs as in `cx ingest`, on two threads, in a process of its own: its seconds and peak memory are told.
The target at 200,000 records: precision 0.995, recall 0.95, five minutes; who misses it ends the command with 1.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PRECISION, RECALL, SECONDS, THREADS = 0.995, 0.95, 300, 2
HEAD = "population        records    people  precision    recall  knowable    of it  seconds  cpu s  peak MB  questions"
NAMED = "first_sound || ' ' || last_sound || ' '"
SHOWN = f"""  -- what each record shows of its person, in the one writing of each key
    SELECT customer_id, unnest(list_concat(mobiles, landlines_, mails, nids_, cards_, [born_, postal_])) AS shown FROM (
        SELECT *, coalesce(nids, []) AS nids_, coalesce(cards, []) AS cards_, {NAMED} || born_jalali AS born_,
            {NAMED} || postal AS postal_, list_transform(landlines, lambda l: {NAMED} || l) AS landlines_
        FROM id_records)"""


def pairs(groups) -> int:
    """How many pairs of records lie in one group."""
    sizes = groups.value_counts()
    return int((sizes * (sizes - 1) // 2).sum())


def knowable(shown: Path, truth):
    """Who hangs together by what records show, for a reader who knows the truth: a group for each record."""
    import pandas as pd

    from cx_helpers.intake.clusters import components

    known = pd.read_parquet(shown).dropna().join(truth.rename("person"), on="customer_id")
    first = known.groupby(["person", "shown"])["customer_id"].transform("first")
    groups = components(list(zip(known["customer_id"], first, strict=True)))
    return pd.Series([groups.get(c, c) for c in truth.index], index=truth.index)


def read(file: Path):
    """A CSV or Parquet file, every value as text."""
    import pandas as pd

    return pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file, dtype="string")


def link(persons: Path, folder: Path) -> dict:
    """Link a file of persons into `folder`, as `cx ingest` does; what it took."""
    from cx_helpers.intake import convert, identity

    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    con = convert.connect(scratch)
    con.execute(f"SET threads = {THREADS}")
    started = time.monotonic()
    told = identity.link_customers(con, f"read_parquet('{persons}')", folder)
    took, used = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF)
    con.execute(f"COPY ({SHOWN}) TO '{folder}/shown.parquet' (FORMAT parquet)")
    con.close()
    return {"seconds": took, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024,
            "records": told.records, "people": told.people, "questions": told.questions}  # fmt: skip


def measure(name: str, persons, truth) -> bool:
    """Link persons in a process of its own, print what came of it; did it reach the target?"""
    import pandas as pd

    with tempfile.TemporaryDirectory() as at:
        persons.to_parquet(Path(at) / "persons.parquet", index=False)
        command = [sys.executable, "-m", "benchmarks.identity", "--child", at]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{name}: linking ended with {done.returncode}:\n{done.stderr}")
        took = json.loads(done.stdout)
        links = pd.read_parquet(Path(at) / "company" / "state" / "identity" / "links.parquet")
        shown = knowable(Path(at) / "company" / "shown.parquet", truth)
    found = links.set_index("customer_id")["person_id"].reindex(truth.index)
    right = pairs(pd.Series(list(zip(found, truth, strict=True))))
    told = pairs(pd.Series(list(zip(found, shown, strict=True))))  # those who hang together are one person in truth
    most, of_it = pairs(shown) / max(pairs(truth), 1), told / max(pairs(shown), 1)
    precision, recall = right / max(pairs(found), 1), right / max(pairs(truth), 1)
    print(f"{name:<15} {took['records']:>9,} {took['people']:>9,} {precision:>10.4f} {recall:>9.4f} "
          f"{most:>9.4f} {of_it:>8.4f} {took['seconds']:>8.0f} {took['cpu']:>6.0f} {took['peak']:>8,.0f} "
          f"{took['questions']:>10,}",
          flush=True)  # fmt: skip
    return precision >= PRECISION and recall >= RECALL and took["seconds"] <= SECONDS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", metavar="RECIPE")
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--persons", type=Path)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(link(asked.child / "persons.parquet", asked.child / "company")))
        return 0
    print(HEAD)
    if asked.persons:
        truth = read(asked.truth).set_index("customer_id")["person"]
        return 0 if measure(asked.persons.stem, read(asked.persons), truth) else 1
    from tools.population import RECIPES, build

    reached = [measure(name, *build(RECIPES[name], asked.records, asked.seed)) for name in asked.recipes or RECIPES]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    raise SystemExit(main())
