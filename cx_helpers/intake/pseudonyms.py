"""Who may know who this is?  Personal keys become pseudonyms before they are stored.

A pseudonym is the first 20 hex digits of HMAC-SHA256 (RFC 2104) of the key under the company's secret: the same key
gives the same pseudonym in every table and every run of one company, and nobody without the secret can test a guess
(docs/decisions/0010).  The secret is the environment variable CX_KEY or, without it, `state/key`, made once, readable
by its owner only; one that others can read is refused.  Losing it means that new data no longer meets the old; giving
it away means that pseudonyms are none.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import tempfile
from pathlib import Path

from cx_helpers.settings import WorkspaceError
from cx_helpers.wording import Words

LENGTH = 20  # hex digits, 80 bits: among ten million keys two alike are a matter of 1 in 10 thousand million
BLOCK = 64  # bytes that SHA-256 works on at a time
SHORTEST_SECRET = 16  # letters of CX_KEY; a shorter one can be guessed


class KeyFault(WorkspaceError):
    """The secret cannot be used: the message says why, and the command that mends it."""


def secret(folder: Path) -> str:
    """The company's secret; makes `state/key` where there is none.  Raises KeyFault where others can read it."""
    if given := os.environ.get("CX_KEY"):
        return given
    path = folder / "state" / "key"
    if not path.is_file():
        _make(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise KeyFault(
            f"state/key can be read by others (mode {mode:04o}), who could then undo the pseudonyms; close it: "
            "chmod 600 state/key (where somebody may have read it, remove it: cx ingest makes a new one, and all "
            "pseudonyms anew)"
        )
    found = path.read_text("utf-8").strip()
    if not found:
        raise KeyFault("state/key is empty; bring it back from a backup, or remove it and run cx ingest for a new one")
    return found


def _make(path: Path) -> None:
    """Write a new secret: whole or not at all, and never over one that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix="key-", dir=path.parent)  # 0600
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_hex(32) + "\n")
    try:
        os.link(part, path)
        os.unlink(part)
    except FileExistsError:  # another process was faster
        os.unlink(part)
    except OSError:  # a file system without links
        os.replace(part, path)


def weakness(secret_key: str) -> Words | None:
    """What is to be said of a secret that can be guessed."""
    if len(secret_key) >= SHORTEST_SECRET:
        return None
    return {
        "fa": f"CX_KEY تنها {len(secret_key)} نویسه دارد و با آزمودن پیدا می‌شود؛ دست‌کم {SHORTEST_SECRET} نویسهٔ "
        "تصادفی بگذارید (openssl rand -hex 32)",
        "en": f"CX_KEY has {len(secret_key)} characters only and can be guessed; take {SHORTEST_SECRET} random ones "
        "or more (openssl rand -hex 32)",
    }


def pseudonym(key: str, secret_key: str) -> str:
    """The pseudonym of one key, as `sql` makes it in the engine: how a customer's own question finds their rows."""
    return hmac.new(secret_key.encode(), key.encode(), hashlib.sha256).hexdigest()[:LENGTH]


def prepare(con, secret_key: str) -> None:
    """Give a DuckDB connection what `sql` needs: the secret, padded and masked as HMAC has it (RFC 2104, section 2)."""
    key = secret_key.encode()
    key = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    for name, mask in (("cx_inner", 0x36), ("cx_outer", 0x5C)):
        con.execute(f"SET VARIABLE {name} = ?::BLOB", [bytes(byte ^ mask for byte in key)])


def sql(text: str, length: int = LENGTH) -> str:
    """SQL of the pseudonym of a text; null stays null.  The connection must be prepared."""
    inner = f"unhex(sha256(getvariable('cx_inner') || encode({text})))"
    return f"left(sha256(getvariable('cx_outer') || {inner}), {length})"


def normalised(kind: str, value: str) -> str:
    """SQL of an identity's value in one writing: e-mails in lower case, phones and cards as digits, 0 for +98.

    A mobile whose 0 a spreadsheet took away has it again.
    """
    digits = f"regexp_replace({value}, '\\D', '', 'g')"
    return (
        f"CASE {kind} WHEN 'email' THEN lower({value}) "
        f"WHEN 'phone' THEN regexp_replace({digits}, '^(0098|98)?(9\\d{{9}})$', '0\\2') "
        f"WHEN 'card' THEN {digits} WHEN 'national_id' THEN lpad({digits}, 10, '0') ELSE {value} END"
    )
