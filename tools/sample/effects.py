"""What is there to find?  Every truth planted in the sample company, each a switch of the generator.

`EFFECTS` is the one list: the generator asks `"name" in effects`, TRUTH.md is written from it, the tests walk it.
"""

from __future__ import annotations

from typing import NamedTuple

# Months of the sample are numbered 0 (1402-07) to 23 (1404-06); sizes used in more than one module stand here.
ONBOARDING_MONTH = 12  # 1403-07: the welcome club
RESOLUTION_MONTH = 15  # 1403-10: the support team's shifts
GATEWAY_MONTH = 21  # 1404-04: the app's new payment gateway
CRISIS_MONTH = 23  # 1404-06: the Mashhad warehouse, and the new cardboard box
LOOP_MONTH = 12  # 1403-07: the company begins to call back whoever is unhappy
CRISIS_PROVINCE = "خراسان رضوی"
APP_FAILURE, BASE_FAILURE, BASE_ABANDONED = 0.20, 0.03, 0.03
LATE_BASE, LATE_CRISIS = 0.08, 0.80


class Effect(NamedTuple):
    """One planted truth: what happens, where and when, its size in the generator, and the report to find it."""

    what: str
    where: str
    size: str
    report: str


EFFECTS: dict[str, Effect] = {
    "app_payment_fails": Effect(
        "the payment step fails after the app moved to a new gateway",
        "touchpoint payment, channel app, from 1404-04 to the end",
        "failure rate 3 % -> 20 %; other channels stay at 3 %",
        "journey (friction), trend",
    ),
    "payment_dropouts": Effect(
        "customers whose app payment failed do not all come back",
        "after a planted failure",
        "15 % write to support_chat and buy nothing, 25 % leave, half of those for good; the rest try again",
        "journey (what drop-outs did next)",
    ),
    "switch_to_phone": Effect(
        "customers whose app payment failed order by phone within a day",
        "after a planted failure, channel app -> phone",
        "25 % of the failures",
        "journey (channel switching)",
    ),
    "delivery_crisis": Effect(
        "the Mashhad warehouse breaks down and orders arrive days late",
        "province خراسان رضوی, orders of 1404-06",
        "late deliveries 8 % -> 80 %, 3 days or more",
        "journey (delivery), sentiment, survey",
    ),
    "crisis_spreads": Effect(
        "the whole province is angry, also those who wait for nothing: NPS falls against the month before there only",
        "province خراسان رضوی, 1404-06: nps, csat of delivery, feeling of comments",
        "latent satisfaction -1.0 SD (about -60 points of NPS), every other province unchanged",
        "survey (change), sentiment",
    ),
    "late_hurts": Effect(
        "a late delivery is remembered",
        "everywhere, always: delivery outcome, csat of delivery, nps of the next 30 days, tickets",
        "80 % of late deliveries are failures; csat -1.4 SD; nps -0.7 SD; ticket 15 % -> 45 %",
        "journey, drivers",
    ),
    "leaving_acquisition": Effect(
        "customers brought by influencers leave after their first order",
        "acquisition_channel influencer, all cohorts",
        "leave after an order with probability 0.75 (others about 0.3), month-1 retention about a third of the others'",
        "cohort",
    ),
    "better_onboarding": Effect(
        "the welcome club keeps new customers",
        "cohorts from 1403-07 on",
        "probability to leave after each of the first three orders x 0.3; orders 15 % more often",
        "cohort (from which cohort things changed)",
    ),
    "drivers": Effect(
        "overall satisfaction is made of delivery, support and quality",
        "responses, instrument csat without touchpoint, columns attr_*",
        "latent weights delivery 0.50, support 0.40, quality 0.25, app 0.10, price 0, packaging 0",
        "drivers",
    ),
    "null_driver": Effect(
        "packaging correlates with satisfaction only because it correlates with delivery",
        "attr_packaging",
        "latent correlation with attr_delivery about 0.7; own weight 0",
        "drivers (must not be named a driver)",
    ),
    "first_reply": Effect(
        "the first reply of support makes or breaks loyalty",
        "support_chat, support_call, tickets: first reply within 60 minutes",
        "within an hour: probability to leave x 0.4; later: at least 0.55; 55 % of slow contacts have outcome failure",
        "journey (moment of truth)",
    ),
    "unsolved_leave": Effect(
        "customers with an unsolved ticket leave",
        "tickets without solved_at (14 %)",
        "probability to leave at least 0.8",
        "churn, journey",
    ),
    "faster_resolution": Effect(
        "an initiative (support in two shifts) shortens resolution",
        "tickets opened from 1403-10 on",
        "resolution hours x 0.5 (median about 30 -> 15 hours)",
        "trend (initiative)",
    ),
    "support_dip": Effect(
        "feeling dips at the support stage",
        "support_chat, support_call, return: csat, ces, tickets' texts",
        "latent satisfaction -0.8 SD (tickets' texts -1.2)",
        "journey (emotion curve), sentiment",
    ),
    "phone_nps": Effect(
        "customers who are asked by phone recommend less",
        "responses, instrument nps, channel phone, always",
        "latent satisfaction -0.5 SD (about -35 points of NPS)",
        "survey",
    ),
    "packaging_breaks": Effect(
        "a new cardboard box breaks: a topic that was rare breaks out",
        "1404-06, all provinces: comments on packaging, unboxing failures",
        "share of comments about packaging 7 % -> 25 %, all negative; unboxing failure 3 % -> 18 %",
        "sentiment (topic), journey",
    ),
    "talk_of_the_touchpoint": Effect(
        "customers write about what they just met (texture rather than truth: without it any theme is met anywhere)",
        "comments",
        "70 % of comments have the theme of their touchpoint",
        "sentiment",
    ),
    "plan_churn": Effect(
        "the trial plan ends when its first three months end",
        "contracts, plan club_trial",
        "70 % of those alive end at month 3; every plan otherwise loses 4 % a month",
        "churn",
    ),
    "omnichannel_value": Effect(
        "customers who buy in the app and in the store are worth far more",
        "segment omni (9 %)",
        "orders twice as often, 40 % less likely to leave, quantities x 1.5",
        "value, segments",
    ),
    "product_pairs": Effect(
        "some products are bought together",
        "saffron + teapot, phone + phone case, coffee + moka pot",
        "the second joins 45 % of baskets with the first (base rate about 2 %)",
        "basket",
    ),
    "checkout_variant": Effect(
        "variant B of the new checkout converts better; the gift experiment changes nothing",
        "exposures checkout_v2 (1404-01 to 1404-03) and free_gift (1403-10 to 1403-12)",
        "order within 7 days of exposure: +3 points for B; free_gift 0",
        "experiment",
    ),
    "voucher": Effect(
        "a voucher wins back customers who are about to go quiet, and nobody else",
        "exposures voucher (1404-02-01 to 1404-02-02), who bought last 30 to 120 days before and has consented",
        "who buys within 60 days is in B with probability 0.5 + 0.45 x (bought - usual); all others by an even lot",
        "personalisation (value of a rule, off-policy)",
    ),
    "closed_loop": Effect(
        "customers who are called within three days of a bad answer buy again more often; the warehouse lets cases lie",
        "state/cases.parquet: cases of NPS 0-6 and CSAT 1-2 from 1403-07 on",
        "called within three days: 72 % of those who buy again within 60 days, 55 % of the others (no effect: 60 %); "
        "the warehouse takes four times as long to close",
        "closed-loop (recovered customers, whose cases lie)",
    ),
    "unreliable": Effect(
        "what is promised is not kept: reliability falls shorter of what customers expect than all else",
        "responses, instruments servqual.reliability.ITEM.perceived, from 1403-05 on",
        "latent perception of reliability -0.9 SD; other dimensions and all expectations unchanged",
        "service-quality (SERVQUAL gaps)",
    ),
    "shabby": Effect(
        "the app, the box and the shop look worse than what they hold and than the people are",
        "responses, instrument clue.mechanical, from 1403-05 on",
        "latent -0.8 SD; functional and human clues unchanged",
        "service-quality (clues)",
    ),
    "unhappy_callers": Effect(
        "who works on the phone would not recommend the shop as a place to work",
        "responses, instrument enps, channel phone, Tir 1404",
        "latent -1.3 SD (about -75 points of eNPS); other channels alike",
        "service-quality (eNPS beside NPS)",
    ),
    "seasonality": Effect(
        "orders follow the Iranian year",
        "order volume",
        "Yalda x 1.7, before Nowruz x 1.7, Nowruz holidays x 0.45, end of month x 1.2, Ramadan evenings later",
        "forecast",
    ),
    "growth": Effect(
        "the shop grows and prices rise",
        "new customers and unit prices",
        "monthly new customers grow by 60 % over the 24 months; prices 1.5 % a month",
        "forecast",
    ),
}

ALL = frozenset(EFFECTS)
NONE: frozenset[str] = frozenset()


def check(effects) -> frozenset[str]:
    """The effects asked for as a frozen set; an unknown name is refused with the list of known ones."""
    asked = frozenset(effects)
    if unknown := asked - ALL:
        raise ValueError(f"unknown effect {sorted(unknown)}; known: {', '.join(sorted(ALL))}")
    return asked
