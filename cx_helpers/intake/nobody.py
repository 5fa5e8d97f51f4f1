"""Is a customer's key one of a person?  `guest`, «مهمان», 0: what a shop writes where it knows nobody.

All that nobody in particular bought would be one customer of a thousand orders.  Where a table may have rows without a
customer (answers, requests, comments) the key is dropped; where it may not (orders, contacts) the rows stay, since
their money and their steps are real, and they are told of with what to write in the mapping.

Words are nobody wherever they stand.  A number (0, -1, 09000000000) may be a real key: it is nobody where its rows are
far more than those of the other keys in the file.  What a table of customers lists is never asked.
"""

from __future__ import annotations

from cx_helpers import wording
from cx_helpers.intake.faults import said
from cx_helpers.intake.fields import Field, Target
from cx_helpers.intake.values import literal

WORDS = tuple(
    word.strip()
    for word in """guest, guests, guest user, guest_user, guest-user, guestuser, guest customer, guest_customer,
guest checkout, guest_checkout, anonymous, anonymous user, anonymous_user, anon, unknown, unknown user, unknown_user,
unknown customer, unknown_customer, nobody, noname, no name, no-name, undefined, unidentified, unregistered, unassigned,
(not set), not set, not_set, walkin, walk-in, walk in, walk-in customer, cash customer, none, null, na, n.a.,
مهمان, میهمان, کاربر مهمان, کاربر میهمان, مشتری مهمان, خریدار مهمان, ناشناس, کاربر ناشناس, مشتری ناشناس, ناشناخته,
نامشخص, نامعلوم, ندارد, بدون نام, بدون‌نام, بدون شناسه, ثبت نشده, ثبت‌نشده, متفرقه, مشتری متفرقه, مشتری نقدی""".split(",")
)
NUMBERS = (
    *("0" * size for size in range(1, 12)), "0.0", "-1", "-2", "9" * 10, "9" * 11, "1234567890", "09123456789",
    *("09" + digit * 9 for digit in "0123456789"), *("9" + digit * 9 for digit in "012345678"),
    "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
CROWD = 10  # times as many rows as other keys have, and rows at least: no key of a customer


def found(con, stage: str, column: str, f: Field, target: Target) -> dict[str, int]:
    """The keys in a column of a staged table that are nobody's, and how many rows each has; mostly none.

    stage, column  the table and its column, as texts in one writing (values.quick)
    """
    if f.name != "customer_id" or f.value is not None or f.generate or target.table in ("customers", "persons"):
        return {}
    words = [form for word in WORDS for form in dict.fromkeys((word, word.capitalize(), word.title(), word.upper()))]
    asked = "SELECT unnest(?::VARCHAR[]) AS _key"
    rows = f"SELECT {column}::VARCHAR AS _key FROM {stage}"
    counted = con.execute(
        f"SELECT _key, count(*) FROM ({rows}) JOIN ({asked}) USING (_key) GROUP BY _key ORDER BY 2 DESC, 1",
        [[*words, *NUMBERS]],
    ).fetchall()
    if not counted:
        return {}
    whole, keys = con.execute(f"SELECT count({column}), count(DISTINCT {column}) FROM {stage}").fetchall()[0]
    usual = (whole - sum(n for _, n in counted)) / max(keys - len(counted), 1)  # rows of one other key
    return {key: n for key, n in counted if key not in NUMBERS or n >= CROWD * max(usual, 1)}


def without(value: str, keys: dict[str, int]) -> str:
    """SQL of a key that is null where it is nobody's."""
    return f"CASE WHEN {value} NOT IN ({', '.join(map(literal, keys))}) THEN {value} END"


def told(file: str, target: Target, keys: dict[str, int], rows: int) -> list[dict]:
    """What is to be said of rows by nobody, key by key."""
    kept = any(f.required for f in target.fields if f.name == "customer_id")
    sentences = []
    for key, n in keys.items():
        fa, en = _KEPT if kept else _DROPPED
        about = {"file": file, "table": target.table, "key": key}
        counted = {x: {"n": wording.number(n, x), "rows": wording.number(rows, x)} for x in wording.LOCALES}
        sentences.append({"fa": said(fa, en, **about, **counted["fa"])["fa"],
                          "en": said(fa, en, **about, **counted["en"])["en"]})  # fmt: skip
    return sentences


_KEPT = (
    "{file}: در جدول {table}، {n} سطر از {rows} سطر به نام «{key}» است که شخص نیست؛ مبلغ و رویدادشان می‌ماند، ولی "
    "گزارش‌ها همه را یک مشتری می‌شمارند. شناسهٔ خود مشتری را بگذارید؛ برای کنار گذاشتنشان در نگاشت {table} بنویسید: "
    "needs: customer_id و customer_id: {{from: …, empty: ['{key}']}}",
    "{file}: {n} of {rows} rows of {table} are by {key!r}, who is no person; what they bring stays, but reports count "
    "them as one customer. Give the customers' own ids; to leave such rows out, write in the mapping of {table}: "
    "needs: customer_id, and customer_id: {{from: …, empty: ['{key}']}}",
)
_DROPPED = (
    "{file}: در جدول {table}، {n} سطر از {rows} سطر به نام «{key}» است که شخص نیست؛ این سطرها بی‌مشتری ماندند و در "
    "امتیازها هستند، نه در آنچه مشتری را دنبال می‌کند",
    "{file}: {n} of {rows} rows of {table} are by {key!r}, who is no person; they have no customer now: they count in "
    "scores, not where customers are followed",
)
