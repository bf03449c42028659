"""Checks that docs/reference/errors.md names exactly the error ids of the sources."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RAISED = re.compile(r'(?:Code::k\w+,\s*|ResolveColumn\([^;]*?)"([a-z]+(?:-[a-z]+)+|internal|interrupted)"\s*,')
NAMED = re.compile(r"^\| `([a-z0-9-]+)` \|", re.MULTILINE)


def main() -> int:
    sources = [p for p in (ROOT / "src").rglob("*.cc") if not p.stem.endswith("_test")]
    raised = {name for path in sources for name in RAISED.findall(path.read_text(encoding="utf-8"))}
    named = set(NAMED.findall((ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")))
    for name in sorted(raised - named):
        print(f"docs/reference/errors.md lacks {name}")
    for name in sorted(named - raised):
        print(f"docs/reference/errors.md names {name}, which nothing raises")
    print(f"errors: {len(raised)} ids")
    return int(raised != named)


if __name__ == "__main__":
    sys.exit(main())
