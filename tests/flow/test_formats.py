"""Files as people have them: workbooks, JSON documents, pipes and compressed files read like the CSV they stand for."""

from __future__ import annotations

import bz2
import datetime
import gzip
import io
import json
import lzma

import openpyxl
import pandas
import pyarrow
import pytest


def table_of(rows=240):
    start = datetime.datetime(2024, 1, 1)
    return pandas.DataFrame(
        {
            "day": [start + datetime.timedelta(days=i) for i in range(rows)],
            "at": [start + datetime.timedelta(hours=i, minutes=30) for i in range(rows)],
            "shop": [["north", "south, east", 'the "west"'][i % 3] for i in range(rows)],
            "price": [i * 0.37 + 0.1 if i % 7 else None for i in range(rows)],
            "open": [i % 2 == 0 for i in range(rows)],
            "sold": [i % 11 for i in range(rows)],
        }
    )


def shapes(result):
    return {c["name"]: (c["type"], c["statistics"]["missing"], c["distinct"]) for c in result.json["columns"]}


def profile(tagwerk, path, *words, **more):
    result = tagwerk("profile", path, "--json", *words, **more)
    assert result.code == 0, result.err
    return result


@pytest.fixture
def as_csv(tagwerk, tmp_path):
    table_of().to_csv(tmp_path / "table.csv", index=False)
    return shapes(profile(tagwerk, "table.csv"))


def test_a_workbook_reads_like_its_csv(tagwerk, tmp_path, as_csv):
    table_of().to_excel(tmp_path / "table.xlsx", index=False, sheet_name="Sales 2024")
    result = profile(tagwerk, "table.xlsx")
    assert shapes(result) == as_csv
    assert result.json["sources"][0]["format"] == "Excel"


def test_a_workbook_with_several_sheets_needs_a_name(tagwerk, tmp_path, as_csv):
    with pandas.ExcelWriter(tmp_path / "table.xlsx") as writer:
        table_of().to_excel(writer, index=False, sheet_name="Sales 2024", startrow=4, startcol=2)
        table_of(20).to_excel(writer, index=False, sheet_name="Costs")
        writer.book["Sales 2024"]["C1"] = "Sales of all shops"
    unnamed = tagwerk("profile", "table.xlsx")
    assert unnamed.code == 2
    assert "table-needed" in unnamed.err
    assert "Sales 2024" in unnamed.err
    assert "Costs" in unnamed.err
    assert shapes(profile(tagwerk, "table.xlsx", "--table", "Sales 2024")) == as_csv


def test_merged_cells_formulas_and_errors(tagwerk, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["region", "month", "sold", "double"])
    for i in range(30):
        sheet.append([f"region {i // 10}" if i % 10 == 0 else None, i % 12 + 1, i, f"=C{i + 2}*2"])
    for first in (2, 12, 22):
        sheet.merge_cells(f"A{first}:A{first + 9}")
    sheet["C5"] = "#N/A"
    book.save(tmp_path / "merged.xlsx")
    columns = shapes(profile(tagwerk, "merged.xlsx"))
    assert columns["region"] == ("categorical", 0, 3)
    assert columns["sold"][:2] == ("numeric", 1)
    assert columns["double"][1] == 30  # openpyxl stores no values of formulas


def test_json_documents_read_like_their_csv(tagwerk, tmp_path, as_csv):
    table = table_of()
    table["day"] = table["day"].dt.strftime("%Y-%m-%d")
    table["at"] = table["at"].dt.strftime("%Y-%m-%dT%H:%M:%S")
    records = json.loads(table.to_json(orient="records"))
    (tmp_path / "wrapped.json").write_text(json.dumps({"count": 240, "result": {"rows": records}}, indent=2))
    (tmp_path / "pretty.json").write_text("\n".join(json.dumps(r, indent=1) for r in records))
    for orient in ("records", "columns", "index", "split"):
        table.to_json(tmp_path / f"{orient}.json", orient=orient)
    for name in ("wrapped", "pretty", "records", "columns", "index", "split"):
        assert shapes(profile(tagwerk, f"{name}.json")) == as_csv, name


def test_standard_input_takes_every_format(tagwerk, as_csv, tmp_path):
    csv = (tmp_path / "table.csv").read_bytes()
    workbook, parquet, arrow = io.BytesIO(), io.BytesIO(), io.BytesIO()
    table_of().to_excel(workbook, index=False)
    table_of().to_parquet(parquet)
    with pyarrow.ipc.new_file(arrow, pyarrow.table({"x": [1, 2, 3]}).schema) as writer:
        writer.write_table(pyarrow.table({"x": [1, 2, 3]}))
    for data in (csv, gzip.compress(csv), bz2.compress(csv), lzma.compress(csv), workbook.getvalue()):
        assert shapes(profile(tagwerk, "-", stdin=data)) == as_csv
    assert profile(tagwerk, "-", stdin=parquet.getvalue()).json["sources"][0]["format"] == "Parquet"
    assert profile(tagwerk, "-", stdin=arrow.getvalue()).json["sources"][0]["format"] == "Arrow IPC"
    lines = table_of().to_json(orient="records", lines=True, date_format="iso").encode()
    assert profile(tagwerk, "-", stdin=lines).json["sources"][0]["format"] == "JSON lines"


def test_a_model_trained_on_a_workbook_predicts_csv_and_workbooks(tagwerk, tmp_path):
    table = table_of()
    table.to_excel(tmp_path / "table.xlsx", index=False)
    table.to_csv(tmp_path / "table.csv", index=False)
    run = tagwerk("run", "table.xlsx", "--target", "sold", "--budget", "4s", "--out", "out", "--report", "none")
    assert run.code == 0, run.err
    from_workbook = tagwerk("predict", "out/model.tw", "table.xlsx")
    from_csv = tagwerk("predict", "out/model.tw", "table.csv")
    assert from_workbook.code == from_csv.code == 0, from_workbook.err + from_csv.err
    assert from_workbook.out == from_csv.out
    assert from_csv.out.count("\n") == 241


def test_old_and_encrypted_workbooks_are_one_clear_error(tagwerk, tmp_path):
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000))
    result = tagwerk("profile", "old.xls")
    assert result.code == 3
    assert "not-a-table" in result.err
    assert ".xlsx" in result.err
