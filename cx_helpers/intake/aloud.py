"""How did the model come to its feeling?  A few comments, read aloud: p, the words that moved it, clause by clause."""

from __future__ import annotations

from cx_helpers.intake import aspect_table, aspects, sentiment

MOST = 200  # comments at once: this is for looking, not for scoring


def aloud(texts: list[str], model=None, table: aspect_table.Table | None = None, band: float = 0.2) -> list[dict]:
    """Each text with its score and what made it.

    model, table  as for aspects.read;  band  as for sentiment.score
    Returns one dict a text: text, the columns of sentiment.score, `words` [(words, contribution), …] the strongest
    first, and `clauses` [{written, sentiment, aspects}, …]; both empty where the text cannot be read.
    """
    texts = list(texts)[:MOST]
    scores = sentiment.score(texts, model, band)
    cut = aspects.read(texts, table, model)
    read = []
    for place, (text, row) in enumerate(zip(texts, scores.to_dict("records"), strict=True)):
        found = {"text": text, **row, "words": [], "clauses": []}
        if row["sentiment"] == row["sentiment"]:
            why = sentiment.explain(text, model).query("kind != 'start'")
            found["words"] = list(zip(why.index, why["contribution"], strict=True))
            for _, part in cut[cut["text"] == place].groupby("clause"):
                named = part["aspect"].dropna().tolist()
                one = {"written": part["written"].iloc[0], "sentiment": part["sentiment"].iloc[0], "aspects": named}
                found["clauses"].append(one)
        read.append(found)
    return read
