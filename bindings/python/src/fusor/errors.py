"""What can go wrong, as exceptions and warnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

__all__ = ["FusorDataError", "FusorError", "FusorUsageError", "FusorWarning", "problem_frame", "warn_of"]

_FIELDS = ["code", "row", "column", "what", "advice", "fatal"]


class FusorError(RuntimeError):
    """The engine failed: no permission, no memory, a damaged model."""


class FusorUsageError(FusorError, ValueError):
    """A parameter has a value that the engine does not take."""


class FusorDataError(FusorError, ValueError):
    """No honest result can come of the data.

    Attributes
    ----------
    problems : pandas.DataFrame
        What is wrong, a row for each problem: its `code`, the 0-based `row` of the data (missing
        where it is of all of them), the `column`, `what` is wrong, `advice`, and whether it is `fatal`.
    """

    def __init__(self, message: str, problems: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self.problems = problem_frame([]) if problems is None else problems

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self.problems)


class FusorWarning(UserWarning):
    """Cells that could not be read, or data that look wrong."""


def problem_frame(problems: Sequence[dict[str, Any]], first: int = 1) -> pd.DataFrame:
    """Return located problems as a table; `first` is the engine's number of row 0."""
    rows = [
        [p.get("code", ""), p["row"] - first if p.get("row") else None, p.get("column"), p["what"], p.get("advice", ""), p.get("fatal", False)]
        for p in problems
    ]
    return pd.DataFrame(rows, columns=_FIELDS).astype({"row": "Int64", "fatal": bool})


def warn_of(problems: pd.DataFrame, stacklevel: int = 2) -> None:
    """Warn of problems, once for those that are alike."""
    import warnings

    for (_, column), same in problems.groupby(["code", "column"], sort=False, dropna=False):
        first = same.iloc[0]
        at = "" if pd.isna(first["row"]) else f"row {first['row']}: "
        more = f" (and {len(same) - 1} more alike)" if len(same) > 1 else ""
        where = f"column {column!r}: " if isinstance(column, str) and column else ""
        advice = f"; {first['advice']}" if first["advice"] else ""
        warnings.warn(f"{at}{where}{first['what']}{more}{advice}", FusorWarning, stacklevel=stacklevel + 1)
