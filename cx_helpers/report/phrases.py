"""What does the page itself say?  Its fixed words in both languages."""

from __future__ import annotations

from types import SimpleNamespace

from cx_helpers import wording

_PHRASES = wording._names("""
interval | بازهٔ ۹۵٪ | 95% interval
interval_colon | بازهٔ ۹۵٪: | 95% interval:
goal | هدف | goal
goal_met | به هدف رسیده | goal met
goal_missed | پایین‌تر از هدف | short of goal
goal_open | نزدیک هدف؛ هنوز روشن نیست | near goal, not yet clear
against_before | نسبت به دورهٔ پیش | since the previous period
no_change | بدون تغییر معنادار | no significant change
no_answer | بدون داده | no data
nothing_here | در این دوره و بخش داده‌ای برای این تصویر نیست. | There is no data for this picture in this period and segment.
of_n | از {n} مورد | from {n} cases
looks | پس از تصحیح {looks} مقایسه | corrected for {looks} comparisons
one_look | یک مقایسه | a single comparison
looked_and_found_nothing | {looks} مقایسه انجام شد و پس از تصحیح، هیچ تفاوتی نماند که بتوان بر آن تکیه کرد. | {looks} comparisons were made; none holds after correction for their number.
found_nothing | چیزی یافت نشد که پس از تصحیح بماند. | Nothing was found that survives correction.
high | فوری | Act now
medium | مهم | Important
low | قابل توجه | Worth knowing
strength | نقطهٔ قوت | Strength
impact | اگر اصلاح شود | If mended
about | حدود | about
fewer | کمتر از {n} | fewer than {n}
hidden_groups | {k} گروه کمتر از {n} مورد دارد و نشان داده نشده است | {k} groups have fewer than {n} cases and are not shown
no_value | بدون مقدار | no value
numbers | عددهای این تصویر | The numbers behind this picture
code | کد این گزارش | The code of this report
code_line | هر عدد این صفحه را این خط‌ها ساخته‌اند، به همین ترتیب. | These lines made every number on this page, in this order.
parameters | پارامترها | Parameters
data_card | این عددها بر چه ایستاده‌اند؟ | What do these numbers stand on?
made | ساخته‌شده در | Made
all_reports | همهٔ گزارش‌ها | All reports
reports | گزارش‌ها | Reports
findings | یافته‌ها، به ترتیب اثر | Findings, by effect
more_findings | {k} یافتهٔ دیگر | {k} more findings
indicators | شاخص‌ها | Indicators
skipped | ساخته نشد | Not made
failed | ناتمام ماند | Failed
published | منتشر شد | Published
read | گزارش را بخوانید | Read the report
why | چرا؟ | Why?
technical | جزئیات فنی | Technical details
empty_page | این گزارش چیزی برای نشان دادن نساخت. | This report made nothing to show.
group | گروه | Group
on_page | در این صفحه | On this page
sort_hint | برای مرتب‌سازی بزنید | Press to sort
customers_words | از زبان مشتریان | In customers' words
tables | جدول‌ها | Tables
rows | ردیف | rows
failed_title | این گزارش ساخته نشد | This report could not be made
others_fine | گزارش‌های دیگر این اجرا ساخته شده‌اند و شماره‌های آن‌ها درست است. | The other reports of this run were made and their numbers stand.
what_now | چه باید کرد؟ | What to do
ask_analyst | این صفحه را به تحلیل‌گر خود نشان دهید؛ جزئیات پایین برای اوست. اجرای بعدی آن را دوباره می‌سازد. | Show this page to your analyst; the details below are for them. The next run will try again.
no_goal | بی‌هدف | no goal
empty | خالی | empty
yes | بله | yes
no | خیر | no
of_them | از آن | of it
share_null | سهم خالی | share empty
from | از | from
to | تا | to
chart_failed | این تصویر در مرورگر شما کشیده نشد؛ عددهای آن در جدول زیر است. | This picture could not be drawn in your browser; its numbers are in the table below.
""")


def phrases(locale: str) -> SimpleNamespace:
    """The page's words in one language: `phrases("fa").goal`."""
    return SimpleNamespace(**{key: pair[locale] for key, pair in _PHRASES.items()})
