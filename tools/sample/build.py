"""One company from one seed: who came, what they lived through, what they said, as the contract's tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.intake.inner import TABLES as KNOWN

from . import effects as planted
from . import extras, feedback, forms, journeys, lifetimes, loop, people, products, talk, voucher
from .calendar import END, Rhythm, stamps


def build(seed: int, effects=planted.ALL, customers: int = 6000) -> dict[str, pd.DataFrame]:
    """All canonical tables of an invented company.

    seed       any whole number; the same seed, effects and customers give the same tables
    effects    names from `EFFECTS`; `ALL` plants every truth, `NONE` makes a company with nothing to find
    customers  how many people (1 or more)
    Raises ValueError for an unknown effect or fewer than one customer.
    """
    effects = planted.check(effects)
    if customers < 1:
        raise ValueError(f"customers is {customers}; a company needs at least 1")
    # one stream of chance per question, so that a change in one part leaves the others as they were
    chance = dict(
        zip(
            ("people", "keys", "tests", "lives", "steps", "answers", "words", "baskets", "tickets", "plans"),
            (np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(10)),
            strict=True,
        )
    )
    rhythm = Rhythm("seasonality" in effects)
    crowd = people.meet(chance["people"], customers, effects, rhythm)
    tests = lifetimes.experiments(chance["tests"], crowd)
    tries = lifetimes.live(chance["lives"], crowd, tests, effects, rhythm)
    steps = journeys.walk(chance["steps"], crowd, tries, effects, rhythm)
    given = feedback.answers(chance["answers"], crowd, tries, steps, effects)
    said = talk.gather(chance["words"], crowd, tries, steps, given, effects)

    words = said[said["origin"] == "response"].set_index("row")["text"].reindex(range(len(given)))
    responses = feedback.responses(crowd, given, words.astype(object).where(words.notna(), None))
    tickets = talk.tickets(chance["tickets"], crowd, tries, said)
    ticket_of = pd.Series(tickets["ticket_id"].to_numpy(), index=tickets["_row"]).reindex(range(len(tries))).to_numpy()
    origins = {name: steps["event_id"].to_numpy() for name in ("review", "social", "chat", "call")}
    origins |= {"response": responses["response_id"].to_numpy(), "ticket": ticket_of}
    orders, items = _orders(chance["baskets"], crowd, tries, steps, effects)
    cases = loop.cases(seed, crowd, given, said, responses, orders, effects)
    responses = pd.concat([responses, forms.answers(seed, crowd, tries, effects)], ignore_index=True)
    made = {
        "customers": people.customers(crowd),
        "identities": people.identities(chance["keys"], crowd, seed),
        "touchpoints": journeys.touchpoints(chance["steps"], crowd, steps),
        "orders": orders,
        "order_items": items,
        "contracts": extras.contracts(chance["plans"], crowd, tries, effects),
        "responses": responses,
        "tickets": tickets.drop(columns="_row"),
        "comments": talk.comments(crowd, said, origins),
        "exposures": pd.concat(
            [extras.exposures(crowd, tests), voucher.exposures(seed, crowd, orders, effects)], ignore_index=True
        ),
        "initiatives": extras.initiatives(),
        "cases": cases,
    }
    return {name: _typed(name, table) for name, table in made.items()}


_DTYPES = {"string": "object", "timestamp": "datetime64[us, UTC]", "float64": "float64", "boolean": "bool"}


def _typed(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """The table with the contract's types, also where it has no rows to tell them from."""
    known = {c: KNOWN[name].columns[c].type for c in table if c in KNOWN[name].columns}
    kinds = {
        c: _DTYPES.get(known.get(c, "float64" if c.startswith("attr_") else "string"), str(table[c].dtype))
        for c in table
    }
    return table.astype(kinds)


def _orders(rng, crowd, tries, steps, effects) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables orders and order_items, sorted by the time of ordering."""
    returned = steps.loc[steps["touchpoint"] == "return", "attempt"]
    tries = tries.assign(returned=tries.index.isin(returned))
    made = tries[tries["placed"]].sort_values(["ordered", "who"], kind="stable", ignore_index=True)
    made["order_id"] = [f"O{i:06d}" for i in range(1, len(made) + 1)]
    made["at"], made["omni"] = made["ordered"], (crowd["segment"] == "omni").to_numpy()[made["who"]]
    items, made = products.fill(rng, made, effects)
    delivered = made["delivered"].where(made["delivered"] < END)
    table = pd.DataFrame(
        {
            "order_id": made["order_id"].astype(object),
            "customer_id": crowd.index.to_numpy()[made["who"]],
            "ordered_at": stamps(made["ordered"].to_numpy()),
            "amount": made["amount"],
            "margin": made["margin"],
            "discount": made["discount"],
            "status": np.select([made["returned"], delivered.isna()], ["returned", "shipped"], "delivered").astype(
                object
            ),
            "channel": made["bought_in"].astype(object),
            "promised_at": stamps(made["promised"].to_numpy()),
            "delivered_at": stamps(delivered.to_numpy()),
            "source": np.where(made["bought_in"] == "store", "pos", "shop").astype(object),
        }
    )
    return table, items
