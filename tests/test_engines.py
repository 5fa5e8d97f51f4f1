"""Every measure gives the same numbers on DuckDB and on Spark: one company, two engines, equal answers.

A new measure adds one entry to ANSWERS: how to ask it of a company's tables; a test below sees to it that none is
forgotten.  Logs with nulls, ties and fractions of seconds are in test_journey_spark.
"""

import importlib
import inspect
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pytest

from cx_helpers import disclosure, folding, forms, histories, partition, series, tenures, valuation, workspace
from cx_helpers import measures as package
from cx_helpers.intake import aspects as finder
from cx_helpers.intake import sentiment as reader
from cx_helpers.intake import urgent
from cx_helpers.measures import (
    arrivals,
    aspects,
    basket,
    basket_rules,
    churn,
    churn_hazards,
    closed_loop,
    clues,
    cohort,
    cohort_coverage,
    completeness,
    dropouts,
    emotion,
    employees,
    experience,
    experiment,
    experiment_metrics,
    experiment_outcomes,
    fixing,
    friction,
    funnel,
    funnel_drops,
    funnel_walks,
    impossible,
    initiatives,
    items,
    journey,
    levers,
    lifecycle,
    linkage,
    migration,
    moments,
    next_item,
    novelties,
    outcomes,
    personas,
    policy_value,
    profile,
    recovery,
    relations,
    renewals,
    repeats,
    returns,
    revenue_risk,
    rfm,
    risen,
    rollouts,
    scales,
    scenario,
    segments,
    sentiment,
    service_quality,
    snapshots,
    standing,
    survey,
    terms,
    topic_shares,
    topics,
    touchpoints,
    traits,
    trend,
    units,
    unread,
    urgency,
    value,
    value_equation,
    value_experience,
    value_holdout,
    voices,
    volume,
)
from cx_helpers.settings import VALUE_WEIGHTS

STAGES = {"evaluation": ["product_page", "reviews"], "purchase": ["cart", "payment"], "support": ["support_call"]}


def wide(t):
    facts = {name: t.until.table(name) for name in ("orders", "touchpoints", "tickets")}
    return experience.beside_answers(t.until.responses, "nps", within_days=60, instruments=("ces",), **facts)


def rows(t):
    made = folding.collapse(t.until.responses.filter(t.until.responses.instrument == "csat"))
    frame = pd.DataFrame(made.x, columns=made.drivers).assign(y=made.y, weight=made.weight, alone=made.cluster < 0)
    return frame.sort_values(list(frame), ignore_index=True)


def newcomers(t, **more):
    orders = t.until.with_column("orders", "gender")
    return cohort.retention(orders, cohort.months(orders, t.period, 8), **more)


def profiles(t, as_of=None):
    facts = {name: t.until.table(name) for name in profile.CONTACTS}
    return profile.profile(t.until.customers, as_of or t.period.end, 60.0, **facts)


def known(frame):
    """Sources that no row names are None, or NaN, as the engine has it: one and the same."""
    flat = frame.reset_index()
    return flat.astype({c: object for c in flat if flat[c].dtype == object}).fillna("(none)")


def otherwise(t):
    """The company's orders and answers, those of the period in another unit and on another scale."""
    orders, answers = t.whole["orders"], t.whole["responses"]
    now, late = orders.ordered_at >= t.period.start, answers.responded_at >= t.period.start
    nps = late & (answers.instrument == "nps")
    return {
        "orders": orders.mutate(amount=now.ifelse(orders.amount.cast("float64") * 10, orders.amount.cast("float64"))),
        "responses": answers.mutate(
            score=nps.ifelse((answers.score / 2).floor(), answers.score), source=late.ifelse("sms", "mail")
        ),
    }


SPOKEN = pd.DataFrame({"topic": [0, 0, 1, 1], "term": ["کد", "تخفیف", "پشتیبانی", "تحویل"]})


def marked(t):
    """The comments, read for what is urgent."""
    return urgent.marked(t.until.comments)


def customers_who_bought(t):
    """One row a customer: the history of purchases, and the mood of the last answer."""
    each = histories.histories(t.until.with_column("orders", "gender"), t.period, ["gender"])
    return value_experience.with_mood(each, t.until.responses)


def modelled(t):
    return valuation.model(histories.fold(customers_who_bought(t), ["gender", "mood"]), valuation.Terms(), "mbgnbd")


def foreseen(t):
    rows, last = value_holdout.history(t.until.orders, t.period)
    return value_holdout.by_week(t.until.orders, t.period, last, value_holdout.fit(rows, "mbgnbd"))


