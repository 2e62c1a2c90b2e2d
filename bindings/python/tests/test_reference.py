"""Public data sets from frames of arrays, images and sounds: the accuracy is that of the files."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusor import FusorClassifier, find_binary

DATA = Path(os.environ.get("FUSOR_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")


def leaves100(folder):
    labels = pd.read_csv(folder / "labels.csv", dtype=str)
    X = {p.stem: np.load(p) for p in sorted(folder.glob("*.npy"))}
    return X, labels["label"], {"hold_out": True}


def clothing(folder):
    df = pd.read_csv(folder / "manifest.csv")
    return df.drop(columns="label"), df["label"], {}


def flowers12(folder):
    image = pytest.importorskip("PIL.Image")
    df = pd.read_csv(folder / "manifest.csv")
    return df.drop(columns="label").assign(image=[image.open(folder / p) for p in df["image"]]), df["label"], {}


def av_digits(folder):
    soundfile, image = pytest.importorskip("soundfile"), pytest.importorskip("PIL.Image")
    df = pd.read_csv(folder / "manifest.csv")
    pixels = [np.asarray(image.open(folder / p)) for p in df["image"]]
    sounds = [soundfile.read(folder / p, dtype="float32") for p in df["audio"]]
    return df.drop(columns="label").assign(image=pixels, audio=sounds), df["label"], {"group": "speaker"}


@pytest.mark.parametrize("read", [leaves100, clothing, flowers12, av_digits], ids=lambda f: f.__name__)
def test_accuracy(read, tmp_path):
    folder = DATA / read.__name__
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there; FUSOR_DATA names the folder of the reference data")
    data = folder / "manifest.csv" if (folder / "manifest.csv").exists() else folder
    X, y, options = read(folder)
    args = [find_binary(), "train", data, "-o", tmp_path / "m.fusor", "-q", "--json", tmp_path / "m.json"]
    args += ["--group", options["group"]] if "group" in options else []
    subprocess.run(args, check=True)
    files = json.loads((tmp_path / "m.json").read_text())["test"]
    clf = FusorClassifier(**options).fit(X, y)
    frames = clf.report_["test"]
    print(f"{read.__name__}: {files['accuracy']['mean']:.4f} from files, {frames['accuracy']['mean']:.4f} from a frame, {files['test_rows']} test rows")
    assert abs(frames["accuracy"]["mean"] - files["accuracy"]["mean"]) <= 1 / files["test_rows"]
    if "split" in X:
        test = np.asarray(X["split"] == "test")
        np.testing.assert_allclose(clf.score(X[test], y[test]), frames["accuracy"]["mean"])
