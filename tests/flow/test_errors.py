"""Wrong words and odd files: one clear error or a sensible run, never a crash, nothing half-written."""

from __future__ import annotations

import json
import os
import random
import subprocess

import pytest


def slug(result):
    return result.err.split("[", 1)[1].split("]", 1)[0] if "error[" in result.err else ""


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["run", "none.csv", "--target", "y"], 3, "file-not-found"),
        (["run", "tiny.csv", "--target", "z"], 2, "target-not-found"),
        (["run", "tiny.csv"], 2, "target-needed"),
        (["run", "tiny.csv", "--target", "y", "--budjet", "5s"], 2, "unknown-option"),
        (["run", "tiny.csv", "--target", "y", "--budget", "soon"], 2, "option-value"),
        (["run", "tiny.csv", "--target", "y", "--metric", "aucc"], 2, "unknown-metric"),
        (["run", "tiny.csv", "--target", "y", "--learners", "gradient_bosting"], 2, "unknown-learner"),
        (
            ["run", "tiny.csv", "--target", "y", "--set", "gradient_boosting.max_leafs=3"],
            2,
            "unknown-parameter",
        ),
        (
            ["run", "tiny.csv", "--target", "y", "--set", "gradient_boosting.learning_rate=5"],
            2,
            "parameter-range",
        ),
        (["run", "tiny.csv", "--target", "y", "--gate", "auc"], 2, "gate-expression"),
        (["run", "tiny.csv", "--target", "y", "--use", "nothing"], 2, "column-not-found"),
        (["run", "one_class.csv", "--target", "y"], 3, "target-one-class"),
        (["run", "no_target.csv", "--target", "y"], 3, "target-empty"),
        (["run", "empty.csv", "--target", "y"], 3, "file-empty"),
        (["run", "header.csv", "--target", "y"], 3, "file-empty"),
        (["run", "junk.csv", "--target", "y"], 3, "not-a-table"),
        (["run", "junk.parquet", "--target", "y"], 3, "parquet-unreadable"),
        (["run", "torn.csv", "--target", "y"], 3, "rows-rejected"),
        (["run", ".", "--target", "y"], 3, None),
        (["predict", "junk.csv", "tiny.csv"], 3, "not-a-model"),
        (["predict", "nomodel", "tiny.csv"], 2, "model-not-found"),
        (["fly"], 2, "unknown-verb"),
        (["run", "tiny.csv", "extra", "--target", "y"], 2, "too-many-arguments"),
        (["run", "tiny.csv", "--target"], 2, "option-needs-value"),
    ],
)
def test_faults_have_a_code_and_a_slug(tagwerk, tmp_path, words, code, expected):
    rows = "\n".join(f"{i},{i % 3},{'a' if i % 2 else 'b'}" for i in range(60))
    (tmp_path / "tiny.csv").write_text("x,w,y\n" + rows + "\n")
    (tmp_path / "one_class.csv").write_text("x,y\n" + "".join(f"{i},no\n" for i in range(50)))
    (tmp_path / "no_target.csv").write_text("x,y\n" + "".join(f"{i},\n" for i in range(50)))
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("x,y\n")
    (tmp_path / "junk.csv").write_bytes(b"\x7fELF" + random.Random(1).randbytes(5000))
    (tmp_path / "junk.parquet").write_bytes(b"PAR1" + random.Random(2).randbytes(500) + b"PAR1")
    (tmp_path / "torn.csv").write_text("x,w,y\n" + rows + "\n" + "1,2,3,4,5,6\n" * 10)
    before = {p.name for p in tmp_path.iterdir()}
    result = tagwerk(*words)
    assert result.code == code, result.err
    if expected:
        assert slug(result) == expected, result.err
    assert result.out == ""
    assert "Traceback" not in result.err
    assert "terminate" not in result.err
    left = {p.name for p in tmp_path.iterdir()} - before
    assert left <= ({"tagwerk-runs"} if expected == "rows-rejected" else set())
    as_json = tagwerk(*words, "--json")
    assert json.loads(as_json.out)["schema"] == "tagwerk.error/1"
    assert as_json.code == code


def table(rows=120, extra=lambda i: ""):
    return "".join(f"{i % 17},{i % 5}{extra(i)},{'yes' if (i % 17) > 8 else 'no'}\n" for i in range(rows))


