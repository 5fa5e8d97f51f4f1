"""Whom may we ask, and with which key?  The entries of `pull` in workspace.yaml, read and checked.

What a system is asked for stands in `pulls/SYSTEM.yaml`.  Secrets stand in the environment: an entry names it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from cx_helpers import dates
from cx_helpers.intake.fields import SourceError, known, listed, texts
from cx_helpers.intake.mapping import expand
from cx_helpers.settings import Settings
from cx_helpers.tables import nearest

PULLS = Path(__file__).parent / "pulls"
SECRETS = ("token", "client_secret")
KEYS = ("system", "name", "url", "since", "only", *SECRETS)
HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Asked:
    """One entry of `pull`, checked and filled: whom to ask, how to sign in, which lists, since when."""

    name: str
    system: str
    url: str
    sign_in: dict
    resources: tuple[dict, ...]
    since: str  # a day, "" for all there is
    secrets: tuple[str, ...]  # values that nothing may hold or show
    variables: tuple[str, ...]  # the variables that hold them, as an error may name them


def names() -> list[str]:
    """The systems that can be asked."""
    return sorted(path.stem for path in PULLS.glob("*.yaml"))


def read(settings: Settings, system: str = "") -> list[Asked]:
    """The entries of `pull`, or those of one system or name; SourceError says what is wrong with which."""
    entries = [_whole(entry) for entry in settings.pull]
    called = [entry["name"] for entry in entries]
    for name in called:
        if called.count(name) > 1:
            raise SourceError(f"pull: two entries are called {name!r}; give each its own `name`")
    if not entries:
        raise SourceError("workspace.yaml: nothing is to be pulled; write pull: [{system: zendesk, url: "
                          "https://NAME.zendesk.com, token: ${ZENDESK_TOKEN}}]")  # fmt: skip
    wanted = [e for e in entries if system in ("", e["name"], e["system"])]
    if not wanted:
        raise SourceError(f"pull: no entry is called {system!r}{nearest(system, called)}; entries: {', '.join(called)}")
    return [_read(entry) for entry in wanted]


def _whole(entry: dict) -> dict:
    """An entry with its name; SourceError where its system cannot be asked."""
    system = entry["system"]
    if system not in names():
        raise SourceError(f"pull: system {system!r} cannot be pulled{nearest(str(system), names())}; systems: "
                          f"{', '.join(names())}. Of all others put exports into sources/")  # fmt: skip
    name = str(entry.get("name") or system)
    if not re.fullmatch(r"[\w-][\w.-]*", name):
        raise SourceError(f"pull {name!r}: a `name` has letters, digits, - and _ only; it becomes a folder's name")
    return entry | {"name": name}


def _read(entry: dict) -> Asked:
    where = f"pull {entry['name']!r}"
    shipped = yaml.safe_load((PULLS / f"{entry['system']}.yaml").read_text("utf-8"))
    extra = [key for key in shipped["keys"] if key not in KEYS]
    lists = ["properties"] if any("properties" in r["endpoint"]["params"] for r in shipped["resources"]) else []
    known(entry, (*KEYS, *extra, *lists), where)
    texts(entry, ("name", "url", "since", *extra), where)
    secrets = {key: _secret(entry[key], key, where) for key in SECRETS if entry.get(key) is not None}
    url = _url(entry.get("url") or shipped.get("url"), where, shipped["keys"]["url"])
    given = {key: expand(str(entry[key])).strip() for key in extra if entry.get(key)} | secrets | {"url": url}
    return Asked(
        name=entry["name"],
        system=entry["system"],
        url=url,
        sign_in=_sign_in(shipped["sign_in"], given, where),
        resources=_resources(shipped["resources"], entry, where),
        since=_since(entry.get("since"), where),
        secrets=tuple(secrets.values()),
        variables=tuple(str(entry[key]) for key in secrets),
    )


def _secret(written, key: str, where: str) -> str:
    """The secret in the variable that `${NAME}` names.  What else is written is never shown: it may be the secret."""
    variable = re.fullmatch(r"\$\{(\w+)\}", str(written).strip())
    if not variable:
        raise SourceError(f"{where}: `{key}` stands in clear; secrets stay out of files: write {key}: ${{NAME}}, set "
                          "NAME in the environment of cx pull, and have the vendor renew this one")  # fmt: skip
    value = os.environ.get(variable[1], "").strip()
    if not value:
        raise SourceError(f"{where}: the environment variable {variable[1]} is not set; set it to the {key}")
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise SourceError(f"{where}: the environment variable {variable[1]} holds blanks or letters that no {key} has; "
                          "set it to the vendor's own text")  # fmt: skip
    return value


def _url(written, where: str, form: str) -> str:
    """The address of the API; SourceError where it is none, holds a password, or would send the token unsealed."""
    if not written:
        raise SourceError(f"{where}: give the `url`, such as {form}")
    url = expand(str(written)).strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise SourceError(f"{where}: `url` is no address of an API; write it as {form}")
    if "@" in parts.netloc or parts.query:
        raise SourceError(f"{where}: `url` holds a name, a password or a query; write it as {form}")
    if parts.scheme == "http" and host not in HERE:
        raise SourceError(
            f"{where}: `url` begins with http://, so that the token could be read on the way; write https://"
        )
    return url


def _sign_in(ways: list[dict], given: dict, where: str) -> dict:
    """The first way to sign in whose keys the entry gives, filled."""
    wanted = [sorted(set(re.findall(r"\{(\w+)\}", " ".join(way.values()))) - {"url"}) for way in ways]
    for way, keys in zip(ways, wanted, strict=True):
        if all(key in given for key in keys):
            return {key: value.format_map(given) for key, value in way.items()}
    either = ", or ".join(" and ".join(f"{key}: ${{…}}" for key in keys) for keys in reversed(wanted))
    raise SourceError(f"{where}: give {either}")


def _resources(shipped: list[dict], entry: dict, where: str) -> tuple[dict, ...]:
    """The lists that the entry wants, with the properties that it adds to what one of them is asked for."""
    there = [resource["name"] for resource in shipped]
    only = [str(name) for name in listed(entry.get("only"))]
    known(dict.fromkeys(only), tuple(there), f"{where}, only")
    more = entry.get("properties") or {}
    known(more, tuple(r["name"] for r in shipped if "properties" in r["endpoint"]["params"]), f"{where}, properties")
    out = []
    for resource in shipped:
        if only and resource["name"] not in only:
            continue
        if added := listed(more.get(resource["name"].removesuffix("_archived"))):
            endpoint = resource["endpoint"]
            params = endpoint["params"]
            params = params | {"properties": ",".join([params["properties"], *map(str, added)])}
            resource = resource | {"endpoint": endpoint | {"params": params}}
        out.append(resource)
    return tuple(out)


def _since(written, where: str) -> str:
    if written is None:
        return ""
    try:
        return dates.parse_date(str(written)).isoformat()
    except ValueError as error:
        raise SourceError(f"{where}: since: {error}") from None
