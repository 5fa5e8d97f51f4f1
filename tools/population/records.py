"""What do systems write down of a person?  Records with gaps, slips, spellings, old phones and other people's keys."""

from __future__ import annotations

import random
import re

import pandas as pd

from .people import Home, Person, World
from .recipes import Recipe, System

COLUMNS = ("customer_id source first_name last_name full_name phone mobile email national_id card birth_date city "
           "province address company updated_at").split()  # fmt: skip
_FA = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_ROWS = ["ضصثقفغعهخحجچ", "شسیبلاتنمکگ", "ظطزرذدپو", "qwertyuiop", "asdfghjkl", "zxcvbnm"]
_NEAR = {c: [row[j] for j in (i - 1, i + 1) if 0 <= j < len(row)] for row in _ROWS for i, c in enumerate(row)}
_HOMOPHONES = ["طت", "صسث", "ذزضظ", "قغ", "حه"]
_SPELL = (  # how one sound is spelt in Latin by other hands
    ("ss", ["ss", "s"]), ("mm", ["mm", "m"]), ("gh", ["gh", "gh", "q"]), ("ou", ["ou", "oo", "u"]),
    ("ei", ["ei", "ey"]), ("ey", ["ey", "ei"]), ("ee", ["ee", "i", "ei"]), ("aei", ["aei", "aee", "ai"]),
    ("eh$", ["eh", "e", "eh"]), ("iei", ["iei", "iee"]), ("zh", ["zh", "j"]), ("ej", ["ej", "ezh"]),
    ("(?<=.)y", ["y", "y", "i"]), ("oh", ["oh", "uh"]), ("rr", ["rr", "r"]), ("ll", ["ll", "l"]), ("kh", ["kh"]),
    ("os", ["os", "us"]), ("^me", ["me", "ma"]),
)  # fmt: skip


def slip(text: str, rng: random.Random) -> str:
    """One slip of the fingers: a neighbour's key, letters turned, left out or doubled, or one that sounds alike."""
    places = [i for i, c in enumerate(text) if c.isalnum()]
    if len(places) < 3:
        return text
    i, kind = rng.choice(places[1:] if rng.random() < 0.8 else places), rng.random()
    if kind < 0.3 and text[i].lower() in _NEAR:
        return text[:i] + rng.choice(_NEAR[text[i].lower()]) + text[i + 1 :]
    if kind < 0.5 and i + 1 < len(text):
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    if kind < 0.75:
        return text[:i] + text[i + 1 :]
    if kind < 0.85:
        return text[:i] + text[i] + text[i:]
    alike = next((h for h in _HOMOPHONES if text[i] in h), "")
    return text[:i] + rng.choice(alike) + text[i + 1 :] if alike else text[:i] + text[i + 1 :]


def romanised(latin: str, rng: random.Random) -> str:
    """A name in Latin letters as somebody else would spell it."""
    words = []
    for word in latin.split():
        plain = word.lower()
        for pattern, ways in _SPELL:
            if rng.random() < 0.5 and re.search(pattern, plain):
                plain = re.sub(pattern, rng.choice(ways), plain, count=1)
        words.append(plain)
    text = rng.choice([" ", " ", "", "-"]).join(words) if len(words) > 1 else words[0]
    return rng.choice([str.title, str.title, str.lower, str.upper])(text)


