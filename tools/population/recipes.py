"""Which populations are there?  Each is another company: other systems, gaps, slips and families."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class System:
    """One system that keeps customers: who is in it, what it asks for, and how it is typed into.

    share   of persons with a record;  again  expected further records of the same person
    has     {field: chance that it is filled};  latin  chance that a name is in Latin letters
    full    chance that the name stands in full_name only;  slips  chance of a typing slip in each name
    """

    name: str
    share: float
    has: dict[str, float]
    again: float = 0.1
    latin: float = 0.0
    full: float = 0.0
    slips: float = 0.03


@dataclass(frozen=True)
class Recipe:
    """A population: its systems, and what happens to people in it (all chances 0..1)."""

    systems: tuple[System, ...]
    families: float = 0.25
    shared_phone: float = 0.25
    shared_mail: float = 0.05
    shared_card: float = 0.2
    twins: float = 0.05
    changed_phone: float = 0.07
    changed_mail: float = 0.08
    moved: float = 0.12
    employed: float = 0.2
    office: float = 0.01  # a record carries the office's phone instead of the person's
    dummy: float = 0.01  # a field holds what was typed to get past it
    wrong_nid: float = 0.002  # another person's national id of the household
    born_default: float = 0.01
    nickname: float = 0.03  # half of a compound first name
    part: float = 0.03  # half of a compound surname
    swapped: float = 0.01
    titles: float = 0.06


_CRM = {"name": 0.99, "mobile": 0.93, "phone": 0.35, "email": 0.5, "national_id": 0.6, "birth_date": 0.55, "city": 0.8,
        "address": 0.5, "company": 0.8, "card": 0.1}  # fmt: skip
_SHOP = {"name": 0.98, "mobile": 0.98, "email": 0.6, "national_id": 0.15, "birth_date": 0.2, "city": 0.9,
         "address": 0.9, "card": 0.35}  # fmt: skip
_DESK = {"name": 0.93, "mobile": 0.5, "phone": 0.15, "email": 0.93, "company": 0.3}
_FORM = {"name": 0.85, "mobile": 0.88, "email": 0.6, "city": 0.5, "birth_date": 0.3}
_CALL = {"name": 0.9, "mobile": 0.95, "phone": 0.3, "national_id": 0.2, "city": 0.5}

_MIXED = Recipe(
    (
        System("crm", 0.7, _CRM),
        System("shop", 0.7, _SHOP, again=0.25, full=0.4, latin=0.05),
        System("desk", 0.45, _DESK, full=1.0, latin=0.45),
        System("form", 0.35, _FORM, full=0.6, latin=0.1, slips=0.05),
        System("call", 0.3, _CALL, slips=0.08),
    )
)


def _without(recipe: Recipe, *fields: str) -> tuple[System, ...]:
    return tuple(replace(s, has={k: v for k, v in s.has.items() if k not in fields}) for s in recipe.systems)


def _latin(recipe: Recipe) -> tuple[System, ...]:
    shares = {"crm": 0.5, "shop": 0.6, "desk": 0.9, "form": 0.6, "call": 0.1}
    return tuple(replace(s, latin=shares[s.name]) for s in recipe.systems)


_REGISTERED = {"name": 1, "mobile": 0.99, "email": 0.7, "city": 0.95, "birth_date": 0.4, "national_id": 0.3}

RECIPES = {
    # every system asks for a name and a mobile: slips, spellings, moved cities, shared and changed phones, no more
    "registered": Recipe(
        (
            System("crm", 0.9, _REGISTERED),
            System("shop", 0.8, _REGISTERED, again=0.3, full=0.5, latin=0.1, slips=0.06),
            System("club", 0.5, _REGISTERED, full=1.0, latin=0.3),
        ),
        changed_phone=0.04,
        changed_mail=0.05,
        nickname=0.02,
        part=0.02,
    ),
    "mixed": _MIXED,
    # nothing official: no national ids, no cards, few birth dates
    "no_ids": replace(_MIXED, systems=_without(_MIXED, "national_id", "card", "birth_date")),
    # everybody lives in a family that shares phones, homes, cards and mail boxes
    "families": replace(
        _MIXED, families=0.9, shared_phone=0.55, shared_mail=0.2, shared_card=0.5, twins=0.2, wrong_nid=0.01
    ),  # fmt: skip
    "latin": replace(_MIXED, systems=_latin(_MIXED)),
    # a call centre and two old lists: much is missing, much is mistyped, much has changed since
    "messy": replace(
        _MIXED,
        systems=(
            System(
                "old",
                0.8,
                {
                    "name": 0.97,
                    "mobile": 0.8,
                    "phone": 0.6,
                    "birth_date": 0.6,
                    "city": 0.7,
                    "address": 0.6,
                    "national_id": 0.3,
                },
                slips=0.1,
                full=0.5,
            ),  # fmt: skip
            System("call", 0.8, {"name": 0.85, "mobile": 0.95, "phone": 0.3, "city": 0.5}, slips=0.15, again=0.5),
            System(
                "club", 0.5, {"name": 0.97, "mobile": 0.97, "email": 0.4, "birth_date": 0.7, "city": 0.8}, slips=0.06
            ),
        ),
        changed_phone=0.12,
        moved=0.2,
        dummy=0.03,
        office=0.03,
        born_default=0.05,
        nickname=0.08,
        part=0.08,
        swapped=0.03,
    ),  # fmt: skip
}
