"""Linear models and tree ensembles, exported by the converters that people use."""

from collections.abc import Callable
from typing import Any

import lightgbm
import onnx
import onnxmltools
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as BoostedTensor
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from .data import Data, cancer, diabetes, digits, raw_wine, wine
from .recipe import Answer, Made, Recipe

#: From a fitted estimator and its number of features to a model.
Convert = Callable[[Any, int], onnx.ModelProto]


def _from_sklearn(estimator: Any, features: int) -> onnx.ModelProto:
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    options = {id(last): {"zipmap": False}} if hasattr(last, "predict_proba") else None
    types = [("x", FloatTensorType([1, features]))]
    # The name is given because a random one would make another model of it every time.
    model: onnx.ModelProto = convert_sklearn(
        estimator, name="benchmark", initial_types=types, options=options, target_opset=17
    )
    return model


def _from_xgboost(estimator: Any, features: int) -> onnx.ModelProto:
    types = [("x", BoostedTensor([1, features]))]
    model: onnx.ModelProto = onnxmltools.convert_xgboost(
        estimator, name="benchmark", initial_types=types, target_opset=15
    )
    return model


def _from_lightgbm(estimator: Any, features: int) -> onnx.ModelProto:
    types = [("x", BoostedTensor([1, features]))]
    model: onnx.ModelProto = onnxmltools.convert_lightgbm(
        estimator, name="benchmark", initial_types=types, target_opset=15, zipmap=False
    )
    return model


def _recipe(
    name: str,
    answer: Answer,
    data: Callable[[], Data],
    make: Callable[[], Any],
    convert: Convert = _from_sklearn,
    *,
    family: str = "trees",
    quick: bool = False,
    max_logrows: int = 16,
) -> Recipe:
    def build() -> Made:
        found = data()
        estimator = make().fit(found.train, found.labels)
        return found.made(convert(estimator, found.train.shape[1]))

    return Recipe(name=name, family=family, answer=answer, build=build, quick=quick, max_logrows=max_logrows)


def _xgboost(kind: Any, **more: Any) -> Callable[[], Any]:
    return lambda: kind(n_estimators=8, max_depth=3, n_jobs=1, random_state=0, **more)


def _lightgbm(kind: Any) -> Callable[[], Any]:
    return lambda: kind(n_estimators=6, max_depth=3, n_jobs=1, random_state=0, deterministic=True, verbose=-1)


ESTIMATORS = (
    _recipe("linear_regression", "values", diabetes, LinearRegression, family="linear"),
    _recipe(
        "logistic_binary",
        "classes",
        cancer,
        lambda: LogisticRegression(max_iter=500),
        family="linear",
        max_logrows=18,
    ),
    _recipe("logistic_digits", "classes", digits, lambda: LogisticRegression(max_iter=500), family="linear"),
    _recipe("linear_svm", "classes", wine, lambda: LinearSVC(random_state=0), family="linear"),
    _recipe(
        "scaled_logistic",
        "classes",
        raw_wine,
        lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        family="linear",
    ),
    _recipe(
        "decision_tree",
        "classes",
        wine,
        lambda: DecisionTreeClassifier(max_depth=4, random_state=0),
        quick=True,
    ),
    _recipe("random_forest", "classes", cancer, lambda: RandomForestClassifier(6, max_depth=3, random_state=0)),
    _recipe(
        "gradient_boosting",
        "values",
        diabetes,
        lambda: GradientBoostingRegressor(n_estimators=8, max_depth=3, random_state=0),
    ),
    _recipe("xgboost_classifier", "classes", cancer, _xgboost(xgboost.XGBClassifier), _from_xgboost, max_logrows=17),
    _recipe("xgboost_regressor", "values", diabetes, _xgboost(xgboost.XGBRegressor), _from_xgboost),
    _recipe("lightgbm_classifier", "classes", wine, _lightgbm(lightgbm.LGBMClassifier), _from_lightgbm),
    _recipe("lightgbm_regressor", "values", diabetes, _lightgbm(lightgbm.LGBMRegressor), _from_lightgbm),
)
