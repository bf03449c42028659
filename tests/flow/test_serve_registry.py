"""`tagwerk serve NAME`: what is served follows the registry, and trouble of the store is none of those who ask."""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import subprocess
import threading
import time

import pytest
from conftest import PROGRAM
from server import Server


@pytest.fixture(scope="module")
def second(people, tmp_path_factory):
    """Another model of the same rows: it says other probabilities."""
    out = tmp_path_factory.mktemp("second") / "run"
    words = ["run", people, "--target", "bought", "--trials", "1", "--learners", "logistic", "--seed", "3"]
    subprocess.run([PROGRAM, *map(str, words), "--out", out, "--report", "none"], check=True, capture_output=True)
    return out / "model.tw"


class Registry:
    """A store of its own with `flights`: version 1 is the champion, version 2 the challenger."""

    def __init__(self, folder, *models):
        self.store = folder / "store" / "store.db"
        for model in models:
            self("models", "register", model, "--name", "flights")

    def __call__(self, *words):
        done = subprocess.run([PROGRAM, *map(str, words), "--store", self.store], capture_output=True, timeout=100)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def promote(self, version):
        self("models", "promote", f"flights:{version}", "--force", "--reason", "test")

    def serve(self, *words):
        return Server(*words, "--store", self.store)

    def rows(self, sql):
        connection = sqlite3.connect(self.store)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


@pytest.fixture
def registry(model, second, tmp_path):
    return Registry(tmp_path, model, second)


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def version_of(running, rows, query=""):
    return running.post(f"/v1/models/flights/predict{query}", rows[:1]).json["version"]


def test_a_name_means_its_champion_and_holds_its_aliases(registry, rows):
    with registry.serve("flights") as running:
        assert running.ready["models"] == [{"name": "flights", "version": 1}]
        assert version_of(running, rows) == 1
        assert version_of(running, rows, "?alias=champion") == 1
        assert version_of(running, rows, "?alias=challenger") == 2
        assert running.post("/v1/models/flights/versions/2/predict", rows).json["version"] == 2
        assert running.get("/v2/models/flights").json["versions"] == ["1", "2"]
        assert running.get("/v2/models/flights/versions/2").json["versions"] == ["1", "2"]
        assert running.get("/v2/models/flights/versions/2/ready").status == 200
        assert running.get("/v2/models/flights/versions/3").status == 404
        assert running.post("/v1/models/flights/predict?alias=nobody", rows).status == 404
        listed = running.get("/v1/models").json["items"]
        assert [(item["version"], item["aliases"], item["current"]) for item in listed] == [
            (2, ["challenger"], False),
            (1, ["champion"], True),
        ]
    assert running.code == 0


def test_names_versions_and_files_together(registry, model, rows):
    with registry.serve("flights:2", "flights@champion", model, f"--model=other={model}") as running:
        assert {m["name"]: m["version"] for m in running.ready["models"]} == {"flights": 2, "model": 1, "other": 1}
        assert version_of(running, rows) == 2
        assert version_of(running, rows, "?alias=champion") == 1
        assert running.post("/v1/models/model/predict", rows).status == 200
        registry("models", "register", model, "--name", "later")
        registry.promote(2)
        assert wait_for(lambda: version_of(running, rows, "?alias=champion") == 2)
        assert version_of(running, rows) == 2
    with pytest.raises(AssertionError, match="alias-not-found"):  # the challenger is champion now
        registry.serve("flights@challenger")


def test_mistakes(registry, tagwerk, model, tmp_path):
    words = ["--store", registry.store]
    unknown = tagwerk("serve", "flihgts", *words)
    assert unknown.code == 2
    assert "model-not-found" in unknown.err
    assert "flights" in unknown.err
    assert "version-not-found" in tagwerk("serve", "flights:9", *words).err
    assert "alias-not-found" in tagwerk("serve", "flights@nobody", *words).err
    assert "model-not-found" in tagwerk("serve", "flights", "--store", tmp_path / "no" / "store.db").err
    assert not (tmp_path / "no").exists()
    taken = tagwerk("serve", "flights", f"--model=flights={model}", *words)
    assert taken.code == 2
    assert "name-taken" in taken.err
    (path,) = registry.rows("SELECT path FROM artifacts JOIN versions USING (sha256) WHERE version = 1")[0]
    (registry.store.parent / path).write_bytes(b"no model")
    assert tagwerk("serve", "flights", *words).code == 3


def test_a_run_is_served_by_its_id(tagwerk, wine, tmp_path):
    words = ["--target", "cultivar", "--trials", 1, "--learners", "logistic", "--report", "none"]
    assert tagwerk("run", wine, *words, "--out", "made").code == 0
    with Server("last", env={"TAGWERK_HOME": str(tmp_path / "home")}) as running:
        assert running.ready["models"][0]["name"].startswith("wine-")
    with Server("wine", env={"TAGWERK_HOME": str(tmp_path / "home")}) as running:
        assert running.ready["models"] == [{"name": "wine", "version": 1}]


