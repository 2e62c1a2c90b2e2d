"""fusor fuses text, images, audio, video, numbers and vectors, and reports whether fusion helps.

The package carries the engine as a static binary, and behaves like scikit-learn.
"""

from ._binary import find_binary
from .comparison import Comparison, compare
from .errors import FusorDataError, FusorError, FusorUsageError, FusorWarning
from .estimators import FusorClassifier, FusorMultilabel, FusorRegressor
from .extraction import extract
from .model import Model, load
from .serving import Server, serve

__all__ = [
    "Comparison",
    "FusorClassifier",
    "FusorDataError",
    "FusorError",
    "FusorMultilabel",
    "FusorRegressor",
    "FusorUsageError",
    "FusorWarning",
    "Model",
    "Server",
    "compare",
    "extract",
    "find_binary",
    "load",
    "serve",
]
