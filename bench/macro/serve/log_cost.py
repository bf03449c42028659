#!/usr/bin/env python3
"""What the prediction log costs: the same server with and without it, in turns, by wrk over 16 kept connections.

  log_cost.py --tagwerk build/release/tagwerk [--rounds 5] [--seconds 4] [--rows 1,100]

The model, the bodies and the way of measuring are those of compare.py (500 trees x 31 leaves, 28 columns). Printed are
medians over the rounds, and the median of the ratios of pairs that were measured one after the other.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from compare import COLUMNS, LUA, TRAIN, measure, resident_mb, wait_for

PORT = 18085


def figures() -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {name: float(value) for name, value in re.findall(r"^(tagwerk_prediction_log\S+) (\S+)$", text, re.M)}


def one(options: argparse.Namespace, folder: Path, body: bytes, script: Path, log: bool) -> dict[str, float]:
    url = f"http://127.0.0.1:{PORT}/v2/models/m/infer"
    words = [options.tagwerk, "serve", str(folder / "m.tw"), "--port", str(PORT)]
    if log:
        words += ["--log-predictions", str(folder / "log")]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=folder)
    try:
        wait_for(url, body)
        out = measure(url, script, options.seconds, server.pid)
        out["mb"] = resident_mb(server.pid)
        dropped = [value for name, value in figures().items() if "dropped" in name] if log else []
        out["dropped"] = sum(dropped)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tagwerk", required=True, type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rows", default="1,100")
    options = parser.parse_args()
    print("| rows | log | requests/s | p50 ms | p99 ms | server us | memory MB | rows dropped | ratio of pairs |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="log-cost-") as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-c", TRAIN, str(folder / "m.txt"), str(folder / "x.json")], check=True)
        words = [options.tagwerk, "import", str(folder / "m.txt"), "-o", str(folder / "m.tw")]
        subprocess.run(words, check=True, capture_output=True)
        values = json.loads((folder / "x.json").read_text())
        for rows in map(int, options.rows.split(",")):
            data = [value for row in values[:rows] for value in row]
            tensor = {"name": "x", "shape": [rows, COLUMNS], "datatype": "FP64", "data": data}
            (folder / "body").write_text(json.dumps({"inputs": [tensor]}))
            script = folder / "load.lua"
            script.write_text(LUA.format(body=folder / "body"))
            body = (folder / "body").read_bytes()
            found: dict[bool, list[dict[str, float]]] = {False: [], True: []}
            for round_ in range(options.rounds):
                for log in (False, True) if round_ % 2 == 0 else (True, False):
                    found[log].append(one(options, folder, body, script, log))
            pairs = [b["rps"] / a["rps"] for a, b in zip(found[False], found[True], strict=True)]
            for log, runs in found.items():
                m = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
                ratio = f"{statistics.median(pairs):.3f} ({min(pairs):.3f} to {max(pairs):.3f})" if log else ""
                print(
                    f"| {rows} | {'yes' if log else 'no'} | {m['rps']:,.0f} | {m['p50_ms']:.2f} | {m['p99_ms']:.2f} | "
                    f"{m['server_us']:.1f} | {m['mb']:.0f} | {m['dropped']:.0f} | {ratio} |"
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
