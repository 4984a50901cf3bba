"""Reading the words of a shell command: quotes, escapes, patterns, and what its variables hold on the way."""

from __future__ import annotations

import os

from .targets import ANY, DEEP, UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN_UNTIL = frozenset(" \t\r\n;|&<>()`#\\'\"$~*?[{")
QUOTED_UNTIL = frozenset('"\\$`')
"""What ends a run of plain characters, outside of double quotes and in them."""
_LONGEST = 4096
"""Characters of a path, or of a variable's value that is followed."""
_SPARE = 1 << 18
"""Characters that the values of variables may add to a text, so that it cannot be blown up by them."""
_DECLARING = ("export", "declare", "local", "readonly", "typeset")


class ShellState:
    """Where a shell is, empty when nobody knows, and what its variables hold."""

    def __init__(self, folder: str, environment: Mapping[str, str], length: int) -> None:
        """`length` is that of the text."""
        self.folder = self._before = folder
        self._variables: dict[str, str] = {}
        self._environment, self._spare = environment, length + _SPARE

    def enter_folder(self, folder: str) -> None:
        self.folder = folder

    def value_of_variable(self, name: str, quoted: bool) -> str:
        """The value of a variable, where it is known."""
        found = self._variables.get(name)
        if found is None:
            found = self.folder or UNKNOWN if name == "PWD" else self._environment.get(name, UNKNOWN)
        self._spare -= len(found)
        splits = not quoted and any(c in found for c in " \t\n*?[")
        return UNKNOWN if splits or len(found) > _LONGEST or self._spare < 0 else found

    def take_in(self, words: list[str]) -> None:
        """Change what is known by what a command does."""
        name = words[0] if words else ""
        if name in ("cd", "pushd", "popd"):
            self._change_folder(name, [word for word in words[1:] if word == "-" or not word.startswith("-")])
        elif name in ("for", "read", "unset", "select"):
            self._variables.update((word, UNKNOWN) for word in words[1:])
        else:
            assigned = words[1:] if name in _DECLARING else words
            if all("=" in word for word in assigned):
                for word in assigned:
                    variable, _, value = word.partition("=")
                    self._variables[variable.removesuffix("+")] = UNKNOWN if variable.endswith("+") else value

    def _change_folder(self, name: str, operands: list[str]) -> None:
        to = operands[0] if operands else self._environment.get("HOME", UNKNOWN)
        before = self.folder
        if name == "popd" or to == "-":
            self.folder = self._before
        elif any(mark in to for mark in (UNKNOWN, ANY, DEEP)) or not (self.folder or to.startswith("/")):
            self.folder = ""
        else:
            path = os.path.normpath(os.path.join(self.folder, to))
            self.folder = path if len(path) <= _LONGEST else ""
        self._before = before


