"""Runs on text: from messages to a model that reads words, and its predictions row by row."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest

GOOD = ["refund", "broken", "late", "angry"], ["thanks", "lovely", "perfect", "quick"]


@pytest.fixture(scope="session")
def letters(tmp_path_factory):
    """Made letters: the words say the kind; an id that says nothing; a number that helps a little."""
    rng = np.random.default_rng(3)
    common = ["the", "order", "of", "my", "parcel", "came", "to", "our", "house", "on", "this", "day", "with", "note"]
    rows = []
    for _ in range(900):
        kind = int(rng.integers(2))
        words = [*rng.choice(common, 9), *rng.choice(GOOD[kind], 2 if rng.random() < 0.8 else 0)]
        rng.shuffle(words)
        key = f"{int(rng.integers(1 << 40)):x}"
        rows.append((key, " ".join(words).capitalize() + "!", kind + rng.normal() * 2, ["bad", "good"][kind]))
    path = tmp_path_factory.mktemp("data") / "letters.csv"
    pd.DataFrame(rows, columns=["key", "letter", "stars", "kind"]).to_csv(path, index=False)
    return path


def run(tagwerk, path, *more):
    done = tagwerk("run", path, "--target", "kind", "--trials", "2", "--out", "run", *more)
    assert done.code == 0, done.err


def test_words_are_learned_and_told(tagwerk, letters, tmp_path):
    run(tagwerk, letters)
    document = json.loads((tmp_path / "run" / "run.json").read_text())
    auc = next(m for m in document["test"]["metrics"] if m["name"] == "auc")
    assert auc["value"] > 0.85
    text = [f for f in document["findings"] if f["columns"] == ["letter"] and f["text_key"] == "finding.text_words"]
    assert len(text) == 1
    assert [f["id"] for f in document["findings"] if "key" in f["columns"]] == ["column.id_like"]
    importance = {c["column"]: c["value"] for c in document["detail"]["importance"]["columns"]}
    assert importance["letter"] > importance["stars"]


def test_a_row_alone_is_predicted_as_in_the_file(tagwerk, letters, tmp_path):
    run(tagwerk, letters, "--report", "none")
    frame = pd.read_csv(letters).head(40)
    frame.loc[3, "letter"] = ""
    frame.loc[4, "letter"] = "Wörter, die es noch nie gab 😀"
    frame.drop(columns="kind").to_csv(tmp_path / "new.csv", index=False)

    def predict(name):
        done = tagwerk("predict", "run/model.tw", name)
        assert done.code == 0, done.err
        return list(csv.DictReader(io.StringIO(done.out)))

    whole = predict("new.csv")
    assert len(whole) == 40
    for row in (0, 3, 4, 39):
        frame.drop(columns="kind").iloc[[row]].to_csv(tmp_path / "one.csv", index=False)
        assert predict("one.csv") == [whole[row]]
    done = tagwerk("predict", "run/model.tw", "new.csv", "--threads", "1")
    assert list(csv.DictReader(io.StringIO(done.out))) == whole


def test_messages_of_the_shared_set(tagwerk, shared_data, tmp_path):
    path = shared_data / "sms_spam" / "sms_spam.csv"
    done = tagwerk("run", path, "--target", "type", "--trials", "2", "--out", "run", "--report", "none")
    assert done.code == 0, done.err
    metrics = {
        m["name"]: m["value"] for m in json.loads((tmp_path / "run" / "run.json").read_text())["test"]["metrics"]
    }
    assert metrics["auc"] > 0.98
    assert metrics["log_loss"] < 0.08
