"""What the tree estimators share: rows and targets in, a fitted forest, predictions, drawings and files out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    _num_samples,
    assert_all_finite,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from tagwerk import _core
from tagwerk._errors import NotSupportedError
from tagwerk._parts import Encoder, is_sparse, is_table
from tagwerk._tree_svg import tree_svg

Listener = Callable[[int, float, float], bool]


def threads_of(n_jobs: int | None) -> int:
    """Return threads for n_jobs as joblib counts: None = 1, -1 = all, -2 = all but one."""
    if n_jobs is None:
        return 1
    if n_jobs == 0:
        raise ValueError("n_jobs == 0 has no meaning")
    return n_jobs if n_jobs > 0 else max(1, _core.usable_cores() + 1 + n_jobs)


def seed_of(random_state: Any) -> int:
    """Return the seed that a random_state stands for."""
    if isinstance(random_state, int | np.integer) and random_state >= 0:
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


class Trees(BaseEstimator):  # type: ignore[misc]
    """What all tree estimators share."""

    _learner: str
    _declared: tuple[str, ...]
    _classifies = False
    _model: _core.TreeModel
    _encoder: Encoder
    n_estimators: int
    n_jobs: int | None
    random_state: Any

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags

    # Fitting

    def _rows(self, X: Any, *, reset: bool) -> Any:
        """Check X as scikit-learn does; numbers stay where they are."""
        if is_table(X):
            if _num_samples(X) == 0 or X.shape[1] == 0:
                raise ValueError(f"Found array with {X.shape[0]} sample(s) and {X.shape[1]} feature(s)")
            validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        types = [np.float64, np.float32]
        return validate_data(self, X, reset=reset, dtype=types, ensure_all_finite="allow-nan", accept_sparse="csr")

    def _target(self, y: Any, *, reset: bool) -> NDArray[np.float64]:
        raise NotImplementedError

    def _weights(self, X: Any, y: Any, sample_weight: Any) -> NDArray[np.float64] | None:
        if sample_weight is None:
            return None
        return np.asarray(_check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True))

    def _words(self) -> list[tuple[str, str]]:
        """Return the declared parameters as text."""
        words = []
        for name in self._declared:
            value = getattr(self, name)
            if name == "quantile" and np.ndim(value) > 0:
                continue
            if value is None:
                value = 0  # "not set", where the declaration allows it
            words.append((name, str(value).lower() if isinstance(value, bool | np.bool_) else str(value)))
        return words

    def _quantiles(self) -> list[float]:
        return []

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        held_out: tuple[Any, ...] | None = None,
        words: Sequence[tuple[str, str]] = (),
        callback: Listener | None = None,
    ) -> Self:
        if y is None:
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        before = self._model if getattr(self, "warm_start", False) and hasattr(self, "_model") else None
        if before is not None and before.trees // self._per_round() > self.n_estimators:
            rounds = before.trees // self._per_round()
            raise ValueError(f"n_estimators={self.n_estimators} is less than the {rounds} of the model to continue")
        X = self._rows(X, reset=before is None)
        target = self._target(y, reset=before is None)
        check_consistent_length(X, target)
        weight = self._weights(X, target, sample_weight)
        encoder = Encoder()
        parts = encoder.fit(X, self._encoder if before is not None else None)
        valid = None
        if held_out is not None:
            X_valid, y_valid, weight_valid = held_out
            if is_sparse(X) != is_sparse(X_valid):
                raise ValueError("eval_set must be sparse where X is, and only there")
            valid = encoder.transform(self._rows(X_valid, reset=False))
            target_valid = self._target(y_valid, reset=False)
            check_consistent_length(X_valid, target_valid)
            if weight is not None or weight_valid is not None:
                ones = [np.ones(len(target)) if weight is None else weight]
                ones.append(np.ones(len(target_valid)) if weight_valid is None else np.asarray(weight_valid, float))
                weight = np.concatenate(ones)
            target = np.concatenate([target, target_valid])
        classes = len(self.classes_) if self._classifies else 0
        model, interrupted = _core.fit_trees(
            self._learner,
            type(self).__name__,
            classes,
            [*self._words(), *words],
            self._quantiles(),
            *self._constraints(),
            threads_of(self.n_jobs),
            seed_of(self.random_state),
            parts,
            valid,
            target,
            weight,
            callback,
            before,
        )
        self._model = model
        self._encoder = encoder
        if interrupted:
            raise KeyboardInterrupt
        return self

    def _constraints(self) -> tuple[list[int], list[list[int]]]:
        """Return directions by feature and groups of features that may meet; both empty where all is free."""
        return [], []

    # Predicting

    def _parts(self, X: Any) -> list[Any]:
        check_is_fitted(self, "_model")
        return self._encoder.transform(self._rows(X, reset=False))

    def _outputs(self, X: Any) -> NDArray[np.float64]:
        parts = self._parts(X)
        return self._model.predict(parts, threads_of(self.n_jobs))

    def _said(self, outputs: NDArray[np.float64]) -> NDArray[Any]:
        """Turn the outputs of the model into what predict returns."""
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def predict(self, X: Any) -> NDArray[Any]:
        """Return a prediction for each row of X."""
        return self._said(self._outputs(X))

    def apply(self, X: Any) -> NDArray[np.uint32]:
        """Return the leaf that each row reaches in each tree, (n, trees); leaves count from 0.

        Boosting of several classes: (n, rounds, classes).
        """
        parts = self._parts(X)
        leaves = self._model.leaves(parts, threads_of(self.n_jobs))
        return leaves if self._per_round() == 1 else leaves.reshape(len(leaves), -1, self._per_round())

    def _per_round(self) -> int:
        return 1

    def shap_values(self, X: Any) -> NDArray[np.float64]:
        """Return what each feature adds to the score of each row: exact Shapley values, (n, features).

        A row's values and ``shap_base_`` sum to its score: the number itself, its logarithm for losses with a log link,
        log-odds of boosted classes, probability of the other classifiers. Several scores (three and more classes,
        several quantiles): (n, features, scores).
        """
        parts = self._parts(X)
        values, _ = self._model.contributions(parts, threads_of(self.n_jobs))
        return values[:, 0, :] if values.shape[1] == 1 else values.transpose(0, 2, 1)

    @property
    def shap_base_(self) -> NDArray[np.float64]:
        """The mean score over the training rows, which the values of ``shap_values`` start from; one a score."""
        check_is_fitted(self, "_model")
        levels = self._encoder.levels or [None] * self.n_features_in_
        row = [np.full((1, 1), np.nan) if known is None else (np.array([-1], np.int32), len(known)) for known in levels]
        return np.asarray(self._model.contributions(row, 1)[1])

    @property
    def feature_importances_(self) -> NDArray[np.float64]:
        """What the splits of each feature improved the loss by, as shares of the whole."""
        check_is_fitted(self, "_model")
        gains = self._model.gains()
        return gains / gains.sum() if gains.sum() > 0 else gains

    def _names(self) -> list[str]:
        names = getattr(self, "feature_names_in_", None)
        return [f"x{j}" for j in range(self.n_features_in_)] if names is None else [str(name) for name in names]

    def plot_tree(self, tree_index: int = 0) -> str:
        """Return a drawing of one tree as SVG text."""
        check_is_fitted(self, "_model")
        count = self._model.trees
        if not -count <= tree_index < count:
            raise IndexError(f"tree_index is {tree_index}, there are {count} trees")
        nodes = json.loads(self._model.tree(tree_index % count))["nodes"]
        classes = [str(label) for label in self.classes_] if self._classifies else None
        return tree_svg(nodes, self._names(), self._encoder.levels, classes)

    # Keeping

    def save(self, path: str | Path, *, target: str = "target") -> None:
        """Write a model file; ``tagwerk.load`` and the command read it, and it holds no code."""
        check_is_fitted(self, "_model")
        if self._model.outputs > 1 and not self._classifies:
            raise NotSupportedError("a model file holds one number a row: save a model of one quantile, or pickle this")
        if self._encoder.times:
            raise NotSupportedError("a model file would read times otherwise: make numbers of them, or pickle this")
        levels = self._encoder.levels or [None] * self.n_features_in_
        columns = []
        for name, of_column, (low, high) in zip(self._names(), levels, self._encoder.ranges, strict=True):
            seen = low <= high
            limits = {"low": low if seen else None, "high": high if seen else None}
            columns.append({"name": name, "levels": of_column, **limits})
        labels = self.classes_.tolist() if self._classifies else []
        about = {
            "learner": self._learner,
            "parameters": dict(self._words()),
            "target": target,
            "classes": [str(v).lower() if isinstance(v, bool) else str(v) for v in labels],
            "numeric_labels": bool(labels) and all(isinstance(v, int) and not isinstance(v, bool) for v in labels),
            "columns": columns,
        }
        Path(path).write_bytes(self._model.model_file(json.dumps(about)))

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "_model" in state:
            state["_model"] = (state["_model"].to_bytes(), self.n_features_in_)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if isinstance(state.get("_model"), tuple):
            state = {**state, "_model": _core.TreeModel.parse(*state["_model"])}
        super().__setstate__(state)


class Classifier(ClassifierMixin, Trees):  # type: ignore[misc]
    """Labels in, labels and probabilities out."""

    _classifies = True
    class_weight: Any

    def _target(self, y: Any, *, reset: bool) -> NDArray[np.float64]:
        y = column_or_1d(y, warn=True)
        if reset:
            check_classification_targets(y)
            self.classes_, codes = np.unique(y, return_inverse=True)
            if len(self.classes_) < 2:
                raise ValueError(f"{type(self).__name__} needs at least 2 classes, y has 1 class: {self.classes_[0]!r}")
            return np.asarray(codes, dtype=np.float64)
        codes = np.minimum(np.searchsorted(self.classes_, y), len(self.classes_) - 1)
        if not np.array_equal(self.classes_[codes], y):
            raise ValueError("y has classes that were not there before")
        return np.asarray(codes, dtype=np.float64)

    def _weights(self, X: Any, y: Any, sample_weight: Any) -> NDArray[np.float64] | None:
        weight = super()._weights(X, y, sample_weight)
        if self.class_weight is None:
            return weight
        of_class = compute_sample_weight(self.class_weight, self.classes_[y.astype(int)])
        return np.asarray(of_class if weight is None else of_class * weight)

    def _said(self, outputs: NDArray[np.float64]) -> NDArray[Any]:
        return np.asarray(self.classes_[np.argmax(outputs, axis=1)])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities (n, classes), columns as in ``classes_``."""
        return self._outputs(X)

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the logarithms of the probabilities (n, classes)."""
        with np.errstate(divide="ignore"):
            logarithms: NDArray[np.float64] = np.log(self.predict_proba(X))
        return logarithms


class Regressor(RegressorMixin, Trees):  # type: ignore[misc]
    """Numbers in, numbers out."""

    def _target(self, y: Any, *, reset: bool) -> NDArray[np.float64]:
        y = column_or_1d(y, warn=True)
        if np.asarray(y).dtype.kind == "c":
            raise ValueError("Complex data not supported")
        numbers = np.ascontiguousarray(y, dtype=np.float64)
        assert_all_finite(numbers, input_name="y")
        return numbers
