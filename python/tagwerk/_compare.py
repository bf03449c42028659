"""Which of two models is better: the command ``tagwerk compare`` as a function."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from tagwerk import _core
from tagwerk._model import Model
from tagwerk._run import Run


class Comparison:
    """Difference of two models on the same rows; above 0: ``a`` is better."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self.metric: str = document["metric"]
        self.rows: int = document["rows"]
        self.difference: float = document["difference"]
        self.low: float = document["low"]
        self.high: float = document["high"]
        self.p_value: float = document["p_value"]
        self.probability_better: float = document["probability_better"]
        self.margin: float = document["margin"]

    def to_dict(self) -> dict[str, Any]:
        """Return the document (``tagwerk.comparison/1``)."""
        return self._document

    def __repr__(self) -> str:
        return (
            f"<tagwerk.Comparison {self.metric}: {self.difference:+.4g} [{self.low:+.4g}, {self.high:+.4g}] "
            f"on {self.rows} rows>"
        )


def _path(side: Any, folder: Path, name: str) -> str:
    if isinstance(side, Run) and side.folder:
        return side.folder
    if isinstance(side, Run):
        side = side.model
    if isinstance(side, Model):
        file = folder / f"{name}.tw"
        side.save(file)
        return str(file)
    return str(side)


def compare(
    a: str | Path | Model | Run,
    b: str | Path | Model | Run,
    *,
    data: Any = None,
    target: str | None = None,
    metric: str = "auto",
    margin: float | None = None,
) -> Comparison:
    """Compare two models or runs on the rows that both held out, or on labelled rows.

    ``data`` is a path or a table with ``to_csv`` (pandas); ``margin`` is the difference that matters.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words = [_path(a, folder, "a"), _path(b, folder, "b"), f"--metric={metric}"]
        if data is not None:
            if hasattr(data, "to_csv"):
                data.to_csv(folder / "data.csv", index=False)
                data = folder / "data.csv"
            words.append(f"--data={data}")
        if target is not None:
            words.append(f"--target={target}")
        if margin is not None:
            words.append(f"--margin={margin!r}")
        return Comparison(json.loads(_core.compare(words)))
