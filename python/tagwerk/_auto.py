"""The main job as scikit-learn estimators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d

from tagwerk import _core
from tagwerk._input import feature_names, to_table
from tagwerk._model import Model
from tagwerk._own import split_learners
from tagwerk._run import Run, duration, run_table

_TARGET = "__target__"


class _Auto(BaseEstimator):  # type: ignore[misc]
    """What both estimators share."""

    _task_options: Mapping[str, Any] = {}

    def __init__(
        self,
        *,
        budget: str | float | timedelta = "60s",
        trials: int | None = None,
        metric: str = "auto",
        test: float | str = 0.2,
        split: str = "auto",
        folds: int | str = "auto",
        gap: float | str = 0,
        refit: str = "auto",
        learners: str | Sequence[Any] = "all",
        use: Sequence[str] = (),
        drop: Sequence[str] = (),
        types: Mapping[str, str] | None = None,
        seed: int = 0,
        threads: int | None = None,
        name: str | None = None,
        out: str | Path | None = None,
        progress: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self.budget = budget
        self.trials = trials
        self.metric = metric
        self.test = test
        self.split = split
        self.folds = folds
        self.gap = gap
        self.refit = refit
        self.learners = learners
        self.use = use
        self.drop = drop
        self.types = types
        self.seed = seed
        self.threads = threads
        self.name = name
        self.out = out
        self.progress = progress

    def _options(self, learners: str | None) -> dict[str, Any]:
        return {
            "budget": duration(self.budget),
            "trials": self.trials,
            "metric": self.metric,
            "test": self.test,
            "split": self.split,
            "folds": self.folds,
            "gap": self.gap,
            "refit": self.refit,
            "learners": learners,
            "use": self.use,
            "drop": self.drop,
            "name": self.name,
            "out": None if self.out is None else str(self.out),
            **self._task_options,
        }

    def _fit(self, X: Any, y: Any, target: str | None, groups: Any, time: Any, sample_weight: Any) -> Self:
        if (y is None) == (target is None):
            raise ValueError("give y, or target = the name of a column of X, but not both")
        learners, own = split_learners(self.learners)
        options = self._options(learners)
        extra: dict[str, Any] = {}
        if target is None:
            extra[_TARGET] = y
        options["target"] = target or _TARGET
        for option, values in (("group", groups), ("time", time), ("weight", sample_weight)):
            if values is not None:
                extra[f"__{option}__"] = values
                options[option] = f"__{option}__"
        table = to_table(X, extra, self.types)
        [(finished, document)] = run_table(
            table,
            None,
            options,
            threads=self.threads,
            seed=self.seed,
            write_files=self.out is not None,
            progress=self.progress,
            own=own,
        )
        if not document:
            raise KeyboardInterrupt
        self._take(X, target, Run(document, finished))
        if finished.interrupted:
            raise KeyboardInterrupt
        return self

    def _take(self, X: Any, target: str | None, run: Run) -> None:
        document = run.to_dict()
        names = feature_names(X)
        if names is not None:
            names = [name for name in names if name != target]
            self.feature_names_in_ = np.asarray(names, dtype=object)
        self.n_features_in_ = len(names) if names is not None else int(np.asarray(X).shape[1])
        self._run = run
        self.run_ = document
        self.model_ = run.model
        self.leaderboard_ = run.leaderboard
        self.findings_ = run.findings
        self.test_ = document["test"]
        self.baseline_ = document["baseline"]
        self.stop_reason_ = document["stop_reason"]
        self.n_iter_ = max(1, int(document["used"]["trials"]))

    def _model(self) -> Model:
        check_is_fitted(self, "model_")
        return self.model_

    def report(self, path: str | Path | None = None, *, language: str = "en") -> str:
        """Render the report as HTML; write it to path when one is given."""
        check_is_fitted(self, "model_")
        return self._run.report(path, language=language)

    def explain(self, X: Any, *, method: str = "shap", top: int = 10) -> dict[str, Any]:
        """Explain the rows of X; see :meth:`tagwerk.Model.explain`."""
        return self._model().explain(X, method=method, top=top)

    def save(self, path: str | Path) -> None:
        """Write the model file; ``tagwerk.load`` and the command read it."""
        self._model().save(path)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "model_" in state:
            state["model_"] = state["model_"]._core.to_bytes()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if isinstance(state.get("model_"), bytes):
            state = {**state, "model_": Model(_core.Model.parse(state["model_"]))}
        super().__setstate__(state)

    def _repr_html_(self) -> str:
        if not hasattr(self, "run_"):
            return f"<pre>{self!r}</pre>"
        metric = self.test_["metrics"][0]
        rows = "".join(
            f"<tr><td>{row['rank']}</td><td>{_escaped(row['model'])}</td><td>{row['score']:.4g}</td></tr>"
            for row in self.leaderboard_[:5]
            if row["score"] is not None
        )
        return (
            f"<div><b>{metric['name']} {metric['value']:.4g}</b> [{metric['low']:.4g}, {metric['high']:.4g}] on "
            f"{metric['rows']} rows; {len(self.findings_)} findings<table>{rows}</table></div>"
        )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


class AutoClassifier(ClassifierMixin, _Auto):  # type: ignore[misc]
    """Find, fit and judge a classifier within a time budget.

    Parameters are the options of ``tagwerk run`` under their names; ``budget`` takes "60s", seconds or a timedelta.
    ``learners`` also takes estimators of your own, ``["all", MyEstimator()]``: same folds, same leaderboard
    (``docs/reference/own-models.md``).
    ``positive``: the label that probabilities and costs are about; ``value``: worth of the four outcomes of a decision,
    ``{"true_positive": 40, "false_positive": -8}``, which sets ``threshold_``.
    After ``fit``: ``classes_``, ``leaderboard_``, ``findings_``, ``test_`` (held-out scores), ``model_``, ``run_``.
    """

    def __init__(
        self,
        *,
        budget: str | float | timedelta = "60s",
        trials: int | None = None,
        metric: str = "auto",
        test: float | str = 0.2,
        split: str = "auto",
        folds: int | str = "auto",
        gap: float | str = 0,
        refit: str = "auto",
        learners: str | Sequence[Any] = "all",
        use: Sequence[str] = (),
        drop: Sequence[str] = (),
        types: Mapping[str, str] | None = None,
        seed: int = 0,
        threads: int | None = None,
        name: str | None = None,
        out: str | Path | None = None,
        progress: Callable[[dict[str, Any]], None] | None = None,
        positive: Any = None,
        value: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(
            budget=budget,
            trials=trials,
            metric=metric,
            test=test,
            split=split,
            folds=folds,
            gap=gap,
            refit=refit,
            learners=learners,
            use=use,
            drop=drop,
            types=types,
            seed=seed,
            threads=threads,
            name=name,
            out=out,
            progress=progress,
        )
        self.positive = positive
        self.value = value

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        target: str | None = None,
        groups: Any = None,
        time: Any = None,
        sample_weight: Any = None,
    ) -> Self:
        """Fit on X (n, features) and y (n,), or on X with its column ``target``."""
        if y is not None:
            y = column_or_1d(y, warn=True) if not hasattr(y, "iloc") else y
            check_classification_targets(y)
            labels = unique_labels(np.asarray(y))
            y = np.asarray([str(v) for v in np.asarray(y).tolist()], dtype=object)
            self._task_options = {"task": "binary" if len(labels) == 2 else "multiclass"}
            self._labels = {str(label): label for label in labels.tolist()}
        else:
            self._labels = {}
            self._task_options = {}
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        goal = {"positive": None if self.positive is None else str(self.positive), "value": self.value}
        self._task_options = {**self._task_options, **goal}
        self._fit(X, y, target, groups, time, sample_weight)
        texts = self.model_.manifest["classes"]
        labels_in_order = [self._labels.get(str(text), text) for text in texts]
        self._order = np.argsort(np.asarray(labels_in_order)) if self._labels else np.arange(len(texts))
        self.classes_ = np.asarray(labels_in_order)[self._order]
        self.threshold_ = self.run_["goal"]["threshold"]
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities (n, classes), columns as in ``classes_``."""
        return self._model().predict_proba(X)[:, self._order]

    def predict(self, X: Any) -> NDArray[Any]:
        """Return labels (n,) with the type of y."""
        predicted = self._model().predict(X)
        if not self._labels:
            return predicted
        return np.asarray([self._labels[str(label)] for label in predicted.tolist()])


class AutoRegressor(RegressorMixin, _Auto):  # type: ignore[misc]
    """Find, fit and judge a regressor within a time budget; see :class:`AutoClassifier`."""

    _task_options: Mapping[str, Any] = {"task": "regression"}

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        target: str | None = None,
        groups: Any = None,
        time: Any = None,
        sample_weight: Any = None,
    ) -> Self:
        """Fit on X (n, features) and y (n,), or on X with its column ``target``."""
        if y is not None:
            y = np.asarray(column_or_1d(y, warn=True), dtype=np.float64)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        return self._fit(X, y, target, groups, time, sample_weight)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return values (n,)."""
        return self._model().predict(X)

    def predict_interval(self, X: Any, level: float = 0.9) -> NDArray[np.float64]:
        """Return lower and upper ends (n, 2) that hold the truth with the given probability."""
        return self._model().predict_interval(X, level)