@pytest.mark.parametrize(
    ("name", "content", "target"),
    [
        ("option_name.csv", "--target,b,y\n" + table(), "y"),
        ("odd_names.csv", '"a ""quoted""\nname","b,c",y\n' + table(), "y"),
        ("same_names.csv", "a,a,y\n" + table(), "y"),
        ("blank_names.csv", "a,,y\n" + table(), "y"),
        ("no_header.csv", table(), "#-1"),
        ("crlf.csv", ("a,b,y\n" + table()).replace("\n", "\r\n"), "y"),
        ("semicolon.csv", ("a,b,y\n" + table()).replace(",", ";"), "y"),
        ("missing_column.csv", "a,b,y\n" + table().replace(",1,", ",,"), "y"),
        (
            "all_missing.csv",
            "a,empty,y\n" + "".join(f"{i % 17},,{'yes' if i % 17 > 8 else 'no'}\n" for i in range(120)),
            "y",
        ),
        (
            "number.csv",
            "a,b,y\n" + "".join(f"{i % 17},{i % 5},{(i % 17) * 2.5 + i % 3}\n" for i in range(120)),
            "y",
        ),
    ],
)
def test_odd_files_run(tagwerk, tmp_path, name, content, target):
    (tmp_path / name).write_bytes(content.encode())
    result = tagwerk("run", name, f"--target={target}", "--trials", "2", "--out", "out")
    assert result.code == 0, result.err
    predicted = tagwerk("predict", "out/model.tw", name, "-o", "p.csv")
    assert predicted.code == 0, predicted.err


