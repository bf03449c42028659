"""Comparing data with a reference: files, models, exit codes, documents."""

from __future__ import annotations

import json
import struct
import zlib

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A reference and a current file: two of five columns moved, one got a new category."""
    folder = tmp_path_factory.mktemp("drift")
    rng = np.random.default_rng(8)

    def make(n, shifted):
        return pd.DataFrame(
            {
                "same": rng.normal(size=n),
                "moved": rng.normal(0.4 if shifted else 0, 1, n),
                "count": rng.poisson(4, n),
                "city": rng.choice(["Bern", "Basel", "Chur"], n, p=[0.5, 0.3, 0.2] if not shifted else [0.3, 0.4, 0.3]),
                "plan": rng.choice(["a", "b", "c"] if not shifted else ["a", "b", "c", "new"], n),
            }
        )

    make(4000, False).to_csv(folder / "reference.csv", index=False)
    make(3000, True).to_csv(folder / "current.csv", index=False)
    make(3000, False).to_csv(folder / "quiet.csv", index=False)
    return folder


def test_drifted_columns_are_listed_by_effect(tagwerk, pair):
    result = tagwerk("drift", pair / "reference.csv", pair / "current.csv", "--json")
    assert result.code == 0, result.err
    drift = result.json
    assert drift["schema"] == "tagwerk.drift/1"
    assert set(drift["drifted"]) == {"moved", "city", "plan"}
    effects = {c["name"]: c["effect"] for c in drift["columns"]}
    assert drift["drifted"] == sorted(drift["drifted"], key=lambda name: -effects[name])
    assert drift["data_set_drifted"] is True
    assert "moved" in drift["multivariate"]["top_columns"]
    assert drift["drifted_share"] == pytest.approx(0.6)
    plan = next(c for c in drift["columns"] if c["name"] == "plan")
    assert plan["new_categories"] == ["new"]


def test_numbers_agree_with_scipy(tagwerk, pair):
    drift = tagwerk("drift", pair / "reference.csv", pair / "current.csv", "--json").json
    a, b = (pd.read_csv(pair / name) for name in ("reference.csv", "current.csv"))
    columns = {c["name"]: c for c in drift["columns"]}
    for name in ("same", "moved"):
        test = stats.ks_2samp(a[name], b[name], method="asymp")
        assert columns[name]["ks"] == pytest.approx(test.statistic, abs=1e-12)
        assert columns[name]["p_value"] == pytest.approx(test.pvalue, rel=0.2, abs=1e-3)
        assert columns[name]["wasserstein"] == pytest.approx(
            stats.wasserstein_distance(a[name], b[name]) / a[name].std(ddof=0)
        )
    p, q = (frame.city.value_counts().sort_index() for frame in (a, b))
    assert columns["city"]["jensen_shannon"] == pytest.approx(jensenshannon(p, q, base=2))
    chi = stats.chi2_contingency(np.array([p, q]))
    assert columns["city"]["chi_square"] == pytest.approx(chi.statistic)
    assert columns["city"]["p_value"] == pytest.approx(chi.pvalue, rel=1e-6)


def test_exit_codes(tagwerk, pair):
    assert tagwerk("drift", pair / "reference.csv", pair / "current.csv", "--fail").code == 1
    quiet = tagwerk("drift", pair / "reference.csv", pair / "quiet.csv", "--fail")
    assert quiet.code == 0, quiet.out
    assert "0 of 5 columns drifted" in quiet.out
    assert tagwerk("drift", pair / "reference.csv").code == 2
    assert tagwerk("drift", pair / "reference.csv", pair / "current.csv", "--alpha", "x").code == 2
    assert tagwerk("drift", pair / "reference.csv", pair / "current.csv", "--columns", "nothing").code == 2
    assert tagwerk("drift", pair / "reference.csv", "none.csv").code == 3
    only = tagwerk("drift", pair / "reference.csv", pair / "current.csv", "--columns", "same,count", "--fail")
    assert only.code == 0
    high = tagwerk("drift", pair / "reference.csv", pair / "current.csv", "--min-effect", "5", "--json")
    assert high.json["drifted"] == []


def test_page_is_one_file(tagwerk, pair, tmp_path):
    for language in ("en", "de"):
        done = tagwerk("drift", pair / "reference.csv", pair / "current.csv", "-o", "drift.html", "--lang", language)
        assert done.code == 0, done.err
        html = (tmp_path / "drift.html").read_text(encoding="utf-8")
        assert f'lang="{language}"' in html
        assert "moved" in html
        assert "http://" not in html.replace("http://www.w3.org", "")
    assert tagwerk("drift", pair / "reference.csv", pair / "current.csv", "-o", "drift.xyz").code == 2


def test_model_as_reference(tagwerk, people, tmp_path):
    assert tagwerk("run", people, "--target", "bought", "--trials", "2", "--out", "out", "--report", "none").code == 0
    same = tagwerk("drift", "out", people, "--json")
    assert same.code == 0, same.err
    assert same.json["drifted"] == []
    assert same.json["reference"]["model"] is True
    assert same.json["multivariate"] is None
    frame = pd.read_csv(people)
    frame["income"] *= 1.3
    frame = frame.drop(columns=["bought", "city"])
    frame.to_csv(tmp_path / "later.csv", index=False)
    later = tagwerk("drift", "out/model.tw", "later.csv", "--json").json
    assert later["drifted"] == ["income"]
    assert later["missing_columns"] == ["city"]  # the target may be absent


def without_profile(data: bytes) -> bytes:
    """The same model as a version without training profiles wrote it: the section is left out."""
    offset, length = struct.unpack_from("<QQ", data, 16)
    manifest = json.loads(data[offset : offset + length])
    sections = [s for s in manifest["sections"] if s["name"] != "training-profile"]
    blobs = [data[s["offset"] : s["offset"] + s["bytes"]] for s in sections]
    for _ in range(8):  # offsets depend on the manifest's length, which depends on them
        manifest["sections"] = sections
        text = json.dumps(manifest, separators=(",", ":"), ensure_ascii=False).encode()
        at = (64 + len(text) + 63) // 64 * 64
        for section, blob in zip(sections, blobs, strict=True):
            section["offset"] = at
            at = (at + len(blob) + 63) // 64 * 64
    end = sections[-1]["offset"] + len(blobs[-1])
    out = bytearray(end)
    out[64 : 64 + len(text)] = text
    for section, blob in zip(sections, blobs, strict=True):
        out[section["offset"] : section["offset"] + len(blob)] = blob
    (form,) = struct.unpack_from("<I", data, 8)
    struct.pack_into("<8sIIQQQ", out, 0, data[:8], form, zlib.crc32(text), 64, len(text), end)
    struct.pack_into("<I", out, 60, zlib.crc32(bytes(out[:60])))
    return bytes(out)


def test_old_models_are_refused_clearly(tagwerk, wine, tmp_path):
    assert tagwerk("run", wine, "--target", "cultivar", "--trials", "1", "--out", "out", "--report", "none").code == 0
    (tmp_path / "old.tw").write_bytes(without_profile((tmp_path / "out" / "model.tw").read_bytes()))
    assert tagwerk("predict", "old.tw", wine, "-o", "p.csv").code == 0  # it predicts as before
    refused = tagwerk("drift", "old.tw", wine)
    assert refused.code == 3
    assert "error[model-no-profile]" in refused.err
    assert "train again" in refused.err


def test_types_of_the_reference_count(tagwerk, tmp_path):
    pd.DataFrame({"n": range(200), "code": [str(i % 3) for i in range(200)]}).to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame({"n": ["many"] * 100 + list(range(100)), "code": [str(i % 3) for i in range(200)]}).to_csv(
        tmp_path / "b.csv", index=False
    )
    drift = tagwerk("drift", "a.csv", "b.csv", "--json").json
    assert [change["name"] for change in drift["type_changes"]] == ["n"]
    assert "n" in drift["drifted"]
    text = tagwerk("drift", "a.csv", "b.csv")
    assert "type changed: n was numeric, 50 % of the values are not" in text.out
