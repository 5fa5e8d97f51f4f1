"""How are JSON lines, workbooks and databases opened?  Row by row or in chunks, into a relation of texts."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from cx_helpers.intake import encodings, jsonpages, mangled
from cx_helpers.intake.faults import CUT, midway, said
from cx_helpers.intake.fields import SourceError
from cx_helpers.intake.raw import Broken, Raw, fill, fresh_name, from_json, plain, repeated, unique
from cx_helpers.intake.values import literal


def open_jsonl(con, path: Path, options: dict, scratch: Path) -> Raw:
    """One JSON object a line; `a.b` in a mapping reaches into nested ones.  A file that is one array is read too."""
    text = encodings.as_utf8(path, scratch, options.get("encoding"))
    table, broken = fresh_name(), []
    faults = [said(*CUT, file=path.name)] if text.cut else []
    text, garbled = mangled.mended(text, path.name, scratch)
    faults += garbled
    with text.path.open("rb") as file:
        head = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"["):
        try:
            if jsonpages.is_odd(text.path):  # the engine would end at the first list and say nothing
                raise duckdb.InvalidInputException
            con.execute(
                f"CREATE TEMP TABLE {table} AS SELECT row_number() OVER () AS _rec, json AS j FROM "
                f"read_json_objects({literal(text.path)}, format='array', maximum_object_size=67108864)"
            )
        except duckdb.Error:
            rows, broken, more = jsonpages.whole_list(con, text, path.name)
            con.execute(
                f"CREATE TEMP TABLE {table} AS SELECT CAST(_line AS BIGINT) AS _rec, CAST(j AS JSON) AS j FROM {rows}"
            )
            faults += more
    else:

        def objects():
            with text.path.open("r", encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield number, line.rstrip("\r\n")

        def readable():
            for number, line in objects():
                if not line.isascii() and any("\udc80" <= c <= "\udcff" for c in line):
                    raw = line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
                    broken.append(Broken(number, "bad_bytes", raw))
                elif text.damaged and "\ufffd" in line:
                    broken.append(Broken(number, "bad_bytes", line))
                else:
                    yield number, line

        lines = fill(con, ["line"], readable())
        sound = "json_valid(line) AND json_type(CASE WHEN json_valid(line) THEN line END) = 'OBJECT'"
        broken += [
            Broken(rec, "bad_json", line)
            for rec, line in con.execute(
                f"SELECT _rec, line FROM {lines} WHERE NOT coalesce({sound}, false)"
            ).fetchall()
        ]
        con.execute(f"CREATE TEMP TABLE {table} AS SELECT _rec, line::JSON AS j FROM {lines} WHERE {sound}")
        con.execute(f"DROP TABLE {lines}")
        if broken and not text.cut and (cut := jsonpages.cut_in(text.path, max(broken))):
            faults.append(midway(path.name, cut))
    keys = con.execute(f"SELECT DISTINCT unnest(json_keys(j)) FROM {table} ORDER BY 1").fetchall()
    columns = [key for (key,) in keys]
    nested = [c for c in options.get("_columns", ()) if "." in c and c not in columns and c.split(".")[0] in columns]
    paths = {c: [c] for c in columns} | {c: c.split(".") for c in nested}
    relation = from_json(table, paths) if paths else f"(SELECT _rec FROM {table})"
    return Raw(relation, columns + nested, sorted(broken), sparse=True, faults=faults)


def open_excel(con, path: Path, options: dict, scratch: Path) -> Raw:
    """One sheet (the first, or `sheet`) of a workbook; the first line that is not skipped is the header."""
    book = _book(path)
    sheet = options.get("sheet", book.sheet_names[0])
    if sheet not in book.sheet_names:
        raise SourceError(f"{path.name}: no sheet {sheet!r}; sheets: {', '.join(book.sheet_names)}")
    return _sheet(con, path, book, sheet, options)


def open_sheets(con, path: Path, options: dict) -> dict[str, Raw]:
    """Every sheet of a workbook that holds more than a header, by its name."""
    book = _book(path)
    found = {}
    for sheet in book.sheet_names:
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        if sum(any(cell != "" for cell in row) for row in rows) > 1:
            found[sheet] = _sheet(con, path, book, sheet, options)
    return found


def _book(path: Path):
    import python_calamine as calamine

    try:
        return calamine.CalamineWorkbook.from_path(str(path))
    except (calamine.CalamineError, OSError) as error:
        raise SourceError(f"{path.name}: cannot be opened as a workbook: {error}; save it as .xlsx or .csv") from None


def _sheet(con, path: Path, book, sheet: str, options: dict) -> Raw:
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    numbered = [(n, row) for n, row in enumerate(rows, 1) if any(cell != "" for cell in row)]
    numbered = [(n, row) for n, row in numbered if n > int(options.get("skip_lines", 0))]
    if options.get("header", True) and not options.get("names"):
        if not numbered:
            raise SourceError(f"{path.name}: sheet {sheet!r} is empty; it needs a header line")
        head = [plain(cell) or "" for cell in numbered.pop(0)[1]]
        while not head[-1]:
            head.pop()
    else:
        width = max((len(row) for _, row in numbered), default=1)
        head = options.get("names") or [f"column_{i}" for i in range(1, width + 1)]
        numbered = numbered[1:] if options.get("header", True) else numbered
    columns = unique(head)
    width, broken = len(columns), []

    def rows():
        for number, row in numbered:
            if any(cell != "" for cell in row[width:]):
                broken.append(Broken(number, "too_many_columns", "\t".join(plain(cell) or "" for cell in row)))
            else:
                yield number, *map(plain, (*row, *[""] * width)[:width])

    return Raw(fill(con, columns, rows()), columns, broken, twice=repeated(head))


def open_sql(con, url: str, query: str, hasher) -> Raw:
    """The rows of a query in another database, through SQLAlchemy, in chunks; `hasher` is fed with all of them."""
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            result = connection.execution_options(stream_results=True).execute(sqlalchemy.text(query))
            columns = unique(list(result.keys()))

            def rows():
                for number, row in enumerate(result, 1):
                    texts = [plain(cell) for cell in row]
                    hasher.update(repr(texts).encode())
                    yield number, *texts

            relation = fill(con, columns, rows())
        engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        place = url.split("://")[0] + "://…"  # never the password
        said = str(getattr(error, "orig", None) or type(error).__name__ + ": " + str(error).split("\n")[0])
        for hidden in (url, _password(url)):
            said = said.replace(hidden, "…") if hidden else said
        raise SourceError(f"the query at {place} failed: {said}") from None
    return Raw(relation, columns)


def _password(url: str) -> str | None:
    found = re.search(r"://[^/@]*?:([^/]*)@", url)
    return found[1] if found else None
