"""How does an alert leave the house?  From the outbox by webhook or mail, each at most once.

Before an alert is sent it is marked `sending`, and that is on disk.  An answer marks it `sent`; where it surely did not
leave (no connection, an answer of 429 or 5xx, a mail server that refuses) it waits and is tried again; where nobody can
know (the line broke, a kill in between) it is `unsure`: it is never sent again, and the next digest names its case.
Every webhook carries the outbox's key as `Idempotency-Key`, every mail as its Message-ID.
"""

from __future__ import annotations

import http.client
import json
import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from cx_helpers.intake.mapping import expand
from cx_helpers.run import letters

TIMEOUT = 5  # seconds
MOST_TRIES, PAUSE = 8, 2  # pauses of 2, 4, 8 … seconds


class NotSent(Exception):
    """It surely did not leave; it may be tried again."""


def recover(book) -> int:
    """After a kill: what was being sent is unsure from now on; returns how many."""
    with book.writing() as db:
        return db.execute("UPDATE outbox SET state = 'unsure' WHERE state = 'sending'").rowcount


def send(book, rules, now: float, stop=lambda: False) -> int:
    """Send what waits in the outbox; returns how many arrived.  A way that fails is left alone until its pause ends."""
    arrived, broken = 0, set()
    waiting = "SELECT * FROM outbox WHERE state = 'waiting' AND coalesce(at, 0) <= ? ORDER BY made_at, key"
    for row in book.db.execute(waiting, [now]).fetchall():
        if stop() or row["way"] in broken:
            continue
        if not rules.alerts[row["way"]]:
            continue
        _mark(book, row["key"], "sending", now)
        try:
            (_webhook if row["way"] == "webhook" else _mail)(rules, row)
        except NotSent:
            tries = row["tries"] + 1
            state = "waiting" if tries < MOST_TRIES else "unsure"
            with book.writing() as db:
                again = "UPDATE outbox SET state = ?, tries = ?, at = ? WHERE key = ?"
                db.execute(again, [state, tries, now + PAUSE * 2**tries, row["key"]])
            broken.add(row["way"])
        except (OSError, http.client.HTTPException, smtplib.SMTPException):
            _mark(book, row["key"], "unsure", now)
            broken.add(row["way"])
        else:
            _mark(book, row["key"], "sent", now)
            arrived += 1
    return arrived


def _mark(book, key: str, state: str, now: float) -> None:
    with book.writing() as db:
        db.execute("UPDATE outbox SET state = ?, at = ? WHERE key = ?", [state, now, key])


def _webhook(rules, row) -> None:
    address = urlsplit(expand(rules.alerts["webhook"]))
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    line = kind(address.hostname or "", address.port, timeout=TIMEOUT)
    try:
        try:
            line.connect()
        except OSError as error:
            raise NotSent(str(error)) from None
        path = (address.path or "/") + (f"?{address.query}" if address.query else "")
        head = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": row["key"]}
        line.request("POST", path, row["body"].encode(), head)
        status = line.getresponse().status
    finally:
        line.close()
    if status == 429 or status >= 500:
        raise NotSent(f"status {status}")
    # any other refusal would be the same again: it counts as told, and the list of cases holds it


def _mail(rules, row) -> None:
    mail, body = rules.alerts["mail"], json.loads(row["body"])
    address = urlsplit(expand(mail["server"]))
    message = EmailMessage()
    message["From"], message["To"] = mail["from"], ", ".join(mail["to"])
    message["Subject"] = letters.subject(body)
    message["Message-ID"] = f"<{row['key'].replace(':', '.')}@{mail['from'].partition('@')[2] or 'cx'}>"
    message.set_content(letters.text(body, rules.timezone))
    try:
        server = _connected(address)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(type(error).__name__) from None
    with server:
        try:
            server.send_message(message)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:  # it was heard, and refused
            raise NotSent(type(error).__name__) from None


def _connected(address) -> smtplib.SMTP:
    """The company's mail server, over TLS where it offers that; a password goes over no open line but to this machine.

    address  smtps://user:password@host:465, or smtp://host:25
    """
    safe = ssl.create_default_context()
    if address.scheme == "smtps":
        server = smtplib.SMTP_SSL(address.hostname, address.port or 465, timeout=TIMEOUT, context=safe)
    else:
        server = smtplib.SMTP(address.hostname, address.port or 25, timeout=TIMEOUT)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=safe)
        elif address.username and address.hostname not in ("localhost", "127.0.0.1", "::1"):
            server.close()
            raise smtplib.SMTPNotSupportedError("the server offers no TLS, so no password is sent to it")
    if address.username:
        server.login(unquote(address.username), unquote(address.password or ""))
    return server
