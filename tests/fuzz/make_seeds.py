"""Writes the seeds of the fuzz targets: small files of every kind (models lie in corpus/model_file)."""

from __future__ import annotations

import bz2
import datetime
import gzip
import io
import json
import lzma
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
SETTINGS = [
    b'\0target = "late"\ndata = "flights.csv"\n',
    b'\0[project]\nname = "x"\n[[data]]\nsource = "a.csv"\nmissing = ["?", "NA"]\n[data.types]\nzip = "id"\n'
    b'[goal]\ntarget = "y"\n[split]\nkind = "time"\ntest = "20%"\n[search]\nbudget = "60s"\nthreads = 2\n',
    b'\0[goal]\ntarget = "y"\n[goal.value]\nyes_right = 5\nno_wrong = -1\n[goal.capacity]\nactions = 200\nper = "day"\n'
    b'[columns]\nuse = ["a"]\ndrop = ["b"]\n',
    b'\1schema = "tagwerk.schema/1"\n[[column]]\nname = "a"\ntype = "numeric"\nform = "1.234,5"\nunit = "kg"\n'
    b'missing = ["n/a"]\n[[column]]\nname = "d"\ntype = "datetime"\nform = "day-month-year"\n',
    b'\2version = 1\nsource = "a.csv"\nrows = 100\n[[data]]\ncheck = "range"\ncolumn = "x"\nlow = 0\nhigh = 9.5\n'
    b'[[quality]]\nrequire = "auc.low >= 0.7"\nwhere = {c = "a"}\n[[direction]]\ncolumn = "x"\nby = 1\n'
    b'expect = "not_lower"\n[[robustness]]\ncheck = "missing_column"\ncolumn = "x"\nexpect = "refused"\n',
]
REFERENCE = [
    {
        "name": "x",
        "type": "numeric",
        "form": "numbers",
        "date_only": False,
        "rows": 9,
        "missing": 1,
        "effective": 8,
        "atoms": [[1, 2], [2.5, 3]],
        "knots": [0, 1, 3],
        "between": 3,
        "sd": 1.5,
    },
    {
        "name": "c",
        "type": "categorical",
        "form": "categories",
        "date_only": False,
        "rows": 9,
        "missing": 0,
        "effective": 9,
        "categories": [["a", 5], ["b", 3]],
        "other": 1,
    },
]


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["a", "b", "c", "d", "e"])
    for i in range(4):
        sheet.append([i, f"text {i % 2}", "=A2*2", datetime.datetime(2024, 1, 1 + i, 12), datetime.time(8, 30)])
    sheet.merge_cells("B2:B3")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HTTP = [  # an odd first byte: a body in JSON, else bytes of a client
    b'\1{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP64","data":[0.5,null,-2e3]}]}',
    b'\1{"id":"a","inputs":[{"data":[1,-0,-0.0,12345678901234567890,0.1e-5],"datatype":"FP32","shape":[5,1],"name":"x"}]}',
    b"\2POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
    b"\2POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n"
    b"GET /v2?a=%41 HTTP/1.1\r\nHost: a\r\n\r\n",
]


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


def main() -> int:
    root = Path(sys.argv[1])
    book = workbook()
    packed = [gzip.compress(CSV[0]), bz2.compress(CSV[1]), lzma.compress(CSV[2]), archive({"a.csv": CSV[0]})]
    seeds = {
        "read_table": [b"\0" + s for s in [*CSV, *JSON, *packed]],
        "read_arrow": arrow_files(),
        "workbook": [book, stored(book)],
        "values": [b"\0" + s for s in VALUES],
        "settings": SETTINGS,
        "http": HTTP,
        "reference": [json.dumps({"rows": 9, "target": "y", "columns": REFERENCE}).encode()],
    }
    for name, files in seeds.items():
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        for i, data in enumerate(files):
            (folder / f"seed-{i:02d}").write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
