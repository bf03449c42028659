"""The package as a user meets it: bundled data of scikit-learn, all kinds of input, errors, pickling."""

from __future__ import annotations

import hashlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, make_classification
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

import tagwerk
from tagwerk import DataWarning


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return train_test_split(X, y, test_size=0.3, random_state=0)


@pytest.fixture(scope="module")
def fitted(cancer):
    X, _, y, _ = cancer
    return tagwerk.AutoClassifier(trials=4, seed=1).fit(X, y)


def test_classifier_is_good_on_rows_it_never_saw(fitted, cancer):
    _, X, _, y = cancer
    assert roc_auc_score(y, fitted.predict_proba(X)[:, 1]) > 0.97
    assert fitted.score(X, y) > 0.92
    assert set(fitted.predict(X)) <= {0, 1}
    assert fitted.predict(X).dtype == np.asarray(y).dtype
    np.testing.assert_allclose(fitted.predict_proba(X).sum(axis=1), 1)


def test_every_kind_of_table_gives_the_same_predictions(fitted, cancer):
    X = cancer[1]
    expected = fitted.predict_proba(X)
    for other in (
        pl.DataFrame({name: X[name].to_numpy() for name in X.columns}),
        pa.table({name: X[name].to_numpy() for name in X.columns}),
        {name: X[name].to_numpy() for name in X.columns},
        X.to_dict("records"),
        X[X.columns[::-1]],
    ):
        np.testing.assert_array_equal(fitted.predict_proba(other), expected)


def test_few_rows_of_an_array_are_predicted_as_those_of_a_table(cancer):
    X, Xt, y, _ = cancer
    arrays = X.to_numpy(), Xt.to_numpy()
    model = tagwerk.AutoClassifier(trials=3, seed=1).fit(arrays[0], y).model_
    rows = arrays[1].copy()
    rows[3, :5] = np.nan
    table = {f"x{j}": rows[:, j] for j in range(rows.shape[1])}
    expected = model.predict_proba(table)
    for few in (1, 7, 50):
        np.testing.assert_array_equal(model.predict_proba(rows[:few]), expected[:few])
        np.testing.assert_array_equal(model.predict(rows[:few]), model.predict(table)[:few])
    np.testing.assert_array_equal(model.predict_proba(rows[3]), expected[3:4])
    np.testing.assert_array_equal(model.predict_proba(np.asfortranarray(rows[:9])), expected[:9])
    single = rows[:9].astype(np.float32)
    widened = {name: column[:9].astype(np.float32).astype(float) for name, column in table.items()}
    np.testing.assert_array_equal(model.predict_proba(single), model.predict_proba(widened))
    by_name = tagwerk.AutoClassifier(trials=3, seed=1).fit(X, y).model_  # inputs by the names of the frame
    named = Xt[by_name._core.input_names]
    np.testing.assert_array_equal(by_name.predict_proba(named.to_numpy()[:5]), by_name.predict_proba(named)[:5])
    with pytest.raises(ValueError, match="3 features"):
        by_name.predict_proba(np.zeros((1, 3)))
    with pytest.warns(DataWarning, match="x29"):  # as a table without these columns
        model.predict_proba(np.zeros((1, 3)))


def test_few_rows_of_a_regression_carry_their_intervals():
    X, y = load_diabetes(return_X_y=True)
    model = tagwerk.AutoRegressor(trials=3, seed=1).fit(X, y).model_
    table = {f"x{j}": X[:, j] for j in range(X.shape[1])}
    np.testing.assert_array_equal(model.predict(X[:20]), model.predict(table)[:20])
    np.testing.assert_array_equal(model.predict_interval(X[:20], 0.8), model.predict_interval(table, 0.8)[:20])


def test_report_and_attributes(fitted, tmp_path):
    html = fitted.report(tmp_path / "report.html")
    assert html.lstrip().lower().startswith("<!doctype html>")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert fitted.leaderboard_[0]["rank"] == 1
    assert fitted.test_["metrics"][0]["name"] == "auc"
    assert list(fitted.classes_) == [0, 1]


def test_rows_are_explained(fitted, cancer):
    X = cancer[1]
    shown = fitted.explain(X.iloc[:5], top=3)
    assert shown["schema"] == "tagwerk.explanation/1"
    assert [row["row"] for row in shown["rows"]] == [1, 2, 3, 4, 5]
    assert all(len(row["contributions"]) <= 3 for row in shown["rows"])
    assert shown["columns"][0]["mean_absolute"] >= shown["columns"][-1]["mean_absolute"] > 0
    assert fitted.model_.explain(X.iloc[:50], method="dependence", top=2)["dependence"]
    assert "before" in fitted.explain(X.iloc[:1], method="whatif")
    with pytest.raises(ValueError, match="one row"):
        fitted.explain(X, method="whatif")
    with pytest.raises(ValueError, match="shap"):
        fitted.explain(X, method="magic")


def test_worth_of_outcomes_sets_the_threshold(cancer):
    X, _, y, _ = cancer
    value = {"true_positive": 0, "true_negative": 0, "false_positive": -1, "false_negative": -20}
    model = tagwerk.AutoClassifier(trials=2, value=value, positive=0).fit(X, y)
    assert model.run_["goal"]["value"]["false_negative"] == -20
    assert model.run_["goal"]["positive"] == "0"
    assert model.threshold_ < 0.4
    assert clone(model).get_params()["value"] == value


def test_saved_model_predicts_the_same(fitted, cancer, tmp_path):
    X = cancer[1]
    fitted.save(tmp_path / "model.tw")
    model = tagwerk.load(tmp_path / "model.tw")
    np.testing.assert_array_equal(model.predict_proba(X), fitted.predict_proba(X))
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))


