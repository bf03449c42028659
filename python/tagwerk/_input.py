"""From what people hold in Python to a table of the extension.

Anything with ``__arrow_c_stream__`` (polars, pyarrow, DuckDB) crosses by the Arrow C stream interface; NumPy arrays,
pandas frames and lists of dicts go column by column: float64, datetime64[us] or strings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tagwerk import _core


def _column(values: Any) -> Any:
    """Turn one column into float64, int64 microseconds or a list of str / None."""
    array = np.asarray(values)
    if array.dtype.kind in "fiu":
        return np.ascontiguousarray(array, dtype=np.float64)
    if array.dtype.kind == "M":
        return np.ascontiguousarray(array.astype("datetime64[us]").astype(np.int64))
    return _strings(array.tolist() if array.dtype.kind != "O" else list(values))


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    try:
        return bool(value != value)  # NaN, NaT
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"


def _strings(values: list[Any]) -> Any:
    present = [value for value in values if not _is_missing(value)]
    numbers = all(isinstance(v, int | float | np.number) and not isinstance(v, bool | np.bool_) for v in present)
    if numbers:
        return np.array([np.nan if _is_missing(v) else float(v) for v in values], dtype=np.float64)
    return [None if _is_missing(v) else _text(v) for v in values]


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return str(value)


def _pandas_column(series: Any) -> Any:
    kind = getattr(series.dtype, "kind", "O")
    if kind in "fiu":
        return np.ascontiguousarray(series.to_numpy(dtype=np.float64, na_value=np.nan))
    if kind == "M":
        return _column(series.dt.tz_localize(None).to_numpy() if getattr(series.dt, "tz", None) else series.to_numpy())
    return _strings(series.astype(object).tolist())


def feature_names(X: Any) -> list[str] | None:
    """Return the column names that X carries, or None (arrays)."""
    if hasattr(X, "columns"):
        return [str(name) for name in X.columns]
    if hasattr(X, "column_names"):
        return [str(name) for name in X.column_names]
    if isinstance(X, Mapping):
        return [str(name) for name in X]
    if isinstance(X, Sequence) and X and isinstance(X[0], Mapping):
        return [str(name) for name in X[0]]
    return None


def columns_of(X: Any) -> tuple[list[str], list[Any]]:
    """Split X into names and columns; arrays get x0, x1, ..."""
    module = type(X).__module__.split(".")[0]
    if module == "pandas":
        frame = X.to_frame() if X.ndim == 1 else X
        return [str(n) for n in frame.columns], [_pandas_column(frame.iloc[:, j]) for j in range(frame.shape[1])]
    if module == "polars":
        return list(X.columns), [_column(X[name].to_numpy()) for name in X.columns]
    if module == "pyarrow":
        return list(X.column_names), [_column(X.column(name).to_numpy(zero_copy_only=False)) for name in X.column_names]
    if isinstance(X, Mapping):
        return [str(n) for n in X], [_column(v) for v in X.values()]
    if isinstance(X, Sequence) and X and isinstance(X[0], Mapping):
        names = list(dict.fromkeys(name for row in X for name in row))
        return [str(n) for n in names], [_strings([row.get(n) for row in X]) for n in names]
    if hasattr(X, "toarray"):
        X = X.toarray()
    array = np.asarray(X)
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2:
        raise ValueError(f"Expected 2D array, got {array.ndim}D array instead.")
    return [f"x{j}" for j in range(array.shape[1])], [_column(array[:, j]) for j in range(array.shape[1])]


def to_table(X: Any, extra: Mapping[str, Any] | None = None, types: Mapping[str, str] | None = None) -> _core.Table:
    """Make a table of X, with extra columns (target, groups ...) at the end."""
    kinds = [(str(k), str(v)) for k, v in (types or {}).items()]
    if not extra and hasattr(X, "__arrow_c_stream__") and type(X).__module__.split(".")[0] != "pandas":
        return _core.table_from_stream(X.__arrow_c_stream__(), kinds)
    names, columns = columns_of(X)
    for name, values in (extra or {}).items():
        names.append(name)
        columns.append(_pandas_column(values) if hasattr(values, "iloc") and values.ndim == 1 else _column(values))
    return _core.table_from_columns(names, columns, kinds)