def test_promotion_under_load_loses_and_mixes_nothing(registry, rows):
    with registry.serve("flights") as running:
        expected = {
            version: running.post(f"/v1/models/flights/versions/{version}/predict", rows[:3]).json["predictions"]
            for version in (1, 2)
        }
        strip = lambda told: [{k: v for k, v in row.items() if k != "prediction_id"} for row in told]  # noqa: E731
        assert strip(expected[1]) != strip(expected[2])
        wrong, seen, stop = [], [], threading.Event()

        def load(path):
            connection = running.connect()
            while not stop.is_set():
                answer = running.post(path, rows[:3], connection=connection)
                told = answer.json
                if answer.status != 200 or strip(told["predictions"]) != strip(expected[told["version"]]):
                    wrong.append(told)
                elif path.endswith("flights/predict"):
                    seen.append(told["version"])

        paths = ["/v1/models/flights/predict"] * 3 + ["/v1/models/flights/versions/1/predict"]
        threads = [threading.Thread(target=load, args=(path,)) for path in paths]
        for thread in threads:
            thread.start()
        for change in [lambda: registry.promote(2), lambda: registry("models", "rollback", "flights")] * 2:
            change()
            want = int(registry.rows("SELECT version FROM aliases WHERE alias = 'champion'")[0][0])
            assert wait_for(lambda want=want: seen and seen[-1] == want)
        stop.set()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert {after for before, after in itertools.pairwise(seen) if before != after} == {1, 2}
        assert version_of(running, rows) == 1
        states = wait_for(lambda: len(registry.rows("SELECT 1 FROM deployments")) == 5) and registry.rows(
            "SELECT version, route, share, state FROM deployments ORDER BY number"
        )
        assert states == [
            (1, "champion", 1.0, "ended"),
            (2, "champion", 1.0, "rolled_back"),
            (1, "champion", 1.0, "ended"),
            (2, "champion", 1.0, "rolled_back"),
            (1, "champion", 1.0, "active"),
        ]
    with registry.serve("flights"):
        time.sleep(1.2)
    assert len(registry.rows("SELECT 1 FROM deployments")) == 5
    assert registry("store", "check")


def test_a_version_that_cannot_be_loaded_is_not_served(registry, model, rows, tmp_path):
    with registry.serve("flights") as running:
        other = tmp_path / "other.tw"
        shutil.copy(model, other)
        registry("models", "register", other, "--name", "fresh")
        (path,) = registry.rows("SELECT path FROM artifacts JOIN versions USING (sha256) WHERE version = 2")[0]
        file = registry.store.parent / path
        whole = file.read_bytes()
        file.unlink()
        time.sleep(0.7)
        registry.promote(2)  # held since the start: the file is not needed
        assert wait_for(lambda: version_of(running, rows) == 2)
        file.write_bytes(whole)
    file.write_bytes(b"damaged")
    registry("models", "promote", "flights:1", "--force", "--reason", "back")
    with registry.serve("flights") as running:
        assert version_of(running, rows) == 1
        connection = sqlite3.connect(registry.store)
        connection.execute("UPDATE aliases SET version = 2 WHERE alias = 'champion'")
        connection.execute("UPDATE counters SET value = value + 1 WHERE name = 'registry'")
        connection.commit()
        connection.close()
        time.sleep(1.5)
        assert version_of(running, rows) == 1
        file.write_bytes(whole)
        assert wait_for(lambda: version_of(running, rows) == 2, seconds=15)
    assert "version 2 is not served, what was loaded stays" in running.stderr
    assert running.stderr.count("is not served") == 1


@pytest.mark.parametrize("harm", ["removed", "damaged", "locked", "replaced"])
def test_trouble_of_the_store_stops_no_answer(registry, rows, harm, tmp_path):
    with registry.serve("flights") as running:
        assert wait_for(lambda: len(registry.rows("SELECT 1 FROM deployments")) == 1)
        lock = None
        if harm == "removed":
            shutil.rmtree(registry.store.parent)
        elif harm == "damaged":
            for end in ("-wal", "-shm"):
                (registry.store.parent / f"store.db{end}").unlink(missing_ok=True)
            registry.store.write_bytes(os.urandom(registry.store.stat().st_size))
        elif harm == "locked":
            lock = sqlite3.connect(registry.store, isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
        else:
            fresh = tmp_path / "fresh.db"
            sqlite3.connect(fresh).close()
            fresh.replace(registry.store)
        connection = running.connect()
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            begin = time.monotonic()
            answer = running.post("/v1/models/flights/predict", rows[:1], connection=connection)
            assert answer.status == 200
            assert answer.json["version"] == 1
            assert time.monotonic() - begin < 1
        if lock:
            lock.execute("ROLLBACK")
            lock.close()
            registry.promote(2)
            assert wait_for(lambda: version_of(running, rows) == 2)
    assert running.code == 0
    assert running.stderr.count("registry") <= 3
