"""The views of a table as arrays."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import load_npz

from ._fit import command
from ._process import run
from ._table import frame
from .errors import problem_frame, warn_of
from .model import model_of

__all__ = ["extract"]


def extract(
    data: Any,
    views: Sequence[str] | None = None,
    *,
    label: str | None = None,
    model: Any = None,
    kinds: Mapping[str, str] | None = None,
    split: str | None = None,
    pretrained: Mapping[str, str | os.PathLike[str]] | None = None,
    allow_missing: Sequence[str] | None = None,
    root: str | os.PathLike[str] = ".",
    threads: int | None = None,
) -> dict[str, Any]:
    """Return the views of a table as arrays, a row for each of its rows.

    Parameters
    ----------
    data : DataFrame
        Rows; cells as :meth:`FusorClassifier.fit` takes them.
    views : list of str, optional
        The views to take: column, column.view or ``*.view``; the default ones if left out.
    label : str, optional
        A column that is no modality, but the label.
    model : Model, fitted estimator or Comparison, optional
        Take its views, as they were fitted. Without it views that need a vocabulary or levels are
        fitted on the rows that the column split has as train, else on all rows.
    kinds, split, pretrained, allow_missing, root, threads : optional
        As for :class:`FusorClassifier`.

    Returns
    -------
    dict
        By view, column.view: vectors [rows, values] and sequences [rows, steps, values] as ndarray,
        NaN where there is nothing; bags of words as a sparse array of SciPy.
    """
    df = frame(data)
    trained = model_of(model) if model is not None else None
    target = label
    if label is not None and label not in df.columns:
        raise ValueError(f"there is no column {label!r}; the columns are: {', '.join(df.columns)}")
    if label is None and trained is None:  # the engine reads tables that are learned from
        target = "label"
        while target in df.columns:
            target += "_"
        df = df.assign(**{target: np.arange(len(df)) % 2})
    with command(
        "extract", df, label=target, task=None if trained or label else "class", recipe=None,
        roles={"split-column": split}, kinds=kinds, allow_missing=allow_missing, root=root, threads=threads,
    ) as (args, folder):  # fmt: skip
        if trained is not None:
            trained.save(folder / "model.fusor")
            args += ["--model", str(folder / "model.fusor"), *(f"--encoder={e}" for e in trained.encoders)]
        args += ["--views", ",".join(views)] if views else []
        args += [f"--encoder={column}={os.fspath(place)}" for column, place in (pretrained or {}).items()]
        result = run([*args, "-o", str(folder / "arrays")], folder / "views.json")
        out = {v["name"]: _read(folder / "arrays" / v["files"][0]) for v in result["views"]}
    warn_of(problem_frame([p for p in result.get("problems") or [] if label or p.get("column") != target]))
    return out


def _read(path: Any) -> Any:
    return load_npz(path) if path.suffix == ".npz" else np.load(path)
