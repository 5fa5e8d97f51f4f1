"""python -m benchmarks.watch [--seconds 60] [--rate 100] [--kills 50]: does `cx watch` keep up, and lose nothing?

Two measurements on a company of its own, in a temporary folder, with a local HTTP server as webhook:
rate   so many new rows a second are appended to a watched file; how long after its row was written does an alert come?
kills  the watch is killed (SIGKILL) at random moments while rows come; each unhappy row is one case, no alert twice.
"""

import argparse
import datetime as dt
import json
import multiprocessing
import os
import random
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WORKSPACE = """\
name: {fa: آزمایش, en: Trial}
sources:
  - system: table
    name: survey
    path: sources/answers*.csv
    tables:
      responses:
        columns: {response_id: id, customer_id: who, responded_at: at, instrument: {value: nps}, score: score,
          scale_min: {value: 0}, scale_max: {value: 10}, touchpoint: place}
      comments:
        needs: text
        columns: {comment_id: id, customer_id: who, written_at: at, text: words, origin: {value: response},
          origin_id: id, touchpoint: place}
"""
RULES = """\
owners: [{touchpoint: payment, owner: a}, {owner: b}]
alerts: {webhook: "${CX_WEBHOOK}", from_rank: 100, most_per_hour: %d, digest: "23:59"}
"""
GRAVE, BAD, GOOD = "ازتون شکایت می کنم، پول من را دزدیدید", "خیلی بد بود، دیر رسید", "عالی بود، ممنون"
HEAD = "id,who,at,score,place,words\n"


class Hook:
    """A webhook that counts what comes, by idempotency key, and when it came."""

    def __init__(self):
        self.keys, self.when, self.bodies = Counter(), {}, {}
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                key = self.headers["Idempotency-Key"]
                hook.keys[key] += 1
                hook.when.setdefault(key, time.time())
                hook.bodies[key] = json.loads(body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


class Writer(threading.Thread):
    """Appends rows to a watched file, so many a second: of ten one grave, three bad, six good."""

    def __init__(self, folder: Path, rate: float, rows: int, pace: float = 0.1):
        super().__init__(daemon=True)
        self.path, self.rate, self.rows, self.pace = folder / "sources" / "answers.csv", rate, rows, pace
        self.written: dict[str, float] = {}

    def run(self) -> None:
        """Write until all rows are there."""
        begun, number = time.time(), 0
        while number < self.rows:
            due = min(self.rows, int((time.time() - begun) * self.rate) + 1)
            lines, ids = [], []
            for n in range(number, due):
                kind = n % 10
                score, words = (0, GRAVE) if kind == 0 else (1, BAD) if kind < 4 else (10, GOOD)
                at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
                lines.append(f"r{n:06d},c{n % 997},{at},{score},{'payment' if n % 2 else 'delivery'},{words}\n")
                ids.append(f"r{n:06d}")
            with self.path.open("ab", buffering=0) as file:
                file.write("".join(lines).encode())
            self.written |= dict.fromkeys(ids, time.time())
            number = due
            time.sleep(self.pace)


def company(folder: Path, most: int = 1_000_000) -> Path:
    """A workspace with one watched file that has no row yet."""
    (folder / "sources").mkdir(parents=True)
    (folder / "workspace.yaml").write_text(WORKSPACE, "utf-8")
    (folder / "watch.yaml").write_text(RULES % most, "utf-8")
    (folder / "sources" / "answers.csv").write_text(HEAD + "r,c,2020-01-01,10,delivery,\n", "utf-8")
    return folder


def _context():
    """Processes forked from one that has the imports and nothing else: a start costs no seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cx_helpers.run.watching", "pandas", "pyarrow.parquet", "duckdb"])
    return context


def _watch(folder: str, address: str, once: bool) -> None:
    from cx_helpers.run import watching

    os.environ["CX_WEBHOOK"] = address
    watching.watch(folder, once, say=lambda *_: None)


def killed(folder: Path, times: int, rate: float = 30, seed: int = 1, longest: float = 2.5) -> dict:
    """Kill a watch so many times at random moments while rows come; then let one finish, and count.

    Returns rows, expected and found cases, lost, doubled, alerts that arrived, twice, and what the outbox says.
    """
    chance, hook, context = random.Random(seed), Hook(), _context()
    writer = Writer(company(folder), rate, int(times * rate * longest / 2))
    writer.start()
    for _ in range(times):
        process = context.Process(target=_watch, args=(str(folder), hook.address, False))
        process.start()
        time.sleep(chance.uniform(0.05, longest))
        process.kill()
        process.join()
    writer.join()
    process = context.Process(target=_watch, args=(str(folder), hook.address, True))
    process.start()
    process.join()
    time.sleep(0.3)
    hook.close()
    book = sqlite3.connect(folder / "state" / "cases.sqlite")
    found = Counter(key for (key,) in book.execute("SELECT origin_id FROM cases"))
    states = dict(book.execute("SELECT state, count(*) FROM outbox GROUP BY 1").fetchall())
    book.close()
    wanted = {key for key in writer.written if int(key[1:]) % 10 < 4}
    return {
        "rows": len(writer.written),
        "wanted": len(wanted),
        "lost": len(wanted - set(found)),
        "strange": len(set(found) - wanted),
        "doubled": sum(n > 1 for n in found.values()),
        "exit": process.exitcode,
        "alerts": sum(hook.keys.values()),
        "twice": sum(n > 1 for n in hook.keys.values()),
        "outbox": states,
    }


def kept_up(folder: Path, rate: float, seconds: float) -> dict:
    """Append so many rows a second; seconds from a row's writing to its alert, and the watch's own CPU seconds."""
    from cx_helpers.intake import case_rows, pseudonyms

    hook, context = Hook(), _context()
    process = context.Process(target=_watch, args=(str(company(folder)), hook.address, False))
    process.start()
    time.sleep(6)  # the first round warms the model
    writer = Writer(folder, rate, int(rate * seconds))
    writer.start()
    writer.join()
    time.sleep(6)
    cpu = sum(map(int, Path(f"/proc/{process.pid}/stat").read_text().split(") ")[1].split()[11:13])) / os.sysconf(2)
    process.terminate()
    process.join(30)
    hook.close()
    secret = pseudonyms.secret(folder)
    grave = [key for key in writer.written if int(key[1:]) % 10 == 0]
    keys = {key: f"{case_rows.case_id('response', key, secret)}:webhook" for key in grave}
    late = sorted(hook.when[keys[k]] - writer.written[k] for k in grave if keys[k] in hook.when)
    place = [late[min(int(len(late) * share), len(late) - 1)] for share in (0.5, 0.95, 1)] if late else [None] * 3
    told = {"rows": len(writer.written), "alerts": f"{len(late)} of {len(grave)}", "cpu_s": cpu}
    return told | dict(zip(("median_s", "p95_s", "longest_s"), place, strict=True)) | {"exit": process.exitcode}


def main() -> None:
    """Both measurements, printed as one line of JSON each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watch", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--kills", type=int, default=50)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        if asked.seconds:
            print(json.dumps(kept_up(Path(base) / "rate", asked.rate, asked.seconds)), flush=True)
        if asked.kills:
            print(json.dumps(killed(Path(base) / "kills", asked.kills)), flush=True)


if __name__ == "__main__":
    main()
