"""From what people hold in Python to the columns that learners take, without copies where arrays are numbers.

Arrays go as they are, sparse matrices as compressed rows. Tables go column by column: numbers and times (seconds since
1970) as numbers; categories, texts and truth values as categories, whose levels are those seen in training (others
count as missing).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Levels = list[list[str] | None]


def is_table(X: Any) -> bool:
    """Whether X carries columns of its own types."""
    return type(X).__module__.split(".")[0] in ("pandas", "polars", "pyarrow") and hasattr(X, "shape")


def has_times(X: Any) -> bool:
    """Whether a table has a column of times."""
    kinds = X.dtypes if hasattr(X, "dtypes") else X.schema.types
    return any(str(kind).lower().startswith(("date", "time", "duration", "m8", "period")) for kind in kinds)


def is_sparse(X: Any) -> bool:
    """Whether X is a sparse matrix or array of SciPy."""
    return any(kind.__module__.startswith("scipy.sparse") for kind in type(X).__mro__)


def compressed_rows(X: Any) -> list[Any]:
    """Return X as [values, columns, starts, width]: the columns of a row ascend, each once."""
    X = X.tocsr()
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    if X.shape[0] >= 2**32 or X.shape[1] >= 2**31:
        raise ValueError(f"sparse matrices may have up to 2^32 rows and 2^31 columns, this one is {X.shape}")
    parts = [(X.data, np.float64), (X.indices, np.int32), (X.indptr, np.int64)]
    return [*(np.ascontiguousarray(array, dtype) for array, dtype in parts), X.shape[1]]


class Encoder:
    """Knows the columns of training: the levels of each category, None for numbers."""

    def __init__(self) -> None:
        self.levels: Levels | None = None  # None: an array
        self.times = False
        self.ranges: list[tuple[float, float]] = []

    def fit(self, X: Any, known: Encoder | None = None) -> list[Any]:
        """Learn the levels of X, after those of `known`, and return its parts."""
        self.levels = None
        self.times = is_table(X) and has_times(X)
        if is_table(X):
            columns = _columns(X)
            before = known.levels if known is not None and known.levels else [None] * len(columns)
            self.levels = [_levels(column, old) for column, old in zip(columns, before, strict=True)]
            parts = self._encode(columns)
        else:
            parts = [compressed_rows(X) if is_sparse(X) else X]
        self.ranges = [limits for part in parts for limits in _ranges(part)]
        return parts

    def transform(self, X: Any) -> list[Any]:
        """Return the parts of X, whose columns are those of training."""
        if is_table(X):
            columns = _columns(X)
            if self.levels is None:
                self.levels = [None] * len(columns)
            return self._encode(columns)
        if self.levels is not None and any(levels is not None for levels in self.levels):
            raise ValueError("the model was trained on a table with categories: give a table with the same columns")
        return [compressed_rows(X) if is_sparse(X) else X]

    def _encode(self, columns: list[Any]) -> list[Any]:
        assert self.levels is not None
        return [_encoded(column, levels) for column, levels in zip(columns, self.levels, strict=True)]


def _encoded(column: Any, levels: list[str] | None) -> Any:
    if levels is None:
        if isinstance(column, tuple):  # texts where training had numbers
            codes, names = column
            numbers = np.array([_number(name) for name in names] + [np.nan])
            return numbers[codes].reshape(-1, 1)
        return column.reshape(-1, 1)
    place = {level: code for code, level in enumerate(levels)}
    if isinstance(column, tuple):
        codes, names = column
    else:  # numbers where training had categories
        values, codes = np.unique(column, return_inverse=True)
        names = ["" if value != value else _text(value) for value in values.tolist()]
    to = np.array([place.get(name, -1) for name in names] + [-1], dtype=np.int32)
    return np.ascontiguousarray(to[codes]), len(levels)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _levels(column: Any, known: list[str] | None) -> list[str] | None:
    if not isinstance(column, tuple):
        return None
    if known is None:
        return sorted(set(column[1]))
    return known + sorted(set(column[1]) - set(known))


def _ranges(part: Any) -> list[tuple[float, float]]:
    if isinstance(part, tuple):
        return [(float("nan"), float("nan"))]
    if isinstance(part, list):
        return _sparse_ranges(*part)
    with np.errstate(invalid="ignore"):
        low, high = np.fmin.reduce(part, axis=0), np.fmax.reduce(part, axis=0)
    return list(zip(low.astype(float).tolist(), high.astype(float).tolist(), strict=True))


def _sparse_ranges(values: Any, columns: Any, starts: Any, width: int) -> list[tuple[float, float]]:
    rows = len(starts) - 1
    filled = np.bincount(columns, minlength=width) == rows
    limits = [np.where(filled, np.nan, 0.0) for _ in range(2)]
    for limit, choose in zip(limits, (np.fmin, np.fmax), strict=True):
        with np.errstate(invalid="ignore"):
            choose.at(limit, columns, values)
    return list(zip(limits[0].tolist(), limits[1].tolist(), strict=True))


def _columns(X: Any) -> list[Any]:
    """Return each column as float64 / float32 array or as (codes, names); code -1 is missing."""
    module = type(X).__module__.split(".")[0]
    if module == "pandas":
        columns = [_pandas(X.iloc[:, j]) for j in range(X.shape[1])]
    elif module == "polars":
        columns = [_arrow(X[name].to_arrow()) for name in X.columns]
    else:
        columns = [_arrow(column) for column in X.columns]
    for column in columns:
        if not isinstance(column, tuple) and np.isinf(column).any():
            raise ValueError("Input X contains infinity or a value too large for dtype('float64').")
    return columns


def _pandas(series: Any) -> Any:
    kind = getattr(series.dtype, "kind", "O")
    if hasattr(series, "cat"):
        return series.cat.codes.to_numpy(), [_text(level) for level in series.cat.categories.tolist()]
    if kind in "fiu" and series.dtype == np.float32:
        return series.to_numpy()
    if kind in "fiu":
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    if kind in "mM":
        return _times(series.to_numpy(dtype=f"{kind}8[ns]"))
    import pandas as pd

    try:
        codes, uniques = pd.factorize(series)
    except TypeError:
        raise TypeError(f"column {series.name!r} holds neither numbers nor texts nor times") from None
    return codes, [_text(value) for value in np.asarray(uniques, dtype=object).tolist()]


def _times(array: Any) -> NDArray[np.float64]:
    seconds = array.astype(np.int64).astype(np.float64) / 1e9
    seconds[np.isnat(array)] = np.nan
    return np.asarray(seconds)


def _arrow(column: Any) -> Any:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    kind = column.type
    if pa.types.is_dictionary(kind):
        codes = column.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        return codes, [_text(value) for value in column.dictionary.to_pylist()]
    if pa.types.is_temporal(kind):
        return _times(column.to_numpy(zero_copy_only=False).astype("M8[ns]"))
    if pa.types.is_boolean(kind):
        return _arrow(column.cast(pa.string()).dictionary_encode())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = column if pa.types.is_float32(kind) else column.cast(pa.float64())
        return numbers.to_numpy(zero_copy_only=False)
    try:
        return _arrow(column.cast(pa.large_string()).dictionary_encode())
    except pa.ArrowNotImplementedError:
        raise TypeError(f"a column of type {kind} holds neither numbers nor texts nor times") from None
