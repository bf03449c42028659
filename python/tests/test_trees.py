"""The tree estimators as scikit-learn users meet them: contract, tables, weights, stages, keeping, drawing."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import signal
import threading
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_classification, make_regression
from sklearn.ensemble import IsolationForest as TheirIsolationForest
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.utils.estimator_checks import check_estimator

import tagwerk
from tagwerk import _core

ROOT = Path(__file__).resolve().parent.parent.parent
CLASSIFIERS = [
    tagwerk.GradientBoostingClassifier,
    tagwerk.RandomForestClassifier,
    tagwerk.ExtraTreesClassifier,
    tagwerk.DecisionTreeClassifier,
]
REGRESSORS = [
    tagwerk.GradientBoostingRegressor,
    tagwerk.RandomForestRegressor,
    tagwerk.ExtraTreesRegressor,
    tagwerk.DecisionTreeRegressor,
]
ALL = [*CLASSIFIERS, *REGRESSORS]

# scikit-learn's checks that do not fit, and why.
_DRAWN = "rows are drawn with replacement: a row that stands twice is drawn twice, one of weight 2 once"
_PURE = "a leaf of one row is of one class, whatever the class weighs; min_samples_leaf helps"
_TIES = "splits that are equally good are told apart by rounding, which weights and repeats do differently"
EXPECTED = {
    "RandomForestClassifier": {
        "check_sample_weight_equivalence_on_dense_data": _DRAWN,
        "check_sample_weight_equivalence_on_sparse_data": _DRAWN,
        "check_class_weight_classifiers": _PURE,
    },
    "RandomForestRegressor": {
        "check_sample_weight_equivalence_on_dense_data": _DRAWN,
        "check_sample_weight_equivalence_on_sparse_data": _DRAWN,
    },
    "ExtraTreesClassifier": {"check_class_weight_classifiers": _PURE},
    "ExtraTreesRegressor": {
        "check_sample_weight_equivalence_on_dense_data": _TIES,
        "check_sample_weight_equivalence_on_sparse_data": _TIES,
    },
}


def fitted_on(estimator, X, y, **arguments):
    return estimator.set_params(random_state=0).fit(X, y, **arguments)


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return train_test_split(X, y, test_size=0.3, random_state=0)


@pytest.fixture(scope="module")
def mixed():
    """Numbers with gaps, texts, a category, truth values and times, of which the target depends on all."""
    rng = np.random.default_rng(0)
    n = 1200
    frame = pd.DataFrame(
        {
            "size": np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),
            "city": rng.choice(["Bern", "Chur", "Zürich"], n),
            "kind": pd.Categorical(rng.choice(["a", "b", "c", "d"], n), categories=["d", "c", "b", "a", "unused"]),
            "open": rng.random(n) < 0.5,
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 1000, n), unit="h"),
        }
    )
    score = np.nan_to_num(frame["size"]) + 2.0 * (frame["city"] == "Chur") - 2.0 * (frame["kind"] == "b")
    score += frame["open"] + (frame["when"] > "2024-01-20")
    return frame, np.asarray(score + 0.1 * rng.normal(size=n))


@pytest.mark.parametrize("kind", [*ALL, tagwerk.IsolationForest])
def test_scikit_learns_contract(kind):
    expected = EXPECTED.get(kind.__name__, {})
    results = check_estimator(kind(), on_skip=None, on_fail=None, expected_failed_checks=expected)
    assert {r["check_name"] for r in results if r["status"] == "xfail"} == set(expected)
    assert [(r["check_name"], r["exception"]) for r in results if r["status"] == "failed"] == []
    assert len(results) > 40


def test_signatures_are_those_that_the_learners_declare():
    spec = importlib.util.spec_from_file_location("write_signatures", ROOT / "tools/write_signatures.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.FILE.read_text(encoding="utf-8") == tool.module_text(), "run tools/write_signatures.py"
    forest = tagwerk.IsolationForest()
    assert (forest.n_estimators, forest.max_samples) == _core.isolation_forest_defaults()


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_classifiers_tell_classes_apart(kind, cancer):
    train, test, y, y_test = cancer
    model = fitted_on(kind(), train, y)
    probabilities = model.predict_proba(test)
    assert roc_auc_score(y_test, probabilities[:, 1]) > (0.9 if "Tree" in kind.__name__ else 0.98)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(test), np.argmax(probabilities, axis=1))
    assert model.feature_importances_.sum() == pytest.approx(1)
    X, labels = load_iris(return_X_y=True, as_frame=True)
    names = np.array(["setosa", "versicolor", "virginica"], dtype=object)[labels]
    three = fitted_on(kind(min_samples_leaf=2), X, names)
    assert list(three.classes_) == ["setosa", "versicolor", "virginica"]
    assert three.score(X, names) > 0.95
    assert list(three.feature_names_in_) == list(X.columns)


@pytest.mark.parametrize("kind", REGRESSORS)
def test_regressors_predict_numbers(kind):
    X, y = make_regression(800, 8, noise=5, random_state=0)
    model = fitted_on(kind(min_samples_leaf=5), X[:600], y[:600])
    assert model.score(X[600:], y[600:]) > (0.3 if "Decision" in kind.__name__ else 0.7)


@pytest.mark.parametrize("kind", ALL)
def test_arrays_of_any_layout_give_the_same_model(kind, cancer):
    X, _, y, _ = cancer
    X = X.astype(np.float32)
    expected = fitted_on(kind(), X.astype(np.float64), y)
    others = [X, np.asfortranarray(X), np.hstack([X, X])[:, : X.shape[1]], np.repeat(X, 2, axis=0)[::2]]
    for other in others:
        model = fitted_on(kind(), other, y)
        np.testing.assert_array_equal(model.predict(X), expected.predict(X))
        np.testing.assert_array_equal(expected.predict(other), expected.predict(X.astype(np.float64)))


@pytest.mark.parametrize("kind", ALL)
def test_tables_are_taken_as_they_are(kind, mixed):
    frame, score = mixed
    y = score > 0.5 if issubclass(kind, tuple(CLASSIFIERS)) else score
    settings = {"min_samples_leaf": 5}
    if "Boosting" in kind.__name__:
        settings |= {"min_samples_category": 5, "categorical_smoothing": 1}
    model = fitted_on(kind(**settings), frame[:900], y[:900])
    assert model.score(frame[900:], y[900:]) > (0.75 if "Decision" not in kind.__name__ else 0.6)
    expected = model.predict(frame)
    polars = pl.from_pandas(frame)
    for other in (
        polars,
        polars.with_columns(pl.col("city").cast(pl.Categorical), pl.col("kind").cast(pl.String)),
        pa.table(polars.to_arrow()),
        frame.astype({"city": "category", "kind": object, "open": object}),
        frame.astype({"kind": pd.CategoricalDtype(["a", "b", "c", "d"])}),
    ):
        np.testing.assert_array_equal(model.predict(other), expected, err_msg=str(type(other)))
    unseen = frame.assign(city="Basel", kind=pd.Categorical([None] * len(frame)))
    assert len(model.predict(unseen)) == len(frame)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])
    with pytest.raises(ValueError, match="table"):
        model.predict(np.zeros((3, 5)))


@pytest.mark.parametrize("kind", ALL)
def test_weight_zero_leaves_rows_out(kind):
    X, y = make_classification(600, 6, flip_y=0.1, random_state=0)
    weight = (np.arange(600) % 3 > 0).astype(float)
    spoilt = np.where(weight > 0, y, 1 - y)
    settings = {"bootstrap": False} if "Forest" in kind.__name__ else {}
    a = fitted_on(kind(**settings), X, spoilt, sample_weight=weight)
    b = fitted_on(kind(**settings), X[weight > 0], y[weight > 0])
    if "Decision" in kind.__name__ or "Boosting" in kind.__name__:
        np.testing.assert_allclose(a.predict(X), b.predict(X))
    else:
        assert np.mean(a.predict(X).astype(float) - b.predict(X)) == pytest.approx(0, abs=0.05)


def test_class_weight_shifts_probabilities():
    X, y = make_classification(2000, 6, weights=[0.9], flip_y=0.2, random_state=0)
    plain = fitted_on(tagwerk.GradientBoostingClassifier(random_state=0), X, y)
    even = fitted_on(tagwerk.GradientBoostingClassifier(class_weight="balanced", random_state=0), X, y)
    assert even.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.05
    assert plain.predict_proba(X)[:, 1].mean() == pytest.approx(y.mean(), abs=0.02)


def test_eval_set_ends_the_fit_and_callbacks_hear_every_round():
    X, y = make_classification(3000, 10, flip_y=0.2, random_state=0)
    train, test, y_train, y_test = train_test_split(X, y, random_state=0)
    heard = []
    model = tagwerk.GradientBoostingClassifier(n_estimators=2000, learning_rate=0.2, random_state=0)
    model.fit(train, y_train, eval_set=(test, y_test), callbacks=[lambda *losses: heard.append(losses)])
    assert model.n_iter_ < 300 < 2000
    assert [h[0] for h in heard] == list(range(1, len(heard) + 1))
    assert model.n_iter_ <= len(heard)
    best = min(h[2] for h in heard)
    assert log_loss(y_test, model.predict_proba(test)) == pytest.approx(best, rel=0.01)
    assert heard[-1][1] < heard[0][1]
    assert model.loss_curve_[0][0] == 1
    stopped = tagwerk.GradientBoostingClassifier(n_estimators=500)
    stopped.fit(train, y_train, callbacks=[lambda i, _train, _valid: i >= 7])
    assert stopped.n_iter_ == 7
    rounds = []
    quick = tagwerk.GradientBoostingClassifier(n_estimators=2000, learning_rate=0.2, n_iter_no_change=3, random_state=0)
    weighted = (test, y_test, np.ones(len(test)))
    quick.fit(train, y_train, eval_set=weighted, callbacks=[lambda i, *_: rounds.append(i)])
    assert quick.n_iter_ <= model.n_iter_
    assert len(rounds) < len(heard)
    never = tagwerk.GradientBoostingClassifier(
        n_estimators=120, learning_rate=0.5, early_stopping=False, random_state=0
    )
    assert never.fit(train, y_train, eval_set=(test, y_test)).n_iter_ == 120
    aside = tagwerk.GradientBoostingClassifier(
        n_estimators=2000, learning_rate=0.5, early_stopping=True, random_state=0
    )
    assert aside.fit(train, y_train).n_iter_ < 1000


def test_a_metric_may_end_the_fit():
    X, y = make_classification(3000, 10, flip_y=0.2, random_state=0)
    train, test, y_train, y_test = train_test_split(X, y, random_state=0)
    heard = []
    model = tagwerk.GradientBoostingClassifier(
        n_estimators=500, learning_rate=0.3, stopping_metric="auc", random_state=0
    )
    model.fit(train, y_train, eval_set=(test, y_test), callbacks=[lambda *told: heard.append(told)])
    assert len(heard) < 500
    assert roc_auc_score(y_test, model.predict_proba(test)[:, 1]) == pytest.approx(max(h[2] for h in heard), abs=0.005)
    with pytest.raises(ValueError, match="rmse"):
        model.set_params(stopping_metric="rmse").fit(train, y_train, eval_set=(test, y_test))
    several = tagwerk.GradientBoostingRegressor(
        loss="quantile", quantile=[0.1, 0.9], stopping_metric="mae", random_state=0
    )
    with pytest.raises(ValueError, match="quantiles"):
        several.fit(train, y_train)


def test_what_a_callback_raises_comes_out():
    X, y = make_classification(500, 5, random_state=0)

    def broken(*_):
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        tagwerk.GradientBoostingClassifier().fit(X, y, callbacks=[broken])


def test_verbose_prints_losses(capsys):
    X, y = make_regression(300, 4, random_state=0)
    tagwerk.GradientBoostingRegressor(n_estimators=20, verbose=10).fit(X, y)
    assert capsys.readouterr().out.count("training") == 2


@pytest.mark.parametrize(
    "kind",
    [
        tagwerk.GradientBoostingClassifier,
        tagwerk.GradientBoostingRegressor,
        tagwerk.RandomForestClassifier,
        tagwerk.ExtraTreesRegressor,
    ],
)
def test_warm_start_continues_to_the_same_model(kind, cancer):
    X, test, y, _ = cancer
    model = kind(n_estimators=8, warm_start=True, random_state=3).fit(X, y)
    model.set_params(n_estimators=20).fit(X, y)
    once = kind(n_estimators=20, random_state=3).fit(X, y)
    np.testing.assert_array_equal(model.predict(test), once.predict(test))
    assert model._model.trees == 20


def test_warm_start_with_new_categories(mixed):
    frame, y = mixed
    model = tagwerk.RandomForestRegressor(n_estimators=20, warm_start=True, random_state=0)
    model.fit(frame[frame["city"] != "Chur"], y[frame["city"] != "Chur"])
    model.set_params(n_estimators=40).fit(frame, y)
    assert model.score(frame, y) > 0.6


@pytest.mark.parametrize("kind", [tagwerk.GradientBoostingClassifier, tagwerk.GradientBoostingRegressor])
def test_stages_lead_to_the_prediction(kind):
    X, y = load_iris(return_X_y=True)
    model = kind(n_estimators=15, min_samples_leaf=3).fit(X, y)
    stages = list(model.staged_predict(X))
    assert len(stages) == 15 == model.n_iter_
    np.testing.assert_allclose(stages[-1], model.predict(X))
    if hasattr(model, "staged_predict_proba"):
        np.testing.assert_allclose(list(model.staged_predict_proba(X))[-1], model.predict_proba(X))
        raw = model.decision_function(X)
        np.testing.assert_allclose(np.exp(raw) / np.exp(raw).sum(1, keepdims=True), model.predict_proba(X))
        short = clone(model).set_params(n_estimators=4).fit(X, y)
        np.testing.assert_array_equal(list(model.staged_predict_proba(X))[3], short.predict_proba(X))


def scores_of(model, X):
    """What Shapley values sum to."""
    if hasattr(model, "decision_function"):
        return model.decision_function(X)
    if not hasattr(model, "predict_proba"):
        return model.predict(X)
    probabilities = model.predict_proba(X)
    return probabilities[:, 1] if probabilities.shape[1] == 2 else probabilities


@pytest.mark.parametrize("kind", ALL)
def test_shap_values_sum_to_the_score(kind, mixed):
    frame, score = mixed
    three = np.digitize(score, [-0.5, 1.5])
    targets = [score > 0.5, three] if issubclass(kind, tuple(CLASSIFIERS)) else [score]
    for y in targets:
        model = fitted_on(kind(), frame, y)
        values, scores = model.shap_values(frame), scores_of(model, frame)
        assert values.shape == (*frame.shape, *scores.shape[1:])
        np.testing.assert_allclose(values.sum(axis=1) + model.shap_base_, scores, atol=1e-9)
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.shap_values(frame[:5]), values[:5])


def test_shap_values_are_lightgbms():
    X, y = make_regression(3000, 6, random_state=0)
    X = np.round(X, 1)
    # Few trees: cuts in a gap of a leaf's values are equally good, and rows that are elsewhere meet them in the values.
    model = tagwerk.GradientBoostingRegressor(n_estimators=3, growth="leaf_wise", gradient_levels=65535).fit(X, y)
    settings = {"objective": "regression", "verbose": -1, "num_threads": 1, "min_data_in_bin": 1}
    peer = lightgbm.train(settings, lightgbm.Dataset(X, y), 3)
    np.testing.assert_allclose(model.predict(X), peer.predict(X), atol=1e-5)  # the same trees; its targets are floats
    theirs = peer.predict(X, pred_contrib=True)
    np.testing.assert_allclose(model.shap_values(X), theirs[:, :-1], atol=1e-5)
    np.testing.assert_allclose(model.shap_base_, theirs[0, -1], atol=1e-5)


def test_leaves_are_numbered(cancer):
    X, _, y, _ = cancer
    assert tagwerk.RandomForestClassifier(n_estimators=7).fit(X, y).apply(X).shape == (len(X), 7)
    leaves = tagwerk.DecisionTreeClassifier(max_depth=3).fit(X, y).apply(X)
    assert leaves.shape == (len(X),)
    assert set(leaves) == set(range(leaves.max() + 1))
    X3, y3 = load_iris(return_X_y=True)
    assert tagwerk.GradientBoostingClassifier(n_estimators=5).fit(X3, y3).apply(X3).shape == (150, 5, 3)


def test_a_tree_is_drawn(mixed):
    frame, y = mixed
    model = tagwerk.DecisionTreeRegressor(max_depth=3, random_state=0).fit(frame.rename(columns={"size": "a<b & c"}), y)
    drawing = ET.fromstring(model.plot_tree())
    words = [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    leaves = len(set(model.apply(frame.rename(columns={"size": "a<b & c"}))))
    assert sum(word.startswith("leaf ") for word in words) == leaves
    assert words.count("yes") == words.count("no") == leaves - 1
    assert any("Chur" in word for word in words)
    assert any("a<b & c" in word for word in words)
    boosted = tagwerk.GradientBoostingClassifier(n_estimators=5).fit(*load_iris(return_X_y=True))
    assert ET.fromstring(boosted.plot_tree(-1)) is not None
    with pytest.raises(IndexError):
        boosted.plot_tree(15)


@pytest.mark.parametrize("kind", ALL)
def test_models_are_kept(kind, mixed, tmp_path):
    frame, score = mixed
    frame = frame.drop(columns="when")
    y = np.where(score > 0.5, "yes", "no") if issubclass(kind, tuple(CLASSIFIERS)) else score
    model = fitted_on(kind(), frame, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(frame), model.predict(frame))
    model.save(tmp_path / "model.tw")
    loaded = tagwerk.load(tmp_path / "model.tw")
    np.testing.assert_array_equal(loaded.predict(frame), model.predict(frame))
    if hasattr(model, "predict_proba"):
        np.testing.assert_array_equal(loaded.predict_proba(frame), model.predict_proba(frame))
    assert loaded.manifest["classes"] == (["no", "yes"] if hasattr(model, "classes_") else [])


def test_a_model_of_times_is_pickled_only(mixed, tmp_path):
    frame, score = mixed
    model = tagwerk.DecisionTreeRegressor(random_state=0).fit(frame, score)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(frame), model.predict(frame))
    with pytest.raises(tagwerk.NotSupportedError, match="times"):
        model.save(tmp_path / "model.tw")


def test_labels_of_all_kinds_survive_a_file(tmp_path):
    X, y = load_iris(return_X_y=True)
    for labels in (np.array([3, 10, 7])[y], np.array(["a", "c", "b"])[y], (y > 0), (y > 0) * 1):
        model = tagwerk.GradientBoostingClassifier(n_estimators=5).fit(X, labels)
        model.save(tmp_path / "m.tw")
        loaded = tagwerk.load(tmp_path / "m.tw")
        frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(4)])
        assert [str(v) for v in loaded.predict(frame)] == [
            str(v).lower() if labels.dtype == bool else str(v) for v in model.predict(X)
        ]


def test_damaged_bytes_are_refused(cancer):
    X, _, y, _ = cancer
    model = tagwerk.RandomForestClassifier(n_estimators=3, random_state=0).fit(X, y)
    data = model._model.to_bytes()
    for cut in range(0, len(data), max(1, len(data) // 50)):
        with pytest.raises(tagwerk.DataError):
            _core.TreeModel.parse(data[:cut], X.shape[1])
    with pytest.raises(tagwerk.DataError):
        _core.TreeModel.parse(data, 1)
    forest = tagwerk.IsolationForest(n_estimators=3, random_state=0).fit(X)._model.to_bytes()
    with pytest.raises(tagwerk.DataError):
        _core.IsolationModel.parse(forest[:-3])
    with pytest.raises(tagwerk.DataError):
        _core.IsolationModel.parse(forest[:8] + b"\xff" * 8 + forest[16:])


def test_threads_and_seeds(cancer):
    X, test, y, _ = cancer
    for kind in (tagwerk.GradientBoostingClassifier, tagwerk.RandomForestClassifier):
        settings = {"subsample": 0.7} if kind is tagwerk.GradientBoostingClassifier else {}
        a = kind(n_jobs=1, random_state=4, **settings).fit(X, y)
        b = kind(n_jobs=2, random_state=4, **settings).fit(X, y)
        other = kind(n_jobs=-1, random_state=5, **settings).fit(X, y)
        assert a._model.to_bytes() == b._model.to_bytes()
        assert a._model.to_bytes() != other._model.to_bytes()
        np.testing.assert_array_equal(b.predict_proba(np.tile(test, (60, 1)))[: len(test)], a.predict_proba(test))


def test_errors_name_the_parameter(cancer):
    X, _, y, _ = cancer
    with pytest.raises(tagwerk.OutOfRangeError, match="learning_rate must be above 0 and at most 1"):
        tagwerk.GradientBoostingClassifier(learning_rate=2).fit(X, y)
    with pytest.raises(ValueError, match="loss must be one of auto, squared"):
        tagwerk.GradientBoostingRegressor(loss="quadratic").fit(X, y)
    with pytest.raises(TypeError):
        tagwerk.RandomForestClassifier(trees=3)
    with pytest.raises(ValueError, match="1 class"):
        tagwerk.DecisionTreeClassifier().fit(X, np.zeros(len(X)))
    with pytest.raises(ValueError, match="classes that were not there"):
        tagwerk.GradientBoostingClassifier().fit(X, y, eval_set=(X, y + 1))
    model = tagwerk.GradientBoostingClassifier(n_estimators=5, warm_start=True).fit(X, y).set_params(n_estimators=3)
    with pytest.raises(ValueError, match="n_estimators=3 is less than the 5"):
        model.fit(X, y)
    with pytest.raises(TypeError, match="neither numbers nor texts"):
        tagwerk.DecisionTreeClassifier().fit(pd.DataFrame({"a": [[1], [2]]}), [0, 1])
    with pytest.raises(TypeError, match="neither numbers nor texts"):
        tagwerk.DecisionTreeClassifier().fit(pl.DataFrame({"a": [[1], [2]]}), [0, 1])
    with pytest.raises(ValueError, match="validation_fraction"):
        tagwerk.GradientBoostingClassifier(early_stopping=True, validation_fraction=2).fit(X, y)
    with pytest.raises(ValueError, match="infinity"):
        tagwerk.DecisionTreeClassifier().fit(pd.DataFrame({"a": [1.0, np.inf]}), [0, 1])


def test_grid_search_works():
    X, y = load_diabetes(return_X_y=True)
    grid = {"max_leaf_nodes": [3, 31], "n_estimators": [40]}
    search = GridSearchCV(tagwerk.GradientBoostingRegressor(random_state=0), grid, cv=3).fit(X, y)
    assert search.best_params_["max_leaf_nodes"] == 3
    assert search.best_score_ > 0.3


def test_ctrl_c_leaves_a_fitted_model():
    X, y = make_classification(20000, 20, random_state=0)
    model = tagwerk.GradientBoostingClassifier(n_estimators=100000, max_leaf_nodes=255)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert time.monotonic() - started < 6
    assert model.predict(X[:5]).shape == (5,)
    assert model.n_iter_ > 0


def test_predictions_rise_where_asked_and_features_keep_apart():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(2000, 3)), columns=["a", "b", "c"])
    y = np.abs(frame["a"]) + frame["b"] * frame["c"] + rng.normal(size=2000)
    model = tagwerk.GradientBoostingRegressor(
        monotonic_cst={"a": 1}, interaction_cst=[["a", "b"], ["c"]], random_state=0
    ).fit(frame, y)
    line = pd.DataFrame({"a": np.linspace(-3, 3, 200), "b": 0.5, "c": -1.0})
    assert np.all(np.diff(model.predict(line)) >= -1e-12)
    free = tagwerk.GradientBoostingRegressor(random_state=0).fit(frame, y)
    assert np.any(np.diff(free.predict(line)) < -0.05)
    corners = pd.DataFrame({"a": 0.0, "b": [1.0, 1.0, -1.0, -1.0], "c": [1.0, -1.0, 1.0, -1.0]})
    at = model.predict(corners)
    assert abs(at[0] - at[1] - at[2] + at[3]) < 1e-9
    at = free.predict(corners)
    assert abs(at[0] - at[1] - at[2] + at[3]) > 1


def test_constraints_that_cannot_be_are_errors(mixed):
    X, y = load_diabetes(return_X_y=True)
    kind = tagwerk.GradientBoostingRegressor
    with pytest.raises(ValueError, match="9 entries, X has 10"):
        kind(monotonic_cst=[0] * 9).fit(X, y)
    with pytest.raises(ValueError, match="falls"):
        kind(monotonic_cst=[2] * 10).fit(X, y)
    with pytest.raises(ValueError, match="does not have: nosuch"):
        kind(monotonic_cst={"nosuch": 1}).fit(X, y)
    with pytest.raises(ValueError, match="does not have: 'q'"):
        kind(interaction_cst=[["q"]]).fit(X, y)
    with pytest.raises(tagwerk.NotSupportedError, match="quantiles"):
        kind(loss="absolute", monotonic_cst=[1] + [0] * 9).fit(X, y)
    iris = load_iris(return_X_y=True)
    with pytest.raises(tagwerk.NotSupportedError, match="classes"):
        tagwerk.GradientBoostingClassifier(monotonic_cst=[1, 0, 0, 0]).fit(*iris)


def test_fitting_lets_other_threads_run():
    X, y = make_classification(20000, 20, random_state=0)
    turns = []
    done = threading.Event()

    def count():
        while not done.wait(0.005):
            turns.append(1)

    other = threading.Thread(target=count)
    other.start()
    before = len(turns)
    tagwerk.GradientBoostingClassifier(n_estimators=60).fit(X, y)
    during = len(turns) - before
    done.set()
    other.join()
    assert during > 10


def test_isolation_forest_finds_what_is_far_out():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 4))
    X[:20] += 6
    model = tagwerk.IsolationForest(random_state=0, contamination=0.02).fit(X)
    assert np.mean(model.predict(X[:20]) == -1) > 0.9
    theirs = TheirIsolationForest(random_state=0).fit(X)
    assert np.corrcoef(model.score_samples(X), theirs.score_samples(X))[0, 1] > 0.97
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.score_samples(X), model.score_samples(X))
    X[::7, 1] = np.nan
    gaps = tagwerk.IsolationForest(random_state=0).fit(X)
    assert gaps.score_samples(X[:20]).mean() < gaps.score_samples(X[20:]).mean() - 0.1
    with pytest.raises(ValueError, match="contamination"):
        tagwerk.IsolationForest(contamination=0.9).fit(X)


def test_declared_parameters_are_documented():
    for spec in json.loads(_core.learner_parameters("gradient_boosting")):
        assert spec["doc"]
    assert "learning_rate: Share of each tree" in tagwerk.GradientBoostingRegressor.__init__.__doc__


def test_one_tree_a_round_for_all_classes():
    X, y = load_iris(return_X_y=True)
    model = tagwerk.GradientBoostingClassifier(n_estimators=20, multi_output="on").fit(X, y)
    assert (model.n_iter_, model.apply(X).shape) == (20, (150, 20))
    *_, last = model.staged_predict_proba(X)
    np.testing.assert_allclose(last, model.predict_proba(X))
    assert log_loss(y, last) < 0.3
    scores = model.shap_values(X).sum(axis=1) + model.shap_base_
    np.testing.assert_allclose(scores, model.decision_function(X), atol=1e-9)