def test_models_of_the_registry_are_loaded_by_name(fitted, cancer, tmp_path, monkeypatch):
    X = cancer[1]
    fitted.save(tmp_path / "model.tw")
    store = tmp_path / "store.db"
    register = [Path(tagwerk.__file__).parent / "bin" / "tagwerk", "models", "register", tmp_path / "model.tw"]
    subprocess.run([*register, "--name", "cells", "--store", store], check=True, capture_output=True)
    expected = fitted.predict_proba(X)
    for typed in ("cells", "cells@champion", "cells:1"):
        np.testing.assert_array_equal(tagwerk.load(typed, store=store).predict_proba(X), expected)
    with pytest.raises(tagwerk.NotFoundError, match="cells:2"):
        tagwerk.load("cells:2", store=store)
    with pytest.raises(tagwerk.NotFoundError, match="other"):
        tagwerk.load("other", store=store)
    monkeypatch.setenv("TAGWERK_STORE", str(store))
    np.testing.assert_array_equal(tagwerk.load("cells").predict_proba(X), expected)


def test_same_seed_same_model(cancer):
    X, _, y, _ = cancer
    a = tagwerk.AutoClassifier(trials=3, seed=7).fit(X, y)
    b = tagwerk.AutoClassifier(trials=3, seed=7).fit(X, y)
    assert a.model_._core.to_bytes() == b.model_._core.to_bytes()


def test_labels_keep_their_spelling():
    X, y = make_classification(300, 6, n_informative=4, n_classes=3, random_state=0)
    names = np.array(["Zürich", "basel", "Chur"])[y]
    model = tagwerk.AutoClassifier(trials=2, test=0).fit(pd.DataFrame(X), names)
    assert set(model.predict(pd.DataFrame(X))) <= set(names)
    assert list(model.classes_) == sorted(set(names))


def test_regressor_with_intervals():
    X, y = load_diabetes(return_X_y=True)
    train, test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
    model = tagwerk.AutoRegressor(trials=4).fit(train, y_train)
    assert model.score(test, y_test) > 0.3
    low, high = model.predict_interval(test, level=0.9).T
    assert 0.8 < np.mean((low <= y_test) & (y_test <= high)) <= 1


def test_clone_and_params():
    model = tagwerk.AutoClassifier(budget="5s", seed=3)
    assert clone(model).get_params() == model.get_params()
    with pytest.raises(TypeError):
        tagwerk.AutoClassifier(budjet="5s")


def test_errors_are_python_errors(tmp_path):
    with pytest.raises(tagwerk.MissingFileError) as caught:
        tagwerk.run(str(tmp_path / "none.csv"), target="y")
    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.id == "file-not-found"
    with pytest.raises(ValueError, match="column is not in the data"):
        tagwerk.run({"a": [1, 2, 3], "b": [1, 2, 3]}, target="c")
    with pytest.raises(tagwerk.DataError):
        tagwerk.load(__file__)


def test_several_targets(tmp_path):
    random = np.random.default_rng(3)
    a = random.uniform(size=300)
    table = {"a": a, "b": 2 * a + 0.1 * random.normal(size=300), "c, d": a > 0.5}
    runs = tagwerk.run(table, target=["b", "c, d"], trials=2, out=tmp_path / "out")
    assert [run.to_dict()["goal"]["target"] for run in runs] == ["b", "c, d"]
    assert all([entry["name"] for entry in run.model.manifest["inputs"]] == ["a"] for run in runs)
    assert (tmp_path / "out" / "c--d" / "model.tw").exists()


def test_profile_finds_what_is_wrong():
    rows = 200
    table = {"same": ["x"] * rows, "value": np.arange(rows) % 7, "y": np.arange(rows) % 2}
    found = tagwerk.profile(table, target="y")
    assert "column.constant" in {finding["id"] for finding in found.findings}
    assert len(found.columns) == 3


def test_progress_is_told_and_nothing_is_written(tmp_path, monkeypatch, cancer):
    monkeypatch.chdir(tmp_path)
    events = []
    X, _, y, _ = cancer
    tagwerk.AutoClassifier(trials=2, progress=events.append).fit(X, y)
    assert {event["event"] for event in events} >= {"run.phase", "run.trial"}
    assert list(tmp_path.iterdir()) == []


def test_keyboard_interrupt_leaves_a_fitted_model():
    X, y = make_classification(20000, 20, random_state=0)
    model = tagwerk.AutoClassifier(budget="60s")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with it ignored
    timer = threading.Timer(4, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert time.monotonic() - started < 30
    assert model.stop_reason_ == "interrupt"
    assert model.predict(X[:5]).shape == (5,)


@pytest.mark.parametrize("first", ["import tagwerk", "import tagwerk, tagwerk._core, pyarrow"])
def test_openssl_of_python_works_beside_that_of_arrow(first):
    code = (
        f"{first}; import hashlib, ssl, sklearn.datasets; ssl.create_default_context(); "
        "print(hashlib.new('sha256', b'tagwerk').hexdigest())"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert out.stdout.strip() == hashlib.sha256(b"tagwerk").hexdigest()


def test_import_is_light():
    code = "import sys, tagwerk; print([m for m in ('pandas', 'sklearn', 'pyarrow') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert out.stdout.strip() == "[]"


def test_command_is_installed():
    out = subprocess.run(
        [Path(sys.executable).parent / "tagwerk", "--version"], capture_output=True, text=True, check=True
    )
    assert out.stdout.startswith("tagwerk ")
