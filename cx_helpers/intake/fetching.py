"""How are rows fetched from an API?  By dlt's declarative `rest_api` source: pages, increments, pauses and new tries.

dlt is an extra (`cx-helpers[pull]`) and imported here only.  It would report its use to its makers: it is told not to.
"""

from __future__ import annotations

import copy
import datetime as dt
import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from cx_helpers.intake.asking import Asked
from cx_helpers.intake.fields import SourceError

TRIES, PAUSE_S, LONGEST_PAUSE_S = 6, 1.0, 120.0  # of one page; pauses double, or are as long as the vendor asks for
TIMEOUT_S = 60


class OddAnswer(Exception):
    """An answer that is none of this API's: `why` is a code in pullfaults.py."""

    def __init__(self, why: str, what: str = ""):
        super().__init__(why)
        self.why, self.what = why, what


def ready() -> None:
    """Import dlt, silenced: no telemetry, no log (it would name addresses); SourceError where it is not installed."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"
    try:
        import dlt.sources.rest_api  # noqa: F401
    except ImportError:
        raise SourceError("cx pull needs dlt, which is not installed; pip install 'cx-helpers[pull]', or put exports "
                          "into sources/ yourself: files need nothing") from None  # fmt: skip


def rows(asked: Asked, state: dict) -> Iterator[tuple[str, Iterator[dict]]]:
    """Each list of a system with its rows as they come, those that are new since `state`, which grows on the way.

    state   what dlt remembers of increments: the newest cursor of each list, and marks of the rows that had it
    """
    from dlt.common.configuration.container import Container
    from dlt.common.pipeline import StateInjectableContext
    from dlt.sources.rest_api import rest_api_resources

    session = _session(asked.url)
    client = {"base_url": asked.url, "auth": _auth(asked.sign_in, session), "session": session}
    lists = [_dlt(resource, asked.since) for resource in asked.resources]
    resources = {r.name: r for r in rest_api_resources({"client": client, "resources": lists})}
    with Container().injectable_context(StateInjectableContext(state=state)):
        for resource in asked.resources:
            yield resource["name"], iter(resources[resource["name"]])


def _session(home: str):
    """A session that tries again after 429, 5xx and cut connections, and talks to this vendor's host only."""
    from dlt.sources.helpers.requests import Client

    session = Client(
        request_timeout=TIMEOUT_S,
        raise_for_status=False,
        request_max_attempts=TRIES,
        request_backoff_factor=PAUSE_S,
        request_max_retry_delay=LONGEST_PAUSE_S,
    ).session
    send = session.send

    def guarded(request, **how):
        if urlsplit(request.url)[:2] != urlsplit(home)[:2]:  # a link to another page, or a redirect
            raise OddAnswer("elsewhere", urlsplit(request.url).hostname or "")
        return send(request, **how)

    session.send = guarded
    return session


def _auth(sign_in: dict, session):
    """dlt's way to sign in; a token that has to be asked for first is asked for in the same session."""
    if sign_in["type"] != "oauth2_client_credentials":
        return sign_in
    from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials

    return OAuth2ClientCredentials(**{k: v for k, v in sign_in.items() if k != "type"}, session=session)


def _dlt(resource: dict, since: str) -> dict:
    """A list of pulls/SYSTEM.yaml as dlt wants it: our paginator, conversions and checks by what they do."""
    resource = copy.deepcopy(resource)
    endpoint = resource["endpoint"]
    key = endpoint["data_selector"]
    if endpoint["paginator"]["type"] == "stream":
        endpoint["paginator"] = _stream(endpoint["paginator"]["next_url_path"])
    if incremental := endpoint.get("incremental"):
        incremental["on_cursor_value_missing"] = "include"
        if since:
            incremental["initial_value"] = _began(since, incremental["initial_value"])
        if "convert" in incremental:
            incremental["convert"] = {"epoch": _epoch, "soql": _soql}[incremental["convert"]]

    def check(response, *_, **__):
        if response.ok and not response.is_redirect:
            try:
                there = response.json()
            except ValueError:
                raise OddAnswer("not_json") from None
            if not isinstance(there, dict) or not isinstance(there.get(key), list):
                raise OddAnswer("no_list", key)

    endpoint["response_actions"] = [check]
    return resource


def _stream(next_url_path: str):
    """Pages that go on until `end_of_stream`: Zendesk links to a next page on its last one, too."""
    from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator

    class Stream(JSONLinkPaginator):
        def update_state(self, response, data=None):
            super().update_state(response, data)
            if response.json().get("end_of_stream") or self._next_reference == response.url:
                self._has_next_page = False

    return Stream(next_url_path=next_url_path)


def _began(since: str, form):
    """The day `since` in the form of a cursor's first value: seconds, or a text that ends as that one does."""
    return _epoch(f"{since}T00:00:00Z") if isinstance(form, int) else since + form[len(since) :]


def _epoch(text: str) -> int:
    return int(dt.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def _soql(text: str) -> str:
    """An instant as SOQL writes it: a + would need escapes."""
    return text.replace("+0000", "Z")
