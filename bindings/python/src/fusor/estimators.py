"""Estimators in scikit-learn's manner."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_consistent_length, check_is_fitted, column_or_1d, validate_data

from ._fit import command, recipe
from ._labels import class_names
from ._process import run
from ._table import frame
from .errors import problem_frame, warn_of
from .model import Model

__all__ = ["FusorClassifier", "FusorMultilabel", "FusorRegressor"]

_PARAMETERS = """
    Parameters
    ----------
    fusion : str, optional
        The fusion method: concat (the default), mean, weighted, attention, bilstm, gated, film, late, lowrank,
        multiplicative, poe, tensor, transformer, or any other that docs/configuration.md lists.
    views : list of str, optional
        The views to take: column, column.view or \\\\*.view; the default views of every column if left out.
    kinds : dict, optional
        Kinds of columns that are not to be inferred: text, image, audio, video, number, category, date,
        boolean, vector.
    group, order, split : str, optional
        Columns of X: whose rows belong together; the order of rows within a group, which bilstm then
        runs over; and which rows are train, val or test. A column `split` is taken by its name.
    hold_out : bool, default=False
        Whether, where X has no split, a part of the rows is kept for the scores on the model card, as
        `fusor train` does. If not, all rows are learned from: those that choose the epoch by a fit of its own
        before the last.
    epochs, batch, lr, width, dropout, modality_dropout : optional
        As in docs/configuration.md.
    pretrained : dict, optional
        Folders of pretrained encoders by column or kind of column.
    recipe : dict, optional
        Any other keys of docs/configuration.md.
    allow_missing : list of str, optional
        Columns to go on with although most of their cells cannot be read.
    root : path, default='.'
        The folder that the names of media files are relative to.
    threads : int, optional
        Cores to use.
    random_state : int, RandomState or None, default=None
        The seed of everything random; None is 0.
"""

_ATTRIBUTES = """
    model_ : Model
        What was learned.
    report_ : dict
        The report of the training: rows, history, notes, problems.
    problems_ : DataFrame
        What was found wrong with the data, none of it fatal.
    n_features_in_ : int
        The number of columns of X.
    feature_names_in_ : ndarray of str
        Their names, if X has names.
