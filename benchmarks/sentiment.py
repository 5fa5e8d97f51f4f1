"""A million Persian comments scored: this house, Spark, one engine expression, and a path normalised by hazm.

    .venv/bin/python -m benchmarks.sentiment             1M comments
    .venv/bin/python -m benchmarks.sentiment 100000      another size

One after another in processes of their own, from a Parquet file to a Parquet file of scores; imports are counted.
Comments are real ones (CX_REAL_DATA, else the sample's), drawn with replacement, one word in fifty misspelt: new words
go on coming as they do in life.  What each does:

this house     cx_helpers.intake.sentiment.score_comments over the engine's stream: addresses left out, letters unified
Spark          sentiment.scored on two local workers: the same code, each its part
engine         DuckDB alone: unify by translate, split, join a table of what each different word adds (made in Python,
               once), join the pairs, sum, logistic.  It leaves out no addresses and no stretched letters and sees no
               denial, so not all scores agree
hazm           hazm's Normalizer and WordTokenizer before the same table of weights; 20,000 comments, scaled up

Targets: 40,000 comments per CPU second; 1M within 60 s and 1,500 MB on two cores.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
REAL = Path(os.environ.get("CX_REAL_DATA", ROOT.parent / "shared" / "data")) / "persian" / "train.parquet"
HAZM = 20_000
WAYS = ("this house", "Spark", "engine", "hazm")


def comments(rows: int, file: Path) -> None:
    """Draw the comments: `comment_id`, `text`."""
    import numpy as np
    import pandas as pd

    source = REAL if REAL.exists() else ROOT / "data" / "sample" / "tables" / "comments.parquet"
    texts, rng = pd.read_parquet(source)["text"].dropna().to_numpy(object), np.random.default_rng(1)
    letters = list("ابپتثجچحخدذرزسشصضطظعغفقکگلمنوهی")

    def misspelt(text: str) -> str:
        words = text.split(" ")
        for place in np.flatnonzero(rng.random(len(words)) < 0.02):
            word, at = words[place], rng.integers(len(words[place]) + 1)
            words[place] = word[:at] + letters[rng.integers(len(letters))] + word[at + 1 :]
        return " ".join(words)

    drawn = [misspelt(text) for text in rng.choice(texts, rows)]
    pd.DataFrame({"comment_id": np.arange(rows), "text": drawn}).to_parquet(file, index=False)


def house(file: str, out: str) -> None:
    """This house's own way."""
    import ibis
    import pyarrow.parquet as pq

    from cx_helpers.intake import sentiment

    scored = sentiment.score_comments(ibis.duckdb.connect(threads=2).read_parquet(file))
    with pq.ParquetWriter(out, scored.schema) as writer:
        for batch in scored:
            writer.write_batch(batch)


def spark(file: str, out: str) -> None:
    """The same on Spark."""
    from cx_helpers import engine
    from cx_helpers.intake import sentiment

    table = sentiment.scored(engine.connect("pyspark://local[2]").read_parquet(file))
    table.get_backend()._session.table(table.get_name()).write.parquet(out)


ENGINE = """
create table words as select comment_id, unnest(w) as w, unnest(list_append(w[2:], null)) as w2,
        generate_subscripts(w, 1) as i, len(w) as n
    from (select comment_id, regexp_extract_all(lower(regexp_replace(translate(text, 'يىكةۀأإؤ', 'ییکههااو'),
        '[\u200c\u200d\u064b-\u065f\u0640]', '', 'g')), '[\\p{L}\\p{M}]+|[!?؟\\x{1F300}-\\x{1FAFF}❤]') as w
        from read_parquet('$file'));
"""
SUM = """
copy (select comment_id, 1 / (1 + exp(-(?
            + coalesce(sum(f.word + coalesce(p.by, 0)
                    + case when i <= 4 then f.first else 0 end + case when i > n - 4 then f.last else 0 end)
                / sqrt(nullif(sum(f.word_norm + coalesce(p.norm, 0) + case when i <= 4 then f.first_norm else 0 end
                    + case when i > n - 4 then f.last_norm else 0 end), 0)), 0)
            + coalesce(sum(f.part) / sqrt(nullif(sum(f.part_norm), 0)), 0)))) as p_positive
        from words join facts f using (w) left join pairs p using (w, w2) group by comment_id)
    to '$out' (format parquet)
"""