class Words:
    """Reads a text from a place in it on, adding to one word after the other."""

    def __init__(self, text: str, state: ShellState) -> None:
        self._text, self._at = text, 0
        self._state = state
        self._word: list[str] | None = None
        self._quoted = False
        self._groups_until = 0

    def _substitute(self) -> None:
        """Begin with the commands whose output comes here."""
        raise NotImplementedError

    def _next(self, ahead: int = 1) -> str:
        return self._text[self._at + ahead : self._at + ahead + 1]

    def _add(self, piece: str, length: int) -> None:
        """Add to the word what is at this place of the text in `length` characters."""
        if self._word is None:
            self._word = []
        self._word.append(piece)
        self._at += length

    def _run(self) -> None:
        start, text, until = self._at, self._text, QUOTED_UNTIL if self._quoted else PLAIN_UNTIL
        end, size = start + 1, len(text)
        while end < size and text[end] not in until:
            end += 1
        self._add(text[start:end], end - start)

    def _escape(self) -> None:
        following = self._next()
        if following == "\n":
            self._at += 2
        elif self._quoted and following not in QUOTED_UNTIL:
            self._add("\\", 1)
        else:
            self._add(following, 2)

    def _single_quote(self) -> None:
        end = self._text.find("'", self._at + 1)
        end = len(self._text) if end < 0 else end
        self._add(self._text[self._at + 1 : end], end + 1 - self._at)

    def _escaped_quote(self) -> None:
        """`$'…'`, in which a backslash escapes."""
        end = self._at + 2
        while end < len(self._text) and self._text[end] != "'":
            end += 2 if self._text[end] == "\\" else 1
        inner = self._text[self._at + 2 : end]
        self._add(UNKNOWN if "\\" in inner else inner, end + 1 - self._at)

    def _double_quote(self) -> None:
        self._quoted = not self._quoted
        self._add("", 1)

    def _dollar(self) -> None:
        following = self._next()
        if following == "(":
            self._at += 1
            if self._next() == "(" and self._skip_arithmetic():
                self._add(UNKNOWN, 0)
            else:
                self._substitute()
        elif following == "{":
            self._parameter()
        elif following == "'" and not self._quoted:
            self._escaped_quote()
        elif following == '"' and not self._quoted:
            self._at += 1
        elif following.isalpha() or following == "_":
            end = self._end_of_name(self._at + 1)
            self._add(self._state.value_of_variable(self._text[self._at + 1 : end], self._quoted), end - self._at)
        elif following in set("0123456789@*#?-$!"):
            self._add(UNKNOWN, 2)
        else:
            self._add("$", 1)

    def _end_of_name(self, at: int) -> int:
        while at < len(self._text) and (self._text[at].isalnum() or self._text[at] == "_"):
            at += 1
        return at

    def _parameter(self) -> None:
        """`${…}`, of which only the plainest form is understood."""
        start = self._at + 2
        end = self._end_of_name(start)
        if end > start and self._text[end : end + 1] == "}":
            self._add(self._state.value_of_variable(self._text[start:end], self._quoted), end + 1 - self._at)
            return
        depth = 0
        while self._at < len(self._text):
            depth += {"{": 1, "}": -1}.get(self._text[self._at], 0)
            self._at += 1
            if not depth and self._text[self._at - 1] == "}":
                break
        self._add(UNKNOWN, 0)

    def _tilde(self) -> None:
        if self._word is not None and not self._word[-1].endswith("="):
            self._add("~", 1)
        elif self._next() in ("", "/") or self._next() in PLAIN_UNTIL:
            self._add(self._state.value_of_variable("HOME", quoted=True), 1)
        else:
            self._add(UNKNOWN, 1)  # somebody else's

    def _pattern(self) -> None:
        self._add(ANY, 1)

    def _bracket(self) -> None:
        end = self._text.find("]", self._at + 1, self._at + 100)
        inner = self._text[self._at + 1 : end] if end > 0 else " "
        if any(c in inner for c in " \t\n/["):
            self._add("[", 1)  # the command, or one of a pair of them
        else:
            self._add(ANY, end + 1 - self._at)

    def _brace(self) -> None:
        end = self._text.find("}", self._at + 1, self._at + 1000)
        inner = self._text[self._at + 1 : end] if end > 0 else " "
        if ("," in inner or ".." in inner) and not any(c in inner for c in " \t\n"):
            is_plain = "/.." not in inner and all(one[:1] not in ("", ".", "/") for one in inner.split(","))
            self._add(ANY if is_plain else DEEP, end + 1 - self._at)
        else:
            self._add("{", 1)

    def _skip_arithmetic(self) -> bool:
        """Go past `((…))`. False, and nothing done, when it is a group within a group instead."""
        if self._at < self._groups_until:
            return False
        depth, at = 0, self._at
        while at == self._at or (depth and at < len(self._text)):
            depth += {"(": 1, ")": -1}.get(self._text[at], 0)
            at += 1
        if self._text[at - 2 : at] == "))":
            self._at = at
            return True
        self._groups_until = at
        return False
