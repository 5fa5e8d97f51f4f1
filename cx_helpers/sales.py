"""Which orders were sales?  The known words of `orders.status`, and what each means for a number.

    sold        whatever is not one of those below, and null: an order counts unless its status says otherwise
    returned    sold, and came back: it stays an order with its amount (the customer did buy); `status` can split it
    cancelled   never was a sale: reports leave it out, and its lines with it

A company's own words are turned into these by `map` where its export is mapped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

RETURNED = ("returned", "refunded", "مرجوعی", "مرجوع شده", "برگشتی", "برگشت خورده", "مسترد شده")
CANCELLED = (
    "cancelled", "canceled", "failed", "rejected", "declined", "expired", "unpaid", "abandoned", "void", "voided",
    "draft", "deleted", "لغو", "لغو شد", "لغو شده", "کنسل", "کنسل شد", "کنسل شده", "ناموفق", "رد شده", "منقضی",
    "منقضی شده", "پرداخت نشده",
)  # fmt: skip


def kind(status: ir.Value) -> ir.Value:
    """`sold`, `returned` or `cancelled`, of a status in any case, with blanks, underscores or half-spaces."""
    import ibis

    plain = status.cast("string").lower().re_replace("[_\u200c\u00a0 -]+", " ").strip()
    return ibis.cases((plain.isin(CANCELLED), "cancelled"), (plain.isin(RETURNED), "returned"), else_="sold")


def sold(orders: ir.Table) -> ir.Table:
    """The orders that were sales, those that came back among them; all where nothing is said of their status."""
    if "status" not in orders.columns:
        return orders
    return orders.filter(kind(orders.status) != "cancelled")


def lines_of(items: ir.Table, orders: ir.Table) -> ir.Table:
    """The lines of orders that were sales; a line whose order nobody knows stays."""
    if "status" not in orders.columns:
        return items
    return items.anti_join(orders.filter(kind(orders.status) == "cancelled"), "order_id")
