"""Zoo: models trained on iris and diabetes, exported by skl2onnx and onnxmltools, and files exported from torch."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from .zoo_graphs import Entry

#: Written by scripts/export_torch_models.py.
TORCH = Path(__file__).parent / "zoo_torch"
_RANGE = {"x": (0.5, 6.0)}
_FEATURES = 4


@cache
def _iris(classes: int) -> tuple[np.ndarray, np.ndarray]:
    features, labels = load_iris(return_X_y=True)
    kept = labels < classes
    return features[kept].astype(np.float32), labels[kept]


def _sklearn(estimator: Any, classes: int = 3) -> Callable[[], onnx.ModelProto]:
    @cache
    def build() -> onnx.ModelProto:
        from skl2onnx import convert_sklearn
        from skl2onnx.common.data_types import FloatTensorType

        estimator.fit(*_iris(classes))
        last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
        options = {id(last): {"zipmap": False}} if hasattr(last, "predict_proba") else None
        return convert_sklearn(
            estimator, initial_types=[("x", FloatTensorType([None, _FEATURES]))], options=options, target_opset=17
        )

    return build


def _boosted(library: str, kind: str, classes: int = 3) -> Callable[[], onnx.ModelProto]:
    @cache
    def build() -> onnx.ModelProto:
        import onnxmltools
        from onnxmltools.convert.common.data_types import FloatTensorType

        settings: dict[str, Any] = {"n_estimators": 3, "max_depth": 2}
        if library == "xgboost":
            import xgboost

            estimator = getattr(xgboost, f"XGB{kind}")(**settings, n_jobs=1)
            convert = onnxmltools.convert_xgboost
        else:
            import lightgbm

            estimator = getattr(lightgbm, f"LGBM{kind}")(**settings, n_jobs=1, verbose=-1)
            convert = onnxmltools.convert_lightgbm
        estimator.fit(*_iris(classes))
        more = {"zipmap": False} if library == "lightgbm" else {}
        return convert(estimator, initial_types=[("x", FloatTensorType([None, _FEATURES]))], target_opset=15, **more)

    return build


def _learned(name: str, build: Callable[[], onnx.ModelProto]) -> Entry:
    return Entry(name=name, build=build, ranges=_RANGE)


def _torch(path: Path) -> Entry:
    return Entry(name=f"torch_{path.stem}", build=lambda: onnx.load(path))


LEARNED = (
    _learned("sklearn_linear", _sklearn(LinearRegression())),
    _learned("sklearn_scaled_ridge", _sklearn(make_pipeline(StandardScaler(), Ridge()))),
    _learned("sklearn_logistic", _sklearn(LogisticRegression(max_iter=500))),
    _learned("sklearn_logistic_binary", _sklearn(LogisticRegression(max_iter=500), classes=2)),
    _learned("sklearn_svc", _sklearn(LinearSVC(random_state=0))),
    _learned("sklearn_mlp", _sklearn(MLPClassifier((6,), max_iter=2000, random_state=0))),
    _learned("sklearn_tree", _sklearn(DecisionTreeClassifier(max_depth=3, random_state=0))),
    _learned("sklearn_tree_binary", _sklearn(DecisionTreeClassifier(max_depth=2, random_state=0), classes=2)),
    _learned("sklearn_tree_regressor", _sklearn(DecisionTreeRegressor(max_depth=3, random_state=0))),
    _learned("sklearn_forest", _sklearn(RandomForestClassifier(3, max_depth=2, random_state=0))),
    _learned("sklearn_forest_regressor", _sklearn(RandomForestRegressor(3, max_depth=2, random_state=0))),
    _learned("sklearn_boosting", _sklearn(GradientBoostingClassifier(n_estimators=2, max_depth=2, random_state=0))),
    _learned(
        "sklearn_boosting_binary",
        _sklearn(GradientBoostingClassifier(n_estimators=2, max_depth=2, random_state=0), classes=2),
    ),
    _learned("xgboost_classifier", _boosted("xgboost", "Classifier")),
    _learned("xgboost_binary", _boosted("xgboost", "Classifier", classes=2)),
    _learned("xgboost_regressor", _boosted("xgboost", "Regressor")),
    _learned("lightgbm_classifier", _boosted("lightgbm", "Classifier")),
    _learned("lightgbm_binary", _boosted("lightgbm", "Classifier", classes=2)),
    _learned("lightgbm_regressor", _boosted("lightgbm", "Regressor")),
    *map(_torch, sorted(TORCH.glob("*.onnx"))),
)

#: Its densities span more than any lookup table of the engine can hold.
UNFIT = _learned("sklearn_naive_bayes", _sklearn(GaussianNB()))
