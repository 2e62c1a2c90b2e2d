"""Cells of Python's kinds as cells of the engine's: bytes of a file, text, a number or a vector."""

from __future__ import annotations

import io
import math
import os
import struct
import sys
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["cell", "is_image"]

Cell = None | bool | int | float | str | bytes | np.ndarray


def cell(value: Any) -> Cell:
    """Return a cell as the engine takes it.

    Parameters
    ----------
    value : object
        A number, a text, a path, the bytes of a file, a PIL image, an array of pixels (uint8, height
        by width, with or without channels), a sound as `(samples, rate)` or as a mapping with `array`
        and `sampling_rate`, a mapping with `bytes` or `path`, or a vector.

    Returns
    -------
    None, bool, int, float, str, bytes or one-dimensional ndarray
        None is an absent cell.

    Raises
    ------
    TypeError
        There is no cell of such a value.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value) or None
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, tuple) and len(value) == 2 and np.ndim(value[0]) in (1, 2) and np.ndim(value[1]) == 0:
        return _sound(*value)
    if is_image(value):
        return _image(value)
    if type(value).__module__.partition(".")[0] == "torch":
        value = value.detach().cpu().numpy()
    if isinstance(value, (np.ndarray, list, tuple, np.generic)):
        return _array(np.asarray(value))
    if hasattr(value, "isoformat"):  # dates; pandas.NaT is one, and not equal to itself
        return value.isoformat(" ") if hasattr(value, "hour") and value == value else value.isoformat() if value == value else None
    if repr(value) == "<NA>":
        return None
    if type(value).__module__ == "decimal":
        return float(value)
    raise TypeError(f"argument must be a medium, a string or a number, not {type(value).__name__}")


def is_image(value: Any) -> bool:
    """Report whether a value is an image of PIL."""
    image = sys.modules.get("PIL.Image")  # a value of it is there only if it was imported
    return image is not None and isinstance(value, image.Image)


def _image(image: Any) -> bytes:
    from PIL import ImageOps

    original = _original(image)
    if original is not None:
        return original
    image = ImageOps.exif_transpose(image)  # pixels as a viewer shows the file
    if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        image = image.convert("RGBA" if image.mode in ("PA", "La", "RGBa") else "RGB")
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _original(image: Any) -> bytes | None:
    """Return the bytes that an image was opened from, if it is still what they hold.

    Two decoders of JPEG differ in last bits; so the engine sees what it would see of the file.
    """
    from PIL import Image, ImageFile

    if not isinstance(image, ImageFile.ImageFile) or image.format not in ("BMP", "GIF", "JPEG", "PNG", "WEBP") or getattr(image, "n_frames", 1) > 1:
        return None
    fp = getattr(image, "fp", None)
    if fp is not None and image.tile:  # it was not decoded yet, so nothing has changed it
        place = fp.tell()
        fp.seek(0)
        data: bytes = fp.read()
        fp.seek(place)
        return data
    try:
        data = open(image.filename, "rb").read() if image.filename else b""
        again = Image.open(io.BytesIO(data))
        same = again.mode == image.mode and again.size == image.size and again.getpalette() == image.getpalette()
        return data if same and again.tobytes() == image.tobytes() else None
    except OSError:
        return None


def _mapping(value: Mapping[str, Any]) -> Cell:
    if value.get("array") is not None and value.get("sampling_rate"):
        return _sound(value["array"], value["sampling_rate"])
    if value.get("bytes"):
        return bytes(value["bytes"])
    if value.get("path"):
        return os.fsdecode(value["path"])
    if {"bytes", "path"} & set(value):
        return None
    raise TypeError(f"argument must be a medium, a string or a number, not a mapping with {', '.join(map(str, value))}")


def _array(a: np.ndarray) -> Cell:
    if a.ndim == 0:
        return cell(a.item())
    if a.ndim == 1 and a.dtype.kind in "US":  # the names of several files
        return ";".join(map(str, a))
    if a.ndim == 1 and a.dtype.kind in "biuf":
        return None if a.size == 0 else a.astype(np.float32)
    if a.ndim == 1 and a.dtype.kind == "O":
        return a.astype(np.float32)
    if a.dtype == np.uint8 and a.ndim == 3 and a.shape[2] not in (1, 3, 4) and a.shape[0] in (1, 3, 4):
        a = a.transpose(1, 2, 0)  # channels first
    if a.dtype == np.uint8 and (a.ndim == 2 or a.ndim == 3 and a.shape[2] in (1, 3, 4)):
        return _png(a)
    raise TypeError(f"argument must be a medium, a string or a number, not an array of {a.dtype} and shape {a.shape}: pixels are uint8, a sound is (samples, rate)")


def _png(a: np.ndarray) -> bytes:
    """Encode pixels (PNG, ISO/IEC 15948)."""
    height, width = a.shape[:2]
    color = {1: 0, 3: 2, 4: 6}[a.shape[2] if a.ndim == 3 else 1]
    lines = np.zeros((height, 1 + a.size // height), np.uint8)  # every line begins with its filter: none
    lines[:, 1:] = a.reshape(height, -1)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines.tobytes(), 1)) + chunk(b"IEND", b"")


def _sound(samples: Any, rate: Any) -> bytes | None:
    """Encode samples, [frames] or [frames, channels], as WAV: whole numbers as they are, others as float32."""
    if type(samples).__module__.partition(".")[0] == "torch":
        samples = samples.detach().cpu().numpy()
    a = np.asarray(samples)
    if a.size == 0:
        return None
    if a.ndim == 2 and a.shape[0] < a.shape[1] and a.shape[0] <= 8:  # channels first, as torchaudio has them
        a = a.T
    tag = 1 if a.dtype in (np.int16, np.int32) else 3
    a = np.ascontiguousarray(a.astype("<i2" if a.dtype == np.int16 else "<i4" if a.dtype == np.int32 else "<f4"))
    channels, size = (a.shape[1] if a.ndim == 2 else 1), a.dtype.itemsize
    rate = int(rate)
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * channels * size, channels * size, 8 * size)
    data = a.tobytes()
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body
