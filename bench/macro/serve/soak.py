#!/usr/bin/env python3
"""Full load for minutes with hot swaps and malformed requests mixed in: is every answer right, does anything leak?

Two models of one name are swapped in the registry every --swap seconds while clients ask over kept connections: single
rows and bodies of rows as JSON, tensors, CSV, each compared with what the version that answered says (asked before the
load began); malformed requests must get their 4xx; labels are sent; connections are broken in the middle. Another
process (wrk) keeps the server busy beside them. Memory is read every second: its growth over the second half is
reported.

  soak.py --tagwerk build/release/tagwerk [--minutes 10] [--swap 2] [--clients 3]

Needs numpy, lightgbm and Debian's wrk. Exit code 1: a wrong answer, an error that nobody asked for, or a leak.
"""

from __future__ import annotations

import argparse
import collections
import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

COLUMNS = 12
ROWS = 40
MOST_GROWTH = 0.05  # of resident memory, over the second half
TRAIN = f"""
import json, sys
import lightgbm, numpy as np
for seed, path in ((0, sys.argv[1]), (1, sys.argv[2])):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(5000, {COLUMNS}))
    y = (x[:, 0] * x[:, 1] + x[:, 2] + 0.5 * rng.normal(size=len(x)) > 0).astype(int)
    options = dict(objective="binary", num_leaves=31, verbose=-1, num_threads=1, seed=seed)
    lightgbm.train(options, lightgbm.Dataset(x, y), 200).save_model(path)
json.dump(x[:{ROWS}].round(6).tolist(), open(sys.argv[3], "w"))
"""
MALFORMED: list[tuple[str, str, bytes, dict[str, str], set[int]]] = [
    ("POST", "/v1/models/m/predict", b"[{", {}, {400}),
    ("POST", "/v1/models/m/predict", b'[{"Column_0": "abc"}]', {}, {422}),
    ("POST", "/v1/models/m/predict", b"[" * 200, {}, {400}),
    ("POST", "/v1/models/m/predict", b"\xff\xfe", {"Content-Type": "text/csv"}, {400, 422}),
    ("POST", "/v1/models/none/predict", b"[{}]", {}, {404}),
    ("POST", "/v1/models/m/predict", b"x", {"Content-Type": "image/png"}, {415}),
    (
        "POST",
        "/v2/models/m/infer",
        b'{"inputs": [{"name": "x", "shape": [9, 9], "datatype": "FP64", "data": [1]}]}',
        {},
        {400},
    ),
    ("DELETE", "/v1/models/m/predict", b"", {}, {405}),
    ("POST", "/v1/feedback", b'{"model": "m", "items": [{"id": "a"}]}', {}, {422}),
    ("GET", "/../../etc/passwd", b"", {}, {404}),
]
LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{body}]==]
"""


class WrongAnswerError(Exception):
    """An answer that should not be."""


class Tally:
    """What the clients saw."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: collections.Counter[str] = collections.Counter()
        self.faults: list[str] = []

    def add(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def fault(self, text: str) -> None:
        with self.lock:
            self.counts["FAULTS"] += 1
            if len(self.faults) < 20:
                self.faults.append(text)


class Client:
    def __init__(
        self, port: int, rows: list[dict[str, float]], expected: dict[int, list[float]], tally: Tally, seed: int
    ):
        self.port, self.rows, self.expected, self.tally = port, rows, expected, tally
        self.random = random.Random(seed)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json", **headers}
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def check(self, kind: str, version: int, picked: list[int], told: list[float]) -> None:
        wanted = [self.expected[version][i] for i in picked]
        if told != wanted:
            self.tally.fault(f"{kind}: version {version}, rows {picked[:3]}: {told[:3]} is not {wanted[:3]}")
        else:
            self.tally.add(kind)

    def predict(self, count: int) -> None:
        picked = [self.random.randrange(ROWS) for _ in range(count)]
        status, body = self.ask("POST", "/v1/models/m/predict", json.dumps([self.rows[i] for i in picked]).encode(), {})
        if status != 200:
            raise WrongAnswerError(f"predict: {status} {body[:200]!r}")
        answer = json.loads(body)
        self.check(f"rows {count}", answer["version"], picked, [p["probability[1]"] for p in answer["predictions"]])
        if self.random.random() < 0.02:
            self.label(answer["predictions"][0])

    def label(self, prediction: dict[str, Any]) -> None:
        item = {"prediction_id": prediction["prediction_id"], "actual": prediction["prediction"]}
        status, body = self.ask("POST", "/v1/feedback", json.dumps({"model": "m", "items": [item]}).encode(), {})
        if status != 200 or json.loads(body)["accepted"] != 1:
            raise WrongAnswerError(f"feedback: {status} {body[:200]!r}")
        self.tally.add("labels")

    def infer(self) -> None:
        picked = [self.random.randrange(ROWS) for _ in range(self.random.choice((1, 7)))]
        data = [value for i in picked for value in self.rows[i].values()]
        tensor = {"name": "x", "shape": [len(picked), COLUMNS], "datatype": "FP64", "data": data}
        status, body = self.ask("POST", "/v2/models/m/infer", json.dumps({"inputs": [tensor]}).encode(), {})
        if status != 200:
            raise WrongAnswerError(f"infer: {status} {body[:200]!r}")
        answer = json.loads(body)
        outputs = {output["name"]: output["data"] for output in answer["outputs"]}
        self.check("tensors", int(answer["model_version"]), picked, outputs["probability[1]"])

    def csv(self) -> None:
        picked = [self.random.randrange(ROWS) for _ in range(5)]
        lines = [",".join(self.rows[0])] + [",".join(map(repr, self.rows[i].values())) for i in picked]
        headers = {"Content-Type": "text/csv", "Accept": "application/json"}
        status, body = self.ask("POST", "/v1/models/m/predict", "\n".join([*lines, ""]).encode(), headers)
        if status != 200:
            raise WrongAnswerError(f"csv: {status} {body[:200]!r}")
        answer = json.loads(body)
        self.check("csv", answer["version"], picked, [p["probability[1]"] for p in answer["predictions"]])

    def malformed(self) -> None:
        method, path, body, headers, allowed = self.random.choice(MALFORMED)
        status, answer = self.ask(method, path, body, headers)
        if status not in allowed:
            raise WrongAnswerError(f"malformed {path} {body[:40]!r}: {status} {answer[:200]!r}")
        self.tally.add("malformed")

    def broken(self) -> None:
        """Half a request, then nothing."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as peer:
            peer.sendall(b"POST /v1/models/m/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n[{")
        self.tally.add("broken connections")

    def run(self, end: float) -> None:
        kinds = [lambda: self.predict(1)] * 6 + [lambda: self.predict(30), self.infer, self.infer, self.csv]
        kinds += [self.malformed, self.broken]
        while time.monotonic() < end:
            try:
                self.random.choice(kinds)()
            except WrongAnswerError as fault:
                self.tally.fault(str(fault))
            except Exception as fault:
                self.tally.fault(f"{type(fault).__name__}: {fault}")
                self.connection.close()


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def metric(port: int, name: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def promote(program: str, store: str, version: int) -> None:
    words = [program, "models", "promote", f"m:{version}", "--force", "--reason", "soak", "--store", store]
    subprocess.run(words, check=True, capture_output=True, timeout=60)


def probabilities(port: int, version: int, rows: list[dict[str, float]]) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", f"/v1/models/m/versions/{version}/predict", json.dumps(rows).encode())
    return [p["probability[1]"] for p in json.loads(connection.getresponse().read())["predictions"]]


def soak(options: argparse.Namespace, folder: Path) -> int:
    program, store = str(Path(options.tagwerk).resolve()), str(folder / "store/store.db")
    texts = [str(folder / "a.txt"), str(folder / "b.txt")]
    subprocess.run([sys.executable, "-c", TRAIN, *texts, str(folder / "rows.json")], check=True)
    for text in texts:
        subprocess.run([program, "import", text, "-o", text + ".tw"], check=True, capture_output=True)
        words = [program, "models", "register", text + ".tw", "--name", "m", "--store", store]
        subprocess.run(words, check=True, capture_output=True)
    values = json.loads((folder / "rows.json").read_text())
    rows = [{f"Column_{j}": value for j, value in enumerate(row)} for row in values]
    words = [program, "serve", "m", "m:1", "m:2", "--store", store, "--port", "0", "--json"]
    words += ["--log-predictions", str(folder / "log")]
    with (folder / "stderr.txt").open("w") as errors:
        server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=errors)
    assert server.stdout is not None
    port = int(json.loads(server.stdout.readline())["url"].rsplit(":", 1)[1])
    expected = {version: probabilities(port, version, rows) for version in (1, 2)}
    assert expected[1] != expected[2]
    script = folder / "load.lua"
    tensor = {"name": "x", "shape": [1, COLUMNS], "datatype": "FP64", "data": list(rows[0].values())}
    script.write_text(LUA.format(body=json.dumps({"inputs": [tensor]})))
    start = time.monotonic()
    end = start + 60 * options.minutes
    url = f"http://127.0.0.1:{port}/v2/models/m/infer"
    wrk = subprocess.Popen(
        ["wrk", "-t1", "-c8", f"-d{int(60 * options.minutes)}s", "--latency", "-s", str(script), url],
        stdout=subprocess.PIPE,
        text=True,
    )
    tally, swaps, memory = Tally(), 0, []
    clients = [Client(port, rows, expected, tally, seed) for seed in range(options.clients)]
    threads = [threading.Thread(target=client.run, args=(end,)) for client in clients]
    for thread in threads:
        thread.start()
    next_swap = start
    while time.monotonic() < end and server.poll() is None:
        memory.append(resident_mb(server.pid))
        if time.monotonic() >= next_swap:
            swaps += 1
            promote(program, store, 1 + swaps % 2)
            next_swap += options.swap
        time.sleep(1)
    for thread in threads:
        thread.join()
    load = wrk.communicate()[0]
    dropped = metric(port, "tagwerk_prediction_log_dropped_total")
    answered = metric(port, "tagwerk_request_seconds_count")
    errors_5xx = metric(port, 'tagwerk_requests_total{model="m",version="1",code="5') + metric(
        port, 'tagwerk_requests_total{model="m",version="2",code="5'
    )
    server.send_signal(signal.SIGTERM)
    code = server.wait(timeout=60)
    half = len(memory) // 2
    third = memory[half : half + max(1, half // 3)]
    last = memory[-max(1, half // 3) :]
    growth = statistics.mean(last) / statistics.mean(third) - 1
    bad_load = "Non-2xx" in load or "Socket errors" in load
    print(f"{options.minutes:g} minutes, {swaps} swaps, {answered:.0f} answers, exit code {code}")
    for what, count in sorted(tally.counts.items()):
        print(f"  {what}: {count}")
    print("\n".join("  " + line.strip() for line in load.splitlines() if "requests in" in line or "%" in line))
    print(f"  memory MB: {memory[0]:.1f} at first, {max(memory):.1f} at most, {memory[-1]:.1f} at last")
    print(f"  growth over the second half: {growth:+.1%}; answers of 5xx: {errors_5xx:.0f}")
    print(f"  rows not logged: {dropped:.0f}")
    for text in tally.faults:
        print("  FAULT " + text)
    failed = code != 0 or bad_load or errors_5xx > 0 or tally.counts["FAULTS"] > 0 or growth > MOST_GROWTH
    print("failed" if failed else "no wrong answer, no error that nobody asked for, no leak")
    return int(failed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tagwerk", required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--swap", type=float, default=2)
    parser.add_argument("--clients", type=int, default=3)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        return soak(parser.parse_args(), Path(folder))


if __name__ == "__main__":
    sys.exit(main())
