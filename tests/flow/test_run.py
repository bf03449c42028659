"""The main job from file to report."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import time

import numpy as np
import pandas as pd
from conftest import PROGRAM

TIMES = ("fit_seconds", "predict_us_per_row", "size_bytes")


def leaderboard(folder):
    with (folder / "leaderboard.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_wine_in_five_seconds(tagwerk, wine, tmp_path):
    started = time.monotonic()
    result = tagwerk("run", wine, "--target", "cultivar", "--budget", "5s", "--out", "out")
    assert result.code == 0, result.err
    assert time.monotonic() - started < 10
    out = tmp_path / "out"
    assert {p.name for p in out.iterdir()} >= {
        "report.html",
        "model.tw",
        "card.md",
        "leaderboard.csv",
        "run.json",
    }
    assert "Better than the baseline: yes" in result.out
    assert max(len(line) for line in result.out.splitlines()) <= 80
    run = json.loads((out / "run.json").read_text())
    assert run["schema"] == "tagwerk.run/1"
    assert run["status"] == "done"
    accuracy = {m["name"]: m["value"] for m in run["test"]["metrics"]}["accuracy"]
    assert accuracy > 0.9
    for name, file in run["files"].items():
        assert (out / name).stat().st_size == file["bytes"]
    rows = leaderboard(out)
    assert rows[0]["rank"] == "1"
    assert [r for r in rows if r["model"].startswith("baseline/")]


def test_report_is_one_file_without_outside_references(tagwerk, wine, tmp_path):
    assert tagwerk("run", wine, "--target", "cultivar", "--trials", "2", "--out", "out").code == 0
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)\s*=\s*["\']?(https?:)?//', html)
    assert html.count("<h1") == 1
    german = tagwerk("report", "out", "--lang", "de")
    assert german.code == 0
    assert 'lang="de"' in german.out
    markdown = tagwerk("report", "out", "--format", "md")
    assert markdown.out.startswith("#")


def test_json_is_the_run_document(tagwerk, wine, tmp_path):
    result = tagwerk("run", wine, "--target", "cultivar", "--trials", "2", "--out", "out", "--json")
    assert result.json == json.loads((tmp_path / "out" / "run.json").read_text())


def test_same_seed_same_bytes_for_any_number_of_threads(tagwerk, people, tmp_path):
    boards, models = [], []
    for name, threads in (("a", "1"), ("b", "2"), ("c", "2")):
        result = tagwerk("run", people, "--target", "bought", "--trials", "4", "--threads", threads, "--out", name)
        assert result.code == 0, result.err
        boards.append([{k: v for k, v in row.items() if k not in TIMES} for row in leaderboard(tmp_path / name)])
        models.append((tmp_path / name / "model.tw").read_bytes())
    assert boards[0] == boards[1] == boards[2]
    assert models[0] == models[1] == models[2]


def test_later_predictions_equal_those_of_the_run(tagwerk, people, tmp_path):
    lines = people.read_text().splitlines(keepends=True)
    (tmp_path / "train.csv").write_text("".join(lines[:2001]))
    (tmp_path / "test.csv").write_text(lines[0] + "".join(lines[2001:]))
    result = tagwerk(
        "run",
        "train.csv",
        "--target",
        "bought",
        "--test",
        "test.csv",
        "--refit",
        "never",
        "--trials",
        "3",
        "--out",
        "out",
        "--json",
    )
    assert result.code == 0, result.err
    evaluated = tagwerk("evaluate", "out/model.tw", "test.csv", "--json")
    assert evaluated.code == 0, evaluated.err
    in_run = {m["name"]: m["value"] for m in result.json["test"]["metrics"]}
    later = {m["name"]: m["value"] for m in evaluated.json["metrics"]}
    assert later == in_run
    assert evaluated.json["rows_seen_in_training"] == 0
    assert evaluated.json["unseen"] is None
    assert "rows-seen" not in evaluated.err
    # Rows that the model was fitted on are told from others, and a gate is judged on the others.
    learned = tagwerk("evaluate", "out/model.tw", "train.csv", "--json")
    assert learned.json["rows_seen_in_training"] == learned.json["rows"] == 2000
    assert learned.json["unseen"] is None
    assert "warning[rows-seen]: 2,000 of 2,000 rows are rows that the model was fitted on" in learned.err
    between = (in_run["auc"] + learned.json["metrics"][0]["value"]) / 2
    mixed = tagwerk("evaluate", "out/model.tw", people, "--json", "--gate", f"auc>={(in_run['auc'] + between) / 2}")
    assert mixed.json["unseen"]["rows"] == evaluated.json["rows"]
    assert mixed.json["unseen"]["exact"] is True
    assert {m["name"]: m["value"] for m in mixed.json["unseen"]["metrics"]} == in_run
    assert mixed.json["metrics"][0]["name"] == "auc"
    assert mixed.code == 1


def test_gate_decides_the_exit_code(tagwerk, people):
    good = tagwerk(
        "run", people, "--target", "bought", "--trials", "2", "--gate", "auc>=0.6,gain.low>0", "--out", "good"
    )
    bad = tagwerk("run", people, "--target", "bought", "--trials", "2", "--gate", "auc>=0.999", "--out", "bad")
    assert (good.code, bad.code) == (0, 1)
    assert "Gate failed" in bad.out


def test_group_time_and_no_test_set(tagwerk, people):
    by_time = tagwerk("run", people, "--target", "bought", "--time", "since", "--trials", "1", "--json", "--out", "t")
    assert by_time.json["split"]["kind"] == "time"
    by_group = tagwerk(
        "run",
        people,
        "--target",
        "bought",
        "--split",
        "group",
        "--group",
        "city",
        "--trials",
        "1",
        "--json",
        "--out",
        "g",
    )
    assert by_group.json["split"]["kind"] == "group"
    none = tagwerk("run", people, "--target", "bought", "--test", "0", "--trials", "2", "--json", "--out", "n")
    assert none.code == 0, none.err
    assert none.json["test"]["method"] == "out_of_fold_corrected"
    assert 0.6 < none.json["test"]["metrics"][0]["value"] < 0.95


def start(folder, *words):
    return subprocess.Popen([PROGRAM, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for_trials(folder, count):
    """Waits until the journal holds so many records."""
    journal = folder / "out" / ".journal" / "journal.tw"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if journal.exists() and journal.read_bytes().count(b'"learner"') >= count:
            return
        time.sleep(0.05)
    raise AssertionError("no trial was journalled")


def test_killed_run_resumes_and_repeats_no_trial(tagwerk, people, tmp_path):
    words = ("run", str(people), "--target", "bought", "--trials", "12", "--out", "out")
    process = start(tmp_path, *words)
    wait_for_trials(tmp_path, 5)
    process.kill()
    process.communicate()
    assert not (tmp_path / "out" / "run.json").exists()
    assert tagwerk(*words).code == 2  # not empty
    resumed = tagwerk(*words, "--resume")
    assert resumed.code == 0, resumed.err
    whole = tagwerk(*words[:-1], "whole")
    assert whole.code == 0
    strip = lambda rows: [{k: v for k, v in row.items() if k not in TIMES} for row in rows]  # noqa: E731
    assert strip(leaderboard(tmp_path / "out")) == strip(leaderboard(tmp_path / "whole"))
    assert (tmp_path / "out" / "model.tw").read_bytes() == (tmp_path / "whole" / "model.tw").read_bytes()
    again = tagwerk(*words, "--resume")
    assert again.code == 0
    assert "finished" in again.err
    other = tagwerk("run", people, "--target", "city", "--trials", "13", "--out", "out", "--resume")
    assert other.code == 2


def test_time_used_before_the_kill_counts(tmp_path):
    """A table too large for the budget is sampled; the resumed run sees the same rows and has the time that is left."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(300_000, 40)), columns=[f"f{i}" for i in range(40)])
    frame["y"] = frame["f0"] + frame["f1"] * frame["f2"] + rng.normal(size=len(frame))
    frame.to_parquet(tmp_path / "wide.parquet")
    words = ("run", "wide.parquet", "--target", "y", "--budget", "6s", "--out", "out")
    process = start(tmp_path, *words)
    wait_for_trials(tmp_path, 2)
    time.sleep(1)
    process.kill()
    process.communicate()
    started = time.monotonic()
    process = start(tmp_path, *words, "--resume")
    _out, err = process.communicate(timeout=60)
    spent = time.monotonic() - started
    assert process.returncode == 0, err.decode()
    document = json.loads((tmp_path / "out" / "run.json").read_text())
    assert document["data"]["sampled_share"] < 1
    assert document["used"]["seconds"] > spent  # its own time alone is less
    longer = start(tmp_path, *words[:5], "12s", *words[6:], "--resume")
    _out, err = longer.communicate(timeout=60)
    assert longer.returncode == 0, err.decode()
    more = json.loads((tmp_path / "out" / "run.json").read_text())
    assert more["budget_seconds"] == 12
    assert more["data"]["rows"] == document["data"]["rows"]
    assert len(more["leaderboard"]) >= len(document["leaderboard"])


