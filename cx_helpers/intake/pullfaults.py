"""Why did a pull fail?  One sentence with the remedy, in both languages, without the token."""

from __future__ import annotations

from collections.abc import Iterator

from cx_helpers.intake.asking import Asked
from cx_helpers.intake.faults import said
from cx_helpers.intake.fetching import TRIES, OddAnswer
from cx_helpers.intake.fields import SourceError

# code: (fa, en); {…} are the fault's own
FAULTS: dict[str, tuple[str, str]] = {
    "token": (
        "{name}: سامانه کلید را نپذیرفت (401، {what})؛ مقدار {variables} را بررسی کنید: شاید اشتباه یا تاریخ‌گذشته باشد",
        "{name}: the vendor does not accept the key (401, {what}); check the value of {variables}: it may be wrong or "
        "expired",
    ),
    "right": (
        "{name}: این کلید اجازهٔ خواندن {what} را ندارد (403)؛ این اجازه را به آن بدهید یا با `only` "
        "فهرست‌های دیگر را نام ببرید",
        "{name}: this key may not read {what} (403); give it that right, or name the other lists under `only`",
    ),
    "not_there": (
        "{name}: در این نشانی {what} نیست (404)؛ `url` را بررسی کنید یا با `only` فهرست‌های دیگر را نام ببرید",
        "{name}: there is no {what} at this address (404); check `url`, or name the other lists under `only`",
    ),
    "too_often": (
        "{name}: سامانه پس از {tries} بار هم گفت که بیش از اندازه پرسیده می‌شود (429، {what})؛ "
        "یک ساعت دیگر دوباره اجرا کنید",
        "{name}: the vendor said {tries} times that it is asked too often (429, {what}); pull again in an hour",
    ),
    "broken": (
        "{name}: سامانه {tries} بار با خطای خودش پاسخ داد ({status}، {what})؛ بعداً دوباره اجرا کنید",
        "{name}: the vendor answered {tries} times with an error of its own ({status}, {what}); pull again later",
    ),
    "refused": (
        "{name}: سامانه درخواست {what} را نپذیرفت ({status})؛ دسترسی‌ها و `properties` را بررسی کنید یا با `only` "
        "فهرست‌های دیگر را نام ببرید",
        "{name}: the vendor refuses to give {what} ({status}); check the rights of the key and `properties`, or name "
        "the other lists under `only`",
    ),
    "cut": (
        "{name}: ارتباط با {host} برقرار نشد یا در میانهٔ {what} قطع شد (پس از {tries} بار)؛ "
        "شبکه و `url` را بررسی و دوباره اجرا کنید",
        "{name}: {host} cannot be reached, or the connection broke amid {what} ({tries} tries); check the network "
        "and `url`, and pull again",
    ),
    "certificate": (
        "{name}: گواهی {host} معتبر نیست؛ `url` و ساعت این رایانه را بررسی کنید",
        "{name}: the certificate of {host} is not valid; check `url` and this computer's clock",
    ),
    "not_json": (
        "{name}: پاسخ {what} JSON نیست؛ بررسی کنید که `url` نشانی API باشد، نه صفحهٔ ورود",
        "{name}: the answer for {what} is not JSON; check that `url` is the API's address, not a sign-in page's",
    ),
    "no_list": (
        "{name}: در پاسخ {what} فهرست {key} نیست؛ بررسی کنید که `url` نشانی API همین سامانه باشد",
        "{name}: the answer for {what} has no list {key}; check that `url` is the address of this system's API",
    ),
    "odd": (
        "{name}: خواندن {what} نشد ({key})؛ اگر باز هم نشد، این پیام را گزارش کنید",
        "{name}: {what} could not be read ({key}); if that happens again, report this message",
    ),
    "elsewhere": (
        "{name}: پاسخ {what} به نشانی دیگری می‌فرستد ({key}) و کلید به آنجا فرستاده نشد؛ "
        "اگر آن نشانی درست است، آن را در `url` بنویسید",
        "{name}: the answer for {what} leads to another address ({key}), to which the key was not sent; write that one "
        "as `url` if it is right",
    ),
}  # fmt: skip
NOTHING = ("؛ چیزی از آن نوشته نشد", "; nothing of it was written")
BY_STATUS = {401: "token", 403: "right", 404: "not_there", 429: "too_often"}


class PullFault(SourceError):
    """A system could not be pulled; the others are."""


def told(error: Exception, asked: Asked, what: str) -> PullFault:
    """A failure while the list `what` was fetched, in words; of what is not known here only its kind."""
    first = next(iter(_chain(error)))
    why = getattr(first, "strerror", None) or type(first).__name__
    code, about = next(filter(None, map(_code, _chain(error))), ("odd", {"key": why}))
    fa, en = (text + end for text, end in zip(FAULTS[code], NOTHING, strict=True))
    host = asked.url.partition("://")[2].partition("/")[0]
    about = {"status": "", "key": ""} | about
    return PullFault(said(fa, en, name=asked.name, what=what, host=host, tries=TRIES,
                          variables=", ".join(asked.variables), **about))  # fmt: skip


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it came from, the first of all first."""
    found = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return reversed(found)


def _code(error: BaseException) -> tuple[str, dict] | None:
    from requests import exceptions

    if isinstance(error, OddAnswer):
        return error.why, {"key": error.what}
    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        status = error.response.status_code
        return BY_STATUS.get(status, "broken" if status >= 500 else "refused"), {"status": status}
    if isinstance(error, exceptions.SSLError):
        return "certificate", {}
    if isinstance(error, exceptions.JSONDecodeError):
        return "not_json", {}
    if isinstance(error, exceptions.RequestException):
        return "cut", {}
    return None
