"""Reading a shell command without running it: its simple commands, with their words as they will most likely be.

This is a careful guess, not a shell. Understood are quotes, escapes, operators, redirections, here-documents, comments,
groups, substitutions, `cd`, and variables whose value the text or the environment tells. One pass, in linear time, over
any text; without `re` and `shlex`, because hooks read commands on every call.
"""

from __future__ import annotations

from .shell_lexer import PLAIN_UNTIL, QUOTED_UNTIL, ShellState, Words
from .targets import UNKNOWN, Unclear

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DEEPEST = 8
"""Texts for `eval` within such texts."""
_KEYWORDS = ("if", "then", "elif", "else", "while", "until", "do", "!", "{", "}", "fi", "done", "esac")
_OPERATORS = ("&>>", "<<<", "<<-", "&>", "<<", "<>", "<&", ">>", ">|", ">&", "<", ">")
_GROUP, _SUBSTITUTION, _BACKQUOTE, _LIST = "(", "$", "`", "="


class Command:
    """A simple command, run in `folder` (empty: nobody knows where): its words, the files that it is redirected into,
    and the texts that it is given as input.
    """

    __slots__ = ("folder", "inputs", "words", "writes")

    def __init__(self, words: list[str], folder: str) -> None:
        self.words, self.folder = words, folder
        self.writes: list[str] = []
        self.inputs: list[str] = []


def shell_commands(text: str, folder: str, environment: Mapping[str, str]) -> list[Command]:
    """The simple commands of a text that a shell is given in `folder`, those in groups and substitutions among them.

    Raises Unclear.
    """
    state = ShellState(folder, environment, len(text))
    return _Reader(text.replace("\0", ""), state).read()


