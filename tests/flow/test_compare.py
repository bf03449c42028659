"""Two runs on the rows that both held out, and models on given rows."""

from __future__ import annotations

import pandas as pd
import pytest


def run(tagwerk, data, out, *words):
    result = tagwerk("run", data, "--target", "bought", "--trials", "3", "--out", out, *words)
    assert result.code == 0, result.err


def test_a_model_without_its_best_column_is_worse(tagwerk, people):
    run(tagwerk, people, "full")
    run(tagwerk, people, "poor", "--drop", "age")
    result = tagwerk("compare", "full", "poor/model.tw", "--json")
    assert result.code == 0, result.err
    document = result.json
    assert document["schema"] == "tagwerk.comparison/1"
    assert 100 < document["rows"] <= 600
    assert document["low"] > 0
    assert document["p_value"] < 0.05
    assert document["probability_better"] > 0.95
    assert document["folds"] is None or document["rows"] == 600  # folds are paired only for one and the same split
    assert document["difference"] == pytest.approx(document["score_a"]["value"] - document["score_b"]["value"])
    turned = tagwerk("compare", "poor", "full", "--json").json
    assert turned["difference"] == pytest.approx(-document["difference"])
    assert turned["probability_better"] < 0.05
    text = tagwerk("compare", "full", "poor").out
    assert "a is better" in text
    assert max(map(len, text.splitlines())) <= 80


def test_runs_of_one_split_are_compared_on_its_folds_too(tagwerk, people):
    run(tagwerk, people, "boosting", "--learners", "gradient_boosting")
    run(tagwerk, people, "linear", "--learners", "logistic")
    document = tagwerk("compare", "boosting", "linear", "--json").json
    assert document["rows"] == 600
    assert document["folds"]["units"] >= 2
    assert document["folds"]["low"] < document["folds"]["difference"] < document["folds"]["high"]


def test_the_same_model_is_not_better_than_itself(tagwerk, people):
    run(tagwerk, people, "full")
    document = tagwerk("compare", "full", "full", "--json").json
    assert document["difference"] == 0
    assert document["p_value"] == 1
    assert document["probability_better"] < 0.5  # not by more than the margin


def test_given_rows_and_metrics(tagwerk, people):
    run(tagwerk, people, "full")
    run(tagwerk, people, "poor", "--drop", "age")
    words = ("compare", "full/model.tw", "poor/model.tw", "--data", people, "--metric", "log_loss", "--margin", "0.01")
    document = tagwerk(*words, "--json").json
    assert document["rows"] == 3000
    assert document["margin"] == 0.01
    assert document["metric"] == "log_loss"
    assert document["low"] > 0  # smaller loss counts as better


def test_what_cannot_be_compared_is_refused(tagwerk, people, wine, tmp_path):
    run(tagwerk, people, "full")
    half = pd.read_csv(people).head(1500)
    half.assign(extra=1.5).to_csv(tmp_path / "other.csv", index=False)
    run(tagwerk, "other.csv", "other")
    assert tagwerk("run", wine, "--target", "cultivar", "--trials", "1", "--out", "wine").code == 0
    for words, code, slug in [
        (("full", "other"), 3, "no-shared-rows"),
        (("full", "wine"), 3, "compare-unlike"),
        (("full",), 2, "argument-missing"),
        (("full", "nowhere"), 2, "model-not-found"),
        (("full", "full", "--metric", "rmse"), 2, "unknown-metric"),
        (("full", "full", "--margin", "-1"), 2, "option-value"),
    ]:
        result = tagwerk("compare", *words)
        assert result.code == code, result.err
        assert f"error[{slug}]" in result.err
    (tmp_path / "full" / "held_out.parquet").unlink()
    assert "error[no-held-out-rows]" in tagwerk("compare", "full", "full").err
    (tmp_path / "alone").mkdir()
    (tmp_path / "full" / "model.tw").rename(tmp_path / "alone" / "model.tw")
    assert "error[no-held-out-rows]" in tagwerk("compare", "alone/model.tw", "full").err