class Clerk:
    """Writes records of persons for one recipe."""

    def __init__(self, world: World):
        self.world, self.rng, self.recipe = world, world.rng, world.recipe

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share

    def record(self, person: Person, system: System, number: int, household: list[Person]) -> dict:
        """One record of a person in a system, written in a year between 2018 and 2025."""
        rng = self.rng
        year = rng.randrange(2018, 2026)
        row = dict.fromkeys(COLUMNS)
        row |= {"customer_id": f"{system.name}:{number}", "source": system.name}
        row["updated_at"] = f"{year}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02} {rng.randrange(24):02}:00:00"
        has = {field for field, chance in system.has.items() if self._chance(chance)}
        home = self._then(person, "homes", year)
        if "name" in has:
            self._name(row, person, system)
        if "mobile" in has:
            row["mobile"] = self._mobile(person, year)
        if "phone" in has:
            row["phone"] = self._landline(home)
        if "email" in has:
            row["email"] = self._mail(person, year)
        if "national_id" in has:
            row["national_id"] = self._nid(person, household)
        if "birth_date" in has:
            row["birth_date"] = self._born(person)
        if "card" in has:
            row["card"] = self._card(person)
        if "company" in has and person.company:
            row["company"] = rng.choice(["شرکت ", ""]) + person.company
        latin = bool(row["full_name"] or row["first_name"]) and re.search(
            "[a-zA-Z]", str(row["full_name"] or row["first_name"])
        )
        if "city" in has:
            row["city"] = home.city[1] if latin else rng.choice([home.city[0], home.city[0], "شهر " + home.city[0]])
            row["province"] = None if latin or self._chance(0.5) else home.city[2]
        if "address" in has:
            row["address"] = self._address(home)
        return row

    def _then(self, person: Person, field: str, year: int):
        values = getattr(person, field)
        return values[-1] if year >= person.changed.get(field, 0) else values[0]

    def _name(self, row: dict, person: Person, system: System) -> None:
        rng, recipe = self.rng, self.recipe
        latin = self._chance(system.latin)
        first, last = person.first[latin], person.last[latin]
        if self._chance(recipe.nickname):
            first = self._half_first(first)
        if self._chance(recipe.part) and " " in last:
            last = last.split()[0]
        if latin:
            first, last = romanised(first, rng), romanised(last, rng)
        else:
            first, last = self._spaced(first), self._spaced(last)
        first, last = (slip(n, rng) if self._chance(system.slips) else n for n in (first, last))
        if not latin and self._chance(recipe.titles):
            own = ["سید ", "آقای "] if person.sex == "m" else ["سیده ", "خانم "]
            first = rng.choice([*own, "دکتر ", "مهندس "]) + first
        if not latin and self._chance(0.15):
            first, last = (n.replace("ی", "ي").replace("ک", "ك") for n in (first, last))
        if self._chance(recipe.swapped):
            first, last = last, first
        if self._chance(system.full):
            row["full_name"] = f"{first} {last}"
        elif self._chance(0.04):
            row["last_name"] = last
        else:
            row["first_name"], row["last_name"] = first, last
        if self._chance(recipe.dummy):
            row["full_name"], row["first_name"], row["last_name"] = "کاربر مهمان", None, None

    def _half_first(self, first: str) -> str:
        for front in ("محمد", "امیر", "علی", "غلام", "Mohammad ", "Amir ", "Ali ", "Hamid "):
            if first.startswith(front) and len(first) > len(front) + 2:
                return self.rng.choice([front, first[len(front) :].strip("‌ ")]).strip()
        return first

    def _spaced(self, name: str) -> str:
        for front in ("محمد", "امیر", "غلام", "حمید"):
            if name.startswith(front) and len(name) > len(front) + 2 and name[len(front)] not in "یزپنف‌":
                return front + self.rng.choice(["", "‌", " "]) + name[len(front) :]
        return name.replace("‌", self.rng.choice(["‌", " ", ""]))

    def _digits(self, text: str) -> str:
        return text.translate(_FA) if self._chance(0.2) else text

    def _mistyped(self, digits: str, chance: float = 0.01) -> str:
        if not self._chance(chance):
            return digits
        i = self.rng.randrange(2, len(digits))
        return digits[:i] + str(self.rng.randrange(10)) + digits[i + 1 :]

    def _mobile(self, person: Person, year: int) -> str:
        rng, recipe = self.rng, self.recipe
        if self._chance(recipe.dummy):
            return rng.choice(["09123456789", "09000000000", "09111111111", "-", "0", "09120000000"])
        number = self._then(person, "mobiles", year)
        if self._chance(recipe.office):
            number = self.world.offices[person.number % 40][1]
        number = self._mistyped(number)
        form = rng.choice(
            ["{0}"] * 6 + ["+98{1}", "0098{1}", "98{1}", "{1}", "{0:.4} {2} {3}", "({0:.4}) {2}-{3}", "{1}.0"]
        )
        return self._digits(form.format(number, number[1:], number[4:7], number[7:]))

    def _landline(self, home: Home) -> str:
        number = home.landline
        form = self.rng.choice(["{0}", "{0}", "{1}-{2}", "+98{3}", "({1}) {2}"])
        return self._digits(form.format(number, number[:3], number[3:], number[1:]))

    def _mail(self, person: Person, year: int) -> str:
        rng = self.rng
        if self._chance(self.recipe.dummy):
            return rng.choice(["test@test.com", "info@company.ir", "a@a.com", "no@email.com", "ندارد"])
        local, _, domain = self._then(person, "mails", year).partition("@")
        if self._chance(0.02):
            local = slip(local, rng)
        if domain == "gmail.com" and self._chance(0.02):
            domain = "gmial.com"
        if self._chance(0.02):
            local += "+shop"
        text = f"{local}@{domain}"
        return rng.choice([str, str, str, str.title, str.upper])(text)

    def _nid(self, person: Person, household: list[Person]) -> str:
        rng = self.rng
        if self._chance(self.recipe.dummy):
            return rng.choice(["0000000000", "1111111111", "1234567890", "0"])
        if self._chance(self.recipe.wrong_nid):
            return rng.choice(household).nid
        text = self._mistyped(person.nid, 0.01)
        return self._digits(text.lstrip("0") if self._chance(0.3) else text)

    def _born(self, person: Person) -> str:
        import jdatetime

        rng = self.rng
        if self._chance(self.recipe.born_default):
            return rng.choice(["1300/01/01", "1900-01-01", "1370/01/01"])
        born = person.born
        jalali = jdatetime.date.fromgregorian(date=born)
        y, m, d = jalali.year, jalali.month, jalali.day
        if self._chance(0.03):
            d = min(29, max(1, d + rng.choice([-1, 1, 10, -10])))
        elif self._chance(0.01):
            y += rng.choice([-1, 1])
        elif self._chance(0.01) and d <= 12:
            m, d = d, m
        if self._chance(0.15):
            return jdatetime.date(y, m, min(d, 29)).togregorian().isoformat()
        if self._chance(0.05):
            return str(y)
        return self._digits(
            rng.choice([f"{y}/{m:02}/{d:02}", f"{y}/{m}/{d}", f"{y}-{m:02}-{d:02}", f"{d:02}/{m:02}/{y}"])
        )

    def _card(self, person: Person) -> str:
        c = self._mistyped(person.card, 0.01)
        return self.rng.choice(
            [c, c, "-".join(c[i : i + 4] for i in range(0, 16, 4)), " ".join(c[i : i + 4] for i in range(0, 16, 4))]
        )

    def _address(self, home: Home) -> str:
        rng, text = self.rng, home.text
        if self._chance(0.3):
            text = text.replace("خیابان", "خ").replace("کوچه", "ک").replace("پلاک", "پ")
        if self._chance(0.15):
            text = " ".join(text.split()[:-2])
        if self._chance(0.1):
            text = slip(text, rng)
        if self._chance(0.2):
            text = f"{home.city[0]}، {text}"
        if self._chance(0.25):
            text += f" کدپستی {home.postal}"
        return self._digits(text)


