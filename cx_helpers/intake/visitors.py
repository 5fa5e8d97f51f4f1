"""Who was a visitor before they logged in?  The one customer who ever logged in from that browser or device.

Systems of clicks count browsers, and name the customer only once one logs in.  The inner table `visitors` holds every
login: the visitor, and the customer whom it was.  A visitor with one customer in all files together is that customer,
in the files before the login too; a device of several people is nobody's.
"""

from __future__ import annotations

import os
from pathlib import Path

from cx_helpers.intake.values import literal


def place(folder: Path) -> Path:
    """Where a workspace keeps which visitor is which customer; only its owner may read it."""
    return folder / "state" / "identity" / "visitors.parquet"


def settle(con, logins: str | None, folder: Path) -> None:
    """Write who each visitor is (customer_id of the visitor, person_id of the customer); no logins: the file goes.

    logins  SQL of a relation with visitor_id and customer_id
    """
    path = place(folder)
    known = "SELECT visitor_id AS customer_id, min(customer_id) AS person_id FROM {} GROUP BY visitor_id " \
            "HAVING count(DISTINCT customer_id) = 1 AND min(customer_id) <> visitor_id ORDER BY 1"  # fmt: skip
    if logins is None or not con.execute(f"SELECT count(*) FROM ({known.format(logins)})").fetchall()[0][0]:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    os.chmod(path.parent, 0o700)
    part = path.with_name(path.name + ".part")
    con.execute(f"COPY ({known.format(logins)}) TO {literal(part)} (FORMAT parquet)")
    os.chmod(part, 0o600)
    part.replace(path)


def links(folder: Path, people: Path) -> str | None:
    """SQL of all that is known of who is who: customer_id, person_id, `age` (1: the newest record of a person's).

    people  the links between customers (identity.place).  None where nobody is anybody else.
    """
    told, seen = people.is_file(), place(folder).is_file()
    customers = f"SELECT customer_id, person_id, age FROM read_parquet({literal(people)})"
    if not seen:
        return f"({customers})" if told else None
    of_whom = f"read_parquet({literal(place(folder))}) v"
    if not told:
        return f"(SELECT customer_id, person_id, 1000000 AS age FROM {of_whom})"
    return (f"({customers} UNION ALL SELECT v.customer_id, coalesce(l.person_id, v.person_id), 1000000 "
            f"FROM {of_whom} LEFT JOIN ({customers}) l ON l.customer_id = v.person_id)")  # fmt: skip
