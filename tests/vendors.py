"""Vendors' APIs, played on this computer: real HTTP, their ways to sign in, to page and to ask for what is new."""

import base64
import datetime as dt
import http.server
import json
import re
import threading
from urllib.parse import parse_qs, urlsplit

TOKEN = "s3cr3t-T0ken-9f8e7d"
NAME = "agent@shop.example"


def epoch(text: str) -> int:
    return int(dt.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


class Vendor:
    """One vendor on localhost.  `lists` are its rows, `fault` is asked before each answer, `asked` are all requests."""

    page = 2  # rows

    def __init__(self):
        self.lists, self.asked, self.fault = {}, [], lambda path, query, nth: None
        vendor = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                vendor.answer(self)

            def do_POST(self):
                self.form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                vendor.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler) -> None:
        parts = urlsplit(handler.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.asked.append((parts.path, query))
        told = self.fault(parts.path, query, len(self.asked))
        if told is None and not self.signed_in(handler):
            told = 401
        if told is None:
            told = self.rows(parts.path, query, handler)
        if told == "cut":  # half an answer, then the line is dead
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b'{"tickets": [{"id": 1')
            handler.close_connection = True
            return
        status, body = (200, told) if isinstance(told, dict | str) else told if isinstance(told, tuple) else (told, {})
        headers = {"Location": body} if status == 302 else {}
        text = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(text)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(text)

    def signed_in(self, handler) -> bool:
        return handler.headers.get("Authorization") == f"Bearer {TOKEN}"

    def rows(self, path: str, query: dict, handler):
        """What the vendor answers to a request that is signed in: a document, or a status."""
        raise NotImplementedError


class Zendesk(Vendor):
    """Incremental exports by time and cursor, `end_of_stream`, a next link on the last page too; lists by `links`."""

    STREAMS = {"/api/v2/incremental/tickets/cursor.json": ("tickets", "generated_timestamp"),
               "/api/v2/incremental/users/cursor.json": ("users", "updated_at"),
               "/api/v2/incremental/organizations.json": ("organizations", "updated_at"),
               "/api/v2/incremental/ticket_events.json": ("ticket_events", "timestamp")}  # fmt: skip

    def signed_in(self, handler) -> bool:
        basic = base64.b64encode(f"{NAME}/token:{TOKEN}".encode()).decode()
        return handler.headers.get("Authorization") in (f"Basic {basic}", f"Bearer {TOKEN}")

    def rows(self, path, query, handler):
        if path not in self.STREAMS:
            key = re.fullmatch(r"/api/v2/(\w+)\.json", path)[1]
            rows, at = self.lists.get(key, []), int(query.get("page[after]", 0))
            more = at + self.page < len(rows)
            following = f"{self.url}{path}?page[after]={at + self.page}" if more else None
            return {key: rows[at : at + self.page], "meta": {"has_more": more}, "links": {"next": following}}
        key, cursor = self.STREAMS[path]
        since = int(query.get("start_time", 0))
        at = int(query.get("cursor", 0))

        def when(row):
            return row[cursor] if isinstance(row[cursor], int) else epoch(row[cursor])

        rows = sorted((row for row in self.lists.get(key, []) if when(row) >= since), key=when)
        if path.endswith("cursor.json") and key == "tickets" and "metric_sets" not in query.get("include", ""):
            rows = [{k: v for k, v in row.items() if k != "metric_set"} for row in rows]
        link = f"{self.url}{path}?start_time={since}&include={query.get('include', '')}&cursor={at + self.page}"
        return {key: rows[at : at + self.page], "end_of_stream": at + self.page >= len(rows),
                "after_url" if "cursor" in path else "next_page": link}  # fmt: skip


class HubSpot(Vendor):
    """Lists of objects with `paging.next.after`; of a record the properties that are asked for; archived ones apart."""

    def rows(self, path, query, handler):
        kind = path.rpartition("/")[2]
        every = [r for r in self.lists.get(kind, []) if r["archived"] == (query.get("archived") == "true")]
        at = int(query.get("after", 0))
        wanted = query["properties"].split(",")
        rows = [r | {"properties": {k: r["properties"].get(k) for k in wanted}} for r in every[at : at + self.page]]
        if "associations" not in query:
            rows = [{k: v for k, v in row.items() if k != "associations"} for row in rows]
        more = {"paging": {"next": {"after": str(at + self.page)}}} if at + self.page < len(every) else {}
        return {"results": rows} | more


class Salesforce(Vendor):
    """SOQL by a URL, further pages by `nextRecordsUrl`; a token for client id and secret."""

    short = "short-lived-3c2b1a"

    def signed_in(self, handler) -> bool:
        return handler.path.startswith("/services/oauth2/") or handler.headers.get("Authorization") in (
            f"Bearer {self.short}", f"Bearer {TOKEN}")  # fmt: skip

    def rows(self, path, query, handler):
        if path == "/services/oauth2/token":
            right = handler.form == {
                "client_id": ["id"],
                "client_secret": [TOKEN],
                "grant_type": ["client_credentials"],
            }
            return {"access_token": self.short, "token_type": "Bearer"} if right else (400, {"error": "invalid_client"})
        if found := re.fullmatch(r"(/services/data/v[\d.]+)/query/(\w+)-(\d+)-(\d+)", path):
            version, name, since, at = found[1], found[2], int(found[3]), int(found[4])
            cursor = self.cursor
        else:
            version = path.removesuffix("/queryAll")
            asked = re.search(r" FROM (\w+) WHERE (\w+) >= ([\d:.TZ-]+) ORDER BY (\w+)$", query["q"])
            name, cursor, since, at = asked[1], asked[2], epoch(asked[3]), 0
            self.cursor = cursor

        def when(row):
            return epoch(row[cursor].replace("+0000", "Z"))

        rows = sorted((row for row in self.lists.get(name, []) if when(row) >= since), key=when)
        done = at + self.page >= len(rows)
        more = {} if done else {"nextRecordsUrl": f"{version}/query/{name}-{since}-{at + self.page}"}
        shown = [{"attributes": {"type": name, "url": f"{version}/sobjects/{name}/{row['Id']}"}} | row for row in rows]
        return {"totalSize": len(rows), "done": done, "records": shown[at : at + self.page]} | more
