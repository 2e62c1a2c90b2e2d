"""Is fusion worth it? Every single view and every fusion on the same splits, and a verdict."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ._fit import command, recipe
from ._process import run
from ._table import frame
from .errors import FusorError, problem_frame, warn_of
from .model import Model

__all__ = ["Comparison", "compare"]

# The plots of a notebook: what is best, and what decided.
_SHOWN = ("leaderboard", "attribution", "modalities")
_SCORES = ("mean", "low", "high")


def compare(
    data: Any,
    label: str = "label",
    *,
    task: str | None = None,
    fusions: Sequence[str] | None = None,
    views: Sequence[str] | None = None,
    metric: str | None = None,
    folds: int | None = None,
    seeds: int | None = None,
    kinds: Mapping[str, str] | None = None,
    group: str | None = None,
    order: str | None = None,
    split: str | None = None,
    epochs: int | None = None,
    pretrained: Mapping[str, Any] | None = None,
    recipe: Mapping[str, Any] | None = None,
    allow_missing: Sequence[str] | None = None,
    coverage: float | None = None,
    media: bool = False,
    lang: str = "en",
    root: str | os.PathLike[str] = ".",
    threads: int | None = None,
    random_state: Any = None,
) -> Comparison:
    """Compare every single view and every fusion on a table.

    Parameters
    ----------
    data : DataFrame
        Rows with their labels, of which a row may have a list; cells as :meth:`FusorClassifier.fit` takes them.
    label : str, default='label'
        The column that is predicted.
    task : {'class', 'regression', 'multilabel'}, optional
        Inferred from the labels if left out.
    fusions, views, metric, folds, seeds, epochs : optional
        What is tried, by which metric, and how often; see `fusor compare --help`.
    kinds, group, order, split, pretrained, recipe, allow_missing, root, threads, random_state : optional
        As for :class:`FusorClassifier`.
    coverage : float, default=0.9
        The nominal coverage of prediction sets.
    media : bool, default=False
        Whether the report shows the media of the surest mistakes.
    lang : {'en', 'zh'}, default='en'
        The language of the report.

    Returns
    -------
    Comparison
    """
    df = frame(data)
    if label not in df.columns:
        raise ValueError(f"there is no column {label!r}; the columns are: {', '.join(df.columns)}")
    if any(isinstance(v, (list, tuple, set)) for v in df[label]):  # several labels a row
        sets = [None if v is None else json.dumps(sorted(map(str, v)), ensure_ascii=False) for v in df[label]]
        df = df.assign(**{label: pd.Series(sets, index=df.index, dtype=object)})
    plan = _recipe(recipe, views=views, epochs=epochs, pretrained=pretrained)
    roles = {"group": group, "order": order, "split-column": split}
    with command(
        "compare", df, label=label, task=task, recipe=plan, roles=roles, kinds=kinds, allow_missing=allow_missing, root=root,
        random_state=random_state, threads=threads,
    ) as (args, folder):  # fmt: skip
        out = folder / "result"
        args += ["-o", str(out), "--lang", lang, *(["--media"] if media else [])]
        args += ["--fusions", ",".join(fusions)] if fusions else []
        for flag, value in (("metric", metric), ("folds", folds), ("seeds", seeds), ("coverage", coverage)):
            args += [f"--{flag}={value}"] if value is not None else []
        result = run(args, folder / "compare.json")
        plots = {p.stem: p.read_text("utf-8") for p in sorted(out.glob("*.svg"))}
        page, saved = (out / "report.html").read_text("utf-8"), out / "model.fusor"
        encoders = [c["dir"] if isinstance(c, Mapping) else c for c in (plan.get("pretrained") or {}).values()]
        model = Model(saved.read_bytes(), encoders=encoders, root=root, threads=threads) if saved.exists() else None
    warn_of(problem_frame(result.get("problems") or []))
    return Comparison(result, page, plots, model)


_recipe = recipe


class Comparison:
    """What a comparison has found; in a notebook it shows the verdict and its plots.

    Attributes
    ----------
    result : dict
        All of it, as `fusor compare --json` writes it.
    verdict : str
        Whether fusion helps, in a sentence or two; empty where there was nothing to compare.
    chosen : dict
        The entry that validation rows chose.
    plots : dict of str
        The plots of the report as SVG, by name.
    """

    def __init__(self, result: dict[str, Any], page: str, plots: dict[str, str], model: Model | None) -> None:
        self.result, self.plots = result, plots
        self._page, self._model = page, model

    @property
    def verdict(self) -> str:
        return (self.result.get("verdict") or {}).get("text", "")

    @property
    def chosen(self) -> dict[str, Any]:
        return self.result["chosen"]

    @property
    def model(self) -> Model:
        """The chosen entry, fitted on all rows but those of an official test."""
        if self._model is None:
            raise FusorError("the comparison made no model")
        return self._model

    @property
    def leaderboard(self) -> pd.DataFrame:
        """The entries, the best of the main metric first: a row each, with the mean and the interval of it, and other metrics."""
        main = self.result["metric"]
        rows = []
        for r in self.result["rows"]:
            scores = {k: v["mean"] for k, v in r.items() if isinstance(v, dict) and "mean" in v and k != main}
            means = {main if s == "mean" else s: r[main][s] for s in _SCORES}
            rows.append({"name": r["name"], "kind": r["kind"], **means, **scores, "fusion": r["fusion"], "views": r["views"], "parameters": r.get("parameters")})
        out = pd.DataFrame(rows).set_index("name")
        out["chosen"] = out.index == (self.result.get("chosen") or {}).get("name")
        return out.sort_values(main, ascending=main in _LOWER, kind="stable")

    def report(self, path: str | os.PathLike[str]) -> None:
        """Write the report, one page of HTML."""
        Path(path).write_text(self._page, encoding="utf-8")

    def __repr__(self) -> str:
        main = self.result["metric"]
        lines = [f"{name:<16} {r['kind']:<8} {r[main]:.3f}  [{r['low']:.3f}, {r['high']:.3f}]" for name, r in self.leaderboard.iterrows()]
        return "\n".join([f"{main} of {self.result['dataset_rows']} rows" if "dataset_rows" in self.result else main, *lines, "", self.verdict]).rstrip()

    def _repr_html_(self) -> str:
        plots = [self.plots[n][self.plots[n].index("<svg") :] for n in _SHOWN if n in self.plots]
        words = f"<p><b>{html.escape(self.verdict)}</b></p>" if self.verdict else ""
        return f'<div style="max-width:760px">{words}{"".join(plots)}</div>'


# Metrics of which less is better.
_LOWER = {"log_loss", "brier", "ece", "mae", "rmse", "hamming_loss"}
