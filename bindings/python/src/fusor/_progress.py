"""A bar in a notebook; elsewhere nothing is shown."""

from __future__ import annotations

import html
import sys
from typing import Any

__all__ = ["Bar"]

_TITLES = {"extract": "reading media", "train": "training", "compare": "comparing", "calibrate": "calibrating", "explain": "trying subsets", "noise": "adding noise"}


class Bar:
    """The progress of a command. It is taken away at the end, so that a saved notebook stays small."""

    def __init__(self) -> None:
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        self._on = type(shell).__name__ == "ZMQInteractiveShell"
        self._handle: Any = None

    def update(self, stage: str, done: int, total: int, detail: str = "") -> None:
        """Show a step."""
        if not self._on:
            return
        from IPython.display import HTML, display

        text = html.escape(f"{_TITLES.get(stage, stage)}  {done}/{total}  {detail}")
        shown = HTML(f'<progress value="{done}" max="{max(total, 1)}" style="width:16em"></progress> <code>{text}</code>')
        if self._handle is None:
            self._handle = display(shown, display_id=True)
        else:
            self._handle.update(shown)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            from IPython.display import HTML

            self._handle.update(HTML(""))