"""


class _Fusor(BaseEstimator):
    """What the estimators have in common: X as a frame, a fit, a model."""

    _task: str
    model_: Model

    def __init__(
        self,
        fusion: str | None = None,
        views: Sequence[str] | None = None,
        *,
        kinds: Mapping[str, str] | None = None,
        group: str | None = None,
        order: str | None = None,
        split: str | None = None,
        hold_out: bool = False,
        epochs: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        width: int | None = None,
        dropout: float | None = None,
        modality_dropout: float | None = None,
        pretrained: Mapping[str, Any] | None = None,
        recipe: Mapping[str, Any] | None = None,
        allow_missing: Sequence[str] | None = None,
        root: str | os.PathLike[str] = ".",
        threads: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.fusion = fusion
        self.views = views
        self.kinds = kinds
        self.group = group
        self.order = order
        self.split = split
        self.hold_out = hold_out
        self.epochs = epochs
        self.batch = batch
        self.lr = lr
        self.width = width
        self.dropout = dropout
        self.modality_dropout = modality_dropout
        self.pretrained = pretrained
        self.recipe = recipe
        self.allow_missing = allow_missing
        self.root = root
        self.threads = threads
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    def explain(self, X: Any) -> pd.DataFrame:
        """Return what each modality contributed to each answer; see :meth:`Model.explain`."""
        return self.model_.explain(self._rows(X))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model's file, as the command line and :func:`load` read it."""
        check_is_fitted(self)
        self.model_.save(path)

    def _recipe(self) -> dict[str, Any]:
        names = ("fusion", "views", "epochs", "batch", "lr", "width", "dropout", "modality_dropout", "pretrained")
        return recipe(self.recipe, **{n: getattr(self, n) for n in names})

    def _check_fit(self, X: Any, y: Any, unsupported: Mapping[str, Any]) -> tuple[pd.DataFrame, Any]:
        """Return X as a frame, and y if it is as long; remember the features."""
        for name in unsupported:
            why = "fusor weighs classes (class_weights), not rows" if name == "sample_weight" else f"fit takes no {name}"
            raise TypeError(f"{why}: {name} is refused")
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        if _is_frame(X):
            validate_data(self, X if isinstance(X, pd.DataFrame) else frame(X), skip_check_array=True)
            X = frame(X)
            if len(X) == 0 or len(X.columns) == 0:
                raise ValueError(f"found an X of shape {X.shape}: there is nothing to learn from")
        elif self._task == "multilabel":
            X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
        else:
            X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan", y_numeric=self._task == "regression")
        check_consistent_length(X, y)
        df = frame(X)
        self._columns = list(df.columns)
        return df, y

    def _train(self, df: pd.DataFrame, target: pd.DataFrame) -> None:
        """Learn the columns of target from df."""
        label = target.columns[0]
        split = self.split or ("split" if "split" in df.columns else None)
        table = pd.concat([df.reset_index(drop=True), target], axis=1)
        if split is None and not self.hold_out:
            split = _free("split", table)
            table[split] = "train"
        roles = {"group": self.group, "order": self.order, "split-column": split}
        with command(
            "train", table, label=label, task=self._task, recipe=self._recipe(), roles=roles, kinds=self.kinds,
            allow_missing=self.allow_missing, root=self.root, random_state=self.random_state, threads=self.threads,
        ) as (args, folder):  # fmt: skip
            self.report_ = run([*args, "-o", str(folder / "model.fusor")], folder / "report.json")
            data = (folder / "model.fusor").read_bytes()
        encoders = [c["dir"] if isinstance(c, Mapping) else c for c in (self._recipe().get("pretrained") or {}).values()]
        self.model_ = Model(data, encoders=encoders, root=self.root, threads=self.threads)
        self.problems_ = problem_frame(self.report_.get("problems") or [])
        warn_of(self.problems_, stacklevel=3)

    def _rows(self, X: Any) -> pd.DataFrame:
        """Return X as the model reads it. Of a table alone every column must be there, as everywhere in scikit-learn."""
        check_is_fitted(self)
        if not _is_frame(X):
            X = validate_data(self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan")
            return pd.DataFrame(X, columns=self._columns)
        named, X = hasattr(self, "feature_names_in_"), frame(X)
        if not named or self.model_.columns == ["table"] and not (self.group or self.order or self.split):
            validate_data(self, X, reset=False, skip_check_array=True)
        return X if named else X.set_axis(self._columns, axis=1)


def _is_frame(X: Any) -> bool:
    """Report whether X has columns of its own, or cells that are no numbers."""
    if issparse(X):  # refused by scikit-learn's own check
        return False
    if hasattr(X, "columns") or isinstance(X, (Mapping, pd.Series)) or hasattr(X, "to_frame"):
        return True
    if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 2:
        return any(isinstance(v, (str, bytes, os.PathLike, np.ndarray, tuple)) or type(v).__module__.startswith("PIL.") for v in X.flat)
    return False


def _free(name: str, df: pd.DataFrame) -> str:
    """Return a name that no column has."""
    while name in df.columns:
        name += "_"
    return name


def _label_name(y: Any, X: pd.DataFrame) -> str:
    name = getattr(y, "name", None)
    return _free(name if isinstance(name, str) and name else "label", X)


class FusorClassifier(ClassifierMixin, _Fusor):
    __doc__ = f"""A classifier of rows with several modalities: text, images, audio, video, tables and vectors.
{_PARAMETERS}
    class_weights : bool, optional
        Whether classes are weighed by 1/frequency.

    Attributes
    ----------
    classes_ : ndarray
        The classes, sorted.
{_ATTRIBUTES}
    Examples
    --------
    >>> clf = FusorClassifier(fusion="gated").fit(X, y)  # doctest: +SKIP
    >>> clf.predict_proba(X.drop(columns="photo"))  # doctest: +SKIP
    """

    _task = "class"

    def __init__(
        self,
        fusion: str | None = None,
        views: Sequence[str] | None = None,
        *,
        class_weights: bool | None = None,
        kinds: Mapping[str, str] | None = None,
        group: str | None = None,
        order: str | None = None,
        split: str | None = None,
        hold_out: bool = False,
        epochs: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        width: int | None = None,
        dropout: float | None = None,
        modality_dropout: float | None = None,
        pretrained: Mapping[str, Any] | None = None,
        recipe: Mapping[str, Any] | None = None,
        allow_missing: Sequence[str] | None = None,
        root: str | os.PathLike[str] = ".",
        threads: int | None = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            fusion, views, kinds=kinds, group=group, order=order, split=split, hold_out=hold_out, epochs=epochs, batch=batch, lr=lr,
            width=width, dropout=dropout, modality_dropout=modality_dropout, pretrained=pretrained, recipe=recipe,
            allow_missing=allow_missing, root=root, threads=threads, random_state=random_state,
        )  # fmt: skip
        self.class_weights = class_weights

    def _recipe(self) -> dict[str, Any]:
        return recipe(super()._recipe(), class_weights=self.class_weights)

    def fit(self, X: Any, y: Any = None, **unsupported: Any) -> FusorClassifier:
        """Learn from rows.

        Parameters
        ----------
        X : DataFrame of pandas or polars, mapping of columns, or array of shape (n_samples, n_features)
            Cells are numbers, categories, dates, texts, paths, bytes of files, PIL images, arrays of
            pixels, sounds `(samples, rate)`, or vectors. None is absent.
        y : array of shape (n_samples,)

        Returns
        -------
        FusorClassifier
        """
        df, target = self._check_fit(X, y, unsupported)
        target = column_or_1d(target, warn=True)
        check_classification_targets(target)
        if target.dtype.kind == "f":
            assert_all_finite(target)
        self.classes_, codes = np.unique(target, return_inverse=True)
        names = class_names(self.classes_)
        label = _label_name(y, df)
        self._train(df, pd.DataFrame({label: np.asarray(names, dtype=object)[codes]}))
        if sorted(self.model_.classes) != sorted(names):
            raise ValueError(f"the engine took the classes for {self.model_.classes}")
        self._places = [self.model_.classes.index(n) for n in names]
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return calibrated probabilities, of shape (n_samples, n_classes), in the order of classes_."""
        X = self._rows(X)
        return self.model_.predict_proba(X)[:, self._places]

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted class of every row. An absent column or cell is an absent modality.

        It is the most probable one or, with class_weights, the one that exceeds its threshold most.
        """
        X = self._rows(X)
        index = {self.model_.classes[place]: k for k, place in enumerate(self._places)}
        return self.classes_[np.array([index[name] for name in self.model_.predict(X)], dtype=int)]


class FusorRegressor(RegressorMixin, _Fusor):
    __doc__ = f"""A regression on rows with several modalities: text, images, audio, video, tables and vectors.
{_PARAMETERS}
    Attributes
    ----------
{_ATTRIBUTES}
    """

    _task = "regression"

    def fit(self, X: Any, y: Any = None, **unsupported: Any) -> FusorRegressor:
        """Learn from rows; see :meth:`FusorClassifier.fit`."""
        df, target = self._check_fit(X, y, unsupported)
        target = np.asarray(column_or_1d(target, warn=True), dtype=np.float64)
        assert_all_finite(target)
        self._train(df, pd.DataFrame({_label_name(y, df): target}))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the number of every row. An absent column or cell is an absent modality."""
        X = self._rows(X)
        return self.model_.predict(X)


class FusorMultilabel(ClassifierMixin, _Fusor):
    __doc__ = f"""A classifier of rows that may have several labels each, or none.
{_PARAMETERS}
    Attributes
    ----------
    classes_ : ndarray
        The labels, in the order of the columns of y.
{_ATTRIBUTES}
    """

    _task = "multilabel"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags

    def fit(self, X: Any, y: Any = None, **unsupported: Any) -> FusorMultilabel:
        """Learn from rows; see :meth:`FusorClassifier.fit`.

        Parameters
        ----------
        X : DataFrame, mapping or array
        y : DataFrame or array of 0 and 1 of shape (n_samples, n_labels), or a list or set of labels for each row
            As everywhere in scikit-learn, lists of 0 and 1 of one length are a matrix.

        Returns
        -------
        FusorMultilabel
        """
        df, y = self._check_fit(X, y, unsupported)
        self.classes_, target = _indicator(y)
        names = class_names(self.classes_)
        cells = [json.dumps([names[k] for k in np.flatnonzero(row)]) for row in target]
        self._train(df, pd.DataFrame({_free("label", df): np.array(cells, dtype=object)}))
        known = {name: k for k, name in enumerate(self.model_.classes)}
        self._places = [known.get(name, -1) for name in names]  # -1: no row has had it
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each label by itself, of shape (n_samples, n_labels)."""
        X = self._rows(X)
        p = self.model_.predict_proba(X)
        return np.column_stack([p, np.zeros(len(p))])[:, self._places]

    def predict(self, X: Any) -> np.ndarray:
        """Return 1 for each label that a row has, by the threshold of the label, of shape (n_samples, n_labels)."""
        X = self._rows(X)
        known = {self.model_.classes[k]: i for i, k in enumerate(self._places) if k >= 0}
        out = np.zeros((len(X), len(self.classes_)), dtype=int)
        for i, labels in enumerate(self.model_.predict(X)):
            out[i, [known[name] for name in labels]] = 1
        return out


def _indicator(y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the names of labels, and a matrix of 0 and 1."""
    if hasattr(y, "to_pandas"):
        y = y.to_pandas()
    if isinstance(y, pd.DataFrame):
        return y.columns.to_numpy(dtype=object), _ones(y.to_numpy())
    rows = y.toarray() if issparse(y) else list(y) if isinstance(y, (Sequence, pd.Series)) else np.asarray(y)
    if all(isinstance(row, (list, tuple, np.ndarray)) and len(row) == len(rows[0]) for row in rows):
        matrix = np.asarray(rows)
        if isinstance(rows, np.ndarray) or matrix.dtype.kind in "biuf" and np.isin(matrix, (0, 1)).all():
            return np.arange(matrix.shape[1]), _ones(matrix)
    if any(isinstance(row, str) or not isinstance(row, (Iterable, type(None))) for row in rows):
        check_classification_targets(rows)
        raise ValueError("Only binary classification is supported, of every label: y must be a matrix of 0 and 1, or have a list of labels for each row")
    binarizer = MultiLabelBinarizer()
    target = binarizer.fit_transform([() if row is None else row for row in rows])
    return binarizer.classes_, target


def _ones(y: np.ndarray) -> np.ndarray:
    if not np.isin(y, (0, 1)).all():
        raise ValueError("y must have 0 and 1 alone: a column for each label")
    return y.astype(int)
