"""Who may know who this is?  Personal keys become pseudonyms before they are stored.

A pseudonym is the first 20 hex digits of SHA-256 over secret + key + secret: the same key gives the same pseudonym in
every table and every run of one company, and nobody without the secret can test a guess.  The secret is the
environment variable CX_KEY or, without it, `state/key`, made once and readable by its owner only.  Losing it means
that new data no longer meets the old; giving it away means that pseudonyms are none.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

LENGTH = 20


def secret(folder: Path) -> str:
    """The company's secret; makes `state/key` where there is none."""
    if given := os.environ.get("CX_KEY"):
        return given
    path = folder / "state" / "key"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_hex(32) + "\n")
    return path.read_text().strip()


def pseudonym(key: str, secret_key: str) -> str:
    """The pseudonym of one key, as `sql` makes it in the engine: how a customer's own question finds their rows."""
    return hashlib.sha256(f"{secret_key}{key}{secret_key}".encode()).hexdigest()[:LENGTH]


def sql(text: str) -> str:
    """SQL of the pseudonym of a text; the session variable cx_key holds the secret."""
    return f"left(sha256(getvariable('cx_key') || {text} || getvariable('cx_key')), {LENGTH})"


def normalised(kind: str, value: str) -> str:
    """SQL of an identity's value in one writing: e-mails in lower case, phones and cards as digits, 0 for +98."""
    digits = f"regexp_replace({value}, '\\D', '', 'g')"
    return (
        f"CASE {kind} WHEN 'email' THEN lower({value}) "
        f"WHEN 'phone' THEN regexp_replace({digits}, '^(0098|98)(9\\d{{9}})$', '0\\2') "
        f"WHEN 'card' THEN {digits} WHEN 'national_id' THEN lpad({digits}, 10, '0') ELSE {value} END"
    )
