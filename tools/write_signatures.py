"""Writes python/tagwerk/_tree_parameters.py from the parameters that the learners declare.

Run it after a declaration has changed: .venv/bin/python tools/write_signatures.py (a test compares).
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

from tagwerk import _core

FILE = Path(__file__).resolve().parent.parent / "python/tagwerk/_tree_parameters.py"
# early_stopping has a third value in Python; derived features are made of tables, not of arrays.
NOT_DECLARED_HERE = {"early_stopping", "derived_features"}
REGRESSION_ONLY = {"loss", "quantile", "huber_delta", "tweedie_power"}
CLASSES_ONLY = {"multi_output"}
TYPES = {"integer": "int", "real": "float", "boolean": "bool", "choice": "str"}

# Parameters that belong to fitting in Python: name, type, default, what it does.
Given = tuple[str, str, str, str]
BOOSTING: list[Given] = [
    ("early_stopping", "bool | str", '"auto"',
     "auto: where fit is given an eval_set; True: on rows set aside if there is none; False: never."),
    ("validation_fraction", "float", "0.1",
     "Share of the rows that early_stopping=True sets aside without an eval_set."),
    ("monotonic_cst", "Sequence[int] | Mapping[str, int] | None", "None",
     "By feature, or by its name: 1, predictions never fall as it rises; -1, never rise; 0, free. Numbers only."),
    ("interaction_cst", "Sequence[Sequence[int | str]] | str | None", "None",
     "Groups of features, by number or name, that may meet in a path of splits; those of no group form one more. "
     "pairwise or no_interactions stand for all pairs or none."),
]
SHARED: list[Given] = [
    ("warm_start", "bool", "False", "Continue the last fit up to n_estimators instead of beginning anew."),
    ("verbose", "int", "0", "Prints the losses every so many rounds; 0 = never."),
    ("n_jobs", "int | None", "None", "Threads; None = 1, -1 = all cores. The model does not depend on it."),
    ("random_state", "int | np.random.RandomState | None", "None", "Seed of all that is drawn."),
]
CLASS_WEIGHT: Given = (
    "class_weight", "dict[Any, float] | str | None", "None",
    'Weights of classes, or "balanced"; probabilities are then no longer those of the data.',
)


def declared(learner: str, regression: bool) -> list[Given]:
    rows: list[Given] = []
    for spec in json.loads(_core.learner_parameters(learner)):
        name = spec["name"]
        if name in NOT_DECLARED_HERE or name in (CLASSES_ONLY if regression else REGRESSION_ONLY):
            continue
        kind = TYPES[spec["type"]] + (" | None" if spec["zero_is_none"] else "")
        doc = spec["doc"]
        if name == "quantile":
            kind += " | Sequence[float]"
            doc += " Several, ascending: one column of predictions each."
        if spec["choices"]:
            doc += " One of " + ", ".join(spec["choices"]) + "."
        default = json.dumps(spec["default"]) if spec["choices"] else repr(spec["default"])
        if spec["zero_is_none"]:
            doc = doc.replace("; 0 = ", "; None = ")
            default = default if spec["default"] else "None"
        rows.append((name, kind, default, doc))
    return rows


def class_text(name: str, learner: str, regression: bool) -> str:
    boosting, single = learner == "gradient_boosting", learner == "decision_tree"
    rows = declared(learner, regression)
    names = [row[0] for row in rows]
    rows += BOOSTING if boosting else []
    rows += [row for row in SHARED if boosting or row[0] != "verbose"]
    rows = [row for row in rows if not (single and row[0] == "warm_start")]
    rows += [] if regression else [CLASS_WEIGHT]
    docs = "\n".join(textwrap.fill(f"{n}: {d}", 108, initial_indent=" " * 8, subsequent_indent=" " * 12)
                     for n, _, _, d in rows)
    listed = textwrap.fill(", ".join(f'"{n}"' for n in names) + ",", 108, initial_indent=" " * 8,
                           subsequent_indent=" " * 8)
    arguments = "\n".join(f"        {n}: {kind} = {default}," for n, kind, default, _ in rows)
    taken = "\n".join(f"        self.{n} = {n}" for n, _, _, _ in rows)
    return f'''class {name}(BaseEstimator):  # type: ignore[misc]
    """Parameters of the learner {learner}."""

    _learner = "{learner}"
    _declared: tuple[str, ...] = (
{listed}
    )

    def __init__(
        self,
        *,
{arguments}
    ) -> None:
        """Take the parameters.

{docs}
        """
{taken}
'''


def module_text() -> str:
    head = '''"""Parameters of the tree estimators; written by tools/write_signatures.py from the declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
'''
    parts = [head]
    for title, learner in (("GradientBoosting", "gradient_boosting"), ("RandomForest", "random_forest"),
                           ("ExtraTrees", "extra_trees"), ("DecisionTree", "decision_tree")):
        parts.append(class_text(f"{title}ClassifierParameters", learner, False))
        parts.append(class_text(f"{title}RegressorParameters", learner, True))
    return "\n\n".join(parts)


if __name__ == "__main__":
    FILE.write_text(module_text(), encoding="utf-8")