def engine(file: str, out: str) -> None:
    """One engine expression; Python only for what each different word adds."""
    import duckdb
    import numpy as np
    import pandas as pd

    from cx_helpers.intake import sentiment_model as sm

    db, model = duckdb.connect(config={"threads": 2}), sm.load()
    db.execute(ENGINE.replace("$file", file))
    words = db.sql("select distinct w from words").df()["w"]
    for word in words:
        model._seen[word]
    model._learn_new_words()
    place = [sm._WAYS * model._seen[word] for word in words]  # as it stands: no denial here
    facts = np.hstack([model._facts[place, :4], *(by[place] for by in model._edges)])
    names = "word word_norm part part_norm first first_norm last last_norm".split()
    facts = pd.DataFrame(facts, columns=names).assign(w=words)
    known, size = np.array([*model.words]), len(model.words)
    one, other = model.pair_key[:-1] // size, model.pair_key[:-1] % size
    by, norm = (model.pair_weight * model.pair_idf)[:-1], (model.pair_idf**2)[:-1]
    pairs = pd.DataFrame({"w": known[one], "w2": known[other], "by": by, "norm": norm})  # noqa: F841
    db.execute(SUM.replace("$out", out), [model.intercept])


def hazm(file: str, out: str) -> None:
    """hazm before the same weights."""
    import hazm
    import pandas as pd
    from scipy.special import expit

    from cx_helpers.intake import sentiment_model as sm

    frame = pd.read_parquet(file).head(HAZM)
    normalise, split, model = hazm.Normalizer(), hazm.WordTokenizer(join_verb_parts=False), sm.load()
    texts = [" ".join(split.tokenize(normalise.normalize(text))) for text in frame["text"]]
    frame.assign(p_positive=expit(model.read(texts).logit))[["comment_id", "p_positive"]].to_parquet(out)


def child(way: str, file: str, out: str) -> None:
    """Run one way."""
    {"this house": house, "Spark": spark, "engine": engine, "hazm": hazm}[way](file, out)


def spent(command: list[str]) -> tuple[float, float, float]:
    """Wall and CPU seconds of a command and of all that it starts, and the peak of the memory that is theirs, in MB."""
    import psutil

    begun, cpu, peak = time.perf_counter(), {}, 0
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)
    top = psutil.Process(process.pid)
    while process.poll() is None:
        memory = 0
        for one in [top, *top.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                times = one.cpu_times()
                cpu[one.pid, one.create_time()] = times.user + times.system
                memory += one.memory_full_info().uss
        peak = max(peak, memory)
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return time.perf_counter() - begun, sum(cpu.values()), peak / 1e6


def agreement(one: Path, other: Path) -> tuple[int, float, float]:
    """Comments scored by both; the share of them equal to 1e-9; the largest difference."""
    import duckdb

    sql = """select count(*), avg((abs(a.p_positive - b.p_positive) <= 1e-9)::int),
            max(abs(a.p_positive - b.p_positive))
        from read_parquet(?) a join read_parquet(?) b using (comment_id)"""
    names = [str(p / "*.parquet") if p.is_dir() else str(p) for p in (one, other)]
    return duckdb.execute(sql, names).fetchone()


def main(rows: int) -> None:
    """Draw the comments, run every way, print the table."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "comments.parquet"
        subprocess.run([sys.executable, __file__, "--draw", str(rows), str(file)], check=True)
        outs, base = {}, None
        print(f"{rows:,} comments\n{'':12}{'wall s':>9}{'CPU s':>9}{'a CPU s':>10}{'times hazm':>12}{'peak MB':>10}")
        for way in reversed(WAYS):
            outs[way] = Path(folder) / f"{way.replace(' ', '_')}.parquet"
            wall, cpu, mb = spent([sys.executable, __file__, "--child", way, str(file), str(outs[way])])
            speed = min(HAZM if way == "hazm" else rows, rows) / cpu
            base = base or speed
            print(f"{way:12}{wall:9.1f}{cpu:9.1f}{speed:10,.0f}{speed / base:12.1f}{mb:10,.0f}", flush=True)
        for way in ("Spark", "engine", "hazm"):
            n, equal, most = agreement(outs["this house"], outs[way])
            print(f"{way} and this house: {n:,} comments in both, {equal:.2%} equal to 1e-9, furthest {most:.2g}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--draw"]:
        comments(int(sys.argv[2]), Path(sys.argv[3]))
    elif sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main(int((sys.argv[1:] or ["1000000"])[0].replace("_", "")))