def test_ctrl_c_ends_with_the_best_so_far(people, tmp_path):
    process = start(tmp_path, "run", str(people), "--target", "bought", "--budget", "120s", "--out", "out")
    wait_for_trials(tmp_path, 5)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode()
    assert time.monotonic() - started < 15
    assert json.loads((tmp_path / "out" / "run.json").read_text())["stop_reason"] == "interrupt"
    assert b"ending with the best so far" in err


def test_two_runs_cannot_share_a_folder(tagwerk, people, tmp_path):
    process = start(tmp_path, "run", str(people), "--target", "bought", "--budget", "30s", "--out", "out")
    wait_for_trials(tmp_path, 1)
    second = tagwerk("run", people, "--target", "bought", "--out", "out", "--resume")
    process.kill()
    process.communicate()
    assert second.code == 5
    assert "out-in-use" in second.err


def test_leaks_of_a_real_set_are_left_out(tagwerk, shared_data):
    result = tagwerk(
        "run",
        shared_data / "hotel_bookings" / "hotel_bookings.csv",
        "--target",
        "is_canceled",
        "--budget",
        "12s",
        "--json",
        "--out",
        "out",
    )
    assert result.code == 0, result.err
    used = {c["name"]: c["used"] for c in result.json["columns"]}
    assert not used["reservation_status"]
    assert used["lead_time"]
