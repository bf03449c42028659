"""``tagwerk run`` and ``tagwerk profile`` as functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, overload

from tagwerk import _core
from tagwerk._input import to_table
from tagwerk._model import Model
from tagwerk._own import OwnFit, split_learners


def duration(value: str | float | timedelta) -> str:
    """Write a budget as the command does: "60s"."""
    if isinstance(value, timedelta):
        return f"{value.total_seconds()}s"
    return value if isinstance(value, str) else f"{value}s"


def option_words(options: Mapping[str, Any]) -> list[str]:
    """Turn keyword options into the words of the command: ``max_rejected=0.1`` is ``--max-rejected 0.1``."""
    words: list[str] = []
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is None or value is False or value == () or value == []:
            continue
        if value is True:
            words.append(option)
        elif isinstance(value, Mapping):
            for key, item in value.items():
                words += [option, f"{key}={item}"]
        elif isinstance(value, Sequence) and not isinstance(value, str):
            quoted = ['"' + str(item).replace('"', '""') + '"' if "," in str(item) else str(item) for item in value]
            words.append(f"{option}={','.join(quoted)}")
        else:
            words.append(f"{option}={value}")
    return words


def written(html: str, path: str | Path | None) -> str:
    """Return the page; write it to path when one is given."""
    if path is not None:
        Path(path).write_text(html, encoding="utf-8")
    return html


class Run:
    """A finished run: ``id``, ``status``, ``findings``, ``leaderboard``, ``model``, ``report(path)``, ``to_dict()``."""

    def __init__(self, document: dict[str, Any], finished: _core.Finished) -> None:
        self._document = document
        self._model_bytes = finished.model
        self._fitted = finished.fitted  # a model that no file can hold
        self.folder = finished.folder

    @property
    def id(self) -> str:
        """Name of the run."""
        return str(self._document["id"])

    @property
    def status(self) -> str:
        """``done`` or ``gate_failed``."""
        return str(self._document["status"])

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What was found in the data, critical first."""
        return list(self._document["findings"])

    @property
    def leaderboard(self) -> list[dict[str, Any]]:
        """Every trial with its validation score, best first."""
        return list(self._document["leaderboard"])

    @property
    def model(self) -> Model:
        """The fitted model."""
        if self._fitted is not None:
            return Model(self._fitted)
        if self._model_bytes:
            return Model(_core.Model.parse(self._model_bytes))
        return Model(_core.Model.load(str(Path(self.folder) / "model.tw")))

    def report(self, path: str | Path | None = None, *, language: str = "en") -> str:
        """Render the report; write it to path when one is given. Returns the HTML."""
        return written(_core.render_html(json.dumps(self._document), language), path)

    def to_dict(self) -> dict[str, Any]:
        """Return the run document (``tagwerk.run/1``)."""
        return self._document

    def __repr__(self) -> str:
        metrics = self._document["test"]["metrics"]
        score = f"{metrics[0]['name']} {metrics[0]['value']:.4g}" if metrics else self.status
        return f"<tagwerk.Run {self.id}: {score}>"


def run_table(
    table: _core.Table | None,
    data: str | None,
    options: Mapping[str, Any],
    *,
    threads: int | None = None,
    seed: int = 0,
    write_files: bool = True,
    progress: Callable[[dict[str, Any]], None] | None = None,
    own: Sequence[tuple[str, OwnFit]] = (),
) -> list[tuple[_core.Finished, dict[str, Any]]]:
    """Run the main job; returns each target's finished run and document (empty after an early interrupt)."""
    words = ([] if data is None else [data]) + option_words(options)
    callback = None if progress is None else (lambda event: progress(json.loads(event)))
    runs = _core.run(table, words, threads or 0, seed, write_files, callback, list(own))
    return [(run, json.loads(run.document) if run.document else {}) for run in runs]


@overload
def run(data: Any, *, target: str | None = None, **options: Any) -> Run: ...
@overload
def run(data: Any, *, target: list[str] | tuple[str, ...], **options: Any) -> list[Run]: ...
def run(
    data: Any,
    *,
    target: str | list[str] | tuple[str, ...] | None = None,
    threads: int | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    progress: Callable[[dict[str, Any]], None] | None = None,
    types: Mapping[str, str] | None = None,
    **options: Any,
) -> Run | list[Run]:
    """Run the main job on a table, a path or a glob; the options are those of ``tagwerk run``.

    A list of targets makes one run each, which sees none of the other targets' columns, within one budget; ``out``
    then holds a folder for each. ``learners`` also takes estimators of your own: ``learners=["all", MyEstimator()]``.
    Nothing is written unless ``out`` names a folder. Raises ``TagwerkError`` and, after an interrupt without a
    model, ``KeyboardInterrupt``.
    """
    if "budget" in options:
        options["budget"] = duration(options["budget"])
    own: list[tuple[str, OwnFit]] = []
    if "learners" in options:
        options["learners"], own = split_learners(options["learners"])
    words: dict[str, Any] = {"target": target, **options}
    if out is not None:
        words["out"] = str(out)
    is_path = isinstance(data, str | Path)
    if is_path and types:
        words["type"] = dict(types)
    table = None if is_path else to_table(data, types=types)
    runs = run_table(
        table,
        str(data) if is_path else None,
        words,
        threads=threads,
        seed=seed,
        write_files=out is not None,
        progress=progress,
        own=own,
    )
    if not runs or not runs[0][1]:
        raise KeyboardInterrupt
    finished = [Run(document, run) for run, document in runs if document]
    return finished if isinstance(target, list | tuple) or len(finished) > 1 else finished[0]


class Profile:
    """A profile: ``columns``, ``findings``, ``to_dict()``."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    @property
    def columns(self) -> list[dict[str, Any]]:
        """Statistics of every column."""
        return list(self._document["columns"])

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What was found, critical first."""
        return list(self._document["findings"])

    def to_dict(self) -> dict[str, Any]:
        """Return the document (``tagwerk.profile/1``)."""
        return self._document

    def __repr__(self) -> str:
        return f"<tagwerk.Profile {len(self.columns)} columns, {len(self.findings)} findings>"


def profile(data: Any, *, target: str | None = None, types: Mapping[str, str] | None = None) -> Profile:
    """Describe a table, a path or a glob: statistics of columns and what is wrong with them."""
    table = _core.read_data(str(data)) if isinstance(data, str | Path) else to_table(data, types=types)
    return Profile(json.loads(_core.profile(table, target or "")))
