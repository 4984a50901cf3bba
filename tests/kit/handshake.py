"""What has to be said about a module before its agent may work."""

from __future__ import annotations


def handshake(module: str, criteria: str = "c1", file: str = "a-file") -> list[list[str]]:
    """The commands, verb first, by which a person writes down what an agent said, confirms it, and authorises it."""
    words = ["--out-of-scope", "the rest", "--evidence", "the checks", "--text", "what is asked"]
    return [
        ["repeat", module, "--criteria", criteria, "--file", file, *words],
        ["verify-instructions", "record-repetition", module, "--correct"],
        ["verify-instructions", "authorize", module],
    ]
