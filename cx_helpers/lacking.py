"""What does this company lack?  How a report that cannot be made is told to its readers, in both languages."""

from __future__ import annotations

import datetime as dt

from cx_helpers.tables import TABLES, hint
from cx_helpers.wording import Words, raw, say


def a_table(name: str) -> Words:
    """No file holds the table."""
    return say(
        fa="این شرکت جدول «{title}» ({name}) را ندارد. منبعی را که آن را پر می‌کند در workspace.yaml نگاشت کنید "
        "و cx ingest را اجرا کنید، یا فایل {file} را در پوشهٔ tables بگذارید. "
        "اگر منبع نگاشت شده است، پوشهٔ quarantine می‌گوید چرا ردیف‌هایش نیامده‌اند",
        en="this company has no table '{name}' ({meaning}); map a source that fills it in workspace.yaml and "
        "run cx ingest, or put {file} into tables/; where it is mapped, quarantine/ says why its rows did not come in",
        title=name, name=raw(name), file=raw(f"{name}.parquet"), meaning=raw(TABLES[name].meaning),
    )  # fmt: skip


def a_table_of(database: str, name: str) -> Words:
    """The engine that holds the tables has none of this name."""
    return say(
        fa="پایگاه دادهٔ {database} جدول «{title}» ({name}) را ندارد؛ آن را در همان پایگاه بسازید",
        en="{database} holds no table '{name}' ({meaning}); make one",
        database=raw(database), title=name, name=raw(name), meaning=raw(TABLES[name].meaning),
    )  # fmt: skip


def any_data() -> Words:
    """There is no table of what customers did."""
    return say(
        fa="این شرکت هنوز داده‌ای ندارد: نه تماسی، نه سفارشی، نه پاسخی، نه نوشته‌ای، نه درخواستی، "
        "نه قراردادی و نه آزمایشی",
        en="this company has no data yet: no touchpoints, orders, responses, comments, tickets, contracts or exposures",
    )


def a_column(name: str, column: str, known) -> Words:
    """Neither a table nor its customers have the column."""
    return say(
        fa="ستون {column} نه در جدول «{title}» هست و نه در جدول مشتریان{hint}",
        en="neither {name} nor customers has a column '{column}'{hint}",
        column=raw(column), title=name, name=raw(name), hint=hint(column, known),
    )  # fmt: skip


def a_column_of_customers(column: str, known) -> Words:
    """A segment names a column that customers do not have."""
    return say(
        fa="جدول مشتریان ستونی به نام {column} ندارد{hint}",
        en="segment: customers has no column '{column}'{hint}",
        column=raw(column), hint=hint(column, known),
    )  # fmt: skip


def a_customer(column: str, value: str, known) -> Words:
    """A segment names a value that no customer has."""
    return say(
        fa="هیچ مشتری‌ای در ستون {column} مقدار «{value}» ندارد{hint}",
        en="segment: no customer has {column} = '{value}'{hint}",
        column=raw(column), value=raw(value), hint=hint(value, known),
    )  # fmt: skip


def enough_customers(column: str, value: str, smallest: int) -> Words:
    """A segment is of so few customers that its numbers would be theirs."""
    return say(
        fa="بخش «{column}={value}» کمتر از {k} مشتری دارد (privacy.smallest_group)؛ گزارش جداگانه‌اش گزارش همان چند نفر "
        "می‌شد. بخشی بزرگ‌تر برگزینید یا این مقدار را با مقدارهای دیگر یکی کنید",
        en="segment: {column} = '{value}' has fewer than {k} customers (privacy.smallest_group), so its report would "
        "tell of persons; choose a larger one, or bring the value together with others",
        column=raw(column), value=raw(value), k=smallest,
    )  # fmt: skip


