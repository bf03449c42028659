"""``tagwerk drift`` as a function."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tagwerk import _core
from tagwerk._input import to_table
from tagwerk._model import Model
from tagwerk._run import Run, written


class DriftReport:
    """How data differs from a reference: ``drifted``, ``columns``, ``report(path)``, ``to_dict()``."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    @property
    def drifted(self) -> list[str]:
        """Names of the drifted columns, largest effect first."""
        return list(self._document["drifted"])

    @property
    def columns(self) -> list[dict[str, Any]]:
        """Statistics of every column compared."""
        return list(self._document["columns"])

    def report(self, path: str | Path | None = None, *, language: str = "en") -> str:
        """Render the comparison; write it to path when one is given. Returns the HTML."""
        return written(_core.render_drift(json.dumps(self._document), language), path)

    def to_dict(self) -> dict[str, Any]:
        """Return the document (``tagwerk.drift/1``)."""
        return self._document

    def __repr__(self) -> str:
        return f"<tagwerk.DriftReport {len(self.drifted)} of {len(self.columns)} columns drifted>"

    def __str__(self) -> str:
        by_name = {column["name"]: column for column in self.columns}
        lines = [f"{name}  {by_name[name]['grade']}  {by_name[name]['effect']:.3f}" for name in self.drifted]
        telling = sum(by_name[name]["grade"] in ("moderate", "large") for name in self.drifted)
        count = f"{len(self.drifted)} of {len(by_name)} columns drifted, {telling} of them moderate or large."
        return "\n".join([*lines, count])


def _table(data: Any) -> _core.Table:
    return _core.read_data(str(data)) if isinstance(data, str | Path) else to_table(data)


def _name(data: Any) -> str:
    return str(data) if isinstance(data, str | Path) else type(data).__name__


def drift(
    reference: Any,
    current: Any,
    *,
    columns: Sequence[str] | None = None,
    alpha: float = 0.01,
    min_effect: float = 0.0,
) -> DriftReport:
    """Compare data with a reference, column by column and as a whole.

    Both are tables, paths or globs; the reference may also be a model (``Model``, ``Run``, a path to one): its
    training profile is then compared. A column drifts when its q-value (Benjamini-Hochberg over the columns) is at
    most ``alpha`` and its effect at least ``min_effect``.
    """
    model: _core.Model | None = None
    if isinstance(reference, Run):
        reference = reference.model
    if isinstance(reference, Model):
        model = reference._core
    elif isinstance(reference, str | Path) and _core.names_model(str(reference)):
        model = _core.Model.load(str(reference))
    document = _core.drift(
        None if model is not None else _table(reference),
        model,
        _table(current),
        [_name(reference), _name(current)],
        list(columns or ()),
        alpha,
        min_effect,
    )
    return DriftReport(json.loads(document))
