"""Adds up the results of all test programs: one closing line, reasons of skips before it."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path


def count_gtest(path: Path, totals: Counter[str], reasons: Counter[str]) -> None:
    for suite in json.loads(path.read_text(encoding="utf-8")).get("testsuites", []):
        for test in suite.get("testsuite", []):
            if test.get("failures"):
                totals["failed"] += 1
            elif test.get("result") == "SKIPPED":
                totals["skipped"] += 1
                messages = [s.get("message", "") for s in test.get("skipped", [])]
                reasons[
                    (messages[0] if messages else "").strip().splitlines()[-1]
                    if messages and messages[0].strip()
                    else "skipped by the test"
                ] += 1
            elif test.get("status") == "RUN":
                totals["passed"] += 1


def count_junit(path: Path, totals: Counter[str], reasons: Counter[str]) -> None:
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            totals["failed"] += 1
        elif skipped is not None:
            totals["skipped"] += 1
            reasons[skipped.get("message", "")] += 1
        else:
            totals["passed"] += 1


def main() -> int:
    results, crashed = Path(sys.argv[1]), int(sys.argv[2])
    totals: Counter[str] = Counter(passed=0, failed=crashed, skipped=0)
    reasons: Counter[str] = Counter()
    for path in sorted(results.glob("*.json")):
        count_gtest(path, totals, reasons)
    for path in sorted(results.glob("*.xml")):
        count_junit(path, totals, reasons)
    for reason, count in reasons.most_common():
        print(f"skipped {count}: {reason}")
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if totals["failed"] or totals["passed"] == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
