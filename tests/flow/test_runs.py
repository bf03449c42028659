"""Runs record themselves: what the store knows afterwards, and that a store in trouble never costs a run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import PROGRAM

SMALL = ("--trials", 2, "--learners", "logistic", "--report", "none")


@pytest.fixture
def run(tagwerk, people):
    def call(*words, **more):
        return tagwerk("run", people, "--target", "bought", *SMALL, *words, **more)

    return call


def document_of(folder):
    return json.loads((folder / "run.json").read_text())


def test_a_run_leaves_figures_files_and_a_version(tagwerk, run, people, tmp_path):
    first = run("--out", "one", "--report", "full")
    assert first.code == 0, first.err
    assert "Model people version 1, alias champion." in first.out
    document = document_of(tmp_path / "one")
    assert document["model"]["version"] == 1
    assert document["model"]["alias"] == "champion"
    assert document["id"].startswith("people-20")
    second = run("--out", "two")
    assert "version 2, alias challenger" in second.out

    listed = tagwerk("runs", "list", "--json").json["items"]
    assert [item["version"] for item in listed] == [2, 1]
    assert listed[1]["id"] == document["id"]
    assert listed[1]["score"] == document["test"]["metrics"][0]["value"]
    assert listed[1]["trials"] == 2
    assert "RUN" in tagwerk("runs", "list").out
    for typed in (document["id"], "one", str(tmp_path / "one")):
        assert tagwerk("runs", "show", typed, "--json").json == document
    assert tagwerk("runs", "show", "last", "--json").json["id"] == listed[0]["id"]
    assert "Result on" in tagwerk("runs", "show", "last").out
    assert tagwerk("runs", "list", "--name", "nobody", "--json").json["items"] == []
    assert len(tagwerk("runs", "list", "--limit", 1, "--json").json["items"]) == 1
    assert tagwerk("runs", "list", "--limit", "0").code == 2
    assert tagwerk("runs", "list", "--status", "don").code == 2

    # The folders may go: what the store kept is enough.
    shutil.rmtree(tmp_path / "one")
    shutil.rmtree(tmp_path / "two")
    assert tagwerk("runs", "show", document["id"], "--json").json == document
    assert tagwerk("predict", "people", people, "-o", "out.csv").code == 0
    compared = tagwerk("compare", "people@champion", "people@challenger", "--json")
    assert compared.code == 0, compared.err
    assert compared.json["difference"] == 0
    assert "<html" in tagwerk("report", document["id"]).out
    side = tagwerk("runs", "compare", listed[0]["id"], listed[1]["id"], "--json").json
    assert side["items"] == [listed[0]["id"], listed[1]["id"]]
    assert {"auc", "log_loss"} <= {metric["name"] for metric in side["metrics"]}
    assert listed[0]["id"] in tagwerk("runs", "compare", listed[0]["id"], listed[1]["id"]).out
    assert tagwerk("store", "check").code == 0


def test_runs_that_begin_at_once_have_their_own_ids(tagwerk, run, tmp_path):
    folders = [f"at-once-{i}" for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda folder: run("--out", folder), folders))
    assert [d.err for d in done if d.code != 0] == []
    ids = {document_of(tmp_path / folder)["id"] for folder in folders}
    assert len(ids) == 6
    assert {item["id"] for item in tagwerk("runs", "list", "--json").json["items"]} == ids


def test_the_gate_of_promote(tagwerk, run, people):
    assert run("--out", "one").code == 0
    assert run("--out", "two").code == 0
    done = tagwerk("models", "promote", "people:2")  # the same model is not better than itself
    assert done.code == 1
    assert "probability" in done.out
    assert tagwerk("models", "list", "--json").json["items"][0]["aliases"] == ["challenger"]
    assert tagwerk("models", "promote", "people:2", "--force").code == 2
    done = tagwerk("models", "promote", "people:2", "--force", "--reason", "agreed on Monday", "--json")
    assert done.code == 0
    assert done.json["forced"]
    history = tagwerk("models", "history", "people", "--json").json["items"]
    forced = [change for change in history if change["forced"]]
    assert forced[0]["reason"] == "agreed on Monday"
    assert tagwerk("models", "list", "--json").json["items"][0]["aliases"] == ["champion"]


def test_a_failed_gate_is_kept_with_its_version(tagwerk, run):
    assert run("--out", "one", "--gate", "auc>=0.999").code == 1
    assert tagwerk("runs", "list", "--json").json["items"][0]["status"] == "gate_failed"
    gate = tagwerk("models", "promote", "people:1", "--json")
    assert gate.code == 1
    assert gate.json["gate"]["parts"][0]["passed"] is False


def test_no_register_records_without_a_version(tagwerk, run):
    done = run("--out", "one", "--no-register")
    assert done.code == 0
    assert "version" not in done.out
    assert tagwerk("models", "list", "--json").json["items"] == []
    assert len(tagwerk("runs", "list", "--json").json["items"]) == 1


def test_export_import_delete(tagwerk, run, people, tmp_path):
    assert run("--out", "one").code == 0
    identity = document_of(tmp_path / "one")["id"]
    assert tagwerk("runs", "export", identity, "-o", "run-copy.json").code == 0
    assert json.loads((tmp_path / "run-copy.json").read_text()) == document_of(tmp_path / "one")
    done = tagwerk("runs", "import", "run-copy.json")
    assert done.code == 2
    assert "run-exists" in done.err
    assert tagwerk("runs", "delete", identity).code == 0
    done = tagwerk("runs", "show", identity)
    assert done.code == 2
    assert "run-not-found" in done.err
    assert tagwerk("models", "show", "people:1").code == 0  # versions outlive their runs
    assert tagwerk("runs", "import", "run-copy.json").code == 0
    again = tagwerk("runs", "show", identity, "--json").json
    assert again["leaderboard"] == document_of(tmp_path / "one")["leaderboard"]
    assert again["model"]["version"] is None
    done = tagwerk("predict", identity, people)
    assert done.code == 2
    assert f'error[model-not-found]: the run has no model: "{identity}"' in done.err
    assert tagwerk("runs", "rm", identity).code == 0
    for text in ("[]", "{}", '{"schema":"tagwerk.run/1"}', "nonsense", '{"schema":"tagwerk.run/1","id":1}'):
        (tmp_path / "bad.json").write_text(text)
        assert tagwerk("runs", "import", "bad.json").code == 3, text
    odd = {"schema": "tagwerk.run/1", "id": "x", "name": "x", "started_at": "yesterday", "findings": "none"}
    odd |= {
        "leaderboard": [{"trial": "one"}, 7, None],
        "test": {"metrics": [{"name": 5}, []]},
        "goal": [1],
        "seed": 1e300,
    }
    (tmp_path / "bad.json").write_text(json.dumps(odd))
    assert tagwerk("runs", "import", "bad.json").code in (0, 3)
    hostile = odd | {"id": "y\x1b[2J", "leaderboard": []}
    (tmp_path / "bad.json").write_text(json.dumps(hostile))
    for words in (("import", "bad.json"), ("delete", hostile["id"])):
        done = tagwerk("runs", *words)
        assert done.code == 0, done.err
        assert "\x1b" not in done.out
    assert tagwerk("store", "check").code == 0


@pytest.mark.parametrize("trouble", ["damaged", "newer", "locked", "folder"])
def test_a_store_in_trouble_costs_a_warning_not_the_run(tagwerk, run, tmp_path, trouble):
    home = tmp_path / "home"
    assert tagwerk("store", "migrate").code == 0
    connection = sqlite3.connect(home / "store.db", isolation_level=None)
    if trouble == "damaged":
        connection.close()
        (home / "store.db").write_bytes(b"x" * 9000)
    elif trouble == "newer":
        connection.execute("INSERT INTO migrations VALUES (999, 'later', '', '')")
    elif trouble == "locked":
        connection.execute("BEGIN IMMEDIATE")
    else:
        connection.close()
        shutil.rmtree(home)
        home.write_text("a file where a folder is needed")
    started = time.monotonic()
    done = run("--out", "one", "--json")
    assert done.code == 0, done.err
    assert time.monotonic() - started < 15
    assert done.err.count("warning[store-") + done.err.count("warning[not-writable") == 1, done.err
    assert done.json["model"]["version"] is None
    assert (tmp_path / "one" / "run.json").exists()
    if trouble == "locked":
        connection.execute("ROLLBACK")
        assert tagwerk("runs", "import", "one/run.json").code == 0


def test_a_killed_run_is_interrupted_until_it_is_resumed(tagwerk, people, tmp_path):
    words = [PROGRAM, "run", people, "--target", "bought", "--budget", "60s", "--out", "one", "--report", "none"]
    env = {k: v for k, v in os.environ.items() if not k.startswith("TAGWERK_")} | {
        "TAGWERK_HOME": str(tmp_path / "home")
    }
    process = subprocess.Popen(list(map(str, words)), cwd=tmp_path, env=env, stderr=subprocess.DEVNULL)
    for _ in range(400):
        time.sleep(0.05)
        items = tagwerk("runs", "list", "--json").json["items"]
        if items and (tmp_path / "one/.journal/journal.tw").stat().st_size > 5000:
            break
    assert items[0]["status"] == "running"
    assert tagwerk("runs", "delete", items[0]["id"]).code == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert tagwerk("runs", "list", "--json").json["items"][0]["status"] == "interrupted"
    assert "interrupted" in tagwerk("runs", "show", items[0]["id"]).out
    done = tagwerk(
        "run", people, "--target", "bought", "--budget", "3s", "--out", "one", "--report", "none", "--resume"
    )
    assert done.code == 0, done.err
    after = tagwerk("runs", "list", "--json").json["items"]
    assert [(item["id"], item["status"], item["version"]) for item in after] == [(items[0]["id"], "done", 1)]


def test_a_project_keeps_its_own_store(tagwerk, people, tmp_path):
    (tmp_path / "tagwerk.toml").write_text(f'data = "{people}"\ntarget = "bought"\n[project]\nname = "shop"\n')
    done = tagwerk("run", *SMALL, "--out", "one")
    assert done.code == 0, done.err
    assert (tmp_path / ".tagwerk/store.db").exists()
    assert not (tmp_path / "home").exists()
    assert [item["name"] for item in tagwerk("models", "list", "--json").json["items"]] == ["shop"]
    (tmp_path / "deeper").mkdir()
    assert tagwerk("models", "show", "shop", "-C", "deeper").code == 0
    # The folder is moved: paths are seen from the store.
    moved = tmp_path.parent / (tmp_path.name + "-moved")
    shutil.move(tmp_path, moved)
    tmp_path.mkdir()
    try:
        assert tagwerk("runs", "show", "last", "-C", moved).code == 0
        item = tagwerk("runs", "list", "--json", "-C", moved).json["items"][0]
        assert item["folder"] == str(moved / "one")
    finally:
        shutil.rmtree(moved)
