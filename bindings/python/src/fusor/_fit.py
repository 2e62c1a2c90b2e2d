"""Data and parameters as the arguments of a command that trains."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ._table import write_parquet

__all__ = ["command", "recipe", "seed_of"]

# Keys of a recipe that are of its training: docs/configuration.md.
_TRAINING = ("epochs", "batch", "lr", "class_weights")


def recipe(more: Mapping[str, Any] | None, **given: Any) -> dict[str, Any]:
    """Return a recipe as `--config` takes it: parameters that are not None, over the keys of `more`."""
    out = json.loads(json.dumps(more or {}, default=_plain))
    training = dict(out.get("train") or {})
    for name, value in given.items():
        if value is not None:
            (training if name in _TRAINING else out)[name] = value
    if training:
        out["train"] = training
    return json.loads(json.dumps(out, default=_plain))


def _plain(v: Any) -> Any:
    if isinstance(v, (np.generic, np.ndarray)):
        return v.tolist()
    return os.fspath(v)


def seed_of(random_state: Any) -> int:
    """Return the engine's seed: 0 of None, so that a fit can be repeated unless it is asked otherwise."""
    if random_state is None:
        return 0
    if isinstance(random_state, (int, np.integer)):
        return int(random_state)
    return int(random_state.randint(2**31 - 1) if hasattr(random_state, "randint") else random_state.integers(2**31 - 1))


@contextmanager
def command(
    verb: str,
    df: pd.DataFrame,
    *,
    label: str | None,
    task: str | None,
    recipe: Mapping[str, Any] | None,
    roles: Mapping[str, str | None],
    kinds: Mapping[str, str] | None,
    allow_missing: Sequence[str] | None,
    root: str | os.PathLike[str],
    random_state: Any = None,
    threads: int | None = None,
) -> Iterator[tuple[list[str], Path]]:
    """Write a table for a command, and yield the command's arguments and a private folder for what it writes."""
    with tempfile.TemporaryDirectory(prefix="fusor-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        write_parquet(df, folder / "data.parquet")
        args = [verb, str(folder / "data.parquet"), "--root", str(Path(root).absolute()), "--quiet", "--steps"]
        if recipe is not None:  # of a command that trains
            (folder / "recipe.json").write_text(json.dumps(dict(recipe)))
            args += ["--config", str(folder / "recipe.json"), "--seed", str(seed_of(random_state))]
        args += ["--label", label] if label else []
        args += ["--task", task] if task else []
        for role, column in roles.items():
            args += [f"--{role}={column}"] if column is not None else []
        for column, kind in (kinds or {}).items():
            args += ["--kind", f"{column}={kind}"]
        args += ["--allow-missing", ",".join(allow_missing)] if allow_missing else []
        args += ["--threads", str(threads)] if threads else []
        yield args, folder
