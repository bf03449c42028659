"""Clients of others against `tagwerk serve`: tritonclient, kserve, schemathesis, Prometheus.

The first three are looked for in CLIENTS_FOLDER (a virtual environment), else in .venv-clients:
python -m venv .venv-clients && .venv-clients/bin/pip install --require-hashes -r requirements/clients.txt
Prometheus and promtool are looked for in PROMETHEUS_FOLDER, else on the path (Debian: prometheus). `make deep` sets all
of them up.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from conftest import ROOT
from server import Server

CLIENTS = Path(os.environ.get("CLIENTS_FOLDER", ROOT / ".venv-clients")) / "bin"
PROGRAMS = os.environ.get("PROMETHEUS_FOLDER")
PROMETHEUS, PROMTOOL = shutil.which("prometheus", path=PROGRAMS), shutil.which("promtool", path=PROGRAMS)
needs_clients = pytest.mark.skipif(
    not (CLIENTS / "schemathesis").exists(), reason=f"no clients in {CLIENTS}: see the head of this file"
)
needs_prometheus = pytest.mark.skipif(
    PROMETHEUS is None or PROMTOOL is None, reason="prometheus and promtool are not installed"
)


@pytest.fixture(scope="module")
def server(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clients")
    words = ["--store", folder / "store.db", "--log-predictions", folder / "log"]
    with Server(model, f"--model=other name={model}", *words) as running:
        yield running
    assert running.code == 0


@pytest.fixture(scope="module")
def expected(server, rows):
    """What the row API says, as columns."""
    answered = server.post("/v1/models/model/predict", rows).json["predictions"]
    return {name: [row[name] for row in answered] for name in answered[0] if name != "prediction_id"}


def told_by(script, *words):
    done = subprocess.run(
        [CLIENTS / "python", ROOT / "tests/flow/clients" / script, *words], capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.splitlines()[-1])


@needs_clients
def test_tritonclient(server, rows, expected):
    told = told_by("with_triton.py", f"{server.host}:{server.port}", "model", json.dumps(rows))
    assert told["live"] is told["ready"] is told["model_ready"] is True
    assert "binary_tensor_data" in told["server"]["extensions"]
    assert told["metadata"]["versions"] == ["1"]
    for way in ("binary", "binary_in", "async"):
        assert told[way] == expected, way
    assert told["fault"].startswith("400 "), told["fault"]
    assert "lacks inputs" in told["fault"]


@needs_clients
def test_kserve(server, rows, expected):
    told = told_by("with_kserve.py", server.ready["url"], "model", json.dumps(rows))
    assert told["live"] is told["ready"] is told["model_ready"] is True
    assert told["id"] == "k1"
    assert told["outputs"] == expected
    assert told["fault"].startswith("400 ")


@needs_clients
def test_schemathesis(server, tmp_path):
    """All its checks but one: a cell of another type that can be read (a number as text, an empty list) is taken.

    It makes up the same Idempotency-Key for different requests: that they are 422 is what is wanted.
    """
    (tmp_path / "schemathesis.toml").write_text(
        "[checks.missing_required_header]\nexpected-statuses = [400, 401, 403, 404, 405, 406, 422, 428]\n"
        "[[operations]]\ninclude-path-regex = '/(feedback|tokens|rollback)$'\n"
        "[operations.checks.positive_data_acceptance]\n"
        "expected-statuses = ['2xx', 401, 403, 404, 409, 422, '5xx']\n"
    )
    words = ["run", server.ready["url"] + "/openapi.json", "--checks", "all", "--max-examples", "40", "--seed", "1"]
    words += ["--exclude-checks", "negative_data_rejection", "--generation-database", "none", "--no-color"]
    done = subprocess.run([CLIENTS / "schemathesis", *words], capture_output=True, text=True, timeout=500, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "generated" in done.stdout
    assert "Failures:" not in done.stdout
    assert server.process.poll() is None


@needs_prometheus
def test_promtool_finds_nothing_in_the_figures(server, rows):
    server.post("/v1/models/other%20name/predict", rows[:3])
    text = server.get("/metrics").body
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@needs_prometheus
def test_a_real_prometheus_scrapes(server, rows, tmp_path):
    for _ in range(5):
        server.post("/v1/models/model/predict", rows[:3])
    port = free_port()
    target = f"{server.host}:{server.port}"
    jobs = [{"job_name": "t", "scrape_interval": "1s", "static_configs": [{"targets": [target]}]}]
    (tmp_path / "prometheus.yml").write_text(json.dumps({"scrape_configs": jobs}))
    words = ["--config.file", tmp_path / "prometheus.yml", "--storage.tsdb.path", tmp_path / "data"]
    process = subprocess.Popen(
        [PROMETHEUS, *map(str, words), f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def query(text):
        url = f"http://127.0.0.1:{port}/api/v1/query?query={urllib.request.quote(text)}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["data"]["result"]

    try:
        end, rows_seen = time.monotonic() + 60, []
        while not rows_seen and time.monotonic() < end:
            time.sleep(0.5)
            try:
                rows_seen = query('tagwerk_rows_total{model="model",version="1"}')
            except urllib.error.URLError:
                continue
        assert rows_seen, "nothing was scraped"
        assert float(rows_seen[0]["value"][1]) >= 15
        assert query("up")[0]["value"][1] == "1"
        assert query("histogram_quantile(0.99, tagwerk_request_seconds_bucket)")
        assert query('tagwerk_prediction_log_dropped_total{reason="queue_full"}')[0]["value"][1] == "0"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
