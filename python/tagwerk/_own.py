"""Models of one's own in the search: any estimator with ``fit`` and ``predict`` (classifiers: ``predict_proba``).

They get the rows of each fold as a float64 array (n, columns): numbers scaled and without gaps, dates and texts as
numbers, categories as columns of 0 and 1; classes as 0, 1, ... in label order. Each fit works on a clone. A fit that
is still running when its time is up is given up: the trial counts as stopped and the run goes on.
"""

from __future__ import annotations

import ctypes
import inspect
import re
import threading
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Predict = Callable[[Floats], Floats]
OwnFit = Callable[[Floats, Floats, Floats | None, int, int, float, Callable[[], bool]], Predict]

_WAIT = 0.02  # seconds between looks at the clock and the stop button


class OutOfTimeError(Exception):
    """A fit was given up; the bindings turn it into a stopped trial."""


class _GivenUp(BaseException):
    """Raised inside a fit that nobody waits for any more."""


def split_learners(learners: str | Sequence[Any]) -> tuple[str | None, list[tuple[str, OwnFit]]]:
    """Split ``learners`` into the words of the command (None: only own ones) and estimators with their names."""
    items = [learners] if isinstance(learners, str) else list(learners)
    words = [item for item in items if isinstance(item, str)]
    own: list[tuple[str, OwnFit]] = []
    for estimator in items:
        if isinstance(estimator, str):
            continue
        if isinstance(estimator, type) or not (hasattr(estimator, "fit") and hasattr(estimator, "predict")):
            raise TypeError(f"learners holds names and estimators with fit and predict, not {estimator!r}")
        name = _name(estimator)
        taken = sum(1 for other, _ in own if re.sub(r"_\d+$", "", other) == name)
        own.append((f"{name}_{taken + 1}" if taken else name, partial(_fit, estimator)))
    return (",".join(words) if words else None if own else "all"), own


def _name(estimator: Any) -> str:
    """Class name; a pipeline adds that of its last step."""
    name = type(estimator).__name__
    steps = getattr(estimator, "steps", None)
    if steps:
        name += "_" + type(steps[-1][1]).__name__
    return re.sub(r"\W", "_", name)


def _copy(estimator: Any, seed: int) -> Any:
    """Clone as scikit-learn does; a random_state that is None gets the seed of the fit."""
    if not hasattr(estimator, "get_params"):
        return deepcopy(estimator)
    from sklearn.base import clone

    model = clone(estimator)
    unset = [k for k, v in model.get_params().items() if v is None and k.split("__")[-1] == "random_state"]
    return model.set_params(**dict.fromkeys(unset, seed % 2**31)) if unset else model


def _takes_weight(model: Any) -> bool:
    try:
        return "sample_weight" in inspect.signature(model.fit).parameters
    except (TypeError, ValueError):
        return False


def _fit(
    estimator: Any,
    x: Floats,
    y: Floats,
    weight: Floats | None,
    classes: int,
    seed: int,
    seconds: float,
    stopped: Callable[[], bool],
) -> Predict:
    """Fit a clone within ``seconds``; returns its prediction function. ``classes`` is 0 for regression."""
    model = _copy(estimator, seed)
    target = y.astype(np.int64) if classes else y
    words = {"sample_weight": weight} if weight is not None and _takes_weight(model) else {}
    _in_time(lambda: model.fit(x, target, **words), seconds, stopped)
    predict = partial(_predict, model, classes)
    predict(x[:16])  # what is wrong with its answers is said now, not in the middle of a run
    return predict


def _in_time(call: Callable[[], Any], seconds: float, stopped: Callable[[], bool]) -> None:
    """Run a call in a thread of its own, so that it can be left behind."""
    failure: list[BaseException] = []

    def work() -> None:
        try:
            call()
        except _GivenUp:
            pass
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=work, daemon=True)
    end = time.monotonic() + min(seconds, 1e9)
    thread.start()
    while thread.is_alive():
        thread.join(_WAIT)
        if thread.is_alive() and (time.monotonic() > end or stopped()):
            # Reaches Python code at its next step; a call inside C code ends by itself, unheard.
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_GivenUp))
            raise OutOfTimeError("its time was up")
    if failure:
        raise failure[0]


def _predict(model: Any, classes: int, x: Floats) -> Floats:
    """Predict values (n,), or probabilities (n, classes) in the order 0, 1, ..."""
    name = type(model).__name__
    if not classes:
        values = np.asarray(model.predict(x), dtype=np.float64)
        if values.size != len(x):
            raise ValueError(f"{name}.predict gave {values.shape} for {len(x)} rows")
        return np.ascontiguousarray(values.reshape(len(x)))
    if not hasattr(model, "predict_proba"):
        raise TypeError(f"{name} has no predict_proba; sklearn.calibration.CalibratedClassifierCV gives it one")
    given = np.asarray(model.predict_proba(x), dtype=np.float64)
    known = np.asarray(getattr(model, "classes_", np.arange(classes))).astype(np.int64)
    if given.ndim != 2 or given.shape != (len(x), len(known)):
        raise ValueError(f"{name}.predict_proba gave {given.shape} for {len(x)} rows and {len(known)} classes")
    out = np.zeros((len(x), classes))
    out[:, known] = given
    total = out.sum(axis=1, keepdims=True)
    return np.ascontiguousarray(np.divide(out, total, out=np.full_like(out, 1 / classes), where=total > 0))