def cover(column: str, value: str) -> Words:
    """A segment without which a small one would be what is left of the whole."""
    return say(
        fa="بخش «{column}={value}» کوچک‌ترینِ بخش‌های این ستون است که در کنار بخشی کوچک پنهان می‌ماند؛ با گزارش آن، "
        "بخش کوچک از تفریق به دست می‌آمد. بخش دیگری برگزینید",
        en="segment: {column} = '{value}' is held back beside a value of too few customers, which would be what is "
        "left of the whole less the others; choose another",
        column=raw(column), value=raw(value),
    )  # fmt: skip


def a_segment(segment: str) -> Words:
    """What was given is no segment."""
    return say(
        fa="بخش «{segment}» به شکل «ستون=مقدار» نیست؛ مثلاً بنویسید {example}",
        en="segment '{segment}' is not column=value, e.g. {example}",
        segment=raw(segment), example=raw("province=فارس"),
    )  # fmt: skip


def a_step(step: str, there: list[str]) -> Words:
    """No customer was ever at a step of a funnel."""
    return say(
        fa="هیچ مشتری‌ای در گام {step} دیده نشده است{hint}. نقطه‌های تماس: {there}",
        en="step '{step}': no customer was ever there{hint}; touchpoints: {there}",
        step=raw(step), hint=hint(step, there), there=raw(", ".join(there)),
    )  # fmt: skip


def a_visitor(goal: str, there: list[str]) -> Words:
    """No customer was ever at the destination."""
    return say(
        fa="هیچ مشتری‌ای به مقصد {goal} نرسیده است{hint}. نقطه‌های تماس: {there}",
        en="goal '{goal}': no customer was ever there{hint}; touchpoints: {there}",
        goal=raw(goal), hint=hint(goal, there), there=raw(", ".join(there)),
    )  # fmt: skip


def who_leaves() -> Words:
    """Neither contracts nor orders tell who leaves."""
    return say(
        fa="از این شرکت نه جدول قراردادها (contracts) هست و نه سفارش‌ها (orders)؛ پس نمی‌توان گفت چه کسی می‌رود. یکی را "
        "در workspace.yaml نگاشت کنید و cx ingest را اجرا کنید",
        en="this company has neither contracts nor orders, so nothing tells who leaves; map one of them in "
        "workspace.yaml and run cx ingest",
    )


def comments_beside_answers() -> Words:
    """Nothing is mapped as comments, while answers to surveys hold words."""
    return say(
        fa="این شرکت جدول «{title}» (comments) را ندارد، ولی پاسخ‌هایش نوشته دارند (ستون comment در responses). همان "
        "ستون را در همان منبع یک بار دیگر به text در comments نگاشت کنید (نمونه‌اش در docs/workspace.md هست) و "
        "cx ingest را اجرا کنید",
        en="this company has no table 'comments', though its answers hold words (responses.comment); map that column "
        "of the same source once more, to text of comments (docs/workspace.md shows how), and run cx ingest",
        title="comments",
    )  # fmt: skip


def a_loop(begun: dt.date | None) -> Words:
    """No case and no request to support is old enough.  begun  when the book of cases begins; None: there is no book"""
    if begun is not None:
        return say(
            fa="دفتر پرونده‌ها (که cx watch می‌سازد) از {day} آغاز می‌شود و پیش از پایان این دوره پرونده‌ای ندارد؛ این "
            "شرکت جدول درخواست‌ها (tickets) هم ندارد که به‌جای آن خوانده شود. دوره‌ای را بخواهید که پس از آن روز "
            "پایان می‌یابد",
            en="the book of cases (kept by cx watch) begins on {day} and holds no case from before the end of this "
            "period, and there is no table 'tickets' to read in its place; ask for a period that ends after that day",
            day=begun,
        )
    return say(
        fa="این شرکت نه دفتر پرونده‌ها را دارد و نه جدول درخواست‌ها (tickets). cx watch را اجرا کنید تا از پاسخ‌ها و "
        "نظرهای ناراضی پرونده بسازد، یا tickets را در workspace.yaml نگاشت کنید",
        en="this company has neither a book of cases nor a table 'tickets'; run cx watch, which makes cases of unhappy "
        "answers and comments, or map tickets in workspace.yaml",
    )
