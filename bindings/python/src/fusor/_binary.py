"""Where the engine is: one static binary that the wheel installs beside Python's other commands."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path

__all__ = ["find_binary"]


def find_binary() -> str:
    """Return the path of the fusor binary.

    The environment variable FUSOR_BINARY goes before the binary of the wheel, and that before PATH.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    named = os.environ.get("FUSOR_BINARY")
    if named:
        if not Path(named).is_file():
            raise FileNotFoundError(f"FUSOR_BINARY names {named}, which is not there")
        return named
    return _installed()


@lru_cache(maxsize=1)
def _installed() -> str:
    name = "fusor" + (sysconfig.get_config_var("EXE") or "")
    user = sysconfig.get_preferred_scheme("user")
    package = Path(__file__).resolve().parent
    folders: list[str | Path] = [
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", scheme=user),
        package.parent / "bin",  # pip install --target
        Path(sys.prefix) / "bin",
    ]
    for folder in folders:
        path = Path(folder) / name
        if path.is_file():
            return str(path)
    found = shutil.which(name)
    if found:
        return found
    raise FileNotFoundError("the fusor binary is not there; install the wheel, or name the binary with FUSOR_BINARY")
