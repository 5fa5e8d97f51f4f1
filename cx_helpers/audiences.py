"""How does a list of customers leave for HubSpot, Zoho or Salesforce?  One CSV an action, in their shape.

Tables hold pseudonyms, the vendor's system knows its own ids.  So whoever makes a list gives the file of contacts that
was exported there: each row's id (and e-mail) is turned into a pseudonym under the company's secret, as at an ingest,
and met with ours.  No file can be read backwards without that secret.  Lists are made in the lab only, lie readable by
their owner, and hold nobody who has not consented; where they went is remembered for `cx forget`; no cell of them is a
formula (spreadsheet.write).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cx_helpers import spreadsheet
from cx_helpers.intake import exported, pseudonyms
from cx_helpers.measures import next_action
from cx_helpers.readings.next_action import explained
from cx_helpers.settings import WorkspaceError
from cx_helpers.tables import nearest

# the vendor's name of its id, of the e-mail, and of the columns that are ours (made there once as fields of contacts)
SHAPES = {
    "hubspot": ("Record ID", "Email", ("CX action", "CX reason", "CX offer", "CX as of")),
    "zoho": ("Record Id", "Email", ("CX Action", "CX Reason", "CX Offer", "CX As Of")),
    "salesforce": ("Id", "Email", ("CX_Action__c", "CX_Reason__c", "CX_Offer__c", "CX_As_Of__c")),
}
PSEUDONYM = "CX pseudonym"  # the id's column where no file of contacts was given and tables hold pseudonyms


def write(tables, choice, system: str, out: str | Path, contacts: str | Path = "", key: str = "") -> pd.DataFrame:
    """Write the audiences, one file an action, and who got what (exposures.csv); returns what became of everybody.

    tables    of workspace.open;  choice  of next_action.choose;  system  hubspot, zoho or salesforce;  out  a folder
    contacts  CSV of contacts exported from there.  Without it the id is our customer_id: the vendor's own where
              privacy.pseudonyms is off, else a pseudonym that no system can import, and the file's name says so
    key       the column of contacts by which customers are known here; empty: the vendor's id, then the e-mail
    Returns, index action: chosen = listed + refused (no plain yes to contact) + unknown (in no row of contacts) +
    shared (an e-mail of several customers); and `file`.
    exposures.csv has experiment, customer_id, variant (the action, or control for whom the lot kept out), exposed_at:
    read by cx ingest as a source of the table exposures it lets the next report measure the effect.  It is written
    where customers are known by the vendor's id or `key`, for only such an id comes back as the same customer.
    """
    if system not in SHAPES:
        raise WorkspaceError(f"system is {system!r}{nearest(system, SHAPES)}; use {', '.join(SHAPES)}")
    id_column, email_column, own = SHAPES[system]
    hidden = bool(tables.settings.privacy["pseudonyms"])
    met = known(tables, contacts, system, key) if contacts else None
    if met is None:
        id_column = PSEUDONYM if hidden else id_column
    Path(out).mkdir(parents=True, exist_ok=True, mode=0o700)
    day = tables.period.past.isoformat()
    exported.remember(tables.settings.folder, Path(out), day)
    told = {}
    for action in choice.policy.actions:
        mine = choice.taken[choice.taken["action"] == action.key]
        if mine.empty:
            continue
        agreed = mine[next_action.consents(mine, action)]
        rows, row = _met(agreed["customer_id"], met)
        texts = explained(choice, tables.locale, action.key, most=None).set_index("customer_id").loc[rows.index]
        columns = [texts["action"], texts["reason"], texts["offer"], day]
        made = pd.DataFrame({id_column: rows["id"]} | ({email_column: rows["email"]} if met is not None else {}))
        made = made.assign(**dict(zip(own, columns, strict=True)))
        name = f"{system}-{action.key}{'-pseudonyms' if met is None and hidden else ''}.csv"
        spreadsheet.write(Path(out) / name, made.reset_index(drop=True))
        told[action.key] = {"chosen": len(mine), "listed": len(made), "refused": len(mine) - len(agreed)} | row
        told[action.key]["file"] = name
    if met is not None or not hidden:
        _exposed(choice, met, Path(out), tables)
    columns = ["chosen", "listed", "refused", "unknown", "shared", "file"]
    return pd.DataFrame.from_dict(told, orient="index", columns=columns).rename_axis("action")


def known(tables, contacts: str | Path, system: str, key: str = "") -> pd.DataFrame:
    """Whom do the rows of a vendor's contacts mean?  customer_id (index), id, email and key as they stand there, how
    (`key` or `email`), shared (the e-mail is of several customers).

    The id column, or `key`, is asked first; rows that nobody is known by are asked by their e-mail.
    """
    id_column, email_column, _ = SHAPES[system]
    rows = pd.DataFrame(spreadsheet.read(Path(contacts)), dtype=object)
    heads = {str(c).strip().lower(): c for c in rows}
    place = {name: heads.get(name.lower()) for name in (id_column, email_column, key) if name}
    if place[id_column] is None or (key and place[key] is None):
        lacks = id_column if place[id_column] is None else key
        raise WorkspaceError(
            f"{Path(contacts).name}: no column {lacks!r}{nearest(lacks, list(rows))}; export contacts from {system} "
            f"with {id_column} (and {email_column})"
        )
    secret = pseudonyms.secret(tables.settings.folder) if tables.settings.privacy["pseudonyms"] else ""
    ids = rows[place[id_column]].str.strip()
    keys = rows[place[key or id_column]].str.strip()
    mail = rows[place[email_column]].str.strip() if place[email_column] else pd.Series("", rows.index)
    everybody = set(tables.until.customers.select("customer_id").execute()["customer_id"])
    told = pd.DataFrame({"id": ids, "email": mail, "key": keys, "how": "key"})
    told["customer_id"] = [_kept(k, secret) for k in keys]
    named = told["customer_id"].isin(everybody)
    rest = told[~named & (mail != "")].assign(value=lambda f: [_kept(m.lower(), secret) for m in f["email"]])
    owners = _owners(tables, set(rest["value"]))
    rest = rest.drop(columns="customer_id").merge(owners, on="value").assign(how="email")
    found = pd.concat([told[named & (ids != "")].assign(shared=False), rest[rest["id"] != ""]])
    return found.drop_duplicates("customer_id").set_index("customer_id")[["id", "email", "key", "how", "shared"]]


def _kept(key: str, secret: str) -> str:
    """A key as tables hold it."""
    return pseudonyms.pseudonym(key, secret) if secret else key


def _owners(tables, values: set[str]) -> pd.DataFrame:
    """value, customer_id and shared of the e-mails that identities hold."""
    if not tables.has("identities") or not values:
        return pd.DataFrame({"value": [], "customer_id": [], "shared": []}, dtype=object)
    rows = tables.until.identities
    found = rows.filter(rows.kind == "email").select("value", "customer_id").distinct().execute()
    found = found[found["value"].isin(values)].sort_values(["value", "customer_id"])
    return found.assign(shared=found.groupby("value")["customer_id"].transform("nunique") > 1)


def _met(customers: pd.Series, met: pd.DataFrame | None) -> tuple[pd.DataFrame, dict]:
    """The vendor's id and e-mail of these customers, and how many were met with none."""
    if met is None:
        rows = pd.DataFrame({"id": customers.to_numpy(object)}, index=customers.to_numpy(object))
        return rows, {"unknown": 0, "shared": 0}
    mine = met.reindex(customers.to_numpy(object))
    several = mine["shared"].eq(True).to_numpy()
    there = mine["id"].notna().to_numpy() & ~several
    return mine[there], {"unknown": int((~there & ~several).sum()), "shared": int(several.sum())}


def _exposed(choice, met: pd.DataFrame | None, out: Path, tables) -> None:
    """Who got what, and whom the lot kept out, as the table exposures takes it."""
    taken = choice.taken
    agreed = [next_action.consents(taken[taken["action"] == a.key], a) for a in choice.policy.actions]
    got = [taken[taken["action"] == a.key][yes] for a, yes in zip(choice.policy.actions, agreed, strict=True)]
    got = pd.concat(got)
    both = pd.concat([got.assign(variant=got["action"]), choice.held.assign(variant="control")])
    names = both["customer_id"]
    if met is not None:
        sure = met[met["how"] == "key"]
        both = both[names.isin(sure.index)]
        names = both["customer_id"].map(sure["key"])
    made = pd.DataFrame({"experiment": both["action"], "customer_id": names, "variant": both["variant"]})
    spreadsheet.write(out / "exposures.csv", made.assign(exposed_at=tables.period.past.isoformat()))
