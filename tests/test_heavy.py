"""A model of the user's own from a folder: a tiny real one is built, read, chosen; what lacks a file is refused."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest

from cx_helpers import cli
from cx_helpers.intake import heavy, sentiment, sentiment_choice, sentiment_versions
from cx_helpers.settings import load_settings

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
tokenizers = pytest.importorskip("tokenizers")

# logits of each word for negative, neutral, positive: a text is the sum of its words
WORDS = {"[PAD]": (9, 9, -9), "[UNK]": (0, 0, 0), "عالی": (0, 0, 3), "بد": (2, 0, 0), "معمولی": (0, 2, 0)}


def build(folder, labels=("negative", "neutral", "positive")):
    """A classifier in ONNX: a table of words, summed where the mask says so."""
    folder.mkdir()
    vocabulary = {word: place for place, word in enumerate(WORDS)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    table = np.array([*WORDS.values()], np.float32)[:, : len(labels)]
    make, kind = onnx.helper, onnx.TensorProto
    nodes = [
        make.make_node("Gather", ["table", "input_ids"], ["worth"]),
        make.make_node("Cast", ["attention_mask"], ["mask"], to=kind.FLOAT),
        make.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        make.make_node("Mul", ["worth", "wide"], ["seen"]),
        make.make_node("ReduceSum", ["seen", "middle"], ["logits"], keepdims=0),
    ]
    graph = make.make_graph(
        nodes, "tiny",
        [make.make_tensor_value_info(name, kind.INT64, ["n", "words"]) for name in ("input_ids", "attention_mask")],
        [make.make_tensor_value_info("logits", kind.FLOAT, ["n", len(labels)])],
        [onnx.numpy_helper.from_array(table, "table"), onnx.numpy_helper.from_array(np.array([2]), "last"),
         onnx.numpy_helper.from_array(np.array([1]), "middle")],
    )  # fmt: skip
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(folder / "model.onnx"))
    config = {"id2label": {str(place): name for place, name in enumerate(labels)}}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build(tmp_path_factory.mktemp("own") / "tiny")


def test_scores_by_hand_in_the_very_form_of_the_linear_model(folder):
    texts = pd.Series(["عالی", "بد بد", None, "معمولی و چیزی دراز", "۱۲۳", "عالي"], index=list("abcdef"))
    found = sentiment.score(texts, heavy.load(folder))
    own = sentiment.score(texts)
    assert found.columns.tolist() == own.columns.tolist()
    assert found.dtypes.to_dict() == own.dtypes.to_dict()
    e = np.exp
    assert found.loc["a", "p_positive"] == pytest.approx(e(3) / (e(3) + 2))
    assert found.loc["b", "p_negative"] == pytest.approx(e(4) / (e(4) + 2)), "padding counts for nothing"
    assert found.loc["d", "p_neutral"] == pytest.approx(e(2) / (e(2) + 2))
    np.testing.assert_allclose(found[["p_negative", "p_neutral", "p_positive"]].dropna().sum(axis=1), 1)
    assert found.loc[["c", "e"], "sentiment"].isna().all()
    assert found.loc["f", "sentiment"] == found.loc["a", "sentiment"], "Arabic letters are Persian ones"


def test_batches_and_their_order_change_nothing(folder, monkeypatch):
    texts = [" ".join(["عالی"] * (k % 3) + ["بد"] * (k % 5) + ["چیز"]) for k in range(70)]
    model = heavy.load(folder)
    whole = sentiment.score(texts, model)["sentiment"].to_numpy()
    np.testing.assert_allclose(sentiment.score(texts[::-1], model)["sentiment"].to_numpy()[::-1], whole, atol=1e-6)
    monkeypatch.setattr(heavy, "AT_ONCE", 1)
    np.testing.assert_allclose(sentiment.score(texts, model)["sentiment"], whole, atol=1e-6)


def test_two_classes_have_no_neutral(tmp_path):
    found = sentiment.score(["بد"], heavy.load(build(tmp_path / "two", ("NEG", "مثبت")))).iloc[0]
    assert found["p_negative"] == pytest.approx(1 / (1 + np.exp(-2)))
    assert np.isnan(found["p_neutral"])
    assert found["p_negative"] + found["p_positive"] == pytest.approx(1)


def test_words_are_explained_by_leaving_them_out(folder):
    found = sentiment.explain("بد نبود عالی", heavy.load(folder))
    assert found["contribution"].to_dict() == pytest.approx({"عالی": 3, "بد": -2, "نبود": 0})
    assert found.index[0] == "عالی"


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(heavy.HeavyError, match=r"gone is no model.*lacks model.onnx.*no such folder"):
        heavy.load(tmp_path / "gone")
    for name in ("model.onnx", "tokenizer.json", "config.json"):
        made = build(tmp_path / f"without-{name}")
        (made / name).unlink()
        with pytest.raises(heavy.HeavyError, match=rf"lacks {name}.*nothing is downloaded"):
            heavy.load(made)
    with pytest.raises(heavy.HeavyError, match="does not say which class is which.*LABEL_0"):
        heavy.load(build(tmp_path / "nameless", ("LABEL_0", "LABEL_1")))


def test_it_is_held_against_the_companys_own_labels(folder, tmp_path):
    """Of 150 low ratings 30 stand beside «عالی»: the model hits 120 of them, and 10 of 150 high ones it calls bad."""
    shop, text = tmp_path / "shop", ["بد"] * 120 + ["عالی"] * 30 + ["بد"] * 10 + ["عالی"] * 140
    (shop / "tables").mkdir(parents=True)
    (shop / "workspace.yaml").write_text("name: Shop\n", "utf-8")
    ids = [f"{place:03}" for place in range(300)]
    frame = pd.DataFrame({"comment_id": ids, "customer_id": ids, "text": text, "origin": "review"})
    frame = frame.assign(rating=[1.0] * 150 + [5.0] * 150, written_at=pd.Timestamp("2025-01-01", tz="UTC"))
    frame.to_parquet(shop / "tables" / "comments.parquet", index=False, coerce_timestamps="us")
    sentiment_versions.use(load_settings(shop), str(folder))
    found = sentiment.errors(frame.assign(p_positive=0.5), sentiment_versions.chosen(shop))(0.2).loc["review"]
    assert found[["negative_hit", "negative_false"]].tolist() == pytest.approx([120 / 150, 10 / 150])
    assert found[["n_negative", "n_not_negative"]].tolist() == [150, 150]


def test_it_travels_to_workers_without_its_session(folder):
    model = heavy.load(folder)
    before = model.feel(["عالی"]).positive
    assert pickle.loads(pickle.dumps(model)).feel(["عالی"]).positive == before


def test_a_company_chooses_it_and_goes_back(folder, tmp_path, capsys):
    shop = tmp_path / "shop"
    (shop / "tables").mkdir(parents=True)
    (shop / "workspace.yaml").write_text("name: Shop\n", "utf-8")
    frame = pd.DataFrame({"comment_id": ["1", "2"], "written_at": pd.Timestamp("2025-01-01", tz="UTC"), "text": "بد"})
    path = shop / "tables" / "comments.parquet"
    sentiment.score_comments(frame).to_parquet(path, index=False, coerce_timestamps="us")
    before = path.read_bytes(), pd.read_parquet(path)
    assert cli.main(["sentiment", "use", str(folder), "-w", str(shop)]) == 0
    assert "tiny (model.onnx) reads from now on; 2 comments" in capsys.readouterr().out
    assert pd.read_parquet(path)["p_neutral"].notna().all()
    assert sentiment_choice.choice(shop)["tables"] == str(folder.resolve())
    assert sentiment_versions.fingerprint(shop)
    assert cli.main(["sentiment", "use", "-w", str(shop)]) == 0
    assert f"* {folder.resolve()}" in capsys.readouterr().out
    assert cli.main(["sentiment", "use", "shipped", "-w", str(shop)]) == 0
    pd.testing.assert_frame_equal(pd.read_parquet(path), before[1])


def test_a_transformers_folder_is_read_by_torch(tmp_path):
    """A tiny BERT of random weights, with room for 16 tokens: what it says by itself is what is scored."""
    torch = pytest.importorskip("torch", reason="torch and transformers are not installed: their models are not tried")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    own = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({w: i for i, w in enumerate([*marks, "عالی", "بد"])}, unk_token="[UNK]")
    )
    own.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    named = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), marks, strict=True))
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=own, **named)
    tokenizer.save_pretrained(tmp_path)
    torch.manual_seed(1)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    config = transformers.BertConfig(
        vocab_size=6,
        max_position_embeddings=16,
        id2label={0: "negative", 1: "positive"},
        initializer_range=1.0,
        **sizes,
    )
    model = transformers.BertForSequenceClassification(config).eval()
    model.save_pretrained(tmp_path)
    found = sentiment.score(["عالی", "بد " * 40, None], heavy.load(tmp_path))["p_positive"]
    with torch.no_grad():
        said = [
            model(**tokenizer(text, truncation=True, max_length=16, return_tensors="pt")).logits.softmax(-1)[0, 1]
            for text in ("عالی", "بد " * 40)
        ]
    assert found[:2].tolist() == pytest.approx([float(p) for p in said], abs=1e-6)
    assert abs(said[0] - said[1]) > 1e-4
    assert np.isnan(found[2])
