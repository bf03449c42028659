"""Checks the include edges between the folders of src/ against layers.toml."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)


def folder_of(path: str, folders: list[str]) -> str | None:
    """Returns the longest folder that holds the file."""
    parts = path.split("/")[:-1]
    while parts:
        name = "/".join(parts)
        if name in folders:
            return name
        parts.pop()
    return None


def faults_of(file: Path, rules: dict[str, list[str]], only_in: dict[str, list[str]]) -> list[str]:
    folders = list(rules)
    relative = file.relative_to(ROOT / "src").as_posix()
    folder = folder_of(relative, folders)
    if folder is None:
        return [f"src/{relative}: folder is not in layers.toml"]
    is_test = file.stem.endswith(("_test", "_bench", "_fixture"))
    faults = []
    for included in INCLUDE.findall(file.read_text(encoding="utf-8")):
        for prefix, allowed in only_in.items():
            exact = included == prefix or (prefix.endswith("/") and included.startswith(prefix))
            if exact and folder not in allowed and not is_test:
                faults.append(f"src/{relative}: may not include <{included}>; allowed in: {', '.join(allowed) or '-'}")
        target = folder_of(included, folders)
        if target and target != folder and target not in rules[folder] and not is_test:
            faults.append(f"src/{relative}: {folder} may not include {target} ({included})")
        if not is_test and "_model." in file.name and "_learner." in included:
            faults.append(f"src/{relative}: a model may not need training code ({included})")
    return faults


def main() -> int:
    rules = tomllib.loads((ROOT / "layers.toml").read_text(encoding="utf-8"))
    files = sorted([*(ROOT / "src").rglob("*.cc"), *(ROOT / "src").rglob("*.h")])
    faults = [fault for file in files for fault in faults_of(file, rules["may_include"], rules["only_in"])]
    print("\n".join(faults) if faults else f"layers: {len(files)} files keep to layers.toml")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