def about(t):
    """The comments, read for their aspects."""
    return finder.marked(t.until.comments, t.settings.folder)


def bought(t):
    return basket.baskets(t.until.order_items, t.until.orders, keep=("ordered_at", "channel"))


PAIR = pd.DataFrame({"given": [("موکاپات سه‌فنجانه",), ("شال نخی",)], "offer": ["قهوهٔ عربیکای صددرصد"] * 2})


def tried(t, *by):
    """An experiment's customers, what it is judged by, and what they did."""
    exposed = t.until.with_column("exposures", "segment", "province")
    facts = {name: t.until.table(name) for name in ("orders", "tickets", "responses", "touchpoints")}
    wanted = experiment_metrics.outcomes(
        ["conversion", "revenue_each", "order_value", "nps", "csat", "cart"], exposed, facts
    )
    trial = experiment.trial(exposed, columns=["segment", "province"], timezone="Asia/Tehran")
    end = experiment_outcomes.data_end(facts, wanted)
    return trial, wanted, experiment_outcomes.measured(trial.table, wanted, facts, end, window_days=14)


def by_province(t):
    _, wanted, rows = tried(t)
    lots = experiment_outcomes.of_units(rows.mutate(unit=rows.province.fill_null("")), wanted)
    return experiment_outcomes.sums(lots, experiment_outcomes.clustered(wanted))


def counted(trial):
    facts = [trial.name, trial.control, *trial.counts.items(), *trial.units.items(), trial.crossed, trial.nobody]
    return pd.Series([str(fact) for fact in [*facts, trial.first, trial.last]])


WAY = ["product_page", "cart", "checkout", "payment"]


def walked(t, by="channel"):
    more = {"by": by, "optional": ("checkout",), "within": "3d"}
    return funnel_walks.walks(t.until.touchpoints, WAY, t.period.start, t.period.end, **more)


def known_by(t, at="end"):
    """The customers of a company with their traits, at one instant."""
    return traits.scales(traits.of(t, at))


def in_two(t):
    """Two clusters as a partition of these customers would have them."""
    who, standards = known_by(t), traits.standard(known_by(t))
    centres = np.array([[-0.5], [0.5]]) * np.ones((2, int(standards["sd"].notna().sum())))
    tried = pd.DataFrame()
    made = partition.Partition("kmeans", centres, np.ones_like(centres), np.zeros(2), tried)
    return segments.assign(who, segments.Segmentation(standards, made, 0))


def within(t, at):
    """The buying groups of one day by the limits of the last."""
    return rfm.within(known_by(t, at), rfm.limits(rfm.fifths(known_by(t))))


def with_segment(t):
    return segments.add(known_by(t), t.until.customers, "segment")


def numbers(table, *columns):
    """Columns that hold nulls, as one kind of number on both engines."""
    out = table.execute().astype(dict.fromkeys(columns, float))
    return out.astype({c: str for c, kind in out.dtypes.items() if "datetime" in str(kind)})


def contracts(t):
    return t.until.with_column("contracts", "segment")


def spans(t):
    return churn.spans(contracts(t), t.period.end)


def known_then(t, leaving="orders"):
    """What is known of each customer at the period's start, and the schedule of a company watched for eight weeks."""
    facts = {name: t.until.maybe(name) for name in snapshots.FACTS}
    return facts, snapshots.schedule(facts[leaving], leaving, t.period.end, window_days=56, most=2)


def cases(t):
    return closed_loop.cases(t.cases, None, t.period.end)


BUYING = ["cart", "checkout", "payment"]


def lived(t):
    """What customers lived through, month by month."""
    return levers.lived(t.months(12), t.until.orders, t.until.touchpoints, t.until.tickets, BUYING)


def followed(t):
    return levers.followed(lived(t), t.until.orders, t.months(12), t.period.end, 45)


def linked(t):
    found = relations.links(followed(t))
    return found.table.assign(worth=found.worth, se=found.worth_se, buyers=found.buyers)


def stands(t):
    """How each customer stands, with the book of cases."""
    more = {name: t.until.table(name) for name in ("tickets", "responses", "exposures")}
    return standing.standing(profiles(t), t.period.end, cases=t.cases, **more)


def rolled(t):
    """Initiatives, the first of which began for women only; and the customers."""
    first = t.until.initiatives.initiative_id == "I01"
    return t.until.initiatives.mutate(gender=first.ifelse("female", ibis.null("string"))), t.customers


