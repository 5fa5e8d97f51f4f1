"""Who lives in an invented population?  Households with shared names, phones and homes; every person with a true id."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field

from . import names
from .recipes import Recipe

MOBILE = ["0912", "0913", "0914", "0915", "0916", "0917", "0918", "0919", "0910", "0935", "0936", "0937", "0938",
          "0939", "0930", "0933", "0901", "0902", "0903", "0990", "0991", "0921", "0922"]  # fmt: skip
DOMAINS = ["gmail.com"] * 14 + ["yahoo.com"] * 5 + ["outlook.com", "hotmail.com", "chmail.ir", "icloud.com"]


@dataclass
class Home:
    """An address, with the landline in it."""

    city: tuple[str, str, str, str]
    text: str
    landline: str
    postal: str


@dataclass
class Person:
    """One person as they are; what changes over the years is a list, oldest first, with the year of each change."""

    number: int
    sex: str
    first: tuple[str, str]
    last: tuple[str, str]
    born: dt.date
    nid: str
    mobiles: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
    changed: dict[str, int] = field(default_factory=dict)  # mobiles, mails, homes: the year from which the last holds
    card: str = ""
    company: str = ""


def national_id(rng: random.Random) -> str:
    """Ten digits whose last one is right."""
    digits = [rng.randrange(10) for _ in range(9)]
    if len(set(digits)) == 1:
        digits[0] = (digits[0] + 1) % 10
    rest = sum(d * (10 - i) for i, d in enumerate(digits)) % 11
    return "".join(map(str, digits)) + str(rest if rest < 2 else 11 - rest)


def card(rng: random.Random) -> str:
    """Sixteen digits that pass Luhn's test, with the number of an Iranian bank in front."""
    digits = [int(c) for c in rng.choice(["603799", "610433", "621986", "589210", "502229", "622106"])]
    digits += [rng.randrange(10) for _ in range(9)]
    total = sum((d if i % 2 else d * 2 - 9 * (d > 4)) for i, d in enumerate(digits))
    return "".join(map(str, digits)) + str(-total % 10)


def mobile(rng: random.Random) -> str:
    """A number of a mobile that rings somewhere."""
    return rng.choice(MOBILE) + f"{rng.randrange(2_000_000, 9_900_000):07d}"


def mail(person: Person, rng: random.Random) -> str:
    """An address made as people make them: of names, a year, a number."""
    first, last = (n[1].lower().replace(" ", "") for n in (person.first, person.last))
    year = str(person.born.year - 621)[2:]
    local = rng.choice([f"{first}.{last}", f"{first}{last}", f"{first[0]}.{last}", f"{first}_{last}", f"{last}.{first}",
                        f"{first}{year}", f"{last}{year}"])  # fmt: skip
    local += rng.choice(["", year, str(rng.randrange(10, 9999)), str(rng.randrange(100)), f"_{rng.randrange(1000)}"])
    return f"{local}@{rng.choice(DOMAINS)}"


class World:
    """Draws persons; everything follows from the seed."""

    def __init__(self, recipe: Recipe, seed: int):
        self.recipe, self.rng = recipe, random.Random(seed)
        self.given = {sex: names.given_names(sex) for sex in "mf"}
        self.last, self.cities = names.surnames(), names.cities()
        self.offices = [("021" + f"{self.rng.randrange(20_000_000, 89_000_000)}", mobile(self.rng), i)
                        for i in range(40)]  # fmt: skip

    def home(self) -> Home:
        """A home in a city drawn by its size."""
        rng = self.rng
        city = rng.choices(*self.cities)[0]
        street, side = rng.choice(names.STREETS), rng.choice(names.STREETS)
        text = rng.choice(["خیابان {} کوچه {} پلاک {}", "خ {}، ک {}، پ {}", "بلوار {} - {} - پلاک {}"]).format(
            street.replace("‌", " "), side.replace("‌", " "), rng.randrange(1, 300)
        )
        if rng.random() < 0.4:
            text += f" واحد {rng.randrange(1, 20)}"
        landline = city[3] + str(rng.randrange(20_000_000, 89_000_000))
        return Home(city, text, landline, str(rng.randrange(1_111_111_111, 9_999_999_999)))

    def person(self, number: int, sex: str, age: int, home: Home, last=None) -> Person:
        """One person of an age, at a home; a surname is given where it is the father's."""
        rng, recipe = self.rng, self.recipe
        first = rng.choices(*self.given[sex])[0]
        last = last or rng.choices(*self.last)[0]
        born = dt.date(2025 - age, 1, 1) + dt.timedelta(days=rng.randrange(365))
        made = Person(number, sex, first, last, born, national_id(rng), homes=[home], card=card(rng))
        made.mobiles = [mobile(rng)]
        made.mails = [mail(made, rng)]
        for name, make, chance in (
            ("mobiles", lambda: mobile(rng), recipe.changed_phone),
            ("mails", lambda: mail(made, rng), recipe.changed_mail),
            ("homes", self.home, recipe.moved),
        ):
            if rng.random() < chance:
                getattr(made, name).append(make())
                made.changed[name] = rng.randrange(2020, 2025)
        if rng.random() < recipe.employed:
            made.company = rng.choice(names.COMPANIES).replace("‌", " ")
        return made

    def household(self, number: int) -> list[Person]:
        """One person, or parents and children with one surname (the mother keeps hers), a home and often a phone."""
        rng, recipe, home = self.rng, self.recipe, self.home()
        if rng.random() >= recipe.families:
            return [self.person(number, rng.choice("mf"), rng.randrange(18, 80), home)]
        father = self.person(number, "m", rng.randrange(38, 70), home)
        mother = self.person(number + 1, "f", rng.randrange(36, 66), home)
        children = []
        for i in range(rng.choice([1, 1, 2, 2, 3])):
            sex = rng.choice("mf")
            child = self.person(number + 2 + i, sex, rng.randrange(14, 34), home, father.last)
            while child.first in [c.first for c in children] + [father.first]:
                child.first = rng.choices(*self.given[sex])[0]
            children.append(child)
        members = [father, mother, *children]
        for person in members[1:]:
            person.homes[0] = home
            if rng.random() < recipe.shared_phone:
                person.mobiles[-1] = father.mobiles[-1]
            if rng.random() < recipe.shared_mail:
                person.mails[-1] = father.mails[-1]
            if rng.random() < recipe.shared_card:
                person.card = father.card
        if recipe.twins > rng.random() and len(children) > 1:
            children[1].born = children[0].born
        return members

    def people(self, count: int) -> list[Person]:
        """At least `count` persons, household by household."""
        out: list[Person] = []
        while len(out) < count:
            out += self.household(len(out))
        return out
