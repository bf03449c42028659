"""`tagwerk profile`: the document, the text, and the SQL in real databases."""

from __future__ import annotations

import csv
import os
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def shop(tmp_path):
    """Three files that refer to each other, with names that need quoting."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(3)
    towns = [f"Town {i}" for i in range(12)]
    customers = pd.DataFrame({"id": np.arange(1, 301), "town": rng.choice(towns, 300)})
    customers["country"] = customers.town.map({t: ["Austria", "Italy", "France"][i % 3] for i, t in enumerate(towns)})
    customers["newsletter"] = rng.choice(["true", "false"], 300)
    products = pd.DataFrame(
        {"sku": [f"P-{i:04d}" for i in range(80)], "price": np.exp(rng.normal(3, 0.5, 80)).round(2)}
    )
    orders = pd.DataFrame(
        {
            "order_no": np.arange(90001, 92001),
            "customer_id": rng.integers(1, 301, 2000),
            "sku": rng.choice(products.sku, 2000),
            'how "paid"': rng.choice(["card", "cash", "bank's"], 2000),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 2000), unit="D"),
            "rebate": np.where(rng.random(2000) < 0.3, rng.random(2000).round(3), np.nan),
        }
    )
    for name, frame in {"customers": customers, "products": products, "orders": orders}.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


FILES = ("customers.csv", "products.csv", "orders.csv")


def cells(path):
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    return [[None if cell == "" else cell for cell in row] for row in rows[1:]]


def test_document_has_relations_keys_and_gaps(tagwerk, people):
    profile = tagwerk("profile", people, "--json").json
    assert profile["schema"] == "tagwerk.profile/1"
    assert {"pairs", "missingness", "order", "keys", "dependencies"} <= profile.keys()
    assert profile["pairs_summary"]["tested"] == len(profile["pairs"]) == 10
    assert profile["pairs"] == sorted(profile["pairs"], key=lambda pair: -pair["strength"])
    strongest = profile["pairs"][0]
    assert strongest["columns"] == ["city", "bought"] or strongest["columns"] == ["age", "bought"]
    assert profile["missingness"]["columns"] == 1
    assert not [f for f in profile["findings"] if f["id"] in ("order.drift", "missing.depends", "missing.together")]


def test_text_names_what_belongs_together(tagwerk, people):
    text = tagwerk("profile", people).out
    assert "Related (the strongest of 10 pairs, on 3,000 rows)" in text
    assert all(len(line) <= 80 for line in text.split("Found (")[0].splitlines())


def test_same_document_with_any_number_of_threads(tagwerk, people):
    one = tagwerk("profile", people, "--json", "--threads", "1").out
    assert one == tagwerk("profile", people, "--json", "--threads", "3").out


def test_schema_of_several_files_in_sqlite(tagwerk, shop):
    sql = tagwerk("profile", *FILES, "--ddl").out
    database = sqlite3.connect(":memory:")
    database.executescript("PRAGMA foreign_keys = ON;")
    database.executescript(sql)
    for name in ("customers", "products", "orders"):
        rows = cells(shop / f"{name}.csv")
        database.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * len(rows[0]))})", rows)
    assert database.execute("SELECT count(*) FROM orders").fetchone() == (2000,)
    references = {row[2:5] for row in database.execute("PRAGMA foreign_key_list(orders)")}
    assert references == {("customers", "customer_id", "id"), ("products", "sku", "sku")}
    for broken in (
        "INSERT INTO orders VALUES (1, 9999, 'P-0001', 'card', '2024-01-01', NULL)",  # no such customer
        "INSERT INTO orders VALUES (1, 1, 'P-0001', 'shells', '2024-01-01', NULL)",  # not in the domain
        "INSERT INTO orders VALUES (90001, 1, 'P-0001', 'card', '2024-01-01', NULL)",  # key is taken
        "INSERT INTO products VALUES ('P-9999', NULL)",  # always filled
    ):
        with pytest.raises(sqlite3.IntegrityError):
            database.execute(broken)
    # The proposed split of customers, taken out of its comment, runs too.
    split = [line[3:] for line in sql.splitlines() if line.startswith("-- ")]
    start = next(i for i, line in enumerate(split) if line.startswith("CREATE TABLE"))
    database.executescript("\n".join(split[start:]))
    assert database.execute('SELECT count(*) FROM "customers_town"').fetchone() == (12,)


@pytest.fixture
def postgresql():
    """A server of its own in a temporary folder; psql through its socket."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which("initdb")
    programs = str(folders[-1]) if folders else str(Path(found).parent) if found else ""
    if not programs:
        pytest.skip("no PostgreSQL server here (apt-get install postgresql)")
    as_user = []
    with tempfile.TemporaryDirectory(prefix="tw") as folder:
        if os.geteuid() == 0:  # the server refuses to run as root
            as_user = ["runuser", "-u", "nobody", "--"]
            shutil.chown(folder, "nobody")
        data = f"{folder}/data"

        def run(*words, **options):
            return subprocess.run(
                [*as_user, *words], check=True, capture_output=True, cwd=folder, timeout=120, **options
            )

        run(f"{programs}/initdb", "-D", data, "-U", "tagwerk", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        run(f"{programs}/pg_ctl", "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start")
        try:

            def query(text, check=True):
                words = [
                    "psql",
                    "-h",
                    folder,
                    "-U",
                    "tagwerk",
                    "-d",
                    "postgres",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-qAt",
                    "-f",
                    "-",
                ]
                return subprocess.run(words, input=text, text=True, check=check, capture_output=True, timeout=120)

            yield query
        finally:
            run(f"{programs}/pg_ctl", "-D", data, "-m", "immediate", "stop")


@pytest.mark.parametrize("dialect", ["--ddl", "--ddl=postgresql"])
def test_schema_of_several_files_in_postgresql(tagwerk, shop, postgresql, dialect):
    postgresql(tagwerk("profile", *FILES, dialect).out)
    for name in ("customers", "products", "orders"):
        postgresql(f"COPY {name} FROM STDIN (FORMAT csv, HEADER);\n" + (shop / f"{name}.csv").read_text() + "\\.\n")
    count = postgresql(
        "SELECT count(*) FROM orders JOIN customers ON customer_id = id JOIN products USING (sku)"
    ).stdout
    assert count.strip() == "2000"
    broken = postgresql("INSERT INTO orders VALUES (1, 9999, 'P-0001', 'card', '2024-01-01', NULL)", check=False)
    assert broken.returncode != 0
    assert "foreign key" in broken.stderr


def test_several_files_without_ddl(tagwerk, shop):
    done = tagwerk("profile", *FILES, "--json")
    assert done.code == 0
    assert done.json["schema"] == "tagwerk.profiles/1"
    assert [item["name"] for item in done.json["items"]] == ["customers", "products", "orders"]
    assert len(done.json["references"]) == 2
    assert "orders (customer_id) -> customers (id)" in tagwerk("profile", *FILES).out


def test_ddl_errors(tagwerk, shop):
    wrong = tagwerk("profile", "orders.csv", "--ddl=oracle")
    assert (wrong.code, "option-value" in wrong.err) == (2, True)
    both = tagwerk("profile", *FILES, "--target", "sku")
    assert (both.code, "option-contradiction" in both.err) == (2, True)


def test_page_is_self_contained(tagwerk, people, tmp_path):
    assert tagwerk("profile", people, "-o", "profile.html").code == 0
    page = (tmp_path / "profile.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "people.csv" in page
    assert "What belongs together" in page
    german = tagwerk("profile", people, "-o", "profil.html", "--lang", "de")
    assert german.code == 0
    assert "Was zusammengeh" in (tmp_path / "profil.html").read_text()


def test_contents_of_columns(tagwerk, tmp_path):
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(1)
    n = 2000
    frame = pd.DataFrame(
        {
            "mail": [f"user{i}@example.org" for i in rng.integers(0, 900, n)],
            "hour": pd.date_range("2024-01-01", periods=n, freq="h"),
            "price": np.exp(rng.normal(3, 0.5, n)),
            "calls": rng.poisson(2.5, n),
        }
    )
    for i in range(6):
        frame[f"sensor{i}"] = rng.normal(0, 1, n)
        frame.loc[[50, 60], f"sensor{i}"] = 8
    frame.to_csv(tmp_path / "calls.csv", index=False)
    profile = tagwerk("profile", "calls.csv", "--json").json
    columns = {column["name"]: column["statistics"] for column in profile["columns"]}
    assert columns["mail"]["text"]["kind"] == "email"
    assert columns["hour"]["times"]["words"] == "hourly"
    assert columns["price"]["distribution"]["law"] == "log_normal"
    assert columns["calls"]["distribution"]["law"] == "poisson"
    findings = {finding["id"]: finding for finding in profile["findings"]}
    assert findings["value.personal"]["columns"] == ["mail"]
    examples = findings["row.outliers"]["examples"]
    assert {(example["file"], example["line"]) for example in examples} == {("calls.csv", 52), ("calls.csv", 62)}
