"""Who are the customers?  Names of places are real; every person is invented."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from . import calendar
from .calendar import STARTS, Rhythm, stamps

# province: (English name, share of customers, cities with their weights)
PROVINCES: dict[str, tuple[str, float, dict[str, int]]] = {
    "تهران": ("Tehran", 23, {"تهران": 8, "شهریار": 1, "اسلام‌شهر": 1, "ورامین": 1}),
    "خراسان رضوی": ("Khorasan Razavi", 14, {"مشهد": 8, "نیشابور": 1, "سبزوار": 1, "تربت حیدریه": 1}),
    "اصفهان": ("Isfahan", 8, {"اصفهان": 6, "کاشان": 2, "نجف‌آباد": 1}),
    "فارس": ("Fars", 7, {"شیراز": 6, "مرودشت": 1, "جهرم": 1}),
    "آذربایجان شرقی": ("East Azerbaijan", 5, {"تبریز": 6, "مراغه": 1, "مرند": 1}),
    "البرز": ("Alborz", 5, {"کرج": 6, "نظرآباد": 1, "هشتگرد": 1}),
    "خوزستان": ("Khuzestan", 5, {"اهواز": 5, "دزفول": 2, "آبادان": 1}),
    "مازندران": ("Mazandaran", 4.5, {"ساری": 3, "بابل": 3, "آمل": 2}),
    "گیلان": ("Gilan", 4, {"رشت": 5, "لاهیجان": 1, "بندر انزلی": 1}),
    "کرمان": ("Kerman", 3, {"کرمان": 4, "رفسنجان": 1, "سیرجان": 1}),
    "آذربایجان غربی": ("West Azerbaijan", 2.5, {"ارومیه": 4, "خوی": 1, "مهاباد": 1}),
    "قم": ("Qom", 2.5, {"قم": 1}),
    "مرکزی": ("Markazi", 2, {"اراک": 3, "ساوه": 2}),
    "همدان": ("Hamadan", 2, {"همدان": 3, "ملایر": 1}),
    "یزد": ("Yazd", 2, {"یزد": 4, "میبد": 1}),
    "کرمانشاه": ("Kermanshah", 2, {"کرمانشاه": 5, "اسلام‌آباد غرب": 1}),
    "گلستان": ("Golestan", 1.8, {"گرگان": 3, "گنبد کاووس": 2}),
    "قزوین": ("Qazvin", 1.6, {"قزوین": 4, "تاکستان": 1}),
    "هرمزگان": ("Hormozgan", 1.5, {"بندرعباس": 4, "قشم": 1}),
    "لرستان": ("Lorestan", 1.4, {"خرم‌آباد": 3, "بروجرد": 2}),
    "اردبیل": ("Ardabil", 1.3, {"اردبیل": 4, "پارس‌آباد": 1}),
    "زنجان": ("Zanjan", 1.2, {"زنجان": 4, "ابهر": 1}),
    "بوشهر": ("Bushehr", 1.1, {"بوشهر": 3, "برازجان": 1}),
    "سیستان و بلوچستان": ("Sistan and Baluchestan", 1, {"زاهدان": 3, "چابهار": 1}),
    "سمنان": ("Semnan", 0.8, {"سمنان": 2, "شاهرود": 2}),
    "کردستان": ("Kurdistan", 0.8, {"سنندج": 3, "سقز": 1}),
    "چهارمحال و بختیاری": ("Chaharmahal and Bakhtiari", 0.7, {"شهرکرد": 1}),
    "خراسان شمالی": ("North Khorasan", 0.6, {"بجنورد": 1}),
    "خراسان جنوبی": ("South Khorasan", 0.6, {"بیرجند": 1}),
    "کهگیلویه و بویراحمد": ("Kohgiluyeh and Boyer-Ahmad", 0.5, {"یاسوج": 1}),
    "ایلام": ("Ilam", 0, {"ایلام": 1}),  # only its few: see SMALL_PROVINCE
}
SMALL_PROVINCE, SMALL_COUNT = "ایلام", 7  # a group to be suppressed
PILOT_COUNT, PILOT_ENDS = 24, calendar.day_of(1403, 7, 1)  # a segment that nobody of is left in

ACQUISITION = {"search": 30, "instagram": 22, "referral": 18, "influencer": 15, "marketplace": 9, "passerby": 6}
SEGMENTS = {"digital": 74, "shop": 11, "omni": 9, "business": 6}
CHANNELS = ("app", "web", "phone", "store")
MIX = {  # how the customers of a segment share their orders over the channels
    "digital": (0.52, 0.33, 0.15, 0.0),
    "shop": (0.10, 0.15, 0.15, 0.60),
    "omni": (0.55, 0.0, 0.0, 0.45),
    "business": (0.10, 0.40, 0.50, 0.0),
    "pilot": (0.50, 0.50, 0.0, 0.0),
}


def pick(rng: np.random.Generator, weights: dict[str, float], size: int) -> np.ndarray:
    """Random keys of `weights`, each as often as its weight says."""
    share = np.cumsum(np.array(list(weights.values()), dtype=float))
    found = np.searchsorted(share / share[-1], rng.random(size), side="right")
    return np.array(list(weights), dtype=object)[found]


def meet(rng: np.random.Generator, n: int, effects: frozenset[str], rhythm: Rhythm) -> pd.DataFrame:
    """The customers, one row each, sorted by arrival: what the table will hold and what only the generator knows.

    Generator's own columns: `arrived` (day), `home` (usual channel), `rate` (orders a day while active),
    `leave` (base probability to leave after an order), `trait` (how kindly one judges), `buyer`.
    """
    growth = np.linspace(1, 1.6, 24) if "growth" in effects else np.ones(24)
    share = np.cumsum(growth * np.diff(STARTS))
    month = np.searchsorted(share / share[-1], rng.random(n), side="right")
    people = pd.DataFrame({"arrived": np.sort(rhythm.within(rng, STARTS[month], STARTS[month + 1]))})
    people["province"] = pick(rng, {name: p[1] for name, p in PROVINCES.items()}, n)
    people["segment"] = pick(rng, SEGMENTS, n)
    if n >= 1000:  # the planted small groups; a tiny company has none
        people.loc[rng.choice(n, SMALL_COUNT, replace=False), "province"] = SMALL_PROVINCE
        early = np.flatnonzero(people["arrived"] < STARTS[3])
        people.loc[rng.choice(early, PILOT_COUNT, replace=False), "segment"] = "pilot"
    people["city"] = ""
    for province, (_, _, cities) in PROVINCES.items():
        here = (people["province"] == province).to_numpy()
        people.loc[here, "city"] = pick(rng, cities, here.sum())
    people["acquisition_channel"] = pick(rng, ACQUISITION, n)
    people["gender"] = np.array(["female", "male", None], dtype=object)[rng.choice(3, n, p=(0.55, 0.39, 0.06))]
    born = np.clip(np.round(rng.normal(1989, 10, n)), 1945, 2007)
    people["birth_year"] = pd.array(np.where(rng.random(n) < 0.12, np.nan, born), dtype="Int64")
    people["consent"] = rng.random(n) < 0.88
    mix = np.cumsum([MIX[s] for s in people["segment"]], axis=1)
    people["home"] = np.array(CHANNELS, dtype=object)[(rng.random((n, 1)) > mix).sum(axis=1).clip(0, 3)]
    people["rate"] = rng.gamma(1.6, 0.85 / 1.6, n) / 30
    people["leave"] = rng.beta(2.2, 5.2, n)
    people["trait"] = rng.normal(0, 0.6, n)
    people["buyer"] = rng.random(n) < 0.93
    people.index = pd.Index([f"C{i:05d}" for i in range(1, n + 1)], name="customer_id")
    return people


def customers(people: pd.DataFrame) -> pd.DataFrame:
    """The contract's table of customers."""
    shown = ["acquisition_channel", "birth_year", "gender", "province", "city", "segment", "consent"]
    table = people[shown].reset_index()
    table.insert(1, "created_at", stamps(people["arrived"].to_numpy()))
    return table.assign(source="crm")


def identities(rng: np.random.Generator, people: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The keys by which each system knows a customer: only hashes, as privacy.pseudonyms asks."""
    parts = []
    for source, kind, share in (
        ("shop", "account", 1.0),
        ("shop", "email", 0.45),
        ("crm", "phone", 0.9),
        ("helpdesk", "phone", 0.3),
        ("shop", "cookie", 0.3),
    ):
        ids = people.index[rng.random(len(people)) < share]
        words = [hashlib.sha256(f"{seed}:{kind}:{i}".encode()).hexdigest()[:16] for i in ids]
        parts.append(pd.DataFrame({"source": source, "kind": kind, "value": words, "customer_id": ids}))
    return pd.concat(parts, ignore_index=True)
