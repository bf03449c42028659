"""The metric of the tree benches: AUC (binary, up), log loss (more classes, down), RMSE (numbers, down)."""

from __future__ import annotations

import numpy as np


def sign(classes: int) -> int:
    """Returns what turns the metric so that more is better."""
    return 1 if classes == 2 else -1


def score(y: np.ndarray, classes: int, predictions: np.ndarray) -> float:
    """Scores predicted numbers (0 classes), chances of class 1 (2 classes) or chances of every class."""
    from sklearn.metrics import log_loss, roc_auc_score

    if classes == 0:
        return float(np.sqrt(np.mean((predictions.reshape(-1) - y) ** 2)))
    predictions = predictions.reshape(len(y), -1)
    if classes == 2:
        return float(roc_auc_score(y, predictions[:, -1]))
    return float(log_loss(y, predictions, labels=range(classes)))