def form(t, family):
    """What customers said on the short form, with the questions that were asked."""
    asked = forms.asked(t.until.responses)
    return forms.answers(t.until.responses, asked, family, None, ["channel"]), asked


def lines(t):
    found, asked = form(t, "servqual")
    return forms.wide(found, asked, "reliability")


def as_a_frame(table):
    out = table.execute()
    return out.sort_values(list(out), ignore_index=True)


def by_nobody(orders):
    """Orders of which about a third are by one key that is no person's."""
    guests = orders.order_id.cast("string").right(1).isin(["1", "2", "3"])
    return orders.mutate(customer_id=guests.ifelse("guest", orders.customer_id))


ANSWERS = {
    "levers.lived": lived,
    "levers.followed": followed,
    "levers.levels": lambda t: levers.levels(lived(t), t.months(12), 5),
    "relations.links": linked,
    "relations.instrument": lambda t: [relations.instrument(t.until.responses)],
    "relations.felt": lambda t: relations.felt(wide(t), "nps", list(levers.LEVERS)),
    "revenue_risk.weekly": lambda t: revenue_risk.weekly(t.until.orders, t.period, weeks_back=60),
    "returns.returns": lambda t: returns.returns(
        t.until.touchpoints,
        t.until.orders,
        t.until.initiatives,
        t.period,
        valuation.Terms(),
        follow_days=45,
        smallest=5,
    ),
    "rollouts.columns": lambda t: [*rollouts.columns(*rolled(t)), "name"],
    "rollouts.of_everybody": lambda t: [rollouts.of_everybody(*rolled(t)).count().execute()],
    "rollouts.cohorts": lambda t: pd.DataFrame(
        [
            np.r_[one.n, one.mean, one.cov.ravel()]
            for one in rollouts.cohorts(t.customers, t.until.orders, t.months(4), "gender", {"female": 2})
        ]
    ),
    "rollouts.rollouts": lambda t: rollouts.rollouts(
        *rolled(t), t.until.orders, t.months(8), valuation.Terms(), smallest=5
    ),
    "scenario.sales": lambda t: [scenario.sales(t.until.orders, t.period)],
    "standing.standing": lambda t: numbers(
        stands(t)
        .select("customer_id", "recency_days", "mean_order", "waiting_days", "open_cases", "touched_days")
        .order_by("customer_id"),
        "recency_days",
        "mean_order",
        "waiting_days",
        "open_cases",
        "touched_days",
    ),
    "next_item.next_item": lambda t: next_item.next_item(
        PAIR.assign(confidence=0.5, usual=[0.1, 0.2], lift=2.0, p_adjusted=0.01),
        pd.Series({"قهوهٔ عربیکای صددرصد": 7.0}),
        bought(t),
        t.period.start - pd.Timedelta(300, "D"),
    ),
    "policy_value.rewards": lambda t: numbers(
        policy_value.rewards(
            experiment.trial(t.until.exposures, "voucher").table, t.until.orders, 60, t.period.end
        ).order_by("customer_id"),
        "reward",
    ),
    "forms.asked": lambda t: form(t, "clue")[1],
    "forms.wide": lambda t: as_a_frame(lines(t)),
    "service_quality.gaps": lambda t: service_quality.gaps(form(t, "servqual")[0]),
    "service_quality.compared": lambda t: service_quality.compared(forms.each(form(t, "effortless")[0]), (0, 1)),
    "service_quality.perceived": lambda t: service_quality.perceived(form(t, "servqual")[0]),
    "service_quality.parts": lambda t: service_quality.parts(form(t, "clue")[0]),
    "service_quality.importance": lambda t: service_quality.importance(form(t, "servqual")[0]),
    "service_quality.overall": lambda t: service_quality.overall(form(t, "servqual")[0], "channel", True),
    "value_equation.value": lambda t: value_equation.value(form(t, "value")[0], VALUE_WEIGHTS),
    "value_equation.losing": lambda t: value_equation.losing(form(t, "value")[0], VALUE_WEIGHTS),
    "clues.written": lambda t: clues.written(about(t)),
    "employees.common": lambda t: pd.Series(employees.common(t.until.responses)),
    "initiatives.effects": lambda t: initiatives.effects(t.until.touchpoints, t.until.initiatives, t.period),
    "churn.rate of contracts carried on": lambda t: churn.rate(
        tenures.carried_on(t.until.table("contracts")), t.period, by="plan"
    ),
    "initiatives.begun": lambda t: initiatives.begun(t.until.initiatives, t.period),
    "snapshots.plans": lambda t: [snapshots.plans(t.until.maybe("contracts"), t.period.end)],
    "snapshots.told_by": lambda t: [snapshots.told_by(known_then(t)[0], "auto", t.period.end)],
    "snapshots.usual_window": lambda t: pd.DataFrame(
        [snapshots.usual_window(t.until.table(name), name, t.period.end) for name in ("orders", "contracts")]
    ),
    "snapshots.schedule": lambda t: pd.Series([str(known_then(t)[1])]),
    "snapshots.features": lambda t: (
        snapshots.features(known_then(t)[0], t.period.start, "orders", 56)
        .order_by("customer_id")
        .execute()
        .astype(dict.fromkeys(snapshots.features(known_then(t)[0], t.period.start, "orders", 56).columns[1:], float))
    ),
    "snapshots.outcome": lambda t: numbers(
        snapshots.outcome(
            known_then(t, "contracts")[0], known_then(t, "contracts")[1].past[-1], known_then(t, "contracts")[1]
        ).order_by("customer_id"),
        "left",
    ),
    "snapshots.panel": lambda t: snapshots.panel(*known_then(t, "contracts"), most=40).astype({"when": str}),
    "snapshots.panel of orders": lambda t: snapshots.panel(*known_then(t)).astype({"when": str}),
    "closed_loop.cases": lambda t: cases(t).drop("feeling", "rank").order_by("case_id"),
    "closed_loop.cases requests": lambda t: closed_loop.cases(None, t.until.tickets, t.period.end),
    "closed_loop.speed": lambda t: closed_loop.speed(cases(t)),
    "closed_loop.curves": lambda t: closed_loop.curves(cases(t), 5),
    "closed_loop.in_time": lambda t: closed_loop.in_time(cases(t), t.period, "owner"),
    "closed_loop.slower": lambda t: closed_loop.slower(cases(t), t.period),
    "closed_loop.causes": lambda t: closed_loop.causes(cases(t)).order_by("written_at", "who"),
    "closed_loop.waiting": lambda t: closed_loop.waiting(cases(t), t.period.end),
    "recovery.recovery": lambda t: recovery.recovery(cases(t), t.until.orders, t.period.end, 24, 20),
    "churn.left_out": lambda t: pd.Series(churn.left_out(contracts(t), t.period.end)),
    "churn.spans": lambda t: spans(t).select("contract_id", "days", "ended", "entry").order_by("contract_id"),
    "churn.recorded_since": lambda t: pd.Series([str(churn.recorded_since(contracts(t), t.period.end))]),
    "churn.rate": lambda t: churn.rate(contracts(t), t.period, "plan"),
    "churn.folded": lambda t: churn.folded(spans(t), ["plan"]),
    "churn.people": lambda t: churn.people(spans(t), ["plan"]),
    "churn.curves": lambda t: churn.curves(spans(t), "plan", 12),
    "churn.looks": lambda t: churn.looks(spans(t), ["plan", "segment"]),
    "churn.monthly": lambda t: churn.monthly(spans(t), 12),
    "churn_hazards.ratios": lambda t: churn_hazards.ratios(spans(t), ["plan", "segment"]),
    "traits.traits": lambda t: known_by(t).order_by("customer_id"),
    "traits.of": lambda t: traits.of(t),
    "traits.columns": lambda t: traits.columns(known_by(t)),
    "traits.scales": lambda t: traits.scales(traits.of(t)),
    "traits.standard": lambda t: traits.standard(known_by(t)),
    "traits.scaled": lambda t: pd.Series([known_by(t).aggregate(m=traits.scaled(known_by(t), "orders").mean())]).map(
        lambda one: float(one.execute().iloc[0, 0])
    ),
    "traits.sample": lambda t: pd.DataFrame(traits.sample(known_by(t), traits.standard(known_by(t)), 90)),
    "rfm.fifths": lambda t: rfm.fifths(known_by(t)).select("customer_id", "recency", "frequency", "money", "rfm"),
    "rfm.named": lambda t: rfm.named(rfm.fifths(known_by(t))),
    "rfm.grid": lambda t: rfm.grid(rfm.fifths(known_by(t))),
    "segments.assign": lambda t: in_two(t).select("customer_id", "cluster"),
    "segments.add": lambda t: segments.add(t.orders, in_two(t), "cluster").select("order_id", "cluster"),
    "segments.described": lambda t: segments.described(in_two(t), "cluster", traits.columns(known_by(t))),
    "segments.worth": lambda t: segments.worth(with_segment(t), ["segment"]),
    "segments.spent": lambda t: segments.spent(known_by(t)),
    "personas.portraits": lambda t: personas.portraits(in_two(t), "cluster", traits.standard(known_by(t))),
    "personas.channels": lambda t: personas.channels(segments.add(t.orders, in_two(t), "cluster"), "cluster"),
    "personas.tastes": lambda t: personas.tastes(
        t.comments.mutate(aspect_price=t.comments.sentiment), "channel", ["price"]
    ),
    "rfm.limits": lambda t: rfm.limits(rfm.fifths(known_by(t))),
    "rfm.within": lambda t: rfm.within(known_by(t, "start"), rfm.limits(rfm.fifths(known_by(t)))).select(
        "customer_id", "rfm"
    ),
    "migration.falls": lambda t: migration.falls(
        *(rfm.within(known_by(t, at), rfm.limits(rfm.fifths(known_by(t)))) for at in ("start", "start", "end")), "rfm"
    ),
    "segments.moved": lambda t: segments.moved(rfm.fifths(known_by(t, "start")), rfm.fifths(known_by(t)), "rfm"),
    "items.there": lambda t: [items.there(t.until.responses)],
    "items.wide": lambda t: items.wide(t.until.responses).count().as_table(),
    "items.form": lambda t: pd.DataFrame(items.form(items.wide(t.until.responses)).covariance),
    "funnel_walks.walks": lambda t: numbers(walked(t).order_by("customer_id").drop("journey"), "t1", "t2", "t3"),
    "funnel_walks.both": lambda t: pd.DataFrame(
        [funnel_walks.sizes(w) for w in funnel_walks.both(t.until.touchpoints, WAY, t.period)]
    ),
    "funnel_walks.sizes": lambda t: pd.Series(funnel_walks.sizes(walked(t))),
    "funnel_walks.people": lambda t: numbers(funnel_walks.people(walked(t), WAY, "payment", True), "waited_s"),
    "funnel_walks.default_steps": lambda t: pd.Series(funnel_walks.default_steps(t.until.touchpoints, {})),
    "funnel.conversion": lambda t: funnel.conversion(walked(t), WAY, "channel", ("checkout",)),
    "funnel.durations": lambda t: funnel.durations(walked(t), WAY, "3d", t.period.end),
    "funnel_drops.afterwards": lambda t: funnel_drops.afterwards(walked(t), t.until.touchpoints, WAY, "3d"),
    "profile.of": lambda t: (
        profile.of(t).group_by("lifecycle").agg(n=ibis._.count(), value=ibis._.value.sum()).order_by("lifecycle")
    ),
    "profile.add": lambda t: (
        profile.add(t.responses, profile.of(t, "start"), "lifecycle").lifecycle.value_counts().order_by("lifecycle")
    ),
    "basket.usual_item": lambda t: pd.Series([basket.usual_item(t.order_items)]),
    "basket.baskets": lambda t: bought(t).group_by("buyer").agg(n=bought(t).count()).order_by("buyer"),
    "basket.sizes": lambda t: basket.sizes(bought(t), t.months(3)),
    "basket.left_out": lambda t: pd.Series(basket.left_out(t.until.order_items, t.until.orders)),
    "basket.itemsets": lambda t: basket.itemsets(bought(t), 0.002, 4),
    "basket_rules.halves": lambda t: pd.Series([half.count().execute() for half in basket_rules.halves(bought(t))]),
    "basket_rules.confirmed": lambda t: basket_rules.confirmed(PAIR, bought(t), time="ordered_at"),
    "basket_rules.by_group": lambda t: basket_rules.by_group(PAIR, bought(t), "channel", 5),
    "basket_rules.mean_prices": lambda t: basket_rules.mean_prices(t.order_items, "product_name").sort_index(),
    "experiment.experiments": lambda t: experiment.experiments(t.until.exposures, "Asia/Tehran").astype(
        {"first": str, "last": str}
    ),
    "experiment.trial": lambda t: counted(tried(t)[0]),
    "experiment.unit_sizes": lambda t: experiment.unit_sizes(tried(t)[0].table, ["segment", "province"]),
    "experiment_metrics.outcomes": lambda t: pd.Series([str(one) for one in tried(t)[1]]),
    "experiment_outcomes.data_end": lambda t: [
        experiment_outcomes.data_end(
            {"orders": t.until.orders},
            experiment_metrics.outcomes(["conversion"], t.until.exposures, {"orders": t.until.orders}),
        )
    ],  # fmt: skip
    "experiment_outcomes.measured": lambda t: tried(t)[2],
    "experiment_outcomes.of_units": by_province,
    "experiment_outcomes.sums": lambda t: experiment_outcomes.sums(tried(t)[2], tried(t)[1], ["day"]),
    "aspects.names": lambda t: aspects.names(about(t)),
    "aspects.share": lambda t: aspects.share(about(t)),
    "aspects.negative_share": lambda t: aspects.negative_share(about(t)),
    "aspects.mixed_share": lambda t: aspects.mixed_share(about(t)),
    "aspects.cost": lambda t: aspects.cost(about(t)),
    "arrivals.arrivals": lambda t: known(arrivals.arrivals(t.whole, t.period)),
    "volume.days": lambda t: known(volume.days(t.whole, t.period)),
    "volume.unseen": lambda t: sorted(volume.unseen(t.whole, t.period, disclosure.Limit(30, 100))),
    "impossible.impossible": lambda t: known(impossible.impossible(t.whole, t.period, t.period.first)),
    "units.units": lambda t: known(units.units(otherwise(t), t.period)),
    "scales.scales": lambda t: known(scales.scales(otherwise(t), t.period)),
    "units.cells": lambda t: known(units.cells(t.whole["orders"], "orders", "amount", t.period)),
    "scales.counts": lambda t: known(scales.counts(t.whole["responses"], t.period)),
    "repeats.repeats": lambda t: known(repeats.repeats(t.whole, t.period)),
    "completeness.completeness": lambda t: known(completeness.completeness(t.whole, t.period)),
    "completeness.share": lambda t: completeness.share(t.until.responses, "score", by="channel"),
    "linkage.crowds": lambda t: linkage.crowds({**t.whole, "orders": by_nobody(t.whole["orders"])}, t.period),
    "linkage.overlap": lambda t: linkage.overlap(t.whole, t.period),
    "novelties.novelties": lambda t: known(novelties.novelties(t.whole, t.period)),
    "survey.nps by channel": lambda t: survey.nps(t.responses, by="channel"),
    "survey.nps by month": lambda t: survey.nps(t.until.responses, periods=t.months(6)),
    "survey.csat by two": lambda t: survey.csat(t.with_column("responses", "gender"), by=["gender", "channel"]),
    "survey.ces": lambda t: survey.ces(t.until.responses),
    "survey.response_rate": lambda t: survey.response_rate(t.until.responses, by="channel", period=t.period),
    "survey.overall": lambda t: survey.overall(t.responses),
    "survey.top": lambda t: [survey.top(t.until.responses, kind) for kind in ("nps", "csat", "ces")],
    "survey.moves": lambda t: survey.moves(t.until.responses, since=t.period.start),
    "sentiment.readable": lambda t: sentiment.readable(t.comments),
    "sentiment.mean by month": lambda t: sentiment.mean(t.until.comments, by="channel", periods=t.months(3)),
    "sentiment.negative_share": lambda t: sentiment.negative_share(t.until.comments, by="touchpoint"),
    "sentiment.positive_share": lambda t: sentiment.positive_share(t.until.comments, by="origin", band=0.4),
    "sentiment.coverage": lambda t: sentiment.coverage(t.until.comments),
    "sentiment.agreement": lambda t: sentiment.agreement(t.until.comments),
    "trend.bins": lambda t: trend.bins(
        t.until.orders, "revenue", series.steps(t.period, t.period.past, "day", 90), "day"
    ),
    "trend.bins of weeks": lambda t: trend.bins(
        t.until.comments, "sentiment", series.steps(t.period, t.period.past, "week", 365), "week"
    ),
    "trend.bins of months": lambda t: trend.bins(t.until.tickets, "resolution_hours", t.months(6), "month"),
    "trend.bins of contracts": lambda t: trend.bins(t.until.contracts, "churn_rate", t.months(6), "month"),
    "unread.counts": lambda t: unread.counts(t.until.comments),
    "voices.typical": lambda t: voices.typical(t.until.comments),
    "journey.transitions": lambda t: journey.transitions(t.touchpoints, by="channel"),
    "journey.variants": lambda t: journey.variants(t.touchpoints),
    "journey.ties": lambda t: journey.ties(t.until.touchpoints),
    "touchpoints.visits": lambda t: touchpoints.visits(t.touchpoints, comments=t.comments, responses=t.responses),
    "outcomes.conversion": lambda t: outcomes.conversion(t.touchpoints, "payment", by="channel"),
    "outcomes.late_delivery_rate": lambda t: outcomes.late_delivery_rate(t.orders, t.period.end, by="channel"),
    "outcomes.failure_rate": lambda t: outcomes.failure_rate(t.touchpoints, by="touchpoint"),
    "friction.friction": lambda t: friction.friction(
        t.touchpoints, before=t.before.touchpoints, goal="payment", order_value=10.0, smallest=10
    ),
    "dropouts.dropouts": lambda t: dropouts.dropouts(t.touchpoints, by="channel", smallest=5),
    "dropouts.switches": lambda t: dropouts.switches(t.touchpoints),
    "fixing.fixing": lambda t: fixing.fixing(t.touchpoints, "payment", times=50),
    "emotion.curve": lambda t: emotion.curve(STAGES, t.comments, t.responses, t.touchpoints),
    "moments.moments": lambda t: moments.moments(
        t.until.touchpoints, t.until.orders, 30, tickets=t.until.tickets, smallest=5
    ),
    "voices.of_each": lambda t: voices.of_each(t.until.comments, "origin"),
    "urgency.share": lambda t: urgency.share(marked(t), urgent.kinds(), by="channel", periods=t.months(3)),
    "urgency.cases": lambda t: urgency.cases(marked(t), urgent.kinds()).assign(kinds=lambda f: f["kinds"].map(str)),
    "terms.terms": lambda t: (
        terms.terms(t.comments).drop("written_at").distinct().order_by("comment_id", "shown").execute()
    ),
    "terms.comments": lambda t: [terms.comments(terms.terms(t.comments))],
    "terms.spelled": lambda t: pd.Series(terms.spelled(terms.terms(t.comments), ["جعبه", "بستهبندی", "سفارش"])),
    "risen.risen": lambda t: risen.risen(terms.terms(t.until.comments), t.months(4)).sort_index(),
    "topics.together": lambda t: topics.together(terms.terms(t.comments), ["سفارش", "تحویل", "پاسخ"]),
    "topics.phrases": lambda t: pd.Series(topics.phrases(terms.terms(t.until.comments), SPOKEN)),
    "topics.standing": lambda t: topics.standing(terms.terms(t.until.comments), least=8).assign(weight=0),
    "topic_shares.members": lambda t: topic_shares.members(terms.terms(t.comments), SPOKEN),
    "topic_shares.about": lambda t: topic_shares.about(
        t.comments, topic_shares.members(terms.terms(t.comments), SPOKEN), ["a", "b"]
    ).select("comment_id", "topic", "held"),
    "topic_shares.share": lambda t: topic_shares.share(
        t.until.comments, topic_shares.members(terms.terms(t.until.comments), SPOKEN), 2, t.months(3)
    ),
    "topic_shares.now_and_before": lambda t: pd.concat(
        topic_shares.now_and_before(
            t.until.comments, topic_shares.members(terms.terms(t.until.comments), SPOKEN), 2, t.months(3)
        ),
        keys=["now", "before"],
    ),
    "cohort.months": lambda t: cohort.months(t.until.orders, t.period),
    "cohort.retention": lambda t: newcomers(t),
    "cohort.retention by gender": lambda t: newcomers(t, by="gender"),
    "cohort.retention_rate": lambda t: cohort.retention_rate(t.until.orders, t.period, 1),
    "cohort.repeat_rate": lambda t: cohort.repeat_rate(t.until.orders, t.period, window_days=60),
    "cohort_coverage.coverage": lambda t: cohort_coverage.coverage(t.until.orders, t.months(6), t.customers),
    "profile.usual_gap": lambda t: pd.Series(profile.usual_gap(t.until.orders)),
    "profile.profile": lambda t: profiles(t),
    "profile.events": lambda t: profile.events("C00029", orders=t.until.orders, tickets=t.until.tickets),
    "lifecycle.stages": lambda t: lifecycle.stages(profiles(t)),
    "lifecycle.totals": lambda t: lifecycle.totals(profiles(t), t.period),
    "lifecycle.quiet": lambda t: lifecycle.quiet(profiles(t)),
    "lifecycle.unhappy": lambda t: lifecycle.unhappy(profiles(t)),
    "lifecycle.consent": lambda t: lifecycle.consent(profiles(t)),
    "lifecycle.limits": lambda t: lifecycle.limits(profiles(t), t.period.end, 60.0),
    "lifecycle.moved": lambda t: lifecycle.moved(profiles(t, t.period.start), profiles(t)),
    "lifecycle.worth": lambda t: lifecycle.worth(profiles(t)),
    "experience.beside_answers": wide,
    "experience.drivers": lambda t: experience.drivers(wide(t)),
    "folding.collapse": rows,
    "histories.fold": lambda t: histories.fold(customers_who_bought(t), ["gender", "mood"]),
    "histories.fold coarsely": lambda t: histories.fold(customers_who_bought(t), ["gender"], most=5),
    "histories.left_out": lambda t: histories.left_out(t.until.orders, t.period),
    "value.orders": lambda t: value.orders(t, []).group_by("customer_id").agg(n=ibis._.count()).order_by("customer_id"),
    "value.margin": lambda t: pd.Series(value.margin(t.until.orders, t.period)),
    "value_experience.asked": lambda t: value_experience.asked(t.until.responses),
    "value_experience.moods": lambda t: value_experience.moods(t.until.responses),
    "value_experience.with_mood": customers_who_bought,
    "value_experience.at_risk": lambda t: value_experience.at_risk(customers_who_bought(t), modelled(t)),
    "value_holdout.history": lambda t: value_holdout.history(t.until.orders, t.period)[0],
    "value_holdout.by_week": foreseen,
    "value_holdout.trial": lambda t: value_holdout.trial(t.until.orders, t.period, "mbgnbd").times,
    "value.terms": lambda t: pd.Series(vars(value.terms(t.until.orders, t.period))).astype(float),
    "renewals.lives": lambda t: renewals.lives(t.until.contracts, t.period, "plan"),
    "renewals.unfit": lambda t: pd.Series(renewals.unfit(t.until.contracts, t.period)),
}


