"""The tree learners as scikit-learn estimators: one engine, fitted on arrays or tables without the main job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import _check_sample_weight, _num_samples, check_is_fitted, column_or_1d

from tagwerk._parts import is_sparse, is_table
from tagwerk._tree_base import Classifier, Listener, Regressor, Trees, seed_of, threads_of
from tagwerk._tree_parameters import (
    DecisionTreeClassifierParameters,
    DecisionTreeRegressorParameters,
    ExtraTreesClassifierParameters,
    ExtraTreesRegressorParameters,
    GradientBoostingClassifierParameters,
    GradientBoostingRegressorParameters,
    RandomForestClassifierParameters,
    RandomForestRegressorParameters,
)

Callback = Callable[[int, float, float], bool | None]


class _Forest(Trees):
    """Fitting without rounds."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit on X (n, features) and y (n,)."""
        return self._fit(X, y, sample_weight)


class _Boosting(Trees):
    """Rounds: early stopping, callbacks, stages."""

    early_stopping: bool | str
    validation_fraction: float
    verbose: int
    monotonic_cst: Sequence[int] | Mapping[str, int] | None
    interaction_cst: Sequence[Sequence[int | str]] | str | None

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        eval_set: tuple[Any, ...] | list[tuple[Any, ...]] | None = None,
        callbacks: Sequence[Callback] | None = None,
    ) -> Self:
        """Fit on X (n, features) and y (n,).

        Args:
            X: array, table or sparse matrix (trained on without filling it up); missing values are allowed.
            y: target.
            sample_weight: weights (n,).
            eval_set: (X, y) or (X, y, sample_weight) of rows that do not teach; their loss ends the fit when it no
                longer falls, unless early_stopping is False.
            callbacks: functions f(iteration, train_loss, valid_loss), called after each round; True ends the fit.
        """
        if self.early_stopping not in (True, False, "auto"):
            raise ValueError(f"early_stopping must be True, False or 'auto', not {self.early_stopping!r}")
        if y is not None and eval_set is None and self.early_stopping is True:
            X, y, sample_weight, eval_set = self._set_aside(X, y, sample_weight)
        held_out = None
        if eval_set is not None:
            if isinstance(eval_set, list) and len(eval_set) == 1:
                eval_set = eval_set[0]
            if not isinstance(eval_set, tuple) or len(eval_set) not in (2, 3):
                raise ValueError("eval_set is (X, y) or (X, y, sample_weight)")
            held_out = (eval_set[0], eval_set[1], eval_set[2] if len(eval_set) == 3 else None)
        heard: list[Callback] = list(callbacks or [])
        if self.verbose:
            heard.append(self._told)
        stops = "false" if self.early_stopping is False else "true"
        self._fit(
            X,
            y,
            sample_weight,
            held_out=held_out,
            words=[("early_stopping", stops)],
            callback=_all_of(heard) if heard else None,
        )
        return self

    def _constraints(self) -> tuple[list[int], list[list[int]]]:
        names = self._names()
        directions = self.monotonic_cst
        if isinstance(directions, Mapping):
            unknown = sorted(set(directions) - set(names))
            if unknown:
                raise ValueError(f"monotonic_cst names features that X does not have: {', '.join(unknown)}")
            directions = [directions.get(name, 0) for name in names]
        directions = [] if directions is None else [int(d) for d in directions]
        if directions and len(directions) != len(names):
            raise ValueError(f"monotonic_cst has {len(directions)} entries, X has {len(names)} features")
        if any(d not in (-1, 0, 1) for d in directions):
            raise ValueError("monotonic_cst holds 1 (rises), -1 (falls) and 0 (free)")
        return directions, self._groups(names)

    def _groups(self, names: list[str]) -> list[list[int]]:
        groups = self.interaction_cst
        if groups is None:
            return []
        if groups == "no_interactions":
            return [[j] for j in range(len(names))]
        if groups == "pairwise":
            return [[i, j] for j in range(len(names)) for i in range(j)]
        if isinstance(groups, str):
            raise ValueError(f"interaction_cst is a list of groups, 'pairwise' or 'no_interactions', not {groups!r}")
        made = []
        for group in groups:
            numbers = [names.index(f) if isinstance(f, str) and f in names else f for f in group]
            for f in numbers:
                if isinstance(f, str) or not 0 <= f < len(names):
                    raise ValueError(f"interaction_cst names a feature that X does not have: {f!r}")
            made.append([int(f) for f in numbers])
        return made

    def _set_aside(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any, tuple[Any, ...]]:
        """Draw the rows of early_stopping=True; classes keep their shares where they have rows enough."""
        if not 0 < self.validation_fraction < 1:
            raise ValueError(f"validation_fraction must be between 0 and 1, not {self.validation_fraction!r}")
        n = _num_samples(X)
        labels = np.unique(np.asarray(y), return_counts=True)[1] if self._classifies else None
        few = int(np.ceil(n * float(self.validation_fraction)))
        even = labels is not None and labels.min() >= 2 and few >= len(labels) and n - few >= len(labels)
        train, valid = train_test_split(
            np.arange(n),
            test_size=self.validation_fraction,
            random_state=seed_of(self.random_state) % 2**32,
            stratify=np.asarray(y) if even else None,
        )
        y = np.asarray(column_or_1d(y, warn=True))
        weights = (None, None)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
            weights = (sample_weight[train], sample_weight[valid])
        return _taken(X, train), y[train], weights[0], (_taken(X, valid), y[valid], weights[1])

    def _told(self, iteration: int, train_loss: float, valid_loss: float) -> bool:
        if iteration % self.verbose == 0:
            valid = "" if np.isnan(valid_loss) else f"  validation {valid_loss:.6g}"
            print(f"[{iteration}] training {train_loss:.6g}{valid}")
        return False

    def _per_round(self) -> int:
        return int(self._model.per_round)

    @property
    def n_iter_(self) -> int:
        """Rounds of the model."""
        check_is_fitted(self, "_model")
        return int(self._model.trees) // self._per_round()

    @property
    def loss_curve_(self) -> list[tuple[int, float, float]]:
        """Losses by round: (iteration, of training rows, of the eval set or NaN); at most about 200 points."""
        check_is_fitted(self, "_model")
        return list(self._model.curve)

    def _staged(self, X: Any) -> Iterator[NDArray[np.float64]]:
        parts = self._parts(X)
        model, width = self._model, self._per_round()
        sums = np.zeros((_num_samples(X), model.scores))
        for first in range(0, model.trees, width):
            model.add_trees(parts, sums, first, first + width, threads_of(self.n_jobs))
            yield model.finish(sums, first + width)

    def staged_predict(self, X: Any) -> Iterator[NDArray[Any]]:
        """Yield the predictions after each round."""
        for outputs in self._staged(X):
            yield self._said(outputs)


