"""Tagwerk: raw data and a goal in, an honest report and a predictive model out.

``AutoClassifier`` and ``AutoRegressor`` follow scikit-learn's contract, as do the tree learners alone
(``GradientBoostingClassifier``, ``RandomForestRegressor``, ``IsolationForest`` ...); :func:`run` is the command
``tagwerk run`` as a function; :func:`load` opens a model file; :func:`profile` describes a table; :func:`drift`
compares two.
"""

from __future__ import annotations

# First, so that Python's libcrypto binds to itself: loaded as a dependency of _core it would take the
# same-named functions that Arrow's wheel exports, which belong to another version of OpenSSL.
import hashlib  # noqa: F401
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tagwerk._compare import Comparison, compare
from tagwerk._core import __version__
from tagwerk._drift import DriftReport, drift
from tagwerk._errors import (
    AlreadyExistsError,
    CancelledError,
    DataError,
    DataWarning,
    InternalError,
    InvalidArgumentError,
    MissingFileError,
    NotFoundError,
    NotSupportedError,
    OutOfRangeError,
    PreconditionError,
    ResourceError,
    TagwerkError,
    TagwerkWarning,
    UnavailableError,
)
from tagwerk._model import Model, load
from tagwerk._run import Profile, Run, profile, run

if TYPE_CHECKING:
    from tagwerk._auto import AutoClassifier, AutoRegressor
    from tagwerk._isolation import IsolationForest
    from tagwerk._trees import (
        DecisionTreeClassifier,
        DecisionTreeRegressor,
        ExtraTreesClassifier,
        ExtraTreesRegressor,
        GradientBoostingClassifier,
        GradientBoostingRegressor,
        RandomForestClassifier,
        RandomForestRegressor,
    )

__all__ = [
    "AlreadyExistsError",
    "AutoClassifier",
    "AutoRegressor",
    "CancelledError",
    "Comparison",
    "DataError",
    "DataWarning",
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "DriftReport",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "GradientBoostingClassifier",
    "GradientBoostingRegressor",
    "InternalError",
    "InvalidArgumentError",
    "IsolationForest",
    "MissingFileError",
    "Model",
    "NotFoundError",
    "NotSupportedError",
    "OutOfRangeError",
    "PreconditionError",
    "Profile",
    "RandomForestClassifier",
    "RandomForestRegressor",
    "ResourceError",
    "Run",
    "TagwerkError",
    "TagwerkWarning",
    "UnavailableError",
    "__version__",
    "compare",
    "drift",
    "load",
    "profile",
    "run",
]


# The estimators need scikit-learn; it is imported only when they are asked for.
_ESTIMATORS = {
    "AutoClassifier": "_auto",
    "AutoRegressor": "_auto",
    "DecisionTreeClassifier": "_trees",
    "DecisionTreeRegressor": "_trees",
    "ExtraTreesClassifier": "_trees",
    "ExtraTreesRegressor": "_trees",
    "GradientBoostingClassifier": "_trees",
    "GradientBoostingRegressor": "_trees",
    "IsolationForest": "_isolation",
    "RandomForestClassifier": "_trees",
    "RandomForestRegressor": "_trees",
}


def __getattr__(name: str) -> Any:
    if name in _ESTIMATORS:
        return getattr(import_module(f"tagwerk.{_ESTIMATORS[name]}"), name)
    raise AttributeError(f"module 'tagwerk' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
