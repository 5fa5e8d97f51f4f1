"""Generate a click log of any size for the benchmarks: `python benchmarks/events.py 1000000 FILE`.

About ten events a customer in sessions of a few events, sixteen touchpoints, four channels, 6 % failures; the file lies
sorted by customer_id, occurred_at, event_id and says so, as `cx ingest` writes it.  Deterministic (hashes, no clock).
"""

import sys

import duckdb

TOUCHPOINTS = (
    "home search category product reviews cart checkout payment purchase account "
    "support_chat support_call delivery return review club"
).split()


def generate(events: int, path: str) -> None:
    """Write `events` touchpoints of a tenth as many customers."""
    customers, db = max(events // 10, 1), duckdb.connect()
    db.execute(f"""
        create table draw as select hash(i * 7919 + 1) % {customers} as who, (hash(i * 104729 + 5) >> 5) % 4 as visit,
            hash(i * 1299709 + 9) as luck from range({events}) t(i)""")
    db.execute(f"""
        copy (
            select 'E' || lpad((row_number() over ())::varchar, 9, '0') as event_id, customer_id, occurred_at,
                touchpoint, channel, outcome, duration_s, session_id
            from (select 'C' || lpad(who::varchar, 8, '0') as customer_id,
                    timestamp '2025-03-21' + to_seconds(((visit * 20 + (who * 31 + visit * 17) % 19) * 86400
                        + (who * 7919) % 80000 + (luck >> 7) % 1800)::bigint) as occurred_at,
                    {TOUCHPOINTS}[(1 + floor(16 * power(((luck >> 20) % 1000) / 1000.0, 1.6)))::int] as touchpoint,
                    ['web', 'app', 'web', 'phone', 'app', 'web', 'store'][(1 + (who * 31 + visit * 17) % 7)::int]
                        as channel,
                    case when (luck >> 33) % 100 < 6 then 'failure' when (luck >> 33) % 100 < 10 then 'abandoned'
                        when (luck >> 33) % 100 < 95 then 'success' end as outcome,
                    ((luck >> 40) % 600)::double as duration_s,
                    'S' || who || '-' || visit as session_id, luck
                from draw order by customer_id, occurred_at, luck)
        ) to '{path}' (format parquet, compression zstd,
            kv_metadata {{'cx.sorted_by': 'customer_id, occurred_at, event_id'}})""")


if __name__ == "__main__":
    generate(int(sys.argv[1]), sys.argv[2])
