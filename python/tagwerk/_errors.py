"""Exceptions: one class per error code of the program, each also the built-in that users expect."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class TagwerkError(Exception):
    """Base of all errors.

    Attributes: ``id`` (stable slug), ``code``, ``message``, ``where`` (dict), ``similar``, ``do`` (lists of str).
    """

    def __init__(self, text: str, record: dict[str, Any] | None = None) -> None:
        super().__init__(text)
        record = record or {}
        self.id: str = record.get("id", "")
        self.code: str = record.get("code", "")
        self.message: str = record.get("message", text)
        self.where: dict[str, Any] = record.get("where", {})
        self.similar: list[str] = record.get("similar", [])
        self.do: list[str] = record.get("do", [])
        self.run: str | None = record.get("run")


class InvalidArgumentError(TagwerkError, ValueError):
    """An argument is wrong."""


class OutOfRangeError(TagwerkError, ValueError):
    """A value is outside its range."""


class NotFoundError(TagwerkError, LookupError):
    """A name does not exist."""


class MissingFileError(NotFoundError, FileNotFoundError):
    """A file does not exist."""


class AlreadyExistsError(TagwerkError, FileExistsError):
    """Something is already there."""


class PreconditionError(TagwerkError, RuntimeError):
    """The state does not allow it."""


class DataError(TagwerkError, ValueError):
    """The data is unfit."""


class UnavailableError(TagwerkError, ConnectionError):
    """A needed service is missing."""


class ResourceError(TagwerkError, RuntimeError):
    """Memory, disk or time ran out."""


class CancelledError(TagwerkError, RuntimeError):
    """Interrupted before there was a result."""


class NotSupportedError(TagwerkError, NotImplementedError):
    """Not supported."""


class InternalError(TagwerkError, RuntimeError):
    """A bug of Tagwerk."""


class TagwerkWarning(UserWarning):
    """Base of all warnings."""


class DataWarning(TagwerkWarning):
    """Data differs from what the model was trained on."""


_CLASSES: dict[str, type[TagwerkError]] = {
    "InvalidArgument": InvalidArgumentError,
    "InvalidData": DataError,
    "NotFound": NotFoundError,
    "AlreadyExists": AlreadyExistsError,
    "FailedPrecondition": PreconditionError,
    "OutOfRange": OutOfRangeError,
    "ResourceExhausted": ResourceError,
    "Cancelled": CancelledError,
    "Unavailable": UnavailableError,
    "Unimplemented": NotSupportedError,
    "Internal": InternalError,
}


def raise_error(record_json: str, text: str) -> NoReturn:
    """Raise the class that belongs to an error record (called by the extension)."""
    record = json.loads(record_json)
    kind = _CLASSES.get(record["code"], InternalError)
    if record["id"] == "file-not-found":
        kind = MissingFileError
    raise kind(text, record)
