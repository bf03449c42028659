"""Leakage on all sets: what is left out as certain and what is suspected, beside what the descriptions name.

A set is right when exactly the columns that restate the target are left out and every other column that its
description calls leakage is among the first three suspects.

usage: .venv/bin/python bench/macro/sets/leakage.py [--sets a,b]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from sets import ROOT, SETS, Set, data_file

PROGRAM = ROOT / "build" / "release" / "tagwerk"


def found(entry: Set) -> tuple[set[str], list[str]]:
    """Returns the columns left out for leakage and the suspects, most suspect first."""
    words = [PROGRAM, "profile", data_file(entry.name), f"--target={entry.typed_target()}", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    certain, suspects = set(), []
    for finding in json.loads(done.stdout)["findings"]:
        if not finding["id"].startswith("leakage."):
            continue
        if finding["suspect"]:
            suspects.append(finding["columns"][0])
        elif finding["action"] == "left_out":
            certain.add(finding["columns"][0])
    return certain, suspects


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", default="")
    wanted = set(parser.parse_args().sets.split(",")) - {""}
    print("| set | left out | expected | first suspects | expected among them | right |\n|---|---|---|---|---|---|")
    right = total = 0
    for entry in SETS:
        if wanted and entry.name not in wanted:
            continue
        certain, suspects = found(entry)
        fine = certain == set(entry.certain) and set(entry.suspects) <= set(suspects[:3])
        right += fine
        total += 1
        cells = [sorted(certain), entry.certain, suspects[:3], entry.suspects]
        print(f"| {entry.name} | {' | '.join(', '.join(cell) or '-' for cell in cells)} | {'yes' if fine else 'no'} |")
    print(f"\nright on {right} of {total} sets")
    return 0 if right == total else 1


if __name__ == "__main__":
    sys.exit(main())
