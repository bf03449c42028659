"""Losses of boosting, asked for by --set: they reach the models, and a target that one cannot take is named."""

from __future__ import annotations

import csv
import json

import numpy as np


def write_counts(path):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1500))
    y = rng.poisson(np.exp(0.8 * a - 0.5))
    path.write_text("a,b,y\n" + "".join(f"{p:.4f},{q:.4f},{n}\n" for p, q, n in zip(a, b, y, strict=True)))


def run(tagwerk, loss):
    words = ["--learners", "gradient_boosting", "--set", f"gradient_boosting.loss={loss}"]
    return tagwerk("run", "counts.csv", "--target", "y", "--trials", 2, "--out", loss, *words)


def test_counts_by_poisson_are_never_negative(tagwerk, tmp_path):
    write_counts(tmp_path / "counts.csv")
    assert run(tagwerk, "poisson").code == 0
    document = json.loads((tmp_path / "poisson/run.json").read_text())
    boosting = [trial for trial in document["leaderboard"] if trial["learner"] == "gradient_boosting"]
    assert {trial["parameters"]["loss"] for trial in boosting} == {"poisson"}
    assert tagwerk("predict", "poisson/model.tw", "counts.csv", "-o", "out.csv").code == 0
    with (tmp_path / "out.csv").open() as file:
        values = [float(row["prediction"]) for row in csv.DictReader(file)]
    assert min(values) > 0
    assert max(values) > 2


def test_a_loss_that_cannot_take_the_target_says_so(tagwerk, tmp_path):
    write_counts(tmp_path / "counts.csv")
    done = run(tagwerk, "gamma")
    assert done.code == 0  # the baselines stand
    document = json.loads((tmp_path / "gamma/run.json").read_text())
    boosting = [trial for trial in document["leaderboard"] if trial["learner"] == "gradient_boosting"]
    assert {trial["status"] for trial in boosting} == {"failed"}
    assert all(trial["error"].startswith("loss gamma needs targets above 0") for trial in boosting)
    assert "gamma needs targets" in done.err