def _all_of(callbacks: Sequence[Callback]) -> Listener:
    """Return one callback that calls all; true if any of them is."""

    def call(iteration: int, train_loss: float, valid_loss: float) -> bool:
        answers = [callback(iteration, train_loss, valid_loss) for callback in callbacks]
        return any(answers)

    return call


def _taken(X: Any, rows: NDArray[np.intp]) -> Any:
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if is_table(X):
        return X.take(rows) if hasattr(X, "take") else X[rows]
    if is_sparse(X):
        return X.tocsr()[rows]
    return np.asarray(X)[rows]


class GradientBoostingClassifier(Classifier, _Boosting, GradientBoostingClassifierParameters):
    """Boosted trees for classes: log loss, missing values and categories as they are, probabilities."""

    def staged_predict_proba(self, X: Any) -> Iterator[NDArray[np.float64]]:
        """Yield the probabilities after each round."""
        return self._staged(X)

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return log-odds (n,) of the second class, or one score a class (n, classes)."""
        parts = self._parts(X)
        sums = np.tile(np.asarray(self._model.start), (_num_samples(X), 1))
        self._model.add_trees(parts, sums, 0, self._model.trees, threads_of(self.n_jobs))
        return sums[:, 0] if sums.shape[1] == 1 else sums


class GradientBoostingRegressor(Regressor, _Boosting, GradientBoostingRegressorParameters):
    """Boosted trees for numbers; ``loss`` says what is minimised, several quantiles give as many columns."""

    def _quantiles(self) -> list[float]:
        if np.ndim(self.quantile) == 0:
            return []
        quantiles = [float(value) for value in np.asarray(self.quantile)]
        inside = all(0 < value < 1 for value in quantiles)
        if self.loss != "quantile" or not quantiles or not inside or sorted(set(quantiles)) != quantiles:
            raise ValueError("several quantiles go with loss='quantile', ascend and lie between 0 and 1")
        return quantiles if len(quantiles) > 1 else []

    def _words(self) -> list[tuple[str, str]]:
        words = super()._words()
        if np.ndim(self.quantile) == 1 and len(np.asarray(self.quantile)) == 1:
            words.append(("quantile", str(float(np.asarray(self.quantile)[0]))))
        return words


class RandomForestClassifier(Classifier, _Forest, RandomForestClassifierParameters):
    """Mean of deep trees on redrawn rows with random columns in every node (Breiman 2001)."""


class RandomForestRegressor(Regressor, _Forest, RandomForestRegressorParameters):
    """Mean of deep trees on redrawn rows with random columns in every node (Breiman 2001)."""


class ExtraTreesClassifier(Classifier, _Forest, ExtraTreesClassifierParameters):
    """Mean of deep trees whose cuts are drawn at random (Geurts et al. 2006)."""


class ExtraTreesRegressor(Regressor, _Forest, ExtraTreesRegressorParameters):
    """Mean of deep trees whose cuts are drawn at random (Geurts et al. 2006)."""


class _Single(_Forest):
    def apply(self, X: Any) -> NDArray[np.uint32]:
        """Return the leaf that each row reaches (n,); leaves count from 0."""
        return super().apply(X)[:, 0]


class DecisionTreeClassifier(Classifier, _Single, DecisionTreeClassifierParameters):
    """One tree that a person can read (Breiman et al. 1984)."""


class DecisionTreeRegressor(Regressor, _Single, DecisionTreeRegressorParameters):
    """One tree that a person can read (Breiman et al. 1984)."""
