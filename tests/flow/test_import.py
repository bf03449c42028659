"""`tagwerk import`: LightGBM's text models predict here what they predict there."""

from __future__ import annotations

import json
import subprocess

import lightgbm
import numpy as np
import pandas as pd
import pytest
from conftest import PROGRAM

ROWS = 1200


def made(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Numbers with gaps and zeros, whole numbers, categories; a signal."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(ROWS, 5)).round(3), columns=[f"x{j}" for j in range(5)])
    frame["x1"] = frame["x1"].where(rng.random(ROWS) > 0.2)
    frame["x2"] = frame["x2"].where(rng.random(ROWS) > 0.5, 0.0)
    frame["count"] = rng.poisson(3, ROWS)
    frame["colour"] = pd.Categorical(rng.choice(["red", "green", "blue", "grey, dark"], ROWS))
    frame["town"] = pd.Categorical(rng.choice([f"town {i}" for i in range(40)], ROWS))
    frame.loc[rng.random(ROWS) < 0.05, "colour"] = np.nan
    signal = frame["x0"] + np.nan_to_num(frame["x1"]) * (frame["x2"] > 0) + (frame["colour"] == "red") * 1.5
    return frame, (signal + 0.02 * frame["town"].cat.codes * frame["count"]).to_numpy()


def target(kind: str, signal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if kind == "binary":
        return (signal + rng.normal(size=len(signal)) > 0.5).astype(int)
    if kind == "classes":
        return np.digitize(signal + rng.normal(size=len(signal)), [-1, 0.5, 2])
    if kind == "counts":
        return rng.poisson(np.exp(np.clip(signal / 3, -3, 3)))
    return signal + rng.normal(size=len(signal))


CASES = [
    ("binary", {"objective": "binary"}),
    ("binary", {"objective": "binary", "sigmoid": 0.7}),
    ("binary", {"objective": "cross_entropy"}),
    ("binary", {"objective": "binary", "boosting": "dart"}),
    ("binary", {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}),
    ("binary", {"objective": "binary", "use_missing": False}),
    ("binary", {"objective": "binary", "zero_as_missing": True}),
    ("binary", {"objective": "binary", "max_cat_to_onehot": 100}),
    ("classes", {"objective": "multiclass", "num_class": 4}),
    ("classes", {"objective": "multiclass", "num_class": 4, "zero_as_missing": True, "extra_trees": True}),
    ("number", {"objective": "regression"}),
    ("number", {"objective": "regression", "reg_sqrt": True}),
    ("number", {"objective": "regression_l1"}),
    ("number", {"objective": "huber"}),
    ("number", {"objective": "quantile", "alpha": 0.9}),
    ("number", {"objective": "regression", "max_bin": 1000, "min_data_in_bin": 1, "num_leaves": 200}),
    ("number", {"objective": "regression", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}),
    ("number", {"objective": "regression", "num_leaves": 2}),
    ("counts", {"objective": "poisson"}),
    ("counts", {"objective": "tweedie", "use_missing": False}),
]


def command(*words, folder=None):
    return subprocess.run([PROGRAM, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=120)


def predicted(model: str, frame: pd.DataFrame, folder) -> np.ndarray:
    frame.to_csv(folder / "rows.csv", index=False)
    done = command("predict", model, "rows.csv", "-o", "out.csv", folder=folder)
    assert done.returncode == 0, done.stderr
    out = pd.read_csv(folder / "out.csv")
    columns = [c for c in out if c.startswith("probability[")]
    return out[columns].to_numpy() if columns else out["prediction"].to_numpy()


def trained(case, folder):
    """Trains a model of CASES and saves it as model.txt; returns it and the rows it learned from."""
    kind, parameters = CASES[case]
    frame, signal = made(case)
    y = target(kind, signal, np.random.default_rng(case + 100))
    base = {"verbose": -1, "num_threads": 1, "seed": case, "min_data_in_leaf": 5, "min_data_per_group": 5}
    booster = lightgbm.train({**base, **parameters}, lightgbm.Dataset(frame, y), num_boost_round=40)
    booster.save_model(folder / "model.txt")
    return booster, frame


@pytest.mark.parametrize("case", range(len(CASES)))
def test_predictions_are_those_of_lightgbm(case, tmp_path):
    booster, frame = trained(case, tmp_path)
    done = command("import", "model.txt", "-o", "model.tw", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["trees"] == booster.num_trees()

    fresh, _ = made(case + 1000)
    fresh.loc[:50, "x0"] = np.nan  # missing where training had no gap
    fresh["town"] = fresh["town"].cat.add_categories("new town")
    fresh.loc[60:70, "town"] = "new town"
    there = fresh.copy()
    for name in ("colour", "town"):
        there[name] = there[name].cat.set_categories(frame[name].cat.categories)
    expected = booster.predict(there, num_threads=1)
    ours = predicted("model.tw", fresh, tmp_path)
    if ours.ndim == 2 and expected.ndim == 1:
        ours = ours[:, 1]
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-300)


def test_whole_numbers_as_categories_and_names_of_columns(tmp_path):
    rng = np.random.default_rng(5)
    x = np.column_stack([rng.integers(0, 30, ROWS), rng.normal(size=ROWS)])
    y = np.sin(x[:, 0]) + x[:, 1]
    data = lightgbm.Dataset(x, y, categorical_feature=[0], free_raw_data=False)
    booster = lightgbm.train({"verbose": -1, "num_threads": 1, "min_data_per_group": 5}, data, 30)
    booster.save_model(tmp_path / "model.txt")
    assert command("import", "model.txt", "-o", "model.tw", folder=tmp_path).returncode == 0
    frame = pd.DataFrame(x, columns=booster.feature_name())
    frame["Column_0"] = frame["Column_0"].astype(int)
    np.testing.assert_allclose(predicted("model.tw", frame, tmp_path), booster.predict(x), rtol=1e-12)
    frame["prediction"] = booster.predict(x)
    frame.to_csv(tmp_path / "check.csv", index=False)
    done = command("import", "model.txt", "-o", "model.tw", "--check", "check.csv", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same predictions" in done.stdout
    frame["prediction"] *= 1.001
    frame.to_csv(tmp_path / "check.csv", index=False)
    assert command("import", "model.txt", "-o", "m.tw", "--check", "check.csv", folder=tmp_path).returncode == 1


def test_a_column_that_no_tree_uses_gives_no_warning(tmp_path):
    x = np.column_stack([np.random.default_rng(2).normal(size=ROWS), np.full(ROWS, 7.0)])
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(x, x[:, 0]), 5)
    booster.save_model(tmp_path / "model.txt")
    assert command("import", "model.txt", "-o", "model.tw", folder=tmp_path).returncode == 0
    pd.DataFrame(x, columns=booster.feature_name()).to_csv(tmp_path / "rows.csv", index=False)
    done = command("predict", "model.tw", "rows.csv", "-o", "out.csv", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "out-of-range" not in done.stderr
    assert command("models", "show", "model.tw", "--json", folder=tmp_path).returncode == 0


@pytest.fixture(scope="module")
def text():
    frame, signal = made(1)
    return lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(frame, signal), 3).model_to_string()


@pytest.mark.parametrize(
    ("change", "code", "error"),
    [
        (lambda t: "a,b\n1,2\n", 3, "import-format"),
        (lambda t: t[: len(t) // 2], 3, "import-format"),
        (lambda t: t.replace("left_child=1", "left_child=0", 1), 3, "import-damaged"),
        (lambda t: t.replace("leaf_value=", "leaf_value=x ", 1), 3, "import-damaged"),
        (lambda t: t.replace("num_leaves=", "num_leaves=9", 1), 3, "import-damaged"),
        (lambda t: t.replace("objective=regression", "objective=multiclassova"), 2, "import-unsupported"),
        (lambda t: t.replace("is_linear=0", "is_linear=1", 1), 2, "import-unsupported"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(text, change, code, error, tmp_path):
    (tmp_path / "model.txt").write_text(change(text))
    done = command("import", "model.txt", "-o", "model.tw", folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert f"error[{error}]" in done.stderr
    assert not (tmp_path / "model.tw").exists()


# case of CASES: what the score here is in units of LightGBM's
SHAP_CASES = {0: 1, 1: 0.7, 5: 1, 6: 1, 7: 1, 10: 1, 14: 1, 15: 1, 16: 1 / 40}


@pytest.mark.parametrize("case", SHAP_CASES)
def test_reasons_are_lightgbms_shapley_values(case, tmp_path):
    booster, frame = trained(case, tmp_path)
    assert command("import", "model.txt", "-o", "model.tw", folder=tmp_path).returncode == 0
    fresh, _ = made(case + 1000)
    for name in ("colour", "town"):
        fresh[name] = fresh[name].cat.set_categories(frame[name].cat.categories)
    fresh.to_csv(tmp_path / "rows.csv", index=False)
    expected = booster.predict(fresh, pred_contrib=True, num_threads=1) * SHAP_CASES[case]
    scale = np.abs(expected).max()
    for row in (0, 17, ROWS - 1):
        words = ("explain", "model.tw", "rows.csv", "--row", row + 1, "--top", 100, "--json")
        done = command(*words, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        assert document["exact"] is True
        told = document["rows"][0]
        effects = {c["column"]: c["effect"] for c in told["contributions"]}
        ours = np.array([effects.get(name, 0.0) for name in frame.columns])
        np.testing.assert_allclose(ours, expected[row, :-1], rtol=0, atol=1e-9 * scale)
        np.testing.assert_allclose(told["base"], expected[row, -1], rtol=0, atol=1e-9 * scale)
        np.testing.assert_allclose(told["score"], expected[row].sum(), rtol=0, atol=1e-9 * scale)
