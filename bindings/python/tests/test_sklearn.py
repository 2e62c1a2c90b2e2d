"""scikit-learn's own suite over the estimators: no failures but those that are explained here."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from fusor import FusorClassifier, FusorMultilabel, FusorRegressor

# Few threads, as the data are tiny.
ESTIMATORS = [FusorClassifier(threads=1), FusorRegressor(threads=1), FusorMultilabel(threads=1)]

# scikit-learn leaves out its own estimators of several outputs; what it has for others tries several
# labels in five checks, and in the rest one label that is a column of classes, or no column at all.
MULTILABEL = {
    "check_estimators_dtypes": "the column of y has 1 and 2, where that of a label has 0 and 1",
    "check_classifier_data_not_an_array": "the column of y has 1 and 2, where that of a label has 0 and 1",
    "check_classifiers_classes": "y has a class for each row, not labels",
    "check_classifiers_train": "predictions are a matrix of one column, where those of classes have none",
    "check_classifier_multioutput": "every label has a threshold of its own, where rounding has 0.5",
}


def explained(estimator):
    return MULTILABEL if isinstance(estimator, FusorMultilabel) else {}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=explained)
def test_sklearn(estimator, check):
    check(estimator)

