"""Targets whose classes have an order: recognised or told, judged in steps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def ratings(tmp_path_factory):
    """Four steps cut from a hidden number; `stars` are the same steps as numbers, `colour` has no order."""
    rng = np.random.default_rng(5)
    n = 1500
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n), "noise": rng.normal(size=n)})
    hidden = 2 * frame.a + frame.b + rng.logistic(size=n)
    step = np.digitize(hidden, [-2, 0, 2])
    frame["quality"] = np.array(["poor", "fair", "good", "excellent"])[step]
    frame["stars"] = step + 1
    frame["colour"] = np.array(["red", "green", "blue", "grey"])[step]
    path = tmp_path_factory.mktemp("data") / "ratings.csv"
    frame.to_csv(path, index=False)
    return path


def run(tagwerk, data, target, *words):
    others = ",".join({"quality", "stars", "colour"} - {target})
    result = tagwerk(
        "run",
        data,
        "--target",
        target,
        "--drop",
        others,
        "--trials",
        "3",
        "--json",
        "--out",
        "out",
        "--overwrite",
        *words,
    )
    assert result.code == 0, result.err
    return result.json


def test_a_known_scale_is_judged_in_steps(tagwerk, ratings):
    document = run(tagwerk, ratings, "quality")
    ordinal = document["test"]["ordinal"]
    assert ordinal["order"] == ["poor", "fair", "good", "excellent"]
    assert ordinal["quadratic_kappa"]["low"] < ordinal["quadratic_kappa"]["value"] < ordinal["quadratic_kappa"]["high"]
    assert ordinal["quadratic_kappa"]["value"] > 0.6
    assert ordinal["exact"] <= ordinal["within_one"] == pytest.approx(1 - ordinal["further"])
    labels, counts = document["test"]["confusion"]["labels"], np.array(document["test"]["confusion"]["counts"])
    place = [ordinal["order"].index(label) for label in labels]
    steps = np.abs(np.subtract.outer(place, place))
    assert ordinal["mean_steps"]["value"] == pytest.approx((counts * steps).sum() / counts.sum())
    assert any(c["name"] == "ordered" for c in document["detail"]["calibration_evidence"]["candidates"])
    assert "steps of a scale" in tagwerk("report", "out", "--format", "md").out


def test_numbers_typed_ordinal_are_steps(tagwerk, ratings, tmp_path):
    document = run(tagwerk, ratings, "stars", "--type", "stars=ordinal")
    assert document["goal"]["task"] == "multiclass"
    assert document["test"]["ordinal"]["order"] == ["1", "2", "3", "4"]
    done = tagwerk("predict", "out/model.tw", ratings, "-o", "p.csv")
    assert done.code == 0, done.err
    table = pd.read_csv(tmp_path / "p.csv")
    truth = pd.read_csv(ratings).stars
    assert np.abs(table.prediction - truth).mean() < 0.6
    probabilities = table[[f"probability[{k}]" for k in (1, 2, 3, 4)]].to_numpy()
    assert probabilities.sum(axis=1) == pytest.approx(1)


def test_other_classes_have_no_order(tagwerk, ratings):
    document = run(tagwerk, ratings, "colour")
    assert "ordinal" not in document["test"]
    assert all(c["name"] != "ordered" for c in document["detail"]["calibration_evidence"]["candidates"])