def measures() -> set[str]:
    """Every public function of cx_helpers.measures that is given an engine's table."""
    found = set()
    for path in sorted(Path(package.__path__[0]).glob("[a-z]*.py")):
        module = importlib.import_module(f"cx_helpers.measures.{path.stem}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            own = function.__module__ == module.__name__ and not name.startswith("_")
            if own and any("ir.Table" in str(kind) for kind in inspect.get_annotations(function).values()):
                found.add(f"{path.stem}.{name}")
    return found


def test_no_measure_is_left_out():
    asked = {name.split(" ")[0] for name in ANSWERS}
    assert measures() - asked == set(), "a measure that no entry asks of both engines"
    ground = {"folding.collapse", "histories.fold", "histories.left_out", "forms.asked", "forms.wide"}
    assert asked - measures() == ground, "an entry for a measure that is gone"


@pytest.fixture(scope="module")
def companies(spark, tmp_path_factory):
    """{engine: the tables of one small company}; the files are the same, the engine is not."""
    from tools.sample import ALL
    from tools.sample.__main__ import fill

    folder = tmp_path_factory.mktemp("company")
    fill(folder, 7, ALL, customers=250)
    found = {}
    for engine in ("duckdb://", "pyspark://local[2]"):
        (folder / "workspace.yaml").write_text(f"name: small\nengine: {engine}\n", "utf-8")
        found[engine.split(":")[0]] = workspace.open(folder, period="1404-Q2")
    return found


def frame(answer) -> pd.DataFrame:
    """Whatever a measure answers with, as a frame; an engine's rows, which have no order, by their first column."""
    if isinstance(answer, ir.Table):
        rows = answer.execute()
        times = {c: pd.to_datetime(rows[c], utc=True).dt.as_unit("us") for c in rows if c.endswith("_at")}
        return rows.assign(**times).sort_values(list(rows)[:2], ignore_index=True)[sorted(rows)]
    if isinstance(answer, pd.Series):
        return answer.to_frame("value")
    return answer if isinstance(answer, pd.DataFrame) else pd.DataFrame({"value": list(answer)})


def test_both_engines_know_alike_how_the_model_misreads(companies):
    known = [reader.errors(one.until.comments, None, one)(0.2) for one in companies.values()]
    assert "unseen" in known[0], "too few labels of its own: nothing is compared"
    pd.testing.assert_frame_equal(*known, check_exact=False, rtol=1e-9, atol=1e-12, check_like=True)


@pytest.mark.parametrize("name", ANSWERS)
def test_both_engines_agree(companies, name):
    duckdb, spark = (frame(ANSWERS[name](companies[engine])) for engine in ("duckdb", "pyspark"))
    assert len(duckdb), "an empty answer compares nothing"
    pd.testing.assert_frame_equal(duckdb, spark, check_exact=False, rtol=1e-9, atol=1e-12)
