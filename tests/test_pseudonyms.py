"""The keyed hash of a person's key: as the standard says, the same in SQL and in Python, under a kept secret."""

import os

import duckdb
import pyarrow.parquet as pq
import pytest

from cx_helpers.intake import pseudonyms, sources, staging
from cx_helpers.intake.pseudonyms import KeyFault, pseudonym

# RFC 4231, test cases 2 and 6 (a key longer than a block), and a key and a text in Persian worked out with openssl
VECTORS = [
    ("Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    ("k" * 65, "09121234567", None),
    ("کلید شرکت", "۰۹۱۲", None),
]


@pytest.mark.parametrize(("key", "text", "whole"), VECTORS)
def test_sql_and_python_give_the_hmac_of_the_standard(key, text, whole):
    con = duckdb.connect()
    pseudonyms.prepare(con, key)
    sql = con.execute(
        f"SELECT {pseudonyms.sql('x', 64)}, {pseudonyms.sql('x')} FROM (SELECT ? AS x)", [text]
    ).fetchall()[0]
    con.close()
    assert sql[1] == pseudonym(text, key) == sql[0][:20]
    if whole:
        assert sql[0] == whole


def test_a_null_stays_null_and_another_secret_gives_another_pseudonym():
    con = duckdb.connect()
    pseudonyms.prepare(con, "one")
    found = con.execute(f"SELECT {pseudonyms.sql('x')} FROM (VALUES (NULL), ('')) AS t(x)").fetchall()
    con.close()
    assert found == [(None,), (pseudonym("", "one"),)]
    assert pseudonym("a", "one") != pseudonym("a", "two")


def test_the_secret_is_made_once_for_its_owner_only(tmp_path):
    first = pseudonyms.secret(tmp_path)
    assert len(first) == 64
    assert pseudonyms.secret(tmp_path) == first
    assert (tmp_path / "state" / "key").stat().st_mode & 0o777 == 0o600
    assert [p.name for p in (tmp_path / "state").iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_secret_that_others_can_read_is_refused_and_ingest_changes_nothing(tmp_path, mode):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.csv").write_text("id,who,at,amount\n1,a,2024-01-01,5\n")
    (tmp_path / "workspace.yaml").write_text(
        "name: T\nsources: [{system: table, path: sources/a.csv, table: orders, "
        "columns: {order_id: id, customer_id: who, ordered_at: at, amount: amount}}]\n"
    )
    pseudonyms.secret(tmp_path)
    os.chmod(tmp_path / "state" / "key", mode)
    with pytest.raises(KeyFault, match=rf"mode {mode:04o}.*chmod 600 state/key"):
        sources.load(tmp_path)
    assert not (tmp_path / "tables").exists()
    os.chmod(tmp_path / "state" / "key", 0o600)
    assert sources.load(tmp_path).taken == 1


def test_an_empty_secret_is_none(tmp_path):
    pseudonyms.secret(tmp_path)
    (tmp_path / "state" / "key").write_text("\n")
    with pytest.raises(KeyFault, match="state/key is empty"):
        pseudonyms.secret(tmp_path)


def test_a_secret_that_can_be_guessed_is_told_of(tmp_path, monkeypatch):
    monkeypatch.setenv("CX_KEY", "another")
    assert pseudonyms.secret(tmp_path) == "another"
    assert "7 characters" in pseudonyms.weakness("another")["en"]
    assert pseudonyms.weakness("x" * 16) is None


@pytest.mark.parametrize("many", [0, 100])
def test_keys_that_come_again_get_the_same_pseudonyms_whether_made_or_looked_up(tmp_path, monkeypatch, many):
    monkeypatch.setattr(staging, "MANY", many)
    monkeypatch.setenv("CX_KEY", "a secret of sixteen letters and more")
    (tmp_path / "sources").mkdir()
    keys = [*["ali"] * 5, *["sara"] * 5, "", "", *["reza"] * 5]  # nobody knows who wrote two of them
    rows = "".join(f"{i},{key},2024-01-{i + 1:02d},بد\n" for i, key in enumerate(keys))
    (tmp_path / "sources" / "a.csv").write_text("id,who,at,text\n" + rows, "utf-8")
    (tmp_path / "workspace.yaml").write_text(
        "name: T\nsources: [{system: table, path: sources/a.csv, table: comments, "
        "columns: {comment_id: id, customer_id: who, written_at: at, text: text}}]\n"
    )
    assert sources.load(tmp_path).taken == 17
    stored = pq.read_table(tmp_path / "tables" / "comments.parquet").to_pylist()
    expected = {str(i): pseudonym(key, os.environ["CX_KEY"]) if key else None for i, key in enumerate(keys)}
    assert {row["comment_id"]: row["customer_id"] for row in stored} == expected
