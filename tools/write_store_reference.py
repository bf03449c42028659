"""Writes docs/reference/store.md from the schema's SQL: a diagram of the tables and every column with its meaning.

tools/write_store_reference.py          writes the file
tools/write_store_reference.py --check  fails if the file is not what would be written
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs/reference/store.md"
COLUMN = re.compile(r"^  (\w+) (.+?),?  -- (.+)$")
TABLE = re.compile(r"^CREATE TABLE (\w+) \($")
ADDED = re.compile(r"^ALTER TABLE (\w+) ADD COLUMN (\w+) (.+?);  -- (.+)$")
REFERENCE = re.compile(r"(?:FOREIGN KEY \(([\w, ]+)\) )?REFERENCES (\w+) \(([\w, ]+)\)")


@dataclass
class Table:
    name: str
    doc: str
    columns: list[tuple[str, str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    references: list[tuple[str, str]] = field(default_factory=list)


def read_schema() -> dict[str, Table]:
    tables: dict[str, Table] = {}
    for path in sorted((ROOT / "src/store/migrations").glob("*.sql")):
        table, doc = None, []
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line.startswith("-- "):
                doc.append(line[3:])
            elif added := ADDED.match(line):
                tables[added[1]].columns.append((added[2], added[3], added[4]))
            elif opened := TABLE.match(line):
                table = tables[opened[1]] = Table(opened[1], " ".join(doc))
                doc = []
            elif line.startswith(")"):
                table = None
            elif table is not None:
                for reference in REFERENCE.finditer(line):
                    table.references.append((reference[1] or line.split()[0], reference[2]))
                if column := COLUMN.match(line):
                    kind = re.sub(r" (?:REFERENCES|CHECK) .*$", "", column[2])
                    table.columns.append((column[1], kind, column[3]))
                    if "CHECK (" in column[2] and " IN (" in column[2] and "'" in column[2]:
                        values = re.search(r" IN \(([^)]*)\)", column[2])[1].replace("'", "")
                        table.columns[-1] = (column[1], kind, f"{column[3]}: {values}")
                elif line.strip().startswith(("PRIMARY KEY", "FOREIGN KEY")):
                    table.keys.append(line.strip().rstrip(","))
            elif not line.startswith("--"):
                doc = []
    return tables


INTRO = """\
# The store

Written from `src/store/migrations/*.sql` by `tools/write_store_reference.py`.

One SQLite database, `store.db`, and the files beside it. In a project (a folder with `tagwerk.toml`) both lie in
`.tagwerk/`; outside of projects in `$TAGWERK_HOME`, else `$XDG_DATA_HOME/tagwerk`, else
`~/.local/share/tagwerk`. `--store FILE`, `TAGWERK_STORE` and `[store] url` name another place.

| path | what |
|---|---|
| `store.db` (`-wal`, `-shm` while it is in use) | all tables; readable by its owner only |
| `models/<sha256>.tw` | model files of the registry |
| `runs/<sha256>.*` | run.json, report, card, leaderboard, held-out rows of runs |
| `predictions/<model>/<version>/date=YYYY-MM-DD/*.parquet` | prediction log of the server |

- Several processes may use a store at once: write-ahead log, writers take turns (each waits up to 30 s for the
  others, then `store-locked`), readers never wait. A transaction that was acknowledged survives kill -9 and a
  power cut; one that was not leaves nothing behind. Files are written and synced before a transaction names them.
- Order never depends on the clock: `number` columns come from `counters`. Times are UTC text.
- A schema is lifted when a newer program writes, or by `tagwerk store migrate`; a newer schema is refused.
- Paths are relative to the store's folder: a copied folder is a whole store.
- `tagwerk store check` looks at pages, references, definitions and the SHA-256 of every file; `backup` writes
  everything into one file while others go on; `restore` brings it back as one transaction; `gc` removes files
  that nothing names, and those of runs older than `[store] keep_runs`: figures and versions of models stay.

## Diagram

An arrow leads from a table to the one that its rows name.

```mermaid
erDiagram"""


def text() -> str:
    tables = read_schema()
    lines = INTRO.split("\n")
    for table in tables.values():
        for column, other in dict.fromkeys(table.references):
            lines.append(f'  {table.name} }}o--|| {other} : "{column}"')
    for table in tables.values():
        named = any(other == table.name for each in tables.values() for _, other in each.references)
        if not table.references and not named:
            lines.append(f"  {table.name}")
    lines += ["```", "", "## Tables"]
    for table in tables.values():
        lines += ["", f"### {table.name}", "", table.doc, "", "| column | type | meaning |", "|---|---|---|"]
        lines += [f"| `{name}` | {kind} | {doc} |" for name, kind, doc in table.columns]
        if table.keys:
            lines += ["", "; ".join(f"`{key}`" for key in table.keys)]
    return "\n".join(lines) + "\n"


def main() -> int:
    wanted = text()
    if "--check" in sys.argv:
        same = TARGET.exists() and TARGET.read_text(encoding="utf-8") == wanted
        print("store.md: " + ("up to date" if same else "run tools/write_store_reference.py"))
        return int(not same)
    TARGET.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
