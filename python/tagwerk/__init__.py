"""Tagwerk: raw data and a goal in, an honest report and a predictive model out.

``AutoClassifier`` and ``AutoRegressor`` follow scikit-learn's contract; :func:`run` is the command
``tagwerk run`` as a function; :func:`load` opens a model file; :func:`profile` describes a table;
:func:`drift` compares two.
"""

from __future__ import annotations

# First, so that Python's libcrypto binds to itself: loaded as a dependency of _core it would take the
# same-named functions that Arrow's wheel exports, which belong to another version of OpenSSL.
import hashlib  # noqa: F401
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

__all__ = [
    "AlreadyExistsError",
    "AutoClassifier",
    "AutoRegressor",
    "CancelledError",
    "Comparison",
    "DataError",
    "DataWarning",
    "DriftReport",
    "InternalError",
    "InvalidArgumentError",
    "MissingFileError",
    "Model",
    "NotFoundError",
    "NotSupportedError",
    "OutOfRangeError",
    "PreconditionError",
    "Profile",
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


def __getattr__(name: str) -> Any:
    # The estimators need scikit-learn; it is imported only when they are asked for.
    if name in ("AutoClassifier", "AutoRegressor"):
        from tagwerk import _auto

        return getattr(_auto, name)
    raise AttributeError(f"module 'tagwerk' has no attribute {name!r}")
