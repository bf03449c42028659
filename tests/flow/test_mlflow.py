"""--mlflow: what an MLflow server gets to know of a run, and what happens when it is not there.

The real server is looked for in MLFLOW_FOLDER (a folder with bin/mlflow), else in .venv-mlflow:
python -m venv .venv-mlflow && .venv-mlflow/bin/pip install --require-hashes -r requirements/mlflow.txt
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MLFLOW = Path(os.environ.get("MLFLOW_FOLDER", ROOT / ".venv-mlflow")) / "bin/mlflow"
WORDS = ("--target", "bought", "--trials", 3, "--learners", "logistic,ridge,gradient_boosting", "--out", "one")


class Fake(ThreadingHTTPServer):
    """Answers as the tracking server does; `failing` requests of log-batch get 503 first."""

    def __init__(self, failing=0, prefix="mlflow-artifacts:/0/r1/artifacts"):
        self.calls, self.failing, self.prefix = [], failing, prefix
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def bodies(self, path):
        return [body for called, body in self.calls if called.endswith(path)]


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_PUT(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((self.path, content))
        self.answer(200, {})

    def do_GET(self):
        self.answer(200, {"experiment": {"experiment_id": "7"}})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("log-batch") and self.server.failing > 0:
            self.server.failing -= 1
            return self.answer(503, {"message": "busy"})
        self.server.calls.append((self.path, body))
        if self.path.endswith("experiments/create"):
            return self.answer(400, {"error_code": "RESOURCE_ALREADY_EXISTS", "message": "it exists"})
        info = {"run_id": "r1", "artifact_uri": self.server.prefix}
        return self.answer(200, {"run": {"info": info}})


@pytest.fixture
def fake():
    server = Fake()
    yield server
    server.shutdown()


def test_a_run_is_told_in_batches(tagwerk, people, fake, tmp_path):
    done = tagwerk("run", people, *WORDS, "--mlflow", fake.url)
    assert done.code == 0, done.err
    assert "mlflow" not in done.err
    document = json.loads((tmp_path / "one/run.json").read_text())
    assert fake.bodies("runs/create")[0]["experiment_id"] == "7"
    batches = fake.bodies("log-batch")
    assert all(len(batch["metrics"]) <= 1000 and len(batch["params"]) <= 100 for batch in batches)
    metrics = {m["key"]: m["value"] for batch in batches for m in batch["metrics"]}
    for metric in document["test"]["metrics"]:
        assert metrics[f"test.{metric['name']}"] == metric["value"]
    steps = [
        m["step"]
        for batch in batches
        for m in batch["metrics"]
        if m["key"].startswith("trial.") and "fit" not in m["key"]
    ]
    ok = [row for row in document["leaderboard"] if row["status"] == "ok"]
    assert len(steps) == len(ok)
    parameters = {p["key"]: p["value"] for batch in batches for p in batch["params"]}
    assert parameters["goal.target"] == "bought"
    tags = {t["key"]: t["value"] for batch in batches for t in batch["tags"]}
    assert tags["tagwerk.id"] == document["id"]
    files = {path.rpartition("/")[2]: content for path, content in fake.calls if "mlflow-artifacts" in path}
    assert set(files) >= {"run.json", "report.html", "model.tw", "leaderboard.csv", "card.md"}
    assert files["model.tw"] == (tmp_path / "one/model.tw").read_bytes()
    assert fake.bodies("runs/update")[0]["status"] == "FINISHED"


def test_a_server_that_fails_for_a_while_gets_everything_at_the_end(tagwerk, people):
    server = Fake(failing=3)
    done = tagwerk("run", people, *WORDS, "--report", "none", "--mlflow", server.url)
    server.shutdown()
    assert done.code == 0, done.err
    assert "warning[mlflow" not in done.err
    keys = [m["key"] for batch in server.bodies("log-batch") for m in batch["metrics"]]
    assert "test.auc" in keys


def test_a_server_that_is_lost_costs_a_warning(tagwerk, people, tmp_path):
    server = Fake(failing=10**6)
    done = tagwerk("run", people, *WORDS, "--report", "none", "--mlflow", server.url)
    server.shutdown()
    assert done.code == 0, done.err
    assert "warning[mlflow-unreachable]" in done.err
    assert (tmp_path / "one/run.json").exists()


def test_no_server_no_run(tagwerk, people, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://me:secret@127.0.0.1:{taken.getsockname()[1]}"
        done = tagwerk("run", people, *WORDS, "--mlflow", url)
    assert done.code == 4
    assert "mlflow-unreachable" in done.err
    assert "secret" not in done.err
    assert not (tmp_path / "one").exists()
    assert tagwerk("run", people, *WORDS, "--mlflow", "ftp://host").code == 2


def test_the_password_stays_out_of_the_document(tagwerk, people, fake, tmp_path):
    url = fake.url.replace("http://", "http://me:secret@")
    assert tagwerk("run", people, *WORDS, "--report", "none", "--mlflow", url).code == 0
    assert "secret" not in (tmp_path / "one/run.json").read_text()
    assert "secret" not in json.dumps([body for _, body in fake.calls if isinstance(body, dict)])


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not MLFLOW.exists():
        pytest.skip(f"no MLflow at {MLFLOW}: see the head of this file")
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [MLFLOW, "server", "--host", "127.0.0.1", "--port", port, "--backend-store-uri", f"sqlite:///{folder}/m.db"]
    words += ["--artifacts-destination", folder / "files", "--workers", 1]
    process = subprocess.Popen(list(map(str, words)), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(url + "/health", timeout=1)
            break
        except OSError:
            time.sleep(0.2)
    yield url, folder
    process.terminate()
    process.wait()


def test_a_real_server_knows_the_run(tagwerk, people, server, tmp_path):
    url, folder = server
    for out in ("one", "two"):  # the second time the experiment exists
        done = tagwerk("run", people, *WORDS[:-1], out, "--mlflow", url, timeout=300)
        assert done.code == 0, done.err
        assert "warning[mlflow" not in done.err

    def ask(path, body):
        request = urllib.request.Request(f"{url}/api/2.0/mlflow/{path}", json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        return json.load(urllib.request.urlopen(request, timeout=30))

    experiments = ask("experiments/search", {"max_results": 10})["experiments"]
    mine = next(e for e in experiments if e["name"] == "people")
    runs = ask("runs/search", {"experiment_ids": [mine["experiment_id"]]})["runs"]
    assert len(runs) == 2
    documents = {json.loads((tmp_path / out / "run.json").read_text())["id"]: out for out in ("one", "two")}
    for run in runs:
        assert run["info"]["status"] == "FINISHED"
        tags = {tag["key"]: tag["value"] for tag in run["data"]["tags"]}
        document = json.loads((tmp_path / documents[tags["tagwerk.id"]] / "run.json").read_text())
        metrics = {metric["key"]: metric["value"] for metric in run["data"]["metrics"]}
        assert metrics["test.auc"] == document["test"]["metrics"][0]["value"]
        assert {"goal.target", "data.rows"} <= {p["key"] for p in run["data"]["params"]}
    kept = {path.name for path in (folder / "files").rglob("*") if path.is_file()}
    assert {"model.tw", "run.json", "report.html"} <= kept
