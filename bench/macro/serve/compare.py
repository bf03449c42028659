#!/usr/bin/env python3
"""Servers of one LightGBM model beside each other, in one run: requests per second, latencies, CPU, memory.

500 trees x 31 leaves on 28 columns; the same body (one tensor [rows, 28], JSON) by wrk over 16 kept connections; all
processes share the machine's cores. Servers: tagwerk (the model by `tagwerk import`), the bare HTTP core with a
constant answer (`own`, of cores/), FastAPI + LightGBM under uvicorn, MLServer with its LightGBM runtime, BentoML with a
service of one method, MLflow's scoring server (its own forms of request: `rows` as a list, `dataframe_split`).

  compare.py --tagwerk build/release/tagwerk --own PATH --fastapi VENV --mlserver VENV --bentoml VENV --mlflow VENV
             [--rows 1,100] [--seconds 6]

The venvs hold: fastapi uvicorn uvloop httptools lightgbm numpy; mlserver mlserver-lightgbm; bentoml lightgbm numpy;
mlflow lightgbm. wrk is Debian's. With --keep FILE the figures of several calls make one table.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
COLUMNS, TREES, LEAVES = 28, 500, 31
TRAIN = f"""
import json, sys
import lightgbm, numpy as np
rng = np.random.default_rng(0)
x = rng.normal(size=(20000, {COLUMNS}))
y = (x[:, 0] * x[:, 1] + x[:, 2] + 0.5 * rng.normal(size=len(x)) > 0).astype(int)
options = dict(objective="binary", num_leaves={LEAVES}, verbose=-1, num_threads=1, seed=0)
lightgbm.train(options, lightgbm.Dataset(x, y), {TREES}).save_model(sys.argv[1])
json.dump(x[:200].round(6).tolist(), open(sys.argv[2], "w"))
"""
LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local file = io.open("{body}", "r")
wrk.body = file:read("*a")
file:close()
"""


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its children that live."""
    total = 0.0
    for task in [pid, *children(pid)]:
        fields = Path(f"/proc/{task}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def children(pid: int) -> list[int]:
    found = []
    for line in subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split():
        found += [int(line), *children(int(line))]
    return found


def resident_mb(pid: int) -> float:
    pages = 0
    for task in [pid, *children(pid)]:
        pages += int(Path(f"/proc/{task}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def wait_for(url: str, body: bytes, seconds: float = 60) -> bytes:
    end = time.monotonic() + seconds
    while True:
        try:
            request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.read()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def measure(url: str, script: Path, seconds: float, pid: int) -> dict[str, float]:
    words = ["wrk", "-t1", "-c16", f"-d{seconds:g}s", "--latency", "-s", str(script), url]
    before, client = cpu_seconds(pid), os.times().children_user + os.times().children_system
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    spent, client = cpu_seconds(pid) - before, os.times().children_user + os.times().children_system - client
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(text)
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}
    latency = {share: float(value) * unit[u] for share, value, u in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)", text)}
    requests = int(re.search(r"(\d+) requests in", text)[1])
    return {
        "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
        "p50_ms": latency["50"],
        "p99_ms": latency["99"],
        "server_us": spent / requests * 1e6,
        "client_us": client / requests * 1e6,
    }


def mlserver_folder(folder: Path, model: Path) -> Path:
    folder.mkdir()
    (folder / "settings.json").write_text(
        json.dumps(
            {"http_port": 18083, "grpc_port": 18084, "metrics_port": 18085, "parallel_workers": 0, "debug": False}
        )
    )
    (folder / "model-settings.json").write_text(
        json.dumps(
            {"name": "m", "implementation": "mlserver_lightgbm.LightGBMModel", "parameters": {"uri": str(model)}}
        )
    )
    return folder


def body_of(label: str, rows: list[list[float]]) -> str:
    """The rows in the form of a server."""
    if label == "BentoML":
        return json.dumps({"rows": rows})
    if label == "MLflow":
        return json.dumps({"dataframe_split": {"columns": [f"Column_{j}" for j in range(COLUMNS)], "data": rows}})
    flat = [value for row in rows for value in row]
    return json.dumps({"inputs": [{"name": "input", "shape": [len(rows), COLUMNS], "datatype": "FP64", "data": flat}]})


def mlflow_folder(options: argparse.Namespace, folder: Path, model: Path) -> Path:
    code = (
        "import sys, lightgbm, mlflow.lightgbm\n"
        "mlflow.lightgbm.save_model(lightgbm.Booster(model_file=sys.argv[1]), sys.argv[2])"
    )
    words = [f"{options.mlflow}/bin/python", "-c", code, str(model), str(folder)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder


def servers(options: argparse.Namespace, folder: Path, model: Path) -> dict[str, tuple[list[str], str, dict[str, str]]]:
    out: dict[str, tuple[list[str], str, dict[str, str]]] = {}
    cores = str(os.cpu_count())
    if options.own:
        out["bare core"] = ([options.own, "18080", cores], "http://127.0.0.1:18080/v2/models/m/infer", {})
    out["tagwerk"] = (
        [options.tagwerk, "serve", str(folder / "m.tw"), "--port", "18081"],
        "http://127.0.0.1:18081/v2/models/m/infer",
        {},
    )
    if options.fastapi:
        out["FastAPI"] = (
            [
                f"{options.fastapi}/bin/python",
                "-m",
                "uvicorn",
                "fastapi_app:app",
                "--port",
                "18082",
                "--log-level",
                "warning",
                "--no-access-log",
            ],
            "http://127.0.0.1:18082/v2/models/m/infer",
            {"PEER_MODEL": str(model)},
        )
    if options.mlserver:
        out["MLServer"] = (
            [f"{options.mlserver}/bin/mlserver", "start", str(mlserver_folder(folder / "mlserver", model))],
            "http://127.0.0.1:18083/v2/models/m/infer",
            {"PATH": f"{options.mlserver}/bin:{os.environ['PATH']}"},
        )
    if options.bentoml:
        out["BentoML"] = (
            [f"{options.bentoml}/bin/bentoml", "serve", "bentoml_service:Model", "--port", "18086"],
            "http://127.0.0.1:18086/infer",
            {
                "PEER_MODEL": str(model),
                "PATH": f"{options.bentoml}/bin:{os.environ['PATH']}",
                "BENTOML_DO_NOT_TRACK": "1",
            },
        )
    if options.mlflow:
        saved = mlflow_folder(options, folder / "mlflow", model)
        out["MLflow"] = (
            f"{options.mlflow}/bin/mlflow models serve -m {saved} --env-manager local --port 18087".split(),
            "http://127.0.0.1:18087/invocations",
            {"PATH": f"{options.mlflow}/bin:{os.environ['PATH']}"},
        )
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tagwerk", default="build/release/tagwerk")
    parser.add_argument("--own", default="")
    parser.add_argument("--fastapi", default="")
    parser.add_argument("--mlserver", default="")
    parser.add_argument("--bentoml", default="")
    parser.add_argument("--mlflow", default="")
    parser.add_argument("--keep", default="", help="figures of earlier calls, to which these are added")
    parser.add_argument("--rows", default="1,100")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--train", default=sys.executable, help="a Python with lightgbm")
    parser.add_argument("--only-prepare", default="", help="make model and rows in this folder and stop")
    parser.add_argument("--prepared", default="", help="a folder that --only-prepare made")
    options = parser.parse_args()
    for name in ("tagwerk", "own", "fastapi", "mlserver", "bentoml", "mlflow"):  # the servers start in another folder
        if getattr(options, name):
            setattr(options, name, str(Path(getattr(options, name)).absolute()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = Path(options.prepared or options.only_prepare or name)
        model, rows_file = source / "model.txt", source / "rows.json"
        if not options.prepared:
            subprocess.run([options.train, "-c", TRAIN, model, rows_file], check=True)
        if options.only_prepare:
            return 0
        subprocess.run([options.tagwerk, "import", model, "-o", folder / "m.tw"], check=True, stdout=subprocess.DEVNULL)
        data = json.loads(rows_file.read_text())
        results: dict[tuple[str, int], list[dict[str, float]]] = {}
        known = servers(options, folder, model)
        for _ in range(options.rounds):
            for label, (words, url, env) in known.items():
                quiet = subprocess.DEVNULL
                process = subprocess.Popen(
                    words, cwd=HERE, env={**os.environ, **env}, stdout=quiet, stderr=quiet, start_new_session=True
                )
                try:
                    for rows in map(int, options.rows.split(",")):
                        if label == "bare core" and rows > 1:
                            continue
                        body = body_of(label, data[:rows])
                        (folder / "body.json").write_text(body)
                        (folder / "post.lua").write_text(LUA.format(body=folder / "body.json"))
                        for _ in range(20):
                            wait_for(url, body.encode())
                        measure(url, folder / "post.lua", 1, process.pid)
                        found = measure(url, folder / "post.lua", options.seconds, process.pid)
                        found["memory"] = resident_mb(process.pid)
                        results.setdefault((label, rows), []).append(found)
                except (OSError, RuntimeError, subprocess.CalledProcessError) as failure:
                    print(f"{label} is left out: {failure}", file=sys.stderr)
                finally:
                    os.killpg(process.pid, signal.SIGTERM)  # and its workers
                    try:
                        process.wait(timeout=20)
                    except subprocess.TimeoutExpired:
                        process.kill()
    if options.keep:
        kept = Path(options.keep)
        earlier = json.loads(kept.read_text()) if kept.exists() else []
        for label, rows, found in earlier:
            results.setdefault((label, rows), []).extend(found)
        kept.write_text(json.dumps([[label, rows, found] for (label, rows), found in results.items()]))
    print("| server | rows | requests/s | p50 ms | p99 ms | server us | client us | memory MB | ours / this |")
    print("|---|---|---|---|---|---|---|---|---|")
    for (label, rows), found in results.items():
        middle = {key: statistics.median(one[key] for one in found) for key in found[0]}
        ours = statistics.median(one["rps"] for one in results.get(("tagwerk", rows), found))
        print(
            f"| {label} | {rows} | {middle['rps']:,.0f} | {middle['p50_ms']:.3f} | {middle['p99_ms']:.2f} |"
            f" {middle['server_us']:.1f} | {middle['client_us']:.1f} | {middle['memory']:.0f} |"
            f" {ours / middle['rps']:.2f} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
