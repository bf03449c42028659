"""Costs, capacity and uneven classes: the bar follows, and the report says which and why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def rare(tmp_path_factory):
    """One row in twenty is positive, and probabilities above one half are rare."""
    rng = np.random.default_rng(3)
    n = 6000
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n), "noise": rng.normal(size=n)})
    logit = 1.3 * frame.a + 0.8 * frame.b - 4
    frame["called"] = np.where(rng.random(n) < 1 / (1 + np.exp(-logit)), "yes", "no")
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(n) // 100, unit="D")
    path = tmp_path_factory.mktemp("data") / "rare.csv"
    frame.to_csv(path, index=False)
    return path


def run(tagwerk, data, *words, target="called"):
    result = tagwerk("run", data, "--target", target, "--trials", "3", "--json", "--out", "out", "--overwrite", *words)
    assert result.code == 0, result.err
    return result.json


def metric(document, name):
    return {m["name"]: m["value"] for m in document["test"]["metrics"]}[name]


def test_a_rare_class_gets_a_bar_of_its_own(tagwerk, rare):
    document = run(tagwerk, rare, "--split", "random")
    decision = document["test"]["decision"]
    assert decision["rule"] == "f1"
    assert decision["threshold"] < 0.4
    assert decision["validation_f1"] > decision["validation_f1_at_half"]
    half = run(tagwerk, rare, "--split", "random", "--threshold", "0.5")
    assert half["test"]["decision"]["rule"] == "given"
    assert metric(document, "f1") > metric(half, "f1") + 0.05
    page = tagwerk("report", "out", "--format", "md").out
    assert "You set the bar" in page


def test_costs_set_bar_metric_and_worth(tagwerk, rare, tmp_path):
    (tmp_path / "tagwerk.toml").write_text(
        '[goal]\nunit = "EUR"\n[goal.value]\ntrue_positive = 40.0\nfalse_positive = -8.0\nfalse_negative = -25.0\n'
    )
    document = run(tagwerk, rare, "--split", "random")
    assert document["goal"]["metric"] == "log_loss"
    decision = document["test"]["decision"]
    assert decision["rule"] == "value"
    assert decision["threshold"] == pytest.approx(8 / 73, abs=0.06)
    value = decision["value"]
    counts = document["test"]["confusion"]["counts"]
    rows = sum(map(sum, counts))
    worth = (counts[1][1] * 40 - counts[0][1] * 8 - counts[1][0] * 25) / rows * 1000
    assert value["model"] == pytest.approx(worth)
    assert value["model"] > value["nothing"]
    assert value["gain"]["low"] < value["gain"]["difference"] < value["gain"]["high"]
    text = tagwerk("run", rare, "--target", "called", "--trials", "2", "--split", "random", "--out", "again").out
    assert "EUR" in text
    assert "best by the costs given" in " ".join(text.split())


def test_a_capacity_becomes_a_share_of_the_day(tagwerk, rare):
    document = run(tagwerk, rare, "--capacity", "5/day", "--time", "day")
    assert document["goal"]["metric"] == "average_precision"
    assert document["goal"]["capacity"]["rows_per_period"] == pytest.approx(100)
    capacity = document["test"]["decision"]["capacity"]
    assert capacity["share"] == pytest.approx(0.05)
    assert capacity["model"]["precision"] > 2 * capacity["chance"]
    decision = document["test"]["decision"]
    assert decision["marked_share"] == pytest.approx(0.05, abs=0.001)  # by rank among the held-out rows
    assert decision["threshold_out_of_fold"] != decision["threshold"]
    batch = run(tagwerk, rare, "--capacity", "600/batch", "--split", "random")
    assert batch["goal"]["capacity"]["share"] == pytest.approx(0.1)


def test_a_capacity_is_a_rank_in_the_file_that_is_predicted(tagwerk, rare, tmp_path):
    """Rows whose probabilities all lie higher than in training: still only as many are marked as can be acted on."""
    run(tagwerk, rare, "--capacity", "5/day", "--time", "day")
    moved = pd.read_csv(rare).iloc[:1000]
    moved["a"] += 2
    moved.to_csv(tmp_path / "moved.csv", index=False)
    done = tagwerk("predict", "out/model.tw", "moved.csv", "-o", "p.csv", "--json")
    assert done.code == 0, done.err
    decision = done.json["decision"]
    assert decision["rule"] == "rank_in_file"
    assert decision["threshold"] > decision["threshold_trained"]
    table = pd.read_csv(tmp_path / "p.csv")
    assert decision["marked"] == (table.prediction == "yes").sum() <= 50
    assert decision["marked"] > 40
    top = table["probability[yes]"].nlargest(decision["marked"])
    assert set(top.index) == set(table.index[table.prediction == "yes"])
    fixed = tagwerk("predict", "out/model.tw", "moved.csv", "-o", "f.csv", "--threshold", "0.02", "--json").json
    assert fixed["decision"] is None
    judged = tagwerk("evaluate", "out/model.tw", "moved.csv", "--json").json
    assert sum(row[1] for row in judged["confusion"]["counts"]) == decision["marked"]
    run(tagwerk, rare, "--capacity", "30/batch", "--split", "random")
    batch = tagwerk("predict", "out/model.tw", "moved.csv", "-o", "b.csv", "--json").json["decision"]
    assert 20 < batch["marked"] <= 30


def test_costs_of_errors_move_the_prediction(tagwerk, people, tmp_path):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=3000), "z": rng.normal(size=3000)})
    frame["y"] = 3 * frame.x + 2 * frame.z + rng.normal(size=3000)
    frame.to_csv(tmp_path / "numbers.csv", index=False)
    document = run(tagwerk, "numbers.csv", "--regret", "under=9,over=1", "--unit", "EUR", target="y")
    regret = document["test"]["decision"]["regret"]
    assert regret["quantile"] == pytest.approx(0.9)
    assert regret["model"] < regret["undecided"]
    assert regret["gain"]["low"] > 0
    predicted = tagwerk("predict", "out/model.tw", "numbers.csv", "-o", "p.csv")
    assert predicted.code == 0, predicted.err
    below = (frame.y <= pd.read_csv(tmp_path / "p.csv").prediction).mean()
    assert below == pytest.approx(0.9, abs=0.03)
    assert "EUR" in tagwerk("report", "out", "--format", "md").out


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        (["--value", "tp=3"], "option-value"),
        (["--capacity", "3/year"], "option-value"),
        (["--regret", "under=1,over=2"], "goal-task"),
        (["--capacity", "3/day", "--drop", "since"], "capacity-needs-time"),
        (["--fairness", "nothing"], "column-not-found"),
    ],
)
def test_goals_that_do_not_fit_are_refused(tagwerk, people, tmp_path, words, slug):
    data = people
    if slug == "capacity-needs-time":
        data = tmp_path / "timeless.csv"
        pd.read_csv(people).drop(columns="since").to_csv(data, index=False)
        words = words[:2]
    result = tagwerk("run", data, "--target", "bought", "--trials", "1", *words)
    assert result.code == 2
    assert f"error[{slug}]" in result.err
