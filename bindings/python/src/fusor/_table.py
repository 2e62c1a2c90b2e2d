"""Frames as tables that the engine reads: columns of Arrow, and of these Parquet or JSON lines."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ._media import cell, is_image

__all__ = ["frame", "json_lines", "write_parquet"]

# Rows that are encoded together: a file or an answer grows by them, so media are never all in memory.
CHUNK = 512

_MEDIUM = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def frame(X: Any) -> pd.DataFrame:
    """Return data as a frame of pandas with names of columns that are text.

    Parameters
    ----------
    X : DataFrame of pandas or polars, pyarrow.Table, mapping of columns, Series, or two-dimensional array
    """
    if isinstance(X, pd.Series):
        X = X.to_frame(X.name if isinstance(X.name, str) else "x0")
    elif isinstance(X, pa.Table):
        X = X.to_pandas()
    elif type(X).__module__.partition(".")[0] == "polars":
        X = X.to_pandas() if hasattr(X, "columns") else X.to_frame().to_pandas()
    elif isinstance(X, Mapping):
        X = pd.DataFrame({k: v if np.ndim(v) < 2 else list(v) for k, v in X.items()})
    elif not isinstance(X, pd.DataFrame):
        X = np.asarray(X)
        X = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    if any(not isinstance(c, str) for c in X.columns.tolist()):
        X = X.set_axis([str(c) for c in X.columns], axis=1)
    if X.columns.has_duplicates:
        raise ValueError(f"two columns have the name {X.columns[X.columns.duplicated()][0]!r}")
    return X


def write_parquet(df: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a frame in chunks of rows, without its index."""
    schema = pa.schema([(name, _type(df[name])) for name in df.columns])
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as out:
        step = CHUNK if any(t in (_MEDIUM, pa.binary()) for t in schema.types) else 65536
        for start in range(0, len(df), step):
            rows = df.iloc[start : start + step]
            out.write_table(pa.table([_column(rows[f.name], f.type) for f in schema], schema=schema))


def json_lines(df: pd.DataFrame, files: Mapping[str, Path]) -> Iterator[bytes]:
    """Yield the rows of a frame as JSON, without the cells that are absent.

    Parameters
    ----------
    df : DataFrame
    files : mapping
        Columns whose texts name files, with the folder that these are relative to. The names become
        relative to the root of the file system.
    """
    for start in range(0, len(df), CHUNK):
        rows = df.iloc[start : start + CHUNK] if len(df) > CHUNK else df
        columns = {str(name): _values(s, files.get(str(name))) for name, s in rows.items()}
        for cells in zip(*columns.values()):
            row = {name: c for name, c in zip(columns, cells) if c is not None}
            yield json.dumps(row, ensure_ascii=False).encode(errors="replace") + b"\n"


def _values(s: pd.Series, folder: Path | None) -> list[Any]:
    """Return the cells of a column as JSON has them: as those of Arrow, but without it where numbers are numbers."""
    kind = s.dtype.kind
    if kind in "biu" and isinstance(s.dtype, np.dtype):
        return s.tolist()
    if kind == "f" and isinstance(s.dtype, np.dtype):
        return [v if v - v == 0 else _value(v, None) for v in s.tolist()]
    return [_value(v, folder) for v in _column(s, _type(s)).to_pylist()]


def _type(s: pd.Series) -> pa.DataType:
    """Return the type of Arrow that holds a column."""
    if s.dtype != object:
        t = pa.Array.from_pandas(s.iloc[:0]).type if not isinstance(s.dtype, pd.CategoricalDtype) else _type(s.dtype.categories.to_series())
        if pa.types.is_floating(t) or pa.types.is_duration(t):
            return pa.float64()
        if pa.types.is_nested(t) or pa.types.is_binary(t) or pa.types.is_large_binary(t):
            return _type(s.astype(object))
        return pa.string() if pa.types.is_large_string(t) or pa.types.is_string_view(t) or pa.types.is_null(t) else t
    seen = {_kind(v) for v in s} - {""}
    if len(seen) == 1:
        return {"bytes": pa.binary(), "vector": pa.list_(pa.float32()), "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}.get(seen.pop(), pa.string())
    if seen == {"int", "float"}:
        return pa.float64()
    if "bytes" in seen and seen <= {"bytes", "text"}:
        return _MEDIUM
    if "vector" in seen:
        raise TypeError(f"column {s.name!r}: argument must be a string or a number, or every cell a vector")
    return pa.string()


def _kind(v: Any) -> str:
    """Return what sort of cell a value becomes, without encoding it; '' for none."""
    match v:
        case None:
            return ""
        case str() | os.PathLike():
            return "text"
        case bool() | np.bool_():
            return "bool"
        case int() | np.integer():
            return "int" if -(2**63) <= v < 2**63 else "text"
        case float() | np.floating():
            return "" if np.isnan(v) else "float"
        case bytes() | bytearray() | memoryview():
            return "bytes" if len(v) else ""
        case {"array": _, "sampling_rate": _}:
            return "bytes"
    if isinstance(v, (list, np.ndarray)) and np.ndim(v) == 1:
        return "" if len(v) == 0 else "text" if isinstance(v[0], (str, os.PathLike)) else "vector"
    if is_image(v) or isinstance(v, tuple) or isinstance(v, np.ndarray) and v.ndim > 1:
        return "bytes"
    x = cell(v)
    return {bytes: "bytes", str: "text", np.ndarray: "vector", type(None): "", bool: "bool", int: "int", float: "float"}[type(x)]


def _column(s: pd.Series, t: pa.DataType) -> pa.Array:
    """Return a column as an array of a type that _type has chosen for it, or for rows alike."""
    if isinstance(s.dtype, pd.CategoricalDtype):
        s = s.astype(s.dtype.categories.dtype if not s.isna().any() else object)
    if s.dtype != object and not pa.types.is_nested(t) and not pa.types.is_binary(t):
        a = pa.Array.from_pandas(s)
        if pa.types.is_duration(a.type):
            return pc.divide(pc.cast(pc.cast(a, pa.duration("ns")), pa.int64()).cast(pa.float64(), safe=False), 1e9)
        return a.cast(t) if a.type != t else a
    cells = [cell(v) for v in s]
    if t == _MEDIUM:
        return pa.array([None if c is None else {"bytes": c} if isinstance(c, bytes) else {"path": str(c)} for c in cells], t)
    if t == pa.string():
        cells = [c if c is None or isinstance(c, str) else str(c) for c in cells]
    return pa.array(cells, t)


def _value(v: Any, folder: Path | None) -> Any:
    """Return a value of Arrow as JSON has it."""
    match v:
        case bytes():
            return {"$base64": base64.b64encode(v).decode()}
        case {"bytes": data, "path": path}:
            return _value(data if data is not None else path, folder)
        case float() if v != v:
            return None
        case float() if v in (np.inf, -np.inf):
            return str(v)  # which JSON has no number for; the engine reports it
        case str() if folder is not None:
            return ";".join(_below_root(name, folder) for name in v.split(";"))
        case list():
            return [None if x is None or x != x else x if abs(x) != np.inf else str(x) for x in v]
        case None | bool() | int() | float() | str():
            return v
    return v.isoformat(" ") if hasattr(v, "hour") and hasattr(v, "year") else str(v)


def _below_root(name: str, folder: Path) -> str:
    path = os.path.realpath(folder / name.strip())
    return os.path.relpath(path, Path(path).anchor).replace(os.sep, "/") if os.path.exists(path) else name
