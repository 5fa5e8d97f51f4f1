"""`cx sentiment …`: teach the sentiment model, judge it, teach it one's own words, choose which one reads."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from collections.abc import Callable

OK = 0


def add(commands, parser: type, workspace: Callable, positive: Callable) -> None:
    """Add the command to the `cx` parser.

    parser  the class of parsers;  workspace  adds -w to one;  positive  a kind of number -> what reads one above 0
    """
    sentiment = commands.add_parser("sentiment", help="teach the sentiment model, or tell how good it is")
    verbs = sentiment.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=parser)
    where = "labelled comments: a folder with train.parquet and test.parquet, or a file (text, label, domain)"

    adapt = verbs.add_parser("adapt", help="a company's own stars and scores -> what they would teach the model")
    workspace(adapt)
    adapt.add_argument("--accept", action="store_true", help="keep what was taught, and let it read (if it is better)")
    adapt.set_defaults(do=_adapt)

    use = verbs.add_parser("use", help="which model reads a company's comments; without VERSION: list them")
    words = "shipped, own-1, own-2, … or the folder of an ONNX or transformers model"
    use.add_argument("version", nargs="?", default="", metavar="VERSION", help=words)
    workspace(use)
    use.set_defaults(do=_use)

    train = verbs.add_parser("train", help="labelled comments -> a model with its held-out proof")
    train.add_argument("--data", default="", metavar="DIR", help=where)
    train.add_argument("--out", default="sentiment.parquet", metavar="FILE", help="the model (default: %(default)s)")
    train.add_argument(
        "--features", type=positive(int), metavar="N", help="the most words, pairs and parts that are kept"
    )
    train.add_argument("--strength", type=positive(float), metavar="C", help="inverse of the L2 penalty")
    train.add_argument("--doubt", type=float, metavar="P", help="doubt labels held less likely than this; 0: none")
    train.set_defaults(do=_train)

    evaluate = verbs.add_parser("evaluate", help="how good is a model? a page with every figure's interval")
    evaluate.add_argument("--data", default="", metavar="DIR", help=where)
    evaluate.add_argument("--model", default="", metavar="FILE", help="the model (default: the shipped one)")
    evaluate.add_argument("--before", default="", metavar="FILE", help="a model to compare it with")
    evaluate.add_argument("--out", default="reports/sentiment", metavar="DIR", help="where (default: %(default)s)")
    evaluate.set_defaults(do=_evaluate)


def _said(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


def _adapt(asked: argparse.Namespace) -> int:
    from cx_helpers import settings
    from cx_helpers.intake import sentiment_adapting, sentiment_own, sentiment_told, sentiment_versions

    company = settings.load_settings(settings.company(asked.workspace))
    labels = sentiment_own.labels(company)
    adapted = sentiment_adapting.adapt(labels, company.privacy["smallest_group"], said=_said)
    print(sentiment_told.told(adapted, asked.accept and adapted.sure))
    if asked.accept:
        name = sentiment_versions.accept(company, adapted, dt.date.today())
        print(sentiment_versions.use(company, name))
        print("back again: cx sentiment use shipped")
    return OK


def _use(asked: argparse.Namespace) -> int:
    from cx_helpers import settings
    from cx_helpers.intake import sentiment_told, sentiment_versions

    company = settings.load_settings(settings.company(asked.workspace))
    if asked.version:
        print(sentiment_versions.use(company, asked.version))
    else:
        print(sentiment_told.listed(company))
    return OK


def _train(asked: argparse.Namespace) -> int:
    from cx_helpers.intake import sentiment_labelled, sentiment_training
    from cx_helpers.run import judging

    given = {name: value for name in ("features", "strength", "doubt") if (value := getattr(asked, name)) is not None}
    recipe = sentiment_training.Recipe(**given)
    data = sentiment_labelled.read(asked.data, "train")
    sentiment_training.train(sentiment_labelled.with_phrases(data), asked.out, recipe, _said)
    print(judging.summary(judging.judge(asked.out, data=asked.data)))
    print(f"{asked.out}: {os.path.getsize(asked.out):,} bytes; a page of it: cx sentiment evaluate --model {asked.out}")
    return OK


def _evaluate(asked: argparse.Namespace) -> int:
    from cx_helpers.run import judging

    judged = judging.judge(asked.model, asked.before, asked.data)
    pages = judging.publish(judged, asked.out)
    print(judging.summary(judged))
    print(*pages, sep="\n")
    return OK
