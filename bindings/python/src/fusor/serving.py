"""A model as a service on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ._process import start, stop
from .errors import FusorError
from .model import Model, model_of

__all__ = ["Server", "serve"]


def serve(model: Any, *, name: str = "model", listen: str = "127.0.0.1:0", options: Sequence[str] = ()) -> Server:
    """Serve a model over HTTP, until the server is closed.

    Parameters
    ----------
    model : Model, fitted estimator, Comparison, or mapping of names to these
    name : str, default='model'
        The name of the model in addresses.
    listen : str, default='127.0.0.1:0'
        Host and port; 0 is a port that is free.
    options : sequence of str, optional
        Further arguments of `fusor serve`.

    Returns
    -------
    Server

    Examples
    --------
    >>> with serve(clf) as server:  # doctest: +SKIP
    ...     requests.post(f"{server.url}/v1/models/model/predict", json={"note": "grey"})
    """
    models = model if isinstance(model, dict) else {name: model}
    return Server({n: model_of(m) for n, m in models.items()}, listen, options)


class Server:
    """A running server, and a context manager that ends it.

    Attributes
    ----------
    url : str
        Where it is: http://127.0.0.1:PORT. The API is at `/openapi.json`, the page at `/`.
    """

    def __init__(self, models: dict[str, Model], listen: str, options: Sequence[str]) -> None:
        folder = tempfile.TemporaryDirectory(prefix="fusor-", ignore_cleanup_errors=True)
        args = ["serve", "--listen", listen, "--quiet"]
        for name, m in models.items():
            m.save(Path(folder.name) / f"{name}.fusor")
            args += [f"--encoder={e}" for e in m.encoders]
        args += [*options, *(f"{n}={Path(folder.name) / n}.fusor" for n in models)]
        process = start(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._finalizer = weakref.finalize(self, _close, process, folder, os.getpid())
        self._said: deque[str] = deque(maxlen=100)
        drain = threading.Thread(target=_drain, args=(process, self._said), daemon=True)
        drain.start()
        assert process.stdout is not None
        address = re.search(r"https?://\S+|unix:\S+", process.stdout.readline().decode(errors="replace"))
        if address is None:
            process.wait()
            drain.join()
            self.close()
            raise FusorError("\n".join(self._said).removeprefix("fusor: ") or "the server did not start")
        self.url = address[0]
        self._process = process

    def close(self) -> None:
        """End the server; requests under way are answered first."""
        self._finalizer()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<fusor.Server {self.url}>"


def _drain(process: subprocess.Popen[bytes], said: deque[str]) -> None:
    with process.stderr as lines:  # type: ignore[union-attr]
        said.extend(line.decode(errors="replace").rstrip() for line in lines)


def _close(process: subprocess.Popen[bytes], folder: tempfile.TemporaryDirectory[str], owner: int) -> None:
    if owner == os.getpid():
        stop(process)
        if process.stdout is not None:
            process.stdout.close()
        folder.cleanup()
