"""Explanations on the command line: they add up, they answer what-ifs, and wrong words are refused."""

from __future__ import annotations

import json

import pandas as pd
import pytest


@pytest.fixture
def model(tagwerk, people):
    result = tagwerk("run", people, "--target", "bought", "--trials", "3", "--out", "out")
    assert result.code == 0, result.err
    return "out/model.tw"


def test_contributions_of_a_row_add_up_to_its_prediction(tagwerk, people, model):
    document = tagwerk("explain", model, people, "--row", "17", "--json").json
    assert document["schema"] == "tagwerk.explanation/1"
    row = document["rows"][0]
    assert row["row"] == 17
    total = row["base"] + sum(c["effect"] for c in row["contributions"]) + row["rest"]
    assert total == pytest.approx(row["score"], abs=1e-9)
    predicted = tagwerk("predict", model, people)
    lines = predicted.out.splitlines()
    columns = dict(zip(lines[0].split(","), lines[17].split(","), strict=True))
    assert float(columns["probability[yes]"]) == pytest.approx(row["probability"], abs=1e-12)
    text = tagwerk("explain", model, people, "--row", "17").out
    assert "this row" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_columns_that_matter_come_first(tagwerk, people, model):
    stored = tagwerk("explain", model, "--json").json["stored"]
    assert stored["background_rows"] == 40
    assert {c["column"] for c in stored["importance"]["columns"][:2]} == {"age", "city"}
    shap = tagwerk("explain", model, people, "--json").json
    assert {c["column"] for c in shap["columns"][:2]} == {"age", "city"}
    shuffled = tagwerk("explain", model, people, "--method", "permutation", "--json").json
    assert {c["column"] for c in shuffled["columns"][:2]} == {"age", "city"}
    curves = tagwerk("explain", model, people, "--method", "dependence", "--top", "2", "--json").json["dependence"]
    age = next(c for c in curves if c["column"] == "age")["points"]
    assert age[-1]["value"] > age[0]["value"] + 0.2


def test_what_if_and_the_smallest_change_that_turns(tagwerk, people, model, tmp_path):
    changed = tagwerk(
        "explain", model, people, "--row", "1", "--change", "age=85", "--change", "city=Bern", "--json"
    ).json
    frame = pd.read_csv(people).head(1)
    frame["age"], frame["city"] = 85.0, "Bern"
    frame.to_csv(tmp_path / "one.csv", index=False)
    line = tagwerk("predict", model, "one.csv").out.splitlines()
    after = dict(zip(line[0].split(","), line[1].split(","), strict=True))
    assert changed["after"]["probability"] == pytest.approx(float(after["probability[yes]"]), abs=1e-12)
    turned = tagwerk("explain", model, people, "--row", "1", "--method", "whatif", "--json").json
    assert turned["counterfactuals"]
    before = turned["before"]["prediction"]
    for one in turned["counterfactuals"]:
        assert one["prediction"] != before
        words = [word for c in one["changes"] for word in ("--change", f"{c['column']}={c['to']}")]
        again = tagwerk("explain", model, people, "--row", "1", *words, "--json").json
        assert again["after"]["prediction"] == one["prediction"]
    distances = [one["distance"] for one in turned["counterfactuals"]]
    assert distances == sorted(distances)


def test_predictions_come_with_reasons(tagwerk, people, model, tmp_path):
    pd.read_csv(people).head(40).to_csv(tmp_path / "few.csv", index=False)
    result = tagwerk("predict", model, "few.csv", "-o", "p.csv", "--reasons", "2")
    assert result.code == 0, result.err
    out = pd.read_csv(tmp_path / "p.csv")
    assert list(out.columns)[-2:] == ["reason_1", "reason_2"]
    assert out.reason_1.str.match(r"^(age|city|income|since)=.* \([+-][\d.,]+\)$").all()
    strength = out[["reason_1", "reason_2"]].apply(lambda c: c.str.extract(r"\(([+-][\d.,]+)\)")[0].astype(float).abs())
    assert (strength.reason_1 >= strength.reason_2 - 0.01).all()


def test_a_row_is_found_by_its_key(tagwerk, people, tmp_path):
    frame = pd.read_csv(people)
    frame["key"] = [f"k{i:05d}" for i in range(len(frame))]
    frame.to_csv(tmp_path / "keyed.csv", index=False)
    words = ("run", "keyed.csv", "--target", "bought", "--id", "key", "--trials", "1", "--out", "keyed")
    assert tagwerk(*words).code == 0
    by_key = tagwerk("explain", "keyed/model.tw", "keyed.csv", "--id", "k00016", "-o", "why.json")
    assert by_key.code == 0, by_key.err
    assert json.loads((tmp_path / "why.json").read_text())["rows"][0]["row"] == 17


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        (["--row", "0"], "option-value"),
        (["--row", "99999"], "row-not-found"),
        (["--id", "x"], "row-not-found"),
        (["--method", "lime"], "option-value"),
        (["--method", "whatif"], "option-contradiction"),
        (["--row", "1", "--change", "age=old"], "option-value"),
        (["--row", "1", "--change", "agee=3"], "column-not-found"),
        (["--row", "1", "--change", "age"], "option-value"),
        (["--top", "0"], "option-value"),
    ],
)
def test_wrong_words_are_refused(tagwerk, people, model, words, slug):
    result = tagwerk("explain", model, people, *words)
    assert result.code == 2
    assert f"error[{slug}]" in result.err
