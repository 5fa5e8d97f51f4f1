"""Journey answers on generated click logs: this house, hand-written DuckDB SQL, and retentioneering 5.

    .venv/bin/python benchmarks/journey.py            1M and 10M events
    .venv/bin/python benchmarks/journey.py 1000000    one size

Every contender runs in a process of its own, one after another, from the Parquet file to the answers in memory; imports
are not counted.  `peak` is the process's largest resident memory.  What is asked of each is printed beside it.
retentioneering lives in benchmarks/.envs/retentioneering (made here on first use), with its telemetry off.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PEER = HERE / ".envs" / "retentioneering"

STEPS = """select event_id, customer_id, session_id, touchpoint, channel, occurred_at,
        lead(touchpoint) over w as next, lead(channel) over w as next_channel, lead(occurred_at) over w as next_at,
        row_number() over w as place
    from '{file}' window w as (partition by customer_id, session_id order by occurred_at, event_id)"""
# the same for one who knows that the file lies sorted and that the engine keeps its order
STREAM = """select customer_id, touchpoint, channel, occurred_at, session_id,
        case when same then next end as next, case when same then next_channel end as next_channel,
        case when same then next_at end as next_at, case when before then 2 else 1 end as place
    from (select *, coalesce(nc = customer_id and ns = session_id, false) as same,
            coalesce(pc = customer_id and ps = session_id, false) as before
        from (select customer_id, session_id, touchpoint, channel, occurred_at, lead(touchpoint) over () as next,
            lead(channel) over () as next_channel, lead(occurred_at) over () as next_at,
            lead(customer_id) over () as nc, lead(session_id) over () as ns,
            lag(customer_id) over () as pc, lag(session_id) over () as ps from '{file}'))"""
SQL = {
    "transitions": """select touchpoint, coalesce(next, '(end)') as next, count(*) as n,
            count(distinct customer_id) as customers,
            quantile_cont(epoch(next_at) - epoch(occurred_at), 0.5) as median_s,
            quantile_cont(epoch(next_at) - epoch(occurred_at), 0.95) as p95_s from ({steps}) group by 1, 2;
        select touchpoint, count(distinct customer_id), count(*) filter (place = 1),
            count(distinct customer_id) filter (place = 1) from ({steps}) group by 1;
        select count(distinct customer_id) from '{file}'""",
    "visits": """select touchpoint, sum(v), count(*), sum(f), sum(a), sum(k), sum(f * f), sum(a * a), sum(f * k),
            sum(a * k), sum(k * k) from (select touchpoint, customer_id, count(*) as v, count(outcome) as k,
            count(*) filter (outcome = 'failure') as f, count(*) filter (outcome = 'abandoned') as a
            from '{file}' group by 1, 2) group by 1;
        select touchpoint, quantile_cont(duration_s, 0.5), quantile_cont(duration_s, 0.95) from '{file}' group by 1""",
    "variants": """select path, count(*) as n, count(distinct customer_id) as customers from (
            select customer_id, session_id, string_agg(touchpoint, ' → ' order by occurred_at, event_id) as path
            from '{file}' group by 1, 2) group by 1 order by 2 desc, 1 limit 12""",
    "switches": """select channel, next_channel, count(*) as n, count(distinct customer_id),
            quantile_cont(epoch(next_at) - epoch(occurred_at), 0.5) from ({steps}) where next_channel is not null
            group by 1, 2;
        select channel, count(distinct customer_id) from ({steps}) where next_channel is not null group by 1""",
    "ties": """select sum(k), count(distinct customer_id), sum(case when k > 1 then k end) from (
            select customer_id, occurred_at, count(*) as k from '{file}' group by 1, 2)""",
}


def ours(file: str) -> dict:
    """Seconds by answer, with every interval, as a notebook asks for them."""
    from cx_helpers import engine
    from cx_helpers.measures import dropouts, journey, touchpoints

    connection = engine.connect()
    connection.raw_sql("set threads = 2")
    t = engine.read(connection, "touchpoints", Path(file))
    asked = {
        "transitions": lambda: journey.transitions(t),
        "visits": lambda: touchpoints.visits(t),
        "variants": lambda: journey.variants(t),
        "switches": lambda: dropouts.switches(t, "session"),
        "ties": lambda: journey.ties(t),
    }
    seconds, answers = {}, {}
    for name, ask in asked.items():
        begun = time.perf_counter()
        answers[name] = ask()
        seconds[name] = time.perf_counter() - begun
    steps = answers["transitions"].query("`from` != '(start)'")
    check = [int(steps["n"].sum()), int(steps["customers"].sum()), round(float(steps["median_s"].sum()), 3)]
    return {"seconds": seconds, "check": check + answers["variants"]["n"].tolist()}


def sql(file: str, steps: str) -> dict:
    """The same questions in SQL written by hand (without the intervals)."""
    import duckdb

    db = duckdb.connect()
    db.execute("set threads = 2")
    seconds, kept = {}, {}
    for name, script in SQL.items():
        begun = time.perf_counter()
        text = script.replace("{steps}", steps).replace("{file}", file)
        kept[name] = [db.execute(query).fetchall() for query in text.split(";")]
        seconds[name] = time.perf_counter() - begun
    rows = kept["transitions"][0]
    check = [sum(r[2] for r in rows), sum(r[3] for r in rows), round(sum(r[4] or 0 for r in rows), 3)]
    return {"seconds": seconds, "check": check + [r[1] for r in kept["variants"][0]]}


def peer(file: str) -> dict:
    """retentioneering, as far as it goes: transitions and channel switching by count, unique paths, share, median and
    95th percentile of time, and visits by count.  It has no variants, failure rates, ties or intervals."""
    import pandas as pd
    from retentioneering import Eventstream

    seconds, begun = {}, time.perf_counter()
    frame = pd.read_parquet(file, columns=["customer_id", "session_id", "touchpoint", "channel", "occurred_at"])
    schema = {"path_cols": ["customer_id", "session_id"], "timestamp_col": "occurred_at"}
    stream = Eventstream(frame, schema=schema | {"event_cols": ["touchpoint"]})
    seconds["prepare"] = time.perf_counter() - begun
    begun = time.perf_counter()
    for weight in ("count", "unique_paths", "proba_out", "time_median", "time_q95"):
        stream.transition_graph_data(edge_weight=weight, path_col="session_id")
    seconds["transitions"] = time.perf_counter() - begun
    begun = time.perf_counter()
    stream.get_event_counts()
    seconds["visits"] = time.perf_counter() - begun
    begun = time.perf_counter()
    stream = Eventstream(frame, schema=schema | {"event_cols": ["channel"]})
    for weight in ("count", "unique_paths", "proba_out", "time_median"):
        stream.transition_graph_data(edge_weight=weight, path_col="session_id")
    seconds["switches"] = time.perf_counter() - begun
    return {"seconds": seconds, "check": []}


def child(who: str, file: str) -> None:
    """Run one contender and print what it took as JSON."""
    sys.path.insert(0, str(HERE.parent))
    run = {"ours": ours, "sql": lambda f: sql(f, STEPS), "sql, sorted": lambda f: sql(f, STREAM), "peer": peer}[who]
    if who == "ours":  # imports are not counted
        import cx_helpers.engine
        import cx_helpers.measures.dropouts
        import cx_helpers.measures.journey
        import cx_helpers.measures.touchpoints

        cx_helpers.engine.connect()  # loads the engine's library
    elif who == "peer":
        import retentioneering  # noqa: F401
    else:
        import duckdb  # noqa: F401
    begun, cpu = time.perf_counter(), time.process_time()
    out = run(file)
    out |= {"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu}
    out["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("RESULT " + json.dumps(out))


def main(sizes: list[int]) -> None:
    """Generate the logs, run every contender, print the table."""
    if not PEER.exists():
        subprocess.run([sys.executable, "-m", "uv", "venv", "-q", str(PEER)], check=True)
        python = ["--python", str(PEER / "bin" / "python")]
        wanted = ["retentioneering>=5,<6", "pyarrow"]
        subprocess.run([sys.executable, "-m", "uv", "pip", "install", "-q", *python, *wanted], check=True)
    for events in sizes:
        file = HERE / "data" / f"events_{events}.parquet"
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            subprocess.run([sys.executable, str(HERE / "events.py"), str(events), str(file)], check=True)
        print(f"\n{events:,} events of {events // 10:,} customers")
        checks = {}
        for who in ("ours", "sql", "sql, sorted", "peer"):
            python = str(PEER / "bin" / "python") if who == "peer" else sys.executable
            quiet = os.environ | {"RETENTIONEERING_NO_TRACK": "1"}
            done = subprocess.run([python, __file__, who, str(file)], env=quiet, capture_output=True, text=True)
            line = next((x for x in done.stdout.splitlines() if x.startswith("RESULT ")), None)
            if line is None:
                print(f"  {who:12s} failed: {done.stderr.strip().splitlines()[-1:]}")
                continue
            out = json.loads(line.removeprefix("RESULT "))
            parts = ", ".join(f"{k} {v:.2f}" for k, v in out["seconds"].items())
            print(f"  {who:12s} {out['wall']:7.2f} s  cpu {out['cpu']:7.2f}  peak {out['peak_mb']:6.0f} MB   {parts}")
            checks[who] = out["check"]
        same = checks.get("ours") == checks.get("sql") == checks.get("sql, sorted")
        print(f"  the answers of this house and of both SQL scripts are {'equal' if same else 'NOT equal'}")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        child(*sys.argv[1:])
    else:
        main([int(x) for x in sys.argv[1:]] or [1_000_000, 10_000_000])
