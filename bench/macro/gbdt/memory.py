"""Anonymous memory of training on more rows than memory is given for.

    PYTHONPATH=PACKAGE python bench/macro/gbdt/memory.py [--rows 20000000] [--columns 50] [--rounds 10]
        [--leaves 31] [--threads 2] [--limit 2G] [--folder /var/tmp]

The rows lie in a file of float32 that is mapped; with TAGWERK_MEMORY set to the limit their bins go to temporary files
that are mapped, too. A child process fits and is watched every 20 ms: shown are the most of its anonymous memory
(RssAnon: what cannot be dropped from memory without a swap) and of its mapped file pages (RssFile and RssShmem, which
the system may drop), the seconds, and the AUC on 100,000 other rows.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TEST = 100_000


def make(folder: Path, rows: int, columns: int) -> None:
    x = np.lib.format.open_memmap(folder / "x.npy", "w+", np.float32, (rows + TEST, columns))
    y = np.lib.format.open_memmap(folder / "y.npy", "w+", np.uint8, (rows + TEST,))
    random = np.random.default_rng(0)
    step = 500_000
    for begin in range(0, rows + TEST, step):
        part = random.standard_normal((min(step, rows + TEST - begin), columns), dtype=np.float32)
        score = part[:, 0] * part[:, 1] + np.sin(2 * part[:, 2]) + 0.5 * np.abs(part[:, 3]) + 0.3 * part[:, 4]
        x[begin : begin + len(part)] = part
        y[begin : begin + len(part)] = score + random.logistic(size=len(part)).astype(np.float32) * 0.5 > 0.4
    x.flush()
    y.flush()


def fit(options: argparse.Namespace) -> None:
    from sklearn.metrics import roc_auc_score

    import tagwerk

    x = np.load(Path(options.fit) / "x.npy", mmap_mode="r")
    y = np.load(Path(options.fit) / "y.npy", mmap_mode="r")
    model = tagwerk.GradientBoostingClassifier(
        n_estimators=options.rounds, max_leaf_nodes=options.leaves, n_jobs=options.threads
    )
    start = time.perf_counter()
    model.fit(x[: options.rows], y[: options.rows])
    seconds = time.perf_counter() - start
    auc = roc_auc_score(y[options.rows :], model.predict_proba(x[options.rows :])[:, 1])
    print(json.dumps({"seconds": round(seconds, 1), "cpu": round(time.process_time(), 1), "auc": round(float(auc), 4)}))


def status(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {
        name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines) if "kB" in rest
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in {"rows": 20_000_000, "columns": 50, "rounds": 10, "leaves": 31, "threads": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--limit", default="2G")
    parser.add_argument("--folder", default="/var/tmp")
    parser.add_argument("--fit", help="fit on the rows of this folder")
    options = parser.parse_args()
    if options.fit:
        fit(options)
        return
    needed = options.rows * options.columns * 8  # the rows, and their bins in two layouts
    if shutil.disk_usage(options.folder).free < 2 * needed:
        raise SystemExit(f"{options.folder} has not {2 * needed / 1e9:.0f} GB to spare")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        make(Path(folder), options.rows, options.columns)
        names = ("rows", "columns", "rounds", "leaves", "threads")
        words = [word for name in names for word in (f"--{name}", str(getattr(options, name)))]
        environment = {**os.environ, "TAGWERK_MEMORY": options.limit, "TAGWERK_TMPDIR": options.folder}
        child = subprocess.Popen(
            [sys.executable, __file__, "--fit", folder, *words], env=environment, stdout=subprocess.PIPE, text=True
        )
        anonymous = mapped = 0
        while child.poll() is None:
            try:
                now = status(child.pid)
                anonymous = max(anonymous, now.get("RssAnon", 0))
                mapped = max(mapped, now.get("RssFile", 0) + now.get("RssShmem", 0))
            except (FileNotFoundError, ProcessLookupError):
                break
            time.sleep(0.02)
        said, _ = child.communicate()
        if child.returncode != 0:
            raise SystemExit(child.returncode)
    figures = json.loads(said.strip().splitlines()[-1])
    print(f"{options.rows:,} rows x {options.columns} columns, {options.rounds} rounds of {options.leaves} leaves")
    print(f"most anonymous memory {anonymous / 2**20:,.0f} MiB, mapped file pages {mapped / 2**20:,.0f} MiB; {figures}")


if __name__ == "__main__":
    main()