class _Reader(Words):
    def __init__(self, text: str, state: ShellState, depth: int = 0) -> None:
        if depth > _DEEPEST:
            raise Unclear("an `eval` within that many others cannot be looked at")
        super().__init__(text, state)
        self._found: list[Command] = []
        self._depth = depth
        self._command, self._operator = Command([], ""), ""
        self._testing = False
        self._open: list[tuple[str, Command, list[str] | None, str, bool, str]] = []
        self._backquotes = 0
        self._here: list[tuple[str, bool, Command]] = []
        self._handlers: dict[str, Callable[[], None]] = {
            " ": self._blank,
            "\t": self._blank,
            "\r": self._return,
            "\n": self._newline,
            ";": self._separator,
            "|": self._separator,
            "&": self._ampersand,
            "<": self._redirection,
            ">": self._redirection,
            "(": self._open_group,
            ")": self._close_group,
            "`": self._backquote,
            "#": self._comment,
            "\\": self._escape,
            "'": self._single_quote,
            '"': self._double_quote,
            "$": self._dollar,
            "~": self._tilde,
            "*": self._pattern,
            "?": self._pattern,
            "[": self._bracket,
            "{": self._brace,
        }

    def read(self) -> list[Command]:
        while self._at < len(self._text):
            c = self._text[self._at]
            if c in (QUOTED_UNTIL if self._quoted else PLAIN_UNTIL):
                self._handlers[c]()
            else:
                self._run()
        self._end_command()
        while self._open:
            self._pop()
            self._end_command()
        return self._found

    # Words

    def _end_word(self) -> None:
        if self._word is None:
            return
        word, operator = "".join(self._word), self._operator
        self._word, self._operator = None, ""
        if not operator:
            self._take_word(word)
        elif operator in ("<<", "<<-"):
            self._here.append((word, operator == "<<-", self._command))
        elif operator == "<<<":
            self._command.inputs.append(word)
        elif ">" in operator and not (operator == ">&" and (word == "-" or word.rstrip("-").isdigit())):
            self._command.writes.append(word)

    def _take_word(self, word: str) -> None:
        words = self._command.words
        if not words and word in _KEYWORDS:
            return
        words.append(word)
        if len(words) == 2 and words[0] == "function":
            words.clear()  # what follows is its body
        self._testing = word != "]]" and (self._testing or words == ["[["])

    def _end_command(self) -> None:
        self._end_word()
        if self._open and self._open[-1][0] == _LIST:
            return
        command = self._command
        command.folder = self._state.folder
        if command.words or command.writes:
            self._found.append(command)
            self._state.take_in(command.words)
        if command.words[:1] == ["eval"]:
            self._found += _Reader(" ".join(command.words[1:]), self._state, self._depth + 1).read()
        self._command, self._operator = Command([], ""), ""

    # What stands between words

    def _blank(self) -> None:
        self._end_word()
        self._at += 1

    def _return(self) -> None:
        """Half of a line's end; elsewhere a character like others."""
        if self._next() in ("\n", ""):
            self._blank()
        else:
            self._add("\r", 1)

    def _separator(self) -> None:
        self._end_command()
        self._at += 1

    def _ampersand(self) -> None:
        if self._next() == ">":
            self._redirection()
        else:
            self._separator()

    def _newline(self) -> None:
        self._separator()
        for mark, indented, command in self._here:
            start = self._at
            while self._at < len(self._text):
                begin = self._at
                line = self._text[begin : self._skip_line()].removesuffix("\n").removesuffix("\r")
                if (line.lstrip("\t") if indented else line) == mark:
                    command.inputs.append(self._text[start:begin])
                    break
        self._here.clear()

    def _skip_line(self) -> int:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end + 1
        return self._at

    def _comment(self) -> None:
        if self._word is not None:
            return self._add("#", 1)
        self._skip_line()
        self._at -= self._text[self._at - 1] == "\n"
        return None

    def _redirection(self) -> None:
        if self._testing:
            return self._add(self._text[self._at], 1)
        if self._next() == "(" and self._text[self._at] != "&":
            self._end_word()
            return self._push(_SUBSTITUTION, 2)
        if self._word is not None and "".join(self._word).isdigit():
            self._word = None  # a descriptor's number
        self._end_word()
        self._operator = next(one for one in _OPERATORS if self._text.startswith(one, self._at))
        self._at += len(self._operator)
        return None

    # Groups and substitutions

    def _substitute(self) -> None:
        self._push(_SUBSTITUTION, 1)

    def _push(self, kind: str, length: int) -> None:
        state = (self._command, self._word, self._operator, self._quoted, self._state.folder)
        self._open.append((kind, *state))
        self._command, self._word, self._operator, self._quoted = Command([], ""), None, "", False
        self._backquotes += kind == _BACKQUOTE
        self._at += length

    def _pop(self) -> str:
        kind, self._command, self._word, self._operator, self._quoted, folder = self._open.pop()
        self._backquotes -= kind == _BACKQUOTE
        self._state.enter_folder(folder)
        if kind in (_SUBSTITUTION, _BACKQUOTE):
            self._add(UNKNOWN, 0)
        return kind

    def _open_group(self) -> None:
        if self._word and self._word[-1].endswith("="):
            self._push(_LIST, 1)
        elif (
            self._next() == "("
            and self._word is None
            and self._command.words in ([], ["for"])
            and self._skip_arithmetic()
        ):
            return
        else:
            self._end_word()
            self._push(_GROUP, 1)

    def _close_group(self) -> None:
        self._end_command()
        self._at += 1
        kind = _BACKQUOTE
        while self._open and kind == _BACKQUOTE:
            kind = self._pop()
            if kind == _BACKQUOTE:
                self._end_command()
        if kind == _GROUP and self._command.words:
            self._command = Command([], "")  # the name of a function, whose body follows

    def _backquote(self) -> None:
        if not self._backquotes:
            return self._push(_BACKQUOTE, 1)
        self._end_command()
        while self._pop() != _BACKQUOTE:
            self._end_command()
        self._at += 1
        return None
