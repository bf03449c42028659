"""Checks that names of anonymous namespaces are unique in their folder: a unity build compiles the files of a folder
together, so that two helpers of one name clash there. Tests are checked among themselves; files that stay out of unity
builds (ALONE in src/CMakeLists.txt) are left out."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ANONYMOUS = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.DOTALL | re.MULTILINE)
QUALIFIERS = r"^(?:template <.*> ?)?(?:inline |static |constexpr |const )*"
DECLARED = [
    re.compile(QUALIFIERS + r"(?:struct|class|enum class|enum|using) (\w+)"),
    re.compile(r"^constexpr [^=({]*?\b(k[A-Z]\w*)\b"),
    re.compile(QUALIFIERS + r"[\w:<>,&*\s\[\]]+?[ &*](\w+)\([^;]*\{?$"),
]
# What begins a line at the left margin without declaring a name.
OTHER = re.compile(r"^(?:$|[ })#/]|TEST|return|using namespace|using [\w:]+;)")


def names_of(text: str) -> dict[str, str]:
    """Returns the declared names with the lines that declare them."""
    names = {}
    for block in ANONYMOUS.findall(text):
        for line in block.split("\n"):
            if OTHER.match(line):
                continue
            found = next((match for pattern in DECLARED if (match := pattern.match(line))), None)
            if found:
                names[found[1]] = line
    return names


def left_out() -> set[str]:
    text = (ROOT / "src/CMakeLists.txt").read_text(encoding="utf-8")
    alone = set()
    for call in re.findall(r"tagwerk_library\(([^)]*)\)", text):
        words = call.split()
        if "ALONE" in words:
            alone |= {f"{words[0]}/{name}" for name in words[words.index("ALONE") + 1 :]}
    return alone


def main() -> int:
    alone, clashes, count = left_out(), 0, 0
    groups: dict[tuple[str, bool], dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for path in sorted((ROOT / "src").rglob("*.cc")):
        name = path.relative_to(ROOT / "src").as_posix()
        if name in alone:
            continue
        for declared, line in names_of(path.read_text(encoding="utf-8")).items():
            groups[str(path.parent), path.stem.endswith("_test")][declared][name] = line
    for group in groups.values():
        count += len(group)
        for declared, files in sorted(group.items()):
            same_alias = len(set(files.values())) == 1 and next(iter(files.values())).startswith("using ")
            if len(files) > 1 and not same_alias:
                clashes += 1
                print(f"{declared} is declared in the anonymous namespaces of {', '.join(files)}")
    print(f"names: {count} in anonymous namespaces")
    return int(clashes > 0)


if __name__ == "__main__":
    sys.exit(main())
