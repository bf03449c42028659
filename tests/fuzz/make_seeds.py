"""Writes the seeds of the fuzz targets: small files of every kind that a target reads."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pyarrow
import pyarrow.parquet

CSV = [
    b"a,b,c\n1,x,2020-01-01\n2,y,2020-01-02\n3,,NA\n",
    b'name;price;day\r\n"O""Neil";1.234,50;31.12.2020\r\n"x;\ny";2,5;01.01.2021\r\n',
    b"a\tb\n1\t2\n3\n4\t5\t6\n",
    b"Title of the table\n\nid|value|ok\n1|$4.99|true\n2|10,000+|false\n3|19M|true\n",
    b"\xef\xbb\xbfk,v\n1,\xc3\xa9\n2,\xe9\n",
    "k,v\n1,é\n2,ü\n".encode("utf-16"),
    b"1,2,3\n4,5,6\n7,8,9\n",
    b"x\n12 kg\n13 kg\n14.5 kg\n",
]
JSON = [
    b'{"a":1,"b":{"c":"x","d":[1,2]}}\n{"a":2.5,"b":null}\n',
    b'[{"a":1},{"a":"x","t":["p","q"]}]',
    b'{"meta":{"n":2},"rows":[{"a":1,"b":true},{"a":2,"b":false}]}',
    b'{"a":{"0":1,"1":2},"b":{"0":"x","1":"y"}}',
    b'{"columns":["a","b"],"data":[[1,"x"],[2,"y"]]}',
    b'{\n "a": 1\n}\n{\n "a": 2\n}\n',
]
VALUES = [
    b"1\n2.5\n-3e7\n1,234.5\n1.234,5\n.5\n007\n9007199254740993\ninf\nNaN\n",
    b"$4.99\n10 %\n19M\n10,000+\n23.4 kmpl\n(5)\n1 248\n",
    b"2020-01-31\n31.12.2020\n12/31/2020\n2020-01-31T12:00:00Z\n31 Jan 2020\nJanuary 5, 2020 3:04 PM\n20200131\n",
    b"1609459200\n1609459200000\n12:30\n3 days\n",
    b"yes\nno\nyes\ntrue\nfalse\n?\nNA\n",
]
PROJECT = [
    b'target = "late"\ndata = "flights.csv"\n',
    b'[project]\nname = "x"\n[[data]]\nsource = "a.csv"\nmissing = ["?", "NA"]\n[data.types]\nzip = "id"\n'
    b'[goal]\ntarget = "y"\n[split]\nkind = "time"\ntest = "20%"\n[search]\nbudget = "60s"\nthreads = 2\n',
    b'[goal]\ntarget = "y"\n[goal.value]\nyes_right = 5\nno_wrong = -1\n[columns]\nuse = ["a"]\ndrop = ["b"]\n',
]


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["a", "b", "c"])
    for i in range(4):
        sheet.append([i, f"text {i % 2}", "=A2*2"])
    sheet.merge_cells("B2:B3")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name, data in members.items():
            target.writestr(name, data)
    return out.getvalue()


def stored(packed: bytes) -> bytes:
    """The same archive without compression, so that changed bytes reach the XML."""
    with zipfile.ZipFile(io.BytesIO(packed)) as source:
        return archive({name: source.read(name) for name in source.namelist()})


def arrow_files() -> list[bytes]:
    table = pyarrow.table({"a": [1, None, 3], "b": ["x", "y", None], "c": [[1], [], [2, 3]]})
    parquet, file, stream = io.BytesIO(), io.BytesIO(), io.BytesIO()
    pyarrow.parquet.write_table(table, parquet)
    with pyarrow.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    with pyarrow.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return [parquet.getvalue(), file.getvalue(), stream.getvalue()]


def models(tagwerk: Path, folder: Path) -> list[bytes]:
    if not tagwerk.exists():
        return []
    rows = "".join(f"{i},{'ab'[i % 2]},{i * i % 7},{'yes' if i % 3 else 'no'}\n" for i in range(200))
    (folder / "train.csv").write_text("x,c,z,y\n" + rows)
    out = []
    for learner in ("gradient_boosting", "logistic"):
        words = ["run", "train.csv", "--target", "y", "--trials", "1", "--budget", "5s", "--report", "none"]
        subprocess.run(
            [tagwerk, *words, "--learners", learner, "--out", learner, "--overwrite"],
            cwd=folder,
            capture_output=True,
            check=False,
        )
        if (folder / learner / "model.tw").exists():
            out.append((folder / learner / "model.tw").read_bytes())
    return out


def main() -> int:
    root, tagwerk = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    book = workbook()
    packed = [gzip.compress(CSV[0]), bz2.compress(CSV[1]), lzma.compress(CSV[2]), archive({"a.csv": CSV[0]})]
    root.mkdir(parents=True, exist_ok=True)
    seeds = {
        "read_table": [b"\0" + s for s in [*CSV, *JSON, *packed, book, stored(book)]],
        "read_arrow": arrow_files(),
        "values": [b"\0" + s for s in VALUES],
        "project": PROJECT,
        "model_file": [b"\0" + s for s in models(tagwerk, root)] + [b"\1" + json.dumps({"task": "binary"}).encode()],
    }
    for name, files in seeds.items():
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        for i, data in enumerate(files):
            (folder / f"seed-{i:02d}").write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
