"""What does the shop sell, and what goes into a basket?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .calendar import month_of

# [category], then product and price in thousand toman, the most popular first
_SHELF = """
[nuts_sweets]
پستهٔ اکبری ممتاز 620 | بادام درختی خام 480 | گز آردی اصفهان 260 | سوهان عسلی قم 240
مغز گردوی تویسرکان 450 | خرمای پیارم 310 | توت خشک 220 | آجیل شب یلدا 690
[tea_saffron]
چای سیاه لاهیجان 190 | زعفران نگین نیم مثقال 520 | چای سبز 170 | دمنوش به و سیب 140 | گل‌گاوزبان 210
هل سبز 260
[kitchen]
قوری چینی گل‌سرخی 340 | ماهیتابهٔ چدنی 780 | ست قاشق و چنگال 650 | موکاپات سه‌فنجانه 590
ظرف نگهدارندهٔ شیشه‌ای 290 | تختهٔ برش چوبی 230 | سماور برقی کوچک 1850 | لیوان سفالی 120
[coffee]
قهوهٔ عربیکای صددرصد 430 | قهوهٔ فوری 220 | پودر هات‌چاکلت 180 | قهوهٔ ترک 260
[digital]
گوشی هوشمند میان‌رده 9800 | کاور سیلیکونی گوشی 150 | هدفون بی‌سیم 1650 | شارژر سریع 520
کابل شارژ 140 | پاوربانک 980 | ساعت هوشمند 2900 | اسپیکر همراه 1400
[clothes]
شال نخی 280 | تی‌شرت پنبه‌ای 320 | جوراب بامبو 90 | پیراهن مردانه 690 | مانتوی لینن 1250
کفش پیاده‌روی 1480 | کیف دوشی 860 | دستکش بافتنی 170
[home]
رومیزی ترمه 540 | شمع معطر 160 | پتوی سفری 620 | روتختی دونفره 1700 | گلدان سرامیکی 280
چراغ مطالعه 480 | سبد حصیری 230
[beauty]
کرم مرطوب‌کننده 270 | شامپوی گیاهی 190 | گلاب کاشان 130 | صابون زیتون 80 | ضدآفتاب 340
روغن آرگان 410 | عطر جیبی 560
[books_toys]
رمان ایرانی 180 | کتاب آشپزی 260 | پازل هزارتکه 320 | بازی فکری خانوادگی 450 | مدادرنگی ۲۴ رنگ 210
عروسک پارچه‌ای 290 | دفتر یادداشت 95
"""
PAIRS = (  # (first, second): the second joins the first
    ("زعفران نگین نیم مثقال", "قوری چینی گل‌سرخی"),
    ("گوشی هوشمند میان‌رده", "کاور سیلیکونی گوشی"),
    ("قهوهٔ عربیکای صددرصد", "موکاپات سه‌فنجانه"),
)
PAIR_SHARE = 0.45
_CATEGORY_WEIGHT = [15, 13, 12, 7, 11, 13, 10, 11, 8]
_MARGIN = {"digital": 0.09, "kitchen": 0.24, "clothes": 0.32, "beauty": 0.30}  # others 0.22


def catalogue() -> pd.DataFrame:
    """One row per product: product_id, product_name, category, price (IRR), margin share, popularity."""
    shelves = [part.split("]") for part in _SHELF.split("[")[1:]]
    rows = []
    for (category, goods), weight in zip(shelves, _CATEGORY_WEIGHT, strict=True):
        cells = [cell.strip().rsplit(" ", 1) for cell in goods.strip().replace("\n", " | ").split(" | ")]
        zipf = 1 / np.sqrt(np.arange(1, len(cells) + 1))
        for (name, price), share in zip(cells, weight * zipf / zipf.sum(), strict=True):
            rows.append((name, category, int(price) * 10_000, _MARGIN.get(category, 0.22), share))
    shelf = pd.DataFrame(rows, columns=["product_name", "category", "price", "margin", "popularity"])
    shelf.insert(0, "product_id", [f"P{i:03d}" for i in range(1, len(shelf) + 1)])
    dear = shelf["price"] > 5_000_000
    shelf["popularity"] *= np.where(dear, 0.45, 1.0)
    return shelf.assign(popularity=shelf["popularity"] / shelf["popularity"].sum())


def fill(rng: np.random.Generator, orders: pd.DataFrame, effects: frozenset[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The baskets of the orders, and the orders with amount, discount and margin from them.

    orders   one row per order: order_id, at (day), omni (bool)
    """
    shelf, n = catalogue(), len(orders)
    lines = 1 + rng.poisson(rng.gamma(1.21, 1.1 / 1.21, n))  # spread so that products are independent
    order = np.repeat(np.arange(n), lines)
    product = np.searchsorted(np.cumsum(shelf["popularity"]), rng.random(len(order)), side="right").clip(
        0, len(shelf) - 1
    )
    if "product_pairs" in effects:
        number = {name: i for i, name in enumerate(shelf["product_name"])}
        for first, second in PAIRS:
            joins = order[(product == number[first]) & (rng.random(len(order)) < PAIR_SHARE)]
            order, product = np.append(order, joins), np.append(product, np.full(len(joins), number[second]))
    items = pd.DataFrame({"order": order, "product": product}).drop_duplicates().sort_values("order", kind="stable")
    items = items.reset_index(drop=True)
    bought = shelf.iloc[items["product"]].reset_index(drop=True)
    at = orders["at"].to_numpy()[items["order"]]
    price = bought["price"].to_numpy() * (1.015 ** month_of(at) if "growth" in effects else 1.0)
    items["unit_price"] = np.round(price / 10_000) * 10_000
    many = rng.poisson(0.25, len(items)) + 1.0
    if "omnichannel_value" in effects:
        more = orders["omni"].to_numpy()[items["order"]] & (rng.random(len(items)) < 0.65)
        many = many + more
    items["quantity"] = np.where(bought["price"] > 5_000_000, 1.0, many)

    total = items["unit_price"] * items["quantity"]
    gross = np.bincount(items["order"], weights=total, minlength=n)
    earned = np.bincount(items["order"], weights=total * bought["margin"], minlength=n)
    off = np.where(rng.random(n) < 0.3, rng.choice([0.05, 0.1, 0.15], n), 0)
    discount = np.round(gross * off / 10_000) * 10_000
    priced = orders.assign(
        amount=gross - discount, discount=discount, margin=np.round((earned - discount * 0.5) / 10_000) * 10_000
    )
    line = items.groupby("order").cumcount() + 1
    table = pd.DataFrame(
        {
            "order_id": orders["order_id"].to_numpy()[items["order"]],
            "line": line.astype("int64"),
            "product_id": bought["product_id"],
            "product_name": bought["product_name"],
            "category": bought["category"],
            "quantity": items["quantity"],
            "unit_price": items["unit_price"],
        }
    )
    return table, priced
