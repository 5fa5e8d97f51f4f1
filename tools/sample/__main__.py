"""python -m tools.sample DIR [--seed N] [--empty] [--customers N]: write the sample company into a workspace folder."""

import argparse
from pathlib import Path

import yaml

from cx_helpers.intake.sentiment import DERIVED, score_comments

from . import ALL, NONE, SEED, build, forms, write
from .journeys import STAGES
from .labels import labels
from .truth_page import page

WORKSPACE = """\
# An invented shop; everything in this folder is written by: python -m tools.sample data/sample
name: {fa: فروشگاه ریواسان, en: Rivasan Shop}
locale: fa
calendar: jalali
timezone: Asia/Tehran
currency: IRR
stages:
%s
goals:
  nps: {target: 40, direction: up}
  csat: {target: 0.75, direction: up}
  ces: {target: 5.5, direction: up}
  response_rate: {target: 0.4, direction: up}
  retention_1: {target: 0.4, direction: up}
  late_delivery_rate: {target: 0.05, direction: down}
privacy: {pseudonyms: true, smallest_group: 10, redact_text: true}
"""

ACTIONS = """\
# What this shop may do for a customer; every key is explained in the file that cx init writes.  Amounts in rials.
rest_days: 14
budget: 250000000
holdout: 0.1
actions:
  apology_call:
    name: {fa: تماس دلجویی, en: apology call}
    when: {open_tickets: '>= 1', waiting_days: ['>= 3', '<= 365']}
    channel: phone
    duty: true
    priority: 1
    brings: kept
    effect: 0.1
    cost: 400000
  keep_call:
    name: {fa: تماس برای نگه‌داشتن, en: call to keep}
    when: {risk: '>= 0.5', orders: '>= 2'}
    channel: phone
    priority: 2
    brings: kept
    effect: 0.1
    cost: 400000
    most: 150
  voucher:
    name: {fa: کد تخفیف بازگشت, en: win-back voucher}
    when: {recency_days: ['>= 30', '<= 120']}
    channel: sms
    offer: true
    priority: 2
    cost: 150000
    tried: {experiment: voucher, variant: B}
  next_item:
    name: {fa: پیشنهاد کالای بعدی, en: next item}
    when: {next_chance: '>= 0.1', recency_days: '<= 180'}
    channel: email
    offer: true
    priority: 2
    brings: item
    effect: 0.3
    cost: 10000
  ask_review:
    name: {fa: درخواست معرفی به دوستان, en: ask to recommend}
    when: {last_nps: '>= 9', open_tickets: 0, recency_days: '<= 90'}
    channel: email
    duty: true
    priority: 3
    brings: 0
    cost: 10000
"""


def fill(folder: Path, seed: int = SEED, effects=ALL, customers: int = 6000) -> dict[str, int]:
    """Write workspace.yaml, labels.yaml, actions.yaml, programme.yaml, tables/, the book of cases and, for the shipped
    one, TRUTH.md.

    Returns the bytes of each table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = build(seed, effects, customers)
    tables["comments"] = score_comments(tables["comments"]).round(dict.fromkeys(DERIVED, 3))  # as cx ingest does
    sizes = write(tables, folder)
    stages = "\n".join(f"  {stage}: [{', '.join(touchpoints)}]" for stage, touchpoints in STAGES.items())
    (folder / "workspace.yaml").write_text(WORKSPACE % stages, "utf-8")
    (folder / "programme.yaml").write_text(forms.programme(), "utf-8")
    names = yaml.safe_dump(labels(), allow_unicode=True, sort_keys=False, default_flow_style=None, width=200)
    (folder / "labels.yaml").write_text("# what reports call the keys in the tables\n" + names, "utf-8")
    (folder / "actions.yaml").write_text(ACTIONS, "utf-8")
    if frozenset(effects) == ALL and customers == 6000:
        (folder / "TRUTH.md").write_text(page(tables, seed), "utf-8")
    return sizes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.sample", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--customers", type=int, default=6000)
    parser.add_argument("--empty", action="store_true", help="all effects off: nothing to find")
    asked = parser.parse_args()
    sizes = fill(asked.folder, asked.seed, NONE if asked.empty else ALL, asked.customers)
    print(
        "\n".join(f"{size:>10,}  {name}" for name, size in sizes.items()),
        f"{sum(sizes.values()):>10,}  bytes",
        sep="\n",
    )


if __name__ == "__main__":
    main()
