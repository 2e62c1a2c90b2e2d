"""Labels of any kind as the names of classes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["class_names"]

# Texts that stand for a missing label in a table, where a value of Python is never missing.
_MISSING = {"", "nan", "none", "null", "na", "n/a", "<na>", "#n/a", "nil", "-", "--", "?", ".", "inf", "infinity", "-inf", "missing", "unknown"}


def class_names(classes: Sequence[Any] | np.ndarray) -> list[str]:
    """Return a name for each class: its text, or a number of its own where a reader of a table would take
    two texts for one, or one for a missing label."""
    names = [str(c) for c in classes]
    keys = {_key(n) for n in names}
    if len(keys) == len(names) and not keys & _MISSING:
        return names
    digits = len(str(len(names)))
    return [f"class {k:0{digits}d}" for k in range(len(names))]


def _key(name: str) -> str:
    text = unicodedata.normalize("NFKC", name).casefold()
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc", "Mn"))
    text = re.sub(r"\s+", "", text)
    try:
        return repr(float(text))
    except ValueError:
        return text
