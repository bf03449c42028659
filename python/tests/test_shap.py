"""Shapley values of a model's score: LightGBM's own on its forests; what cannot be exact is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import lightgbm
import numpy as np
import pytest

import tagwerk

PROGRAM = Path(tagwerk.__file__).parent / "bin" / "tagwerk"


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 6))
    X[rng.random(X.shape) < 0.1] = np.nan
    return X, np.nan_to_num(X[:, 0]) + np.abs(np.nan_to_num(X[:, 1])) + 0.1 * rng.normal(size=800)


def imported(X, y, folder, **parameters):
    """The same forest on both sides."""
    booster = lightgbm.train({"verbose": -1, "num_threads": 1, **parameters}, lightgbm.Dataset(X, y), 20)
    booster.save_model(folder / "model.txt")
    subprocess.run([PROGRAM, "import", folder / "model.txt", "-o", folder / "m.tw"], check=True)
    return booster, tagwerk.load(folder / "m.tw")


def test_values_of_several_classes_are_those_of_lightgbm(rows, tmp_path):
    X, y = rows
    booster, model = imported(X, np.digitize(y, [0, 1]), tmp_path, objective="multiclass", num_class=3)
    expected = booster.predict(X, pred_contrib=True, num_threads=1).reshape(len(X), 3, 7)
    shap = model.shap_values(X)
    assert shap.scale == "logits"
    assert shap.feature_names == booster.feature_name()
    np.testing.assert_allclose(shap.values, expected[:, :, :-1], rtol=0, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_allclose(shap.base_values, expected[0, :, -1], rtol=0, atol=1e-9)


def test_values_add_up_to_the_score(rows, tmp_path):
    X, y = rows
    booster, model = imported(X, (y > 0.5).astype(int), tmp_path, objective="binary")
    shap = model.shap_values(X)
    assert (shap.scale, shap.values.shape) == ("log_odds", (800, 6))
    score = shap.base_values + shap.values.sum(axis=1)
    np.testing.assert_allclose(1 / (1 + np.exp(-score)), model.predict_proba(X)[:, 1], rtol=1e-9)
    np.testing.assert_allclose(score, booster.predict(X, raw_score=True, num_threads=1), rtol=1e-9, atol=1e-12)


def test_other_learners_are_refused(rows):
    X, y = rows
    model = tagwerk.AutoRegressor(trials=2, learners=["ridge"], seed=1).fit(X, y).model_
    with pytest.raises(tagwerk.NotSupportedError, match="trees only"):
        model.shap_values(X)
