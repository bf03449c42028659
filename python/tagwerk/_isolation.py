"""Rows unlike the others, as a scikit-learn estimator."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from tagwerk import _core
from tagwerk._parts import compressed_rows, is_sparse
from tagwerk._tree_base import seed_of, threads_of


class IsolationForest(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Rows that random cuts separate early are unlike the others (Liu, Ting & Zhou 2008); missing values are allowed.

    X is an array, a table of numbers or a sparse matrix of SciPy, which is not filled up.

    Parameters: ``n_estimators`` trees on ``max_samples`` rows each; ``contamination``: the share of training rows that
    predict marks as outliers, or "auto" (scores of an average row); ``n_jobs`` threads, None = 1, -1 = all cores.
    After ``fit``: ``offset_``, below which a score is an outlier's.
    """

    def __init__(
        self,
        *,
        n_estimators: int = 100,
        max_samples: int = 256,
        contamination: float | str = "auto",
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.contamination = contamination
        self.n_jobs = n_jobs
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags

    def _rows(self, X: Any, *, reset: bool) -> list[Any]:
        dtypes = [np.float64, np.float32]
        X = validate_data(self, X, reset=reset, dtype=dtypes, ensure_all_finite="allow-nan", accept_sparse="csr")
        return [compressed_rows(X) if is_sparse(X) else X]

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X (n, features); y is ignored."""
        for name in ("n_estimators", "max_samples"):
            if not isinstance(value := getattr(self, name), int | np.integer) or value < 1:
                raise ValueError(f"{name} must be a whole number above 0, not {value!r}")
        share = self.contamination
        if share != "auto" and (isinstance(share, str) or not 0 < share <= 0.5):
            raise ValueError(f"contamination must be 'auto' or above 0 and at most 0.5, not {share!r}")
        parts = self._rows(X, reset=True)
        self._model, interrupted = _core.fit_isolation_forest(
            parts, int(self.n_estimators), int(self.max_samples), threads_of(self.n_jobs), seed_of(self.random_state)
        )
        scores = -self._model.score(parts, threads_of(self.n_jobs)) if share != "auto" else None
        self.offset_ = -0.5 if scores is None else float(np.percentile(scores, 100.0 * float(share)))
        self.max_samples_ = min(int(self.max_samples), X.shape[0] if is_sparse(X) else len(parts[0]))
        if interrupted:
            raise KeyboardInterrupt
        return self

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return scores (n,) from -1 to 0; lower = more unlike the others, -0.5 = as an average row."""
        check_is_fitted(self, "_model")
        return -self._model.score(self._rows(X, reset=False), threads_of(self.n_jobs))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return score_samples(X) - offset_; below 0 = outlier."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Return -1 for outliers, else 1."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "_model" in state:
            state["_model"] = state["_model"].to_bytes()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if isinstance(state.get("_model"), bytes):
            state = {**state, "_model": _core.IsolationModel.parse(state["_model"])}
        super().__setstate__(state)
