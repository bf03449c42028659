"""The command ``tagwerk``: hands over to the native program inside the package."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Replace this process by the native command."""
    program = Path(__file__).resolve().parent / "bin" / "tagwerk"
    os.execv(program, [str(program), *sys.argv[1:]])
