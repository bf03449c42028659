"""Adds up the results of all test programs: one closing line, reasons of skips before it."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path


def count(path: Path, totals: Counter[str], reasons: Counter[str]) -> None:
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.get("status") == "notrun":  # disabled in the source
            continue
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            totals["failed"] += 1
        elif skipped is not None:
            totals["skipped"] += 1
            reasons[(skipped.get("message") or "no reason given").strip().splitlines()[-1]] += 1
        else:
            totals["passed"] += 1


def main() -> int:
    results, crashed = Path(sys.argv[1]), int(sys.argv[2])
    totals: Counter[str] = Counter(passed=0, failed=crashed, skipped=0)
    reasons: Counter[str] = Counter()
    for path in sorted(results.glob("*.xml")):
        count(path, totals, reasons)
    for reason, times in reasons.most_common():
        print(f"skipped {times}: {reason}")
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if totals["failed"] or totals["passed"] == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
