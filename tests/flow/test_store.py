"""The store: its verbs, its reference, tokens, and what happens to files that are not as they should be."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def model(tagwerk, wine, tmp_path):
    """A small model file, made without registering it anywhere that the tests look."""
    done = tagwerk(
        *("run", wine, "--target", "cultivar", "--trials", 1, "--learners", "logistic", "--report", "none"),
        *("--out", "made", "--store", tmp_path / "elsewhere" / "store.db"),
    )
    assert done.code == 0, done.err
    return tmp_path / "made" / "model.tw"


def test_reference_names_every_table_and_column(tagwerk, home):
    assert tagwerk("store", "migrate").code == 0
    connection = sqlite3.connect(home / "store.db")
    text = (ROOT / "docs/reference/store.md").read_text(encoding="utf-8")
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert len(tables) > 25
    for table in tables:
        section = re.search(rf"^### {table}$(.*?)(?=^### |\Z)", text, re.MULTILINE | re.DOTALL)
        assert section, table
        for column in connection.execute(f"PRAGMA table_info({table})"):
            assert f"| `{column[1]}` |" in section[1], (table, column[1])
    made = subprocess.run([sys.executable, ROOT / "tools/write_store_reference.py", "--check"], capture_output=True)
    assert made.returncode == 0, made.stdout


def test_schema_uses_no_words_that_only_sqlite_knows():
    for path in (ROOT / "src/store/migrations").glob("*.sql"):
        text = re.sub("--.*", "", path.read_text(encoding="utf-8"))
        for word in ("AUTOINCREMENT", "WITHOUT ROWID", "STRICT", "PRAGMA", "datetime(", "INSERT OR", "BLOB", "`"):
            assert word not in text, (path.name, word)


def test_asking_makes_no_store(tagwerk, home):
    for words in (
        ("models", "list"),
        ("runs", "list"),
        ("store", "tokens", "list"),
        ("store", "check"),
        ("store", "gc"),
    ):
        done = tagwerk(*words)
        assert done.code == 0, (words, done.err)
        assert tagwerk(*words, "--json").json["schema"].startswith("tagwerk.")
    assert not home.exists()


def test_where_the_store_lies(tagwerk, tmp_path, home):
    def path(*words, env=None):
        return tagwerk("store", "check", "--json", *words, env=env).json["store"]

    assert path() == str(home / "store.db")
    assert path(env={"TAGWERK_HOME": "", "XDG_DATA_HOME": str(tmp_path / "x")}) == str(tmp_path / "x/tagwerk/store.db")
    assert path("--store", "here.db") == str(tmp_path / "here.db")
    assert path(env={"TAGWERK_STORE": "sqlite:there.db"}) == str(tmp_path / "there.db")
    (tmp_path / "tagwerk.toml").write_text('target = "x"\n')
    assert path() == str(tmp_path / ".tagwerk/store.db")
    (tmp_path / "tagwerk.toml").write_text('target = "x"\n[store]\nurl = "data/s.db"\n')
    (tmp_path / "below").mkdir()
    assert path("-C", "below") == str(tmp_path / "data/s.db")
    (tmp_path / "tagwerk.toml").write_text('target = "x"\n[store]\nurls = "data/s.db"\nkeep_runs = "soon"\n')
    done = tagwerk("models", "list")
    assert done.code == 2
    assert "config-unknown-key" in done.err
    assert "similar: url" in done.err
    done = tagwerk("models", "list", "--config", "none.toml", "--store", "postgresql://me:secret@db/tagwerk")
    assert done.code in (2, 3)
    (tmp_path / "tagwerk.toml").unlink()
    done = tagwerk("models", "list", "--store", "postgresql://me:secret@db/tagwerk")
    assert done.code == 2
    assert "store-unsupported" in done.err
    assert "secret" not in done.err


def test_tokens_are_shown_once_and_kept_as_hash(tagwerk, home):
    done = tagwerk("store", "tokens", "add", "ci", "--scope", "predict,read", "--expires", "90d")
    assert done.code == 0, done.err
    token = done.out.strip()
    assert re.fullmatch(r"tw_[A-Za-z0-9_-]{43}", token)
    rows = sqlite3.connect(home / "store.db").execute("SELECT name, sha256, scopes FROM tokens").fetchall()
    assert rows == [("ci", hashlib.sha256(token.encode()).hexdigest(), "predict,read")]
    for file in home.iterdir():
        assert token[3:].encode() not in file.read_bytes()
    assert stat.S_IMODE((home / "store.db").stat().st_mode) == 0o600
    item = tagwerk("store", "tokens", "list", "--json").json["items"][0]
    assert item["state"] == "valid"
    assert item["scopes"] == ["predict", "read"]
    assert "token" not in item
    assert tagwerk("store", "tokens", "add", "ci", "--scope", "read").code == 2
    done = tagwerk("store", "tokens", "revoke", "cj")
    assert done.code == 2
    assert "token-not-found" in done.err
    assert "similar: ci" in done.err
    assert tagwerk("store", "tokens", "revoke", "ci").code == 0
    assert "revoked" in tagwerk("store", "tokens", "list").out
    for words in (
        ("add",),
        ("add", "x"),
        ("add", "x", "--scope", "write"),
        ("add", "x", "--scope", "read", "--expires", "0s"),
    ):
        assert tagwerk("store", "tokens", *words).code == 2, words
    actions = [
        row[0] for row in sqlite3.connect(home / "store.db").execute("SELECT action FROM audit_log ORDER BY number")
    ]
    assert actions == ["token.add", "token.revoke"]


def test_registry_from_file_to_rollback(tagwerk, model, wine, home):
    assert tagwerk("models", "register", model).code == 2
    for _ in range(2):
        done = tagwerk("models", "register", model, "--name", "wine")
        assert done.code == 0, done.err
    listed = tagwerk("models", "list")
    assert re.search(r"^NAME +VERSION +ALIAS +METRIC +SCORE +CREATED +SIZE$", listed.out, re.MULTILINE)
    items = tagwerk("models", "list", "--json").json["items"]
    assert [(i["version"], i["aliases"]) for i in items] == [(2, ["challenger"]), (1, ["champion"])]
    assert tagwerk("models", "promote", "wine").code == 2
    done = tagwerk("models", "promote", "wine:2")
    assert done.code == 0, done.out + done.err
    assert tagwerk("models", "list", "--json").json["items"][0]["aliases"] == ["champion"]
    done = tagwerk("models", "rollback", "wine", "--reason", "worse on Mondays")
    assert done.code == 0
    assert "wine:1" in done.out
    assert tagwerk("models", "rollback", "wine").code == 2
    history = tagwerk("models", "history", "wine", "--json").json["items"]
    assert [h["kind"] for h in history][-1] == "rollback"
    assert history[-1]["reason"] == "worse on Mondays"
    done = tagwerk("models", "delete", "wine:1", "--yes")
    assert done.code == 2
    assert "version-in-use" in done.err
    done = tagwerk("models", "delete", "wine:2")
    assert done.code == 2
    assert "not-confirmed" in done.err
    assert tagwerk("models", "delete", "wine:2", "--yes").code == 0
    for typed in ("wine", "wine@champion", "wine:1"):
        assert tagwerk("models", "show", typed, "--json").json["registry"]["version"] == 1
        assert tagwerk("predict", typed, wine, "-o", "out.csv").code == 0
    for typed, error in (("vine", "model-not-found"), ("wine:2", "version-not-found"), ("wine@x", "alias-not-found")):
        done = tagwerk("predict", typed, wine)
        assert done.code == 2, done.err
        assert error in done.err
    assert tagwerk("predict", "wine:x", wine).code == 2


def test_backup_restore_and_check(tagwerk, model, home, tmp_path):
    assert tagwerk("models", "register", model, "--name", "wine").code == 0
    assert tagwerk("store", "backup", "b.db").code == 0
    assert tagwerk("store", "backup", "b.db").code == 2
    shutil.rmtree(home)
    assert tagwerk("store", "restore", "b.db").code == 2
    assert tagwerk("store", "restore", "b.db", "--yes").code == 0
    assert tagwerk("models", "show", "wine").code == 0
    assert tagwerk("store", "check").code == 0
    kept = next((home / "models").iterdir())
    kept.write_bytes(kept.read_bytes()[:-1])
    done = tagwerk("store", "check", "--json")
    assert done.code == 3
    assert "wrong size" in done.json["problems"][0]["what"]
    assert tagwerk("store", "restore", "b.db", "--yes").code == 0
    assert tagwerk("store", "check").code == 0
    (tmp_path / "bad.db").write_bytes(b"not a backup" * 100)
    done = tagwerk("store", "restore", "bad.db", "--yes")
    assert done.code == 3
    assert "backup-damaged" in done.err
    assert tagwerk("store", "restore", "absent.db", "--yes").code == 3
    assert tagwerk("models", "show", "wine").code == 0
    done = tagwerk("store", "migrate", "--to", "moved/store.db")
    assert done.code == 0, done.err
    assert tagwerk("models", "show", "wine", "--store", "moved/store.db").code == 0


def test_a_copied_folder_is_a_whole_store(tagwerk, model, home, tmp_path):
    assert tagwerk("models", "register", model, "--name", "wine").code == 0
    shutil.copytree(home, tmp_path / "copy")
    shutil.rmtree(home)
    done = tagwerk("models", "show", "wine", "--json", "--store", "copy/store.db")
    assert done.code == 0
    assert str(tmp_path / "copy") in done.json["registry"]["path"]
    assert tagwerk("store", "check", "--store", "copy/store.db").code == 0


def test_damaged_newer_and_locked_stores_say_so(tagwerk, home):
    assert tagwerk("store", "migrate").code == 0
    connection = sqlite3.connect(home / "store.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")  # readers do not wait for a writer
    assert tagwerk("models", "list").code == 0
    connection.execute("ROLLBACK")
    connection.execute("INSERT INTO migrations VALUES (999, 'later', '', '')")
    connection.close()
    done = tagwerk("models", "list")
    assert done.code == 3
    assert "store-newer" in done.err
    (home / "store.db").write_bytes(b"x" * 9000)
    done = tagwerk("models", "list")
    assert done.code == 3
    assert "store-damaged" in done.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_store_can_be_read(tagwerk, model, home):
    assert tagwerk("models", "register", model, "--name", "wine").code == 0
    (home / "store.db").chmod(0o400)
    home.chmod(0o500)
    try:
        assert tagwerk("models", "list").code == 0
        done = tagwerk("models", "register", model, "--name", "wine")
        assert done.code == 5
        assert "store-not-writable" in done.err
    finally:
        home.chmod(0o700)


def test_many_processes_write_at_once(tagwerk, home):
    """Also the first ones, who find no store: nobody is told that it is locked, and nothing is lost."""

    def add(i):
        return tagwerk("store", "tokens", "add", f"t{i}", "--scope", "read")

    with ThreadPoolExecutor(12) as pool:
        done = list(pool.map(add, range(48)))
    assert [d.err for d in done if d.code != 0] == []
    assert len(tagwerk("store", "tokens", "list", "--json").json["items"]) == 48
    numbers = [row[0] for row in sqlite3.connect(home / "store.db").execute("SELECT number FROM audit_log")]
    assert sorted(numbers) == list(range(1, 49))
    assert [p.name for p in home.iterdir() if ".tmp-" in p.name] == []


def contents(path):
    connection = sqlite3.connect(path)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {}
    for table in tables:
        names = [column[1] for column in connection.execute(f"PRAGMA table_info({table})")]
        rows = connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
        found[table] = [dict(zip(names, row, strict=True)) for row in rows]
    connection.close()
    return found


@pytest.mark.parametrize("dump", sorted((ROOT / "tests/compat").glob("store-*.sql")), ids=lambda path: path.stem)
def test_every_released_schema_is_lifted_without_loss(tagwerk, home, dump):
    home.mkdir()
    connection = sqlite3.connect(home / "store.db")
    connection.executescript(dump.read_text(encoding="utf-8"))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    for kind, content in (("runs/{}.json", b"{}"), ("models/{}.tw", b"model")):
        path = home / kind.format(hashlib.sha256(content).hexdigest())
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    before = contents(home / "store.db")
    newest = max(int(path.name[:4]) for path in (ROOT / "src/store/migrations").glob("*.sql"))
    old = int(dump.stem.rpartition("-")[2])
    if old < newest:
        done = tagwerk("models", "list")
        assert done.code == 3
        assert "store-older" in done.err
        assert "tagwerk store migrate" in done.err
    done = tagwerk("store", "migrate", "--json")
    assert done.code == 0, done.err
    assert (done.json["schema_before"], done.json["schema_version"]) == (old, newest)
    after = contents(home / "store.db")
    for table, rows in before.items():
        kept = [{name: row[name] for name in rows[0]} for row in after[table]] if rows else after[table]
        assert kept[: len(rows)] == rows, table
    check = tagwerk("store", "check", "--json")
    assert check.json["problems"] == []
    assert [item["version"] for item in tagwerk("models", "list", "--json").json["items"]] == [2, 1]
    assert tagwerk("runs", "list", "--json").json["items"][1]["score"] == 0.7
    assert tagwerk("store", "tokens", "add", "new", "--scope", "read").code == 0
