#!/usr/bin/env python3
"""How long `tagwerk serve` takes from its start to the first "ready": each time a new process.

  start.py --tagwerk build/release/tagwerk [--times 20] [--model m.tw]

Without --model: that of compare.py (500 trees x 31 leaves on 28 columns; needs lightgbm). Measured from before the
process is made to the end of the first 200 that GET /v2/health/ready gives, which is asked for every 0.2 ms; memory is
what is resident then.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from compare import TRAIN, resident_mb

PORT = 18188
REQUEST = b"GET /v2/health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def is_ready() -> bool:
    try:
        with socket.create_connection(("127.0.0.1", PORT), timeout=5) as peer:
            peer.sendall(REQUEST)
            return peer.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def one(words: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Milliseconds to the first answer, and resident megabytes."""
    start = time.perf_counter()
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        while not is_ready():
            if server.poll() is not None:
                raise RuntimeError(f"{' '.join(words)} ended with {server.returncode}")
            time.sleep(0.0002)
        return (time.perf_counter() - start) * 1e3, resident_mb(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tagwerk", required=True, type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--model", default="", type=lambda path: str(Path(path).resolve()))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="start-") as name:
        folder = Path(name)
        model = options.model or str(folder / "m.tw")
        if not options.model:
            subprocess.run([sys.executable, "-c", TRAIN, str(folder / "m.txt"), str(folder / "x.json")], check=True)
            words = [options.tagwerk, "import", str(folder / "m.txt"), "-o", model]
            subprocess.run(words, check=True, capture_output=True)
        store = str(folder / "store/store.db")
        words = [options.tagwerk, "models", "register", model, "--name", "m", "--store", store]
        subprocess.run(words, check=True, capture_output=True)
        log = ["--log-predictions", str(folder / "log")]
        homeless = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_DATA_HOME")}
        ways = {
            "a file, no store": ([options.tagwerk, "serve", model, "--port", str(PORT)], homeless),
            "a file, a store": (
                [options.tagwerk, "serve", model, "--store", store, "--port", str(PORT)],
                dict(os.environ),
            ),
            "a name of the registry": (
                [options.tagwerk, "serve", "m", "--store", store, "--port", str(PORT)],
                dict(os.environ),
            ),
            "the same, with the prediction log": (
                [options.tagwerk, "serve", "m", "--store", store, "--port", str(PORT), *log],
                dict(os.environ),
            ),
        }
        found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        for _ in range(options.times):
            for way, (words, environment) in ways.items():
                found[way].append(one(words, environment))
        print("| what is served | ready ms: median (least to most) | memory MB |\n|---|---|---|")
        for way, runs in found.items():
            times = [run[0] for run in runs]
            middle, megabytes = statistics.median(times), statistics.median(run[1] for run in runs)
            print(f"| {way} | {middle:.1f} ({min(times):.1f} to {max(times):.1f}) | {megabytes:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
