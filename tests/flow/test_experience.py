"""Experience: a second run on other rows of the same table begins with what did best before."""

from __future__ import annotations

import json

import pandas as pd
import pytest


@pytest.fixture
def halves(people, tmp_path):
    frame = pd.read_csv(people)
    frame.iloc[::2].to_csv(tmp_path / "first.csv", index=False)
    frame.iloc[1::2].to_csv(tmp_path / "second.csv", index=False)
    return tmp_path


WORDS = ("--target", "bought", "--report", "none", "--no-register")


def searched(document):
    trials = [row for row in document["leaderboard"] if not row["baseline"]]
    return sorted(trials, key=lambda row: row["trial"])


def test_the_second_run_begins_with_the_best_of_the_first(tagwerk, halves):
    first = tagwerk("run", "first.csv", *WORDS, "--budget", "6s", "--out", "one", "--json")
    assert first.code == 0, first.err
    assert first.json["experience"] is None
    second = tagwerk("run", "second.csv", *WORDS, "--budget", "6s", "--out", "two", "--json")
    assert second.code == 0, second.err
    experience = second.json["experience"]
    assert experience["run"] == first.json["id"]
    assert experience["distance"] < 0.1
    members = [row for row in searched(first.json) if row["ensemble_weight"] > 0]
    heaviest = max(members, key=lambda row: (row["ensemble_weight"], -row["rank"]))
    begun = searched(second.json)[0]
    assert (begun["learner"], begun["parameters"]) == (heaviest["learner"], heaviest["parameters"])


def test_other_tables_and_other_targets_teach_nothing(tagwerk, halves, wine):
    assert tagwerk("run", "first.csv", *WORDS, "--budget", "4s", "--out", "one").code == 0
    frame = pd.read_csv(halves / "second.csv")
    frame.columns = [f"other {name}" for name in frame.columns]
    frame.to_csv(halves / "renamed.csv", index=False)
    words = ("--target", "other bought", "--report", "none", "--budget", "4s", "--json", "--no-register")
    assert tagwerk("run", "renamed.csv", *words).json["experience"] is None
    done = tagwerk("run", wine, "--target", "cultivar", "--budget", "4s", "--report", "none", "--json")
    assert done.json["experience"] is None


def test_with_trials_the_store_changes_nothing(tagwerk, halves):
    """Same data, options and seed give the same bytes, whatever was run before."""
    words = ("run", "second.csv", *WORDS, "--trials", 4)
    assert tagwerk(*words, "--out", "alone").code == 0
    assert tagwerk("run", "first.csv", *WORDS, "--budget", "4s", "--out", "one").code == 0
    assert tagwerk(*words, "--out", "after").code == 0
    assert (halves / "alone/model.tw").read_bytes() == (halves / "after/model.tw").read_bytes()
    assert json.loads((halves / "after/run.json").read_text())["experience"] is None