def test_encodings_and_compressions(tagwerk, tmp_path):
    import gzip
    import zipfile

    text = "städte,b,y\n" + "".join(
        f"{'Zürich' if i % 3 else 'Köln'},{i % 17},{'ja' if i % 17 > 8 else 'nein'}\n" for i in range(150)
    )
    (tmp_path / "utf8bom.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (tmp_path / "latin.csv").write_bytes(text.encode("cp1252"))
    (tmp_path / "utf16.csv").write_bytes(text.encode("utf-16"))
    (tmp_path / "plain.csv.gz").write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(tmp_path / "plain.zip", "w") as archive:
        archive.writestr("plain.csv", text)
    for name in ("utf8bom.csv", "latin.csv", "utf16.csv", "plain.csv.gz", "plain.zip"):
        profile = tagwerk("profile", name, "--json")
        assert profile.code == 0, (name, profile.err)
        columns = profile.json["columns"]
        assert [c["name"] for c in columns] == ["städte", "b", "y"], name


def test_tiny_tables(tagwerk, tmp_path):
    (tmp_path / "one.csv").write_text("x,y\n1,a\n")
    assert tagwerk("run", "one.csv", "--target", "y").code == 3
    (tmp_path / "ten.csv").write_text("x,y\n" + "".join(f"{i},{'a' if i < 5 else 'b'}\n" for i in range(10)))
    result = tagwerk("run", "ten.csv", "--target", "y", "--trials", "1", "--out", "out")
    assert result.code in (0, 3), result.err
    assert "internal" not in result.err


def test_ten_thousand_columns(tagwerk, tmp_path):
    rng = random.Random(3)
    names = ",".join(f"c{j}" for j in range(10000))
    rows = "".join(",".join(str(rng.randrange(9)) for _ in range(10000)) + f",{'ab'[i % 2]}\n" for i in range(60))
    (tmp_path / "wide.csv").write_text(names + ",y\n" + rows)
    result = tagwerk("run", "wide.csv", "--target", "y", "--budget", "20s", "--out", "out")
    assert result.code == 0, result.err


def test_a_line_without_end_is_refused(tagwerk, tmp_path):
    with (tmp_path / "long.csv").open("wb") as file:
        file.write(b'a,b\n1,"')
        for _ in range(100):
            file.write(b"x" * (1 << 20))
    result = tagwerk("profile", "long.csv")
    assert result.code == 3, result.err
    assert slug(result) == "line-too-long"


def test_rejected_lines_are_listed(tagwerk, tmp_path):
    (tmp_path / "a.csv").write_text("a,b,y\n" + table(1000) + "1,2,3,4\n")
    result = tagwerk("run", "a.csv", "--target", "y", "--trials", "1", "--out", "out")
    assert result.code == 0, result.err
    rejected = (tmp_path / "out" / "rejected.csv").read_text().splitlines()
    assert rejected[0].startswith("file,line")
    assert rejected[1].split(",")[1] == "1002"
    assert "Rejected: 1 malformed" in result.out


def test_predict_surprises(tagwerk, people, tmp_path):
    import pandas as pd

    assert tagwerk("run", people, "--target", "bought", "--trials", "2", "--out", "out").code == 0
    frame = pd.read_csv(people)
    plain = tagwerk("predict", "out/model.tw", people, "-o", "plain.csv")
    assert plain.code == 0, plain.err
    plain_rows = (tmp_path / "plain.csv").read_text()
    assert len(plain_rows.splitlines()) == len(frame) + 1
    assert plain_rows.splitlines()[0] == "prediction,probability[no],probability[yes]"
    frame[frame.columns[::-1]].assign(more=1).to_csv(tmp_path / "order.csv", index=False)
    assert tagwerk("predict", "out/model.tw", "order.csv", "-o", "order.out.csv").code == 0
    assert (tmp_path / "order.out.csv").read_text() == plain_rows
    frame.drop(columns="city").to_csv(tmp_path / "lacks.csv", index=False)
    lacks = tagwerk("predict", "out/model.tw", "lacks.csv", "-o", "lacks.out.csv")
    assert (lacks.code, slug(lacks)) == (3, "column-missing")
    assert not (tmp_path / "lacks.out.csv").exists()
    assert tagwerk("predict", "out/model.tw", "lacks.csv", "-o", "l.csv", "--on-missing-column", "warn").code == 0
    frame.assign(city="Mars").to_csv(tmp_path / "new.csv", index=False)
    warned = tagwerk("predict", "out/model.tw", "new.csv", "-o", "new.out.csv")
    assert warned.code == 0
    assert "new-category" in warned.err
    assert tagwerk("predict", "out/model.tw", "new.csv", "-o", "n.csv", "--on-new-category", "fail").code == 3
    frame.assign(age=frame.age.astype(str) + " years").to_csv(tmp_path / "type.csv", index=False)
    assert slug(tagwerk("predict", "out/model.tw", "type.csv", "-o", "t.csv")) == "type-changed"
    parquet = tagwerk("predict", "out/model.tw", people, "-o", "p.parquet", "--keep=age")
    assert parquet.code == 0, parquet.err
    assert list(pd.read_parquet(tmp_path / "p.parquet").columns) == [
        "age",
        "prediction",
        "probability[no]",
        "probability[yes]",
    ]


def test_damaged_models_are_refused(tagwerk, people, tmp_path):
    assert tagwerk("run", people, "--target", "bought", "--trials", "2", "--out", "out").code == 0
    good = (tmp_path / "out" / "model.tw").read_bytes()
    rng = random.Random(9)
    for _ in range(15):
        bad = bytearray(good)
        for _ in range(3):
            bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        (tmp_path / "bad.tw").write_bytes(bytes(bad[: rng.choice([len(bad), len(bad) // 2])]))
        result = tagwerk("predict", "bad.tw", people)
        assert result.code == 3, result.err
        assert slug(result) in ("model-damaged", "not-a-model", "model-newer")


def test_disk_full_leaves_nothing_half_written(tagwerk, people, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("a full disk needs root to mount a small one")
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", small], capture_output=True).returncode != 0:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        result = tagwerk("run", people, "--target", "bought", "--trials", "2", "--out", "small/out")
        assert result.code == 5, result.err
        assert slug(result) == "disk-full"
        assert not (small / "out" / "run.json").exists()
        assert not list(small.rglob("*.tmp-*"))
    finally:
        subprocess.run(["umount", small], check=True)


def test_standard_input_and_glob(tagwerk, people, tmp_path):
    text = people.read_bytes()
    result = tagwerk("run", "-", "--target", "bought", "--trials", "1", "--out", "out", stdin=text)
    assert result.code == 0, result.err
    lines = text.decode().splitlines(keepends=True)
    (tmp_path / "part-1.csv").write_text("".join(lines[:1500]))
    (tmp_path / "part-2.csv").write_text(lines[0] + "".join(lines[1500:]))
    glob = tagwerk("profile", "part-*.csv", "--json")
    assert glob.code == 0, glob.err
    assert glob.json["columns"][0]["name"] == "age"


def test_help_and_version(tagwerk):
    assert tagwerk().code == 2
    for words in (
        ["--help"],
        ["help"],
        ["help", "run"],
        ["run", "--help"],
        ["help", "learners"],
        ["help", "metrics"],
        ["--version"],
    ):
        result = tagwerk(*words)
        assert result.code == 0, words
        assert result.out
