"""A Markdown file with front matter: the lines between two fences, each of which is a whole line `---`."""

from __future__ import annotations

import io

from .errors import AtlasError

_BOM = b"\xef\xbb\xbf"


def split_front_matter(name: str, data: bytes) -> tuple[str, bytes]:
    """The front matter as text, and the body's bytes, which begin after the closing fence's line.

    Raises AtlasError with line and column when a fence is missing or the front matter is not UTF-8.
    """
    lines = io.BytesIO(data.removeprefix(_BOM)).readlines()
    if not lines or not _is_fence(lines[0]):
        raise AtlasError(
            f"{name}, line 1, column 1: the first line must be '---', the front matter's fence (left as it is)"
        )
    for number, line in enumerate(lines[1:], 1):
        if _is_fence(line):
            return _decode_lines(name, lines[1:number]), b"".join(lines[number + 1 :])
    raise AtlasError(
        f"{name}, line {len(lines)}, column 1: the closing fence, a line '---', is missing (left as it is)"
    )


def join_front_matter(front: str, body: bytes) -> bytes:
    """The file of a front matter and a body."""
    return b"---\n" + front.rstrip("\n").encode() + b"\n---\n" + body


def _is_fence(line: bytes) -> bool:
    return line.rstrip(b"\r\n \t") == b"---"


def _decode_lines(name: str, lines: list[bytes]) -> str:
    text = []
    for number, line in enumerate(lines, 2):
        try:
            text.append(line.decode())
        except UnicodeDecodeError as error:
            column = len(line[: error.start].decode()) + 1
            raise AtlasError(f"{name}, line {number}, column {column}: not UTF-8 text (left as it is)") from error
    return "".join(text).replace("\r\n", "\n")