def build(recipe: Recipe, records: int, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """About `records` rows of the persons schema, shuffled, and the true person of each (index: customer_id)."""
    world = World(recipe, seed)
    clerk, rng = Clerk(world), world.rng
    rows, truth, numbers = [], [], dict.fromkeys((s.name for s in recipe.systems), 0)
    people = 0
    while len(rows) < records:
        household = world.household(people)
        people += len(household)
        for person in household:
            for system in recipe.systems:
                if rng.random() >= system.share:
                    continue
                for _ in range(1 + (rng.random() < system.again)):
                    numbers[system.name] += 1
                    rows.append(clerk.record(person, system, numbers[system.name], household))
                    truth.append(person.number)
    order = list(range(len(rows)))
    rng.shuffle(order)
    # the order of rows and of numbers must tell nothing
    frame = pd.DataFrame([rows[i] for i in order], columns=COLUMNS, dtype="string")
    fresh = {name: rng.sample(range(10**6, 10**7), count) for name, count in numbers.items()}
    frame["customer_id"] = [
        f"{s}:{fresh[s][int(c.split(':')[1]) - 1]}" for s, c in zip(frame["source"], frame["customer_id"], strict=True)
    ]
    return frame, pd.Series([truth[i] for i in order], index=frame["customer_id"], name="person")
