"""Models of one's own in the search: same folds, same leaderboard, everything but the file."""

from __future__ import annotations

import time
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

import tagwerk
from tagwerk._errors import NotSupportedError

ROWS = 1200


@pytest.fixture(scope="module")
def rings():
    """Classes by the distance from the centre, which no line can tell; a category and gaps beside it."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(ROWS, 2))
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": rng.choice(["u", "v", "w"], ROWS)})
    y = np.where((x**2).sum(axis=1) + 0.3 * (frame.c == "u") > 1.4, "out", "in")
    frame.loc[rng.random(ROWS) < 0.05, "a"] = np.nan
    return frame, y


class Failing(BaseEstimator, ClassifierMixin):
    """Raises in fit."""

    def fit(self, X, y):
        raise ValueError("no fit today")

    def predict(self, X):
        return np.zeros(len(X))


class Sleeping(BaseEstimator, RegressorMixin):
    """Needs far longer than any budget."""

    def fit(self, X, y):
        for _ in range(1000):
            time.sleep(0.1)
        return self

    def predict(self, X):
        return np.zeros(len(X))


class Spying(BaseEstimator, ClassifierMixin):
    """Notes what it is given."""

    seen: ClassVar[list[tuple[np.ndarray, np.ndarray]]] = []

    def fit(self, X, y):
        Spying.seen.append((X, y))
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return self.classes_[np.zeros(len(X), dtype=int)]

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def row_of(model, name):
    return next(row for row in model.leaderboard_ if row["learner"] == name)


def test_joins_splits_leaderboard_and_report(rings):
    X, y = rings
    mine = make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=500))
    model = tagwerk.AutoClassifier(budget="60s", trials=3, learners=["logistic", mine]).fit(X, y)
    own = row_of(model, "Pipeline_LogisticRegression")
    assert own["status"] == "ok"
    assert own["folds"] == model.run_["split"]["folds"]
    assert own["score"] > row_of(model, "logistic")["score"] + 0.2  # a line cannot tell rings
    assert "Pipeline_LogisticRegression" in model.report()
    assert model.run_["model"]["own"] == ["Pipeline_LogisticRegression"]
    assert set(model.predict(X)) <= {"in", "out"}
    assert (model.predict(X) == y).mean() > 0.9
    assert model.predict_proba(X).sum(axis=1) == pytest.approx(1)
    test = {m["name"]: m["value"] for m in model.test_["metrics"]}
    assert test["auc"] > 0.93


def test_a_file_is_refused_in_clear_words(rings, tmp_path):
    X, y = rings
    model = tagwerk.AutoClassifier(trials=1, learners=[KNeighborsClassifier(25)], out=tmp_path / "run").fit(X, y)
    with pytest.raises(NotSupportedError, match="KNeighborsClassifier"):
        model.save(tmp_path / "m.tw")
    assert not (tmp_path / "m.tw").exists()
    assert not (tmp_path / "run" / "model.tw").exists()
    assert (tmp_path / "run" / "report.html").exists()
    assert "KNeighborsClassifier" in (tmp_path / "run" / "leaderboard.csv").read_text()
    assert {row["learner"] for row in model.leaderboard_ if not row["baseline"]} == {"KNeighborsClassifier"}


def test_its_exception_is_a_failed_trial_with_the_message(rings):
    X, y = rings
    model = tagwerk.AutoClassifier(trials=3, learners=["logistic", Failing()]).fit(X, y)
    failed = row_of(model, "Failing")
    assert failed["status"] == "failed"
    assert "ValueError: no fit today" in failed["error"]
    assert row_of(model, "logistic")["status"] in ("ok", "pruned")
    assert model.run_["model"]["own"] == []


def test_a_classifier_without_probabilities_is_told_what_helps(rings):
    from sklearn.svm import LinearSVC

    X, y = rings
    model = tagwerk.AutoClassifier(trials=3, learners=["logistic", LinearSVC()]).fit(X, y)
    assert "CalibratedClassifierCV" in row_of(model, "LinearSVC")["error"]


def test_the_budget_holds_although_a_fit_does_not_end():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = X @ [1.0, 2.0, 3.0] + rng.normal(size=400)
    started = time.monotonic()
    model = tagwerk.AutoRegressor(budget="6s", learners=["ridge", Sleeping()]).fit(X, y)
    assert time.monotonic() - started < 12
    assert row_of(model, "Sleeping")["status"] in ("stopped", "failed")
    assert model.score(X, y) > 0.8


def test_regression_with_a_win_and_an_interval():
    rng = np.random.default_rng(1)
    X = rng.uniform(-3, 3, size=(1500, 2))
    y = np.sin(2 * X[:, 0]) * X[:, 1] + rng.normal(scale=0.1, size=1500)
    model = tagwerk.AutoRegressor(trials=2, learners=["ridge", HistGradientBoostingRegressor()]).fit(X, y)
    assert model.score(X, y) > 0.9
    low, high = model.predict_interval(X).T
    assert np.mean((low <= y) & (y <= high)) > 0.85


def test_it_gets_numbers_without_gaps_and_one_column_a_category(rings):
    X, y = rings
    Spying.seen.clear()
    tagwerk.AutoClassifier(trials=1, learners=[Spying()]).fit(X, y)
    assert len(Spying.seen) >= 2
    for x, labels in Spying.seen:
        assert x.dtype == np.float64
        assert np.isfinite(x).all()
        assert x.shape[1] >= 2 + 3
        assert set(np.unique(labels)) == {0, 1}


def test_the_same_seed_gives_the_same_scores(rings):
    from sklearn.ensemble import RandomForestClassifier

    X, y = rings
    own = RandomForestClassifier(20)
    scores = [
        row_of(tagwerk.AutoClassifier(trials=1, learners=[own], seed=3).fit(X, y), "RandomForestClassifier")["score"]
        for _ in range(2)
    ]
    assert scores[0] == scores[1]
    assert own.random_state is None  # clones are fitted, never what was given


def test_run_takes_them_and_names_stay_apart(rings):
    X, y = rings
    table = X.assign(y=y)
    run = tagwerk.run(table, target="y", trials=2, learners=[KNeighborsClassifier(3), KNeighborsClassifier(30)])
    names = {row["learner"] for row in run.leaderboard if not row["baseline"]}
    assert names == {"KNeighborsClassifier", "KNeighborsClassifier_2"}
    assert len(run.model.predict(X)) == ROWS
    with pytest.raises(TypeError, match="fit and predict"):
        tagwerk.run(table, target="y", learners=[object()])


def test_estimator_can_be_cloned():
    model = tagwerk.AutoClassifier(learners=["all", KNeighborsClassifier(7)])
    assert clone(model).learners[1].n_neighbors == 7
