"""A trained model: the content of its file, and what it answers."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ._process import Worker, run
from ._table import frame, json_lines
from .errors import problem_frame, warn_of

__all__ = ["Model", "load", "model_of"]

_FILES = ("image", "audio", "video")


def load(path: str | os.PathLike[str], *, encoders: Sequence[str] = (), root: str | os.PathLike[str] = ".") -> Model:
    """Read a saved model.

    Parameters
    ----------
    path : path
        A file that `fusor train`, `fusor compare` or :meth:`Model.save` has written.
    encoders : sequence of str, optional
        Folders of the pretrained encoders that it was trained with, if they are not in the file.
    root : path, optional
        The folder that names of media files are relative to.

    Returns
    -------
    Model
    """
    return Model(Path(path).read_bytes(), encoders=encoders, root=root)


class Model:
    """A trained model. It can be pickled, and used by several threads.

    Parameters
    ----------
    data : bytes
        The content of the model's file.
    encoders, root
        As in :func:`load`.
    threads : int, optional
        Cores to use; all of them if it is left out.

    Attributes
    ----------
    card : dict
        The model card: task, label, classes, columns, fusion, parameters, metrics, training.
    classes : list of str
        The names of the classes, in the order of the columns of :meth:`predict_proba`.
    """

    def __init__(self, data: bytes, *, encoders: Sequence[str] = (), root: str | os.PathLike[str] = ".", threads: int | None = None) -> None:
        self._init(data, list(map(str, encoders)), os.fspath(root), threads, None)

    def _init(self, data: bytes, encoders: list[str], root: str, threads: int | None, card: dict[str, Any] | None) -> None:
        self.data, self.encoders, self.root, self.threads = data, encoders, root, threads
        self.card = card if card is not None else _card(data)
        self._workers: dict[bool, Worker] = {}
        self._lock = threading.Lock()

    def __getstate__(self) -> tuple[Any, ...]:
        return self.data, self.encoders, self.root, self.threads, self.card

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._init(*state)

    def __repr__(self) -> str:
        return f"<fusor.Model {self.card['fusion']} of {', '.join(self.columns)}: {self.card['label']}>"

    @property
    def task(self) -> str:
        """What is predicted: class, regression or multilabel."""
        return self.card["task"]

    @property
    def classes(self) -> list[str]:
        return self.card.get("classes", [])

    @property
    def columns(self) -> list[str]:
        """The modalities."""
        return [c["name"] for c in self.card["columns"]]

    def predict(self, X: Any) -> np.ndarray:
        """Return the class, the number, or the list of labels of every row. An absent column or cell is an absent modality."""
        out = np.empty(len(X := frame(X)), dtype=object if self.classes else float)
        self._ask(X, lambda i, a: out.__setitem__(i, a["prediction"]))
        return out

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the calibrated probabilities, [rows, classes]."""
        if not self.classes:
            raise AttributeError("a regression has no probabilities")
        X = frame(X)
        out = np.zeros((len(X), len(self.classes)))
        places = {c: k for k, c in enumerate(self.classes)}

        def take(i: int, answer: dict[str, Any]) -> None:
            for c, p in answer["probabilities"].items():
                out[i, places[c]] = p

        self._ask(X, take)
        if self.task == "class":  # answers have the digits of float32, scores want a sum of 1
            out /= out.sum(axis=1, keepdims=True)
        return out

    def explain(self, X: Any) -> pd.DataFrame:
        """Return what each modality contributed to the answer of each row.

        Returns
        -------
        DataFrame
            With the index of X: `prediction`, a Shapley value for each modality (points of probability
            of the predicted class, or of the number), `without_<modality>` the answer that the row has without it, and
            `flags`.
        """
        index, X = getattr(X, "index", None), frame(X)
        rows: list[dict[str, Any]] = []

        def take(_: int, answer: dict[str, Any]) -> None:
            e = answer["explanation"]
            without = {f"without_{w['modality']}": w.get("value", w.get("prediction")) for w in e["without"]}
            rows.append({"prediction": answer["prediction"], **e["contributions"], **without, "flags": ";".join(answer["flags"])})

        self._ask(X, take, explain=True)
        return pd.DataFrame(rows, index=index)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model's file, as the command line reads it."""
        Path(path).write_bytes(self.data)

    def close(self) -> None:
        """End the processes that are kept for the next answer. They end by themselves as well."""
        with self._lock:
            for w in self._workers.values():
                w.close()

    @property
    def reads(self) -> list[str]:
        """The columns of a table that it reads; each may be left out."""
        names: list[str] = []
        for c in self.card["columns"]:
            names += [f["name"] for f in c["fields"]] if c["kind"] == "table" else [c["name"]]
        return names

    def _ask(self, X: pd.DataFrame, take: Any, explain: bool = False) -> None:
        ordered = [self.card[role] for role in ("group", "order") if self.card.get(role)]
        known, columns = set(self.reads), X.columns.tolist()
        reads = [c for c in columns if c in known or c in ordered]
        if len(columns) > 0 and not known.intersection(reads):
            raise ValueError(f"none of the columns that the model reads is there: {', '.join(self.reads[:20])}")
        folder = Path(self.root).absolute()
        files = {c["name"]: folder for c in self.card["columns"] if c["kind"] in _FILES}
        problems: list[dict[str, Any]] = []

        def each(i: int, answer: dict[str, Any]) -> None:
            problems.extend(answer.get("problems", ()))
            take(i, answer)

        if len(X) > 0:
            self._worker(explain, kept=not ordered).answer(json_lines(X if len(reads) == len(columns) else X[reads], files), len(X), each)
        if problems:
            warn_of(problem_frame(problems), stacklevel=4)

    def _worker(self, explain: bool, kept: bool) -> Worker:
        with self._lock:
            if explain not in self._workers:
                args = [*(["--explain"] if explain else []), "--root", Path(self.root).absolute().anchor]
                args += [f"--encoder={e}" for e in self.encoders]
                args += ["--threads", str(self.threads)] if self.threads else []
                self._workers[explain] = Worker(self.data, args, kept)
            return self._workers[explain]


def model_of(m: Any) -> Model:
    """Return the model of a fitted estimator or a comparison, or the model itself."""
    for attribute in ("model_", "model"):
        if isinstance(getattr(m, attribute, None), Model):
            return getattr(m, attribute)
    if not isinstance(m, Model):
        raise TypeError(f"it must be a model, a fitted estimator or a comparison, not {type(m).__name__}")
    return m


def _card(data: bytes) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="fusor-") as folder:
        path = Path(folder) / "model.fusor"
        path.write_bytes(data)
        card = run(["info", str(path), "--quiet"], Path(folder) / "card.json")
        return card
