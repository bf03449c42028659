"""Compares runs on text columns with scikit-learn's TF-IDF and logistic regression on the same rows.

Each repeat splits a set anew (80/20, stratified, its own seed), writes both parts as CSV, and lets both sides learn
from the first and predict the second, each in a process of its own: Tagwerk with `tagwerk run --test 0 --trials N`
and `tagwerk predict`, that is with its whole search, folds and ensemble; scikit-learn with TfidfVectorizer on words
(1-2) and characters within words (3-5), sublinear, every text column on its own, and LogisticRegression (C as given).
Shown are means of accuracy, log loss and AUC (one against the rest, macro), and CPU and wall seconds of each side.

    python bench/macro/text/compare.py [--tagwerk build/release/tagwerk] [--data ../shared/data]
        [--sets sms_spam,ag_news] [--repeats 1] [--trials 2] [--c 1] [--threads 2]
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).resolve().parents[3]
SETS = {
    "sms_spam": ("sms_spam/sms_spam.csv", 0, "type", ["text"]),
    "ag_news": ("ag_news/ag_news.csv", None, "label", ["title", "description"]),
}
PEER = """
import sys, numpy as np, pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
train, test, target, c, out = sys.argv[1:6]
train, test = pd.read_csv(train, dtype=str).fillna(""), pd.read_csv(test, dtype=str).fillna("")
texts = [name for name in train if name != target]
parts = []
for name in texts:
    parts.append((name + " words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), name))
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    parts.append((name + " characters", characters, name))
model = make_pipeline(ColumnTransformer(parts), LogisticRegression(C=float(c), max_iter=1000))
model.fit(train[texts], train[target])
np.savez(out, p=model.predict_proba(test[texts]), classes=model.classes_.astype(str))
"""


def read(data, name):
    path, header, target, texts = SETS[name]
    frame = pd.read_csv(data / path, header=header, dtype=str, keep_default_na=False)
    if header is None:
        frame.columns = [target, *texts]
    return frame, target


def timed(command, threads):
    """Runs a command; returns CPU and wall seconds of it and its children."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def ours(options, folder, target, classes):
    run = folder / "run"
    cpu, wall = timed(
        [options.tagwerk, "run", folder / "train.csv", "--target", target, "--trials", str(options.trials), "--test",
         "0", "--threads", str(options.threads), "--out", run, "--report", "none", "--budget", "10m",
         "--type", f"{target}=categorical"],
        options.threads,
    )  # fmt: skip
    more = timed([options.tagwerk, "predict", run / "model.tw", folder / "test.csv", "-o", folder / "out.csv"], 1)
    frame = pd.read_csv(folder / "out.csv")
    scores = np.column_stack([frame[f"probability[{label}]"] for label in classes])
    return scores, cpu + more[0], wall + more[1], (run / "model.tw").stat().st_size


def peer(options, folder, target, classes):
    out = folder / "peer.npz"
    command = [sys.executable, "-c", PEER, folder / "train.csv", folder / "test.csv", target, str(options.c), out]
    cpu, wall = timed(command, options.threads)
    saved = np.load(out)
    order = [list(saved["classes"]).index(label) for label in classes]
    return saved["p"][:, order], cpu, wall, 0


def figures(truth, scores, classes):
    scores = np.clip(scores, 1e-15, 1)
    scores = scores / scores.sum(axis=1, keepdims=True)
    labels = np.array(classes)[scores.argmax(axis=1)]
    auc = (
        roc_auc_score(truth == classes[1], scores[:, 1])
        if len(classes) == 2
        else roc_auc_score(truth, scores, multi_class="ovr", labels=classes)
    )
    return accuracy_score(truth, labels), log_loss(truth, scores, labels=classes), auc


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tagwerk", default=ROOT / "build/release/tagwerk", type=Path)
    parser.add_argument("--data", default=ROOT.parent / "shared/data", type=Path)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--repeats", default=1, type=int)
    parser.add_argument("--trials", default=2, type=int)
    parser.add_argument("--c", default=1.0, type=float)
    parser.add_argument("--threads", default=2, type=int)
    options = parser.parse_args()
    print(
        f"{'set':10} {'side':14} {'accuracy':>9} {'log loss':>9} {'auc':>8} {'cpu s':>8} {'wall s':>8} {'model MB':>9}"
    )
    for name in options.sets.split(","):
        frame, target = read(options.data, name)
        rows = {"tagwerk": [], "scikit-learn": []}
        for repeat in range(options.repeats):
            train, test = train_test_split(frame, test_size=0.2, random_state=repeat, stratify=frame[target])
            classes = sorted(train[target].unique())
            with tempfile.TemporaryDirectory() as temporary:
                folder = Path(temporary)
                train.to_csv(folder / "train.csv", index=False)
                test.drop(columns=[target]).to_csv(folder / "test.csv", index=False)
                for side, learn in (("tagwerk", ours), ("scikit-learn", peer)):
                    scores, cpu, wall, size = learn(options, folder, target, classes)
                    rows[side].append([*figures(test[target].to_numpy(), scores, classes), cpu, wall, size / 1e6])
        for side, values in rows.items():
            mean = np.mean(values, axis=0)
            size = f"{mean[5]:9.1f}" if mean[5] else " " * 9
            print(
                f"{name:10} {side:14} {mean[0]:9.4f} {mean[1]:9.4f} {mean[2]:8.4f} {mean[3]:8.1f} {mean[4]:8.1f} {size}"
            )


if __name__ == "__main__":
    main()
