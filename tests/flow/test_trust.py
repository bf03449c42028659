"""Intervals by row, prediction sets, stress tests, figures by group, the check of the search."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    """Errors ten times as large on one side of x."""
    rng = np.random.default_rng(8)
    n = 4000
    frame = pd.DataFrame({"x": rng.uniform(-1, 1, n), "z": rng.normal(size=n)})
    frame["y"] = 5 * frame.x + np.where(frame.x > 0, 2.0, 0.2) * rng.normal(size=n)
    path = tmp_path_factory.mktemp("data") / "uneven.csv"
    frame.to_csv(path, index=False)
    return path


def test_intervals_are_wide_where_the_model_errs(tagwerk, uneven, tmp_path):
    document = tagwerk("run", uneven, "--target", "y", "--trials", "3", "--out", "out", "--json").json
    calibration = document["test"]["calibration"]
    assert calibration["kind"].startswith("spread")
    for entry in calibration["coverage"]:
        assert entry["observed"] == pytest.approx(entry["level"], abs=0.05)
    assert tagwerk("predict", "out/model.tw", uneven, "-o", "p.csv", "--level", "0.8").code == 0
    out, truth = pd.read_csv(tmp_path / "p.csv"), pd.read_csv(uneven)
    width = out.upper - out.lower
    assert width[truth.x > 0.1].median() > 3 * width[truth.x < -0.1].median()
    inside = (truth.y >= out.lower) & (truth.y <= out.upper)
    for side in (truth.x > 0.1, truth.x < -0.1):
        assert inside[side].mean() == pytest.approx(0.8, abs=0.08)


def test_prediction_sets_hold_each_class(tagwerk, shared_data, tmp_path):
    files = [p for p in (shared_data / "phoneme").iterdir() if p.name != "about.txt"]
    file = max(files, key=lambda p: p.stat().st_size)
    document = tagwerk("run", file, "--target=#-1", "--trials", "3", "--out", "out", "--json").json
    nine = next(s for s in document["test"]["calibration"]["sets"] if s["level"] == 0.9)
    assert nine["observed"] == pytest.approx(0.9, abs=0.04)
    for one in nine["classes"]:
        assert one["observed"] == pytest.approx(0.9, abs=0.06)
    result = tagwerk("predict", "out/model.tw", file, "-o", "p.csv", "--level", "0.95")
    assert result.code == 0, result.err
    out = pd.read_csv(tmp_path / "p.csv", dtype=str)
    for label, labels in zip(out.prediction, out.prediction_set, strict=True):
        assert label in labels.split("|")


def test_stress_names_the_column_that_hurts(tagwerk, people):
    document = tagwerk("run", people, "--target", "bought", "--trials", "3", "--out", "out", "--json").json
    stress = document["stress"]
    assert stress["complete"]
    tests = {(t["kind"], t["columns"][0]): t for t in stress["tests"]}
    assert tests["missing", "age"]["loss"] > tests["missing", "since"]["loss"] + 0.02
    assert tests["unseen", "city"]["noticed_share"] > 0.99
    assert tests["scale", "age"]["noticed_share"] > 0.9
    far = next(t for t in stress["tests"] if t["kind"] == "far")
    assert far["noticed_share"] > 0.99
    losses = [t["loss"] for t in stress["tests"]]
    assert losses == sorted(losses, reverse=True)
    page = tagwerk("report", "out", "--format", "md").out
    assert "When the data go wrong" in page
    selection = document["test"]["selection"]
    assert selection["candidates"] >= 3
    assert abs(selection["optimism"]) < 0.1


def test_values_beyond_training_are_noticed(tagwerk, people, tmp_path):
    assert tagwerk("run", people, "--target", "bought", "--trials", "1", "--out", "out").code == 0
    frame = pd.read_csv(people).head(20)
    frame["age"] = frame.age * 100
    frame.to_csv(tmp_path / "far.csv", index=False)
    result = tagwerk("predict", "out/model.tw", "far.csv", "-o", "p.csv", "--json")
    assert result.code == 0
    warning = next(w for w in result.json["warnings"] if w["id"] == "out-of-range")
    assert (warning["column"], warning["rows"]) == ("age", 20)
    assert "warning[out-of-range]" in result.err


def test_figures_by_group_of_a_column_that_no_model_uses(tagwerk, people):
    words = ("run", people, "--target", "bought", "--trials", "2", "--drop", "city", "--fairness", "city", "--json")
    document = tagwerk(*words, "--out", "out").json
    figures = document["test"]["fairness"][0]
    assert figures["column"] == "city"
    assert {g["value"] for g in figures["groups"]} == {"Bern", "Basel", "Chur", "Genf"}
    gaps = {g["name"]: g for g in figures["gaps"]}
    selected = [g["selected_share"]["value"] for g in figures["groups"]]
    assert gaps["demographic_parity"]["value"] == pytest.approx(max(selected) - min(selected))
    assert "Figures by" in tagwerk("report", "out", "--format", "md").out
