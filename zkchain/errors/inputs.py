"""Errors about what the user hands in: models and samples."""

from .base import ZkchainError


class ModelError(ZkchainError):
    """The model cannot become a circuit."""

    code = "model"
    exit_code = 3


class ModelNotFound(ModelError):
    """No readable regular file at the given path."""

    code = "model.not_found"
    default_remedy = "give the path of an .onnx file"


class ModelUnreadable(ModelError):
    """The bytes are not an ONNX model: truncated, another format, a pickle, an archive."""

    code = "model.unreadable"
    default_remedy = "export the model to ONNX again and give that file"


class ModelTooLarge(ModelError):
    """The file, its graph or a tensor exceeds a limit that protects this machine."""

    code = "model.too_large"
    default_remedy = "prove a smaller model, or split it"


class ModelInvalid(ModelError):
    """The file parses but breaks the rules of ONNX: cycles, duplicate names, missing inputs."""

    code = "model.invalid"
    default_remedy = "run onnx.checker on the model and export it again"


class UnsupportedOperator(ModelError):
    """An operator has no circuit."""

    code = "model.unsupported_operator"
    default_remedy = "replace the operator with supported ones before the export"


class UnsupportedType(ModelError):
    """A tensor has an element type, or is a kind of value, that has no circuit."""

    code = "model.unsupported_type"
    default_remedy = "export the model with dense float32, int64 and bool tensors"


class BadWeights(ModelError):
    """A weight is NaN, infinite, or too large for the field at any sensible scale."""

    code = "model.bad_weights"
    default_remedy = "retrain or clean the weights; every weight must be a finite number of ordinary size"


class BadDimension(ModelError):
    """A tensor has a zero, absurd or unresolved dimension."""

    code = "model.bad_dimension"
    default_remedy = "fix the dimension with --dim NAME=SIZE or at export"


class ExternalDataRefused(ModelError):
    """External tensor data lies outside the model's folder or is not a plain file."""

    code = "model.external_data"
    default_remedy = "save the model with its weights inside the .onnx file"


class SampleError(ZkchainError):
    """Samples or inputs do not fit the model."""

    code = "samples"
    exit_code = 4


class SamplesNotFound(SampleError):
    """No readable regular file at the given path."""

    code = "samples.not_found"
    default_remedy = "give a .json, .npz, .npy or .csv file"


class SamplesUnreadable(SampleError):
    """The file is not in a format that we read, or breaks it."""

    code = "samples.unreadable"
    default_remedy = 'give {"input_data": [...]} JSON, JSON by tensor name, .npz, .npy, or .csv for one input'


class TensorMismatch(SampleError):
    """Tensors are missing, superfluous or named differently."""

    code = "samples.tensors"
    default_remedy = "run `zkchain inspect MODEL` to see the names and order of the inputs"


class ShapeMismatch(SampleError):
    """A tensor has the wrong number of elements or the wrong shape."""

    code = "samples.shape"
    default_remedy = "run `zkchain inspect MODEL` to see the shapes of the inputs"


class TypeMismatch(SampleError):
    """A value has the wrong type for its tensor."""

    code = "samples.type"
    default_remedy = "give numbers for float tensors, whole numbers for integer ones, true or false for boolean ones"


class ValueOutOfRange(SampleError):
    """A value is NaN, infinite, or beyond what the circuit was calibrated for."""

    code = "samples.range"
    default_remedy = "give values inside the calibrated range, or compile again with samples that cover them"
