"""scikit-learn's own suite over the estimators: no expected failures."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from fusor import FusorClassifier, FusorRegressor

# Few threads, as the data are tiny.
ESTIMATORS = [FusorClassifier(threads=1), FusorRegressor(threads=1)]


@parametrize_with_checks(ESTIMATORS)
def test_sklearn(estimator, check):
    check(estimator)
