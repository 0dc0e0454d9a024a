"""Errors that a child process tells of, as the exceptions they were."""

from typing import Any

from ... import errors
from ...errors import ZkchainError


def error_of(told: Any) -> ZkchainError | None:
    """The error whose `to_json` was told; None for anything else."""
    if not isinstance(told, dict):
        return None
    for name in errors.__all__:
        kind: type[ZkchainError] = getattr(errors, name)
        if kind.code == told.get("error"):
            return kind(str(told["message"]), remedy=str(told["remedy"]), **dict(told["facts"]))
    return None
