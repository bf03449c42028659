"""A fitted model, from a run or from a file. No training code is needed to predict."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagwerk import _core
from tagwerk._errors import DataWarning
from tagwerk._input import feature_names, to_table

FEW_ROWS = 50  # below: row by row costs less than a table and threads


@dataclass(frozen=True)
class ShapValues:
    """Shapley values of rows: ``values`` (n, columns) or (n, classes, columns), and what they start from."""

    values: NDArray[np.float64]
    base_values: float | NDArray[np.float64]
    feature_names: list[str]
    scale: str
    """``value``, ``logarithm``, ``root``, ``log_odds``, ``logits`` or ``probability``."""


class Model:
    """Predicts rows of a table whose columns have the names of training (arrays: the same order)."""

    def __init__(self, core: _core.Model) -> None:
        self._core = core
        self.manifest: dict[str, Any] = json.loads(core.manifest())
        self._places = _places_of(core.input_names)

    @property
    def classes_(self) -> NDArray[Any]:
        """Labels in the order of the probability columns."""
        return np.asarray(self.manifest["classes"])

    def _table(self, X: Any) -> _core.Table:
        return (
            to_table(X) if feature_names(X) is not None else to_table(_named(X, self._core.input_names, self._places))
        )

    def _few(self, X: Any, level: float) -> tuple[Any, ...] | None:
        """Predict few rows of a plain array of numbers without a table; None where that cannot be."""
        if type(X) is not np.ndarray or X.dtype.kind not in "fiu" or X.ndim not in (1, 2):
            return None
        rows = X.reshape(1, -1) if X.ndim == 1 else X
        if not 0 < len(rows) <= FEW_ROWS:
            return None
        if self._places is not None:
            if rows.shape[1] <= max(self._places, default=-1):
                return None
            rows = rows[:, self._places]
        return self._core.predict_rows(np.ascontiguousarray(rows, dtype=np.float64), level)

    def _scores(self, X: Any, level: float = 0.9) -> tuple[NDArray[np.float64], ...]:
        scores, labels, lower, upper, surprises = self._few(X, level) or self._core.predict(self._table(X), level)
        for surprise in json.loads(surprises):
            rows = f", {surprise['rows']} rows" if "rows" in surprise else ""
            warnings.warn(f"{surprise['id']}: column {surprise['column']!r}{rows}", DataWarning, stacklevel=4)
        return scores, labels, lower, upper

    def predict(self, X: Any) -> NDArray[Any]:
        """Return labels (n,) or values (n,) of float64."""
        scores, labels, _, _ = self._scores(X)
        if self.manifest["task"] == "regression":
            return scores
        return self.classes_[labels.astype(np.intp)]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities (n, classes); columns as in ``classes_``."""
        if self.manifest["task"] == "regression":
            raise AttributeError("a regression model has no probabilities")
        scores = self._scores(X)[0]
        return scores.reshape(-1, len(self.manifest["classes"]))

    def predict_interval(self, X: Any, level: float = 0.9) -> NDArray[np.float64]:
        """Return lower and upper ends (n, 2) that hold the truth with the given probability (split conformal)."""
        _, _, lower, upper = self._scores(X, level)
        return np.column_stack([lower, upper])

    def explain(self, X: Any, *, method: str = "shap", top: int = 10) -> dict[str, Any]:
        """Explain the rows of X; returns ``tagwerk.explanation/1``.

        ``shap``: ``rows`` (contributions to each row, the ``top`` largest, in log odds or units of the target) and
        ``columns`` (their means over X). ``dependence``: how the prediction moves with the ``top`` columns.
        ``whatif``: the smallest changes that turn the decision about one row of a classifier.
        """
        return dict(json.loads(_core.explain(self._core, self._table(X), method, top)))

    def shap_values(self, X: Any) -> ShapValues:
        """Exact Shapley values of the model's score, for models that are trees throughout.

        A row's score is ``base_values`` plus the sum of its ``values``: the predicted number, or the log-odds of the
        second class after calibration, or one score per class (see ``scale``). A column that is not known sends a row
        both ways at each split, in the shares of the training rows (Lundberg et al. 2018). What features made of an
        input counts to it. Raises NotSupportedError where the score is no sum of trees (other learners, mixed
        probabilities); ``explain`` samples there.
        """
        values, base, columns, scale = self._core.contributions(self._table(X))
        if values.shape[1] == 1:
            return ShapValues(values[:, 0, :], float(base[0]), columns, scale)
        return ShapValues(values, base, columns, scale)

    def save(self, path: str | Path) -> None:
        """Write the model file."""
        Path(path).write_bytes(self._core.to_bytes())

    def __repr__(self) -> str:
        return f"<tagwerk.Model {self.manifest['task']} of {self.manifest['target']!r}>"


def _places_of(names: list[str]) -> list[int] | None:
    """Columns of an array that AutoClassifier and AutoRegressor named x0, x1, ...; None where names are other ones."""
    by_position = all(name.startswith("x") and name[1:].isdecimal() for name in names)
    return [int(name[1:]) for name in names] if by_position else None


def _named(X: Any, names: list[str], places: list[int] | None) -> dict[str, Any]:
    """Give the columns of an array their names."""
    array = np.asarray(X.toarray() if hasattr(X, "toarray") else X)
    if array.ndim == 1:
        array = array.reshape(1, -1)
    if places is not None:
        return {f"x{j}": array[:, j] for j in range(array.shape[1])}
    if array.shape[1] != len(names):
        raise ValueError(f"X has {array.shape[1]} features, but the model needs {len(names)}: {', '.join(names)}")
    return {name: array[:, j] for j, name in enumerate(names)}


def load(path_or_name: str | Path, *, store: str | Path | None = None) -> Model:
    """Open a model file, a run's folder, or a model of the registry: ``flights``, ``flights@champion``, ``flights:3``.

    ``store`` is the file of the registry; by default that of the project, else the user's, as for the command.
    Raises NotFoundError where there is no such file, name, alias or version.
    """
    named = os.environ.get("TAGWERK_STORE", "") if store is None else str(store)
    return Model(_core.Model.load(str(path_or_name), named))
