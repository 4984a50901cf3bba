"""What a person typed after a command, as separate arguments. No shell ever sees it: nothing in it is special."""

from __future__ import annotations

import re

# A single quote opens only where one that ends a word follows: elsewhere it is an apostrophe, as in `it's`.
_QUOTED = re.compile(
    r"""
    (?P<flag> --[A-Za-z][\w-]*= )?
    (?: "(?P<double> (?: [^"\\] | \\. )* )" | '(?P<single> .*? )' )
    (?!\S)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENED = re.compile(r'(--[A-Za-z][\w-]*=)?"')
_WORD = re.compile(r"\S+")
_ESCAPED = re.compile(r'\\(["\\])')


def split_arguments(text: str) -> list[str]:
    r"""The words of `text`, which blanks separate and quotes, around a word or a flag's value, hold together.

    Within double quotes `\"` and `\\` stand for `"` and `\`. Everything else (`;`, `$(…)`, backticks, quotes
    inside a word, line breaks inside quotes) stays as it is. Raises ValueError, one line that says what to
    mend, when a double quote that opens a word is not closed at the end of one.
    """
    words = []
    position = 0
    while start := _WORD.search(text, position):
        quoted = _QUOTED.match(text, start.start())
        if quoted:
            words.append(_unquote_word(quoted))
        elif _OPENED.match(start.group()):
            raise ValueError(
                f"the double quote in {start.group()[:40]} is not closed at the end of a word: "
                r"close it, and write \" for one inside quotes"
            )
        else:
            words.append(start.group())
        position = (quoted or start).end()
    return words


def _unquote_word(quoted: re.Match[str]) -> str:
    flag, double, single = quoted.group("flag", "double", "single")
    return (flag or "") + (single if double is None else _ESCAPED.sub(r"\1", double))
