"""The engine as a process: one that does a job and ends, or one that is kept to answer rows."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from ._binary import find_binary
from ._progress import Bar
from .errors import FusorDataError, FusorError, FusorUsageError, problem_frame

__all__ = ["Worker", "run", "start", "stop"]

# How long the engine may take to end by itself: it finishes the file that it writes.
GRACE = 4.0


def start(args: Sequence[str], **pipes: Any) -> subprocess.Popen[bytes]:
    """Start the engine."""
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    return subprocess.Popen([find_binary(), *args], creationflags=flags, **pipes)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process, and wait until it has ended."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(args: Sequence[str], result: Path | None = None) -> Any:
    """Run a command to its end, and return its result.

    Parameters
    ----------
    args : sequence of str
    result : Path, optional
        A file for the result: the command is given it with --json.

    Raises
    ------
    FusorDataError, FusorUsageError, FusorError
    """
    if result is not None:
        args = [*args, "--json", str(result)]
    said: list[str] = []
    with Bar() as bar:
        process = start(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            for raw in process.stderr or ():
                line = raw.decode(errors="replace").rstrip("\n")
                if line.startswith('{"stage":'):
                    bar.update(**json.loads(line))
                else:
                    said.append(line)
            code = process.wait()
        except BaseException:  # an interrupt too ends the process
            stop(process)
            raise
        finally:
            if process.stderr:
                process.stderr.close()
    answer = json.loads(result.read_bytes()) if result is not None and result.exists() else None
    if code != 0:
        raise _error(code, said, answer)
    return answer


def _error(code: int, said: Sequence[str], answer: Any) -> FusorError:
    text = "\n".join(said).removeprefix("fusor: ").split("\nsee: fusor ")[0] or f"the engine ended with {code}"
    if answer and answer.get("problems"):
        return FusorDataError(text, problem_frame(answer["problems"]))
    return FusorUsageError(text) if code == 2 else FusorError(text)


class Worker:
    """A process that answers rows with one model. It is safe for concurrent use.

    Parameters
    ----------
    model : bytes
        The content of the model's file.
    args : sequence of str
        Further arguments of `fusor predict`.
    kept : bool
        Whether the process goes on after its answers, until it is closed, the interpreter ends, or
        many others have been used since. A model that reads rows in their order cannot be kept: it
        answers when it has all of them.
    """

    def __init__(self, model: bytes, args: Sequence[str], kept: bool = True) -> None:
        self._model, self._args, self._kept = model, args, kept
        self._forget()

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._answered = 0

    def answer(self, rows: Iterable[bytes], n: int, take: Callable[[int, dict[str, Any]], None]) -> None:
        """Answer n rows of JSON, each by a call of take with the row's place and its answer.

        Problems in an answer are located by the place of the row as well.
        """
        if self._owner != os.getpid():  # after a fork the process, and maybe the lock, are the parent's
            self._forget()
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._end()
                self._open()
            _used(self)
            whole = False
            try:
                self._exchange(rows, n, take)
                whole = self._kept
            finally:
                if not whole:  # answers that nobody has read would come first the next time
                    self._end()

    def _exchange(self, rows: Iterable[bytes], n: int, take: Callable[[int, dict[str, Any]], None]) -> None:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        send = _Sender(process.stdin, rows, close=not self._kept)
        if n == 1 and self._kept:
            send.run()
        else:  # the engine answers while it reads
            send.start()
        before = self._answered
        for i in range(n):
            line = process.stdout.readline()
            if send.error is not None:
                raise send.error
            if not line:
                raise self._failed()
            self._answered += 1
            out = json.loads(line)
            if "error" in out:
                raise FusorError(f"row {i}: {out['error']}")
            for p in out.get("problems", ()):
                p["row"] -= before
            take(i, out)
        if send.ident is not None:
            send.join()

    def close(self, wait: bool = True) -> None:
        """End the process; a further question starts it again. Without wait not one that is at work."""
        if self._owner == os.getpid() and self._lock.acquire(blocking=wait):
            try:
                self._end()
            finally:
                self._lock.release()

    def _open(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="fusor-")
        path = Path(folder.name) / "model.fusor"
        path.write_bytes(self._model)
        self._answered = 0
        self._stderr: IO[bytes] = tempfile.TemporaryFile()
        args = ["predict", str(path), "-", "--bare", "--quiet", *self._args]
        self._process = start(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr)
        self._finalizer = weakref.finalize(self, _close, self._process, folder, os.getpid())

    def _failed(self) -> FusorError:
        assert self._process is not None
        code = self._process.wait()
        self._stderr.seek(0)
        return _error(code, self._stderr.read().decode(errors="replace").splitlines(), None)

    def _end(self) -> None:
        if self._process is not None:
            self._finalizer()
            self._process = None


class _Sender(threading.Thread):
    """Writes rows to the engine."""

    def __init__(self, to: IO[bytes], rows: Iterable[bytes], close: bool) -> None:
        super().__init__(daemon=True)
        self._to, self._rows, self._close = to, rows, close
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            for row in self._rows:
                self._to.write(row)
            self._to.flush()
            if self._close:
                self._to.close()
        except (BrokenPipeError, ValueError) as e:
            if not isinstance(e, BrokenPipeError) and not self._to.closed:
                self._fail(e)  # else the engine has ended, and says why
        except BaseException as e:
            self._fail(e)

    def _fail(self, e: BaseException) -> None:
        self.error = e
        try:
            self._to.close()  # then the engine ends, and who waits for its answers sees the error
        except OSError:
            pass


def _close(process: subprocess.Popen[bytes], folder: tempfile.TemporaryDirectory[str], owner: int) -> None:
    if owner == os.getpid():
        stop(process)
        for pipe in (process.stdin, process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                pass
        folder.cleanup()


# The workers that were used last. Of many models, as a search over parameters leaves them, the
# processes of only so many are kept.
KEPT = 4
_recent: OrderedDict[int, weakref.ref[Worker]] = OrderedDict()
_recent_lock = threading.Lock()


def _used(worker: Worker) -> None:
    with _recent_lock:
        _recent[id(worker)] = weakref.ref(worker)
        _recent.move_to_end(id(worker))
        old = [_recent.popitem(last=False)[1]() for _ in range(len(_recent) - KEPT)]
    for w in old:
        if w is not None:
            w.close(wait=False)
