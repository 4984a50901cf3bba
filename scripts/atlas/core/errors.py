"""Errors that a person or a model can act on."""

from __future__ import annotations


class AtlasError(Exception):
    """A refusal: one line that names what to fix, and the exit code of the command that meets it."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(" ".join(message.split()))
        self.exit_code = exit_code


STANDS = 2
"""The exit code of a command that did something and then failed: the records and the message say what stands."""


class OperationFailed(AtlasError):
    """Something was begun and did not come to its end; the message says what stands now. Exit code STANDS."""

    def __init__(self, message: str) -> None:
        super().__init__(message, STANDS)


class StateError(AtlasError):
    """The stored state cannot be used as it is; `atlas doctor` explains and mends."""


class NewerStateError(StateError):
    """A newer ATLAS wrote what is stored: nothing but an update may touch it."""

    def __init__(self, what: str, version: int, known: int) -> None:
        super().__init__(f"{what} has state version {version}, this ATLAS knows {known}: update the plugin")
