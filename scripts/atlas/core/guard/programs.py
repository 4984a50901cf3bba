"""The programs that a shell command runs, whatever wraps them: `env`, `xargs`, `sh -c`, `find -exec` and such."""

from __future__ import annotations

import os

from .shell import Command, shell_commands
from .targets import DEEP, UNKNOWN, Unclear

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHELLS = ("sh", "bash", "dash", "zsh", "ksh")
_WRAPPERS: dict[str, tuple[str, ...]] = {
    "sudo": ("-u", "-g", "-h", "-p", "-D"),
    "doas": ("-u",),
    "nice": ("-n", "--adjustment"),
    "ionice": ("-c", "-n"),
    "timeout": ("-s", "-k", "--signal", "--kill-after"),
    "stdbuf": ("-i", "-o", "-e"),
    "xargs": ("-I", "-n", "-P", "-L", "-d", "-a", "-s", "-E"),
    "time": ("-f", "-o"),
    "exec": ("-a",),
    "flock": ("-w", "--timeout", "-E", "--conflict-exit-code"),
    "watch": ("-n", "--interval"),
    **dict.fromkeys(("env", "command", "builtin", "nohup", "setsid", "coproc", "busybox"), ()),
}
"""Programs that run what follows them, and their options that take a value."""
_AFTER_ONE = ("timeout", "flock")
"""Those that want a time, or a file, before that."""
_FRESH = ("sudo", "doas", "su")
"""Programs that give what they run an environment of another user."""
_OF_ENV = {"unset": "u", "chdir": "C", "split-string": "S", "ignore-environment": "i"}
_LONGEST = 1 << 21
_MOST = 10_000
_DEEPEST = 8
"""What is looked at: characters of a command, programs in it, texts for shells within such texts."""


class Program:
    """A program's name and arguments, the folder it runs in (empty: unknown), and the files its output goes into.

    `assigned` has the variables that are set for it, or taken away (None), `*` standing for all; also by what runs it.
    """

    __slots__ = ("assigned", "folder", "inputs", "name", "words", "writes")

    def __init__(self, command: Command, outer: Program | None = None) -> None:
        self.folder, self.writes, self.inputs = command.folder, command.writes, command.inputs
        self.assigned: dict[str, str | None] = dict(outer.assigned) if outer is not None else {}
        words = self._unwrapped(list(command.words))
        self.name, self.words = os.path.basename(words[0]) if words else "", words[1:]
        if self.name in _FRESH:
            self.assigned["*"] = None

    def _unwrapped(self, words: list[str]) -> list[str]:
        """The words from the program's own name on."""
        at, piped = 0, False
        while at < len(words):
            name = os.path.basename(words[at])
            if _is_assignment(words[at]):
                variable, _, value = words[at].partition("=")
                self.assigned[variable] = value
                at += 1
            elif name in _WRAPPERS:
                piped = piped or name == "xargs"
                at = self._after_options(name, words, at + 1)
            else:
                break
        return [UNKNOWN if piped and "{}" in word else word for word in words[at:]]

    def _after_options(self, wrapper: str, words: list[str], at: int) -> int:
        """Where the words go on that `wrapper` runs."""
        if wrapper in _FRESH:
            self.assigned["*"] = None
        while at < len(words) and words[at].startswith("-"):
            if wrapper == "command" and words[at] in ("-v", "-V"):
                return len(words)  # it only asks
            if wrapper == "env":
                at = self._after_option_of_env(words, at)
                continue
            if wrapper == "exec" and "c" in words[at]:
                self.assigned["*"] = None
            at += 2 if words[at] in _WRAPPERS[wrapper] else 1
        at += wrapper in _AFTER_ONE
        if wrapper == "flock" and words[at : at + 1] == ["-c"]:
            words.insert(at, SHELLS[0])
        return at

    def _after_option_of_env(self, words: list[str], at: int) -> int:
        """Take in an option of `env`, or several in one word; where the words go on after it."""
        word = words[at]
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            letter, has_value = _OF_ENV.get(name, ""), bool(equals)
        else:
            letters = word[1:] or "i"
            end = next((end for end, one in enumerate(letters, 1) if one in "uCS"), len(letters))
            letter, value, has_value = letters[end - 1], letters[end:], end < len(letters)
            if "i" in letters[:end]:
                self.assigned["*"] = None
        if letter in ("u", "C", "S") and not has_value:
            at += 1
            value = words[at] if at < len(words) else ""
        if letter == "u":
            self.assigned[value] = None
        elif letter == "i":
            self.assigned["*"] = None
        elif letter == "S":
            words[at + 1 : at + 1] = value.replace("'", "").replace('"', "").split()
        return at + 1


class Options:
    """What a program was called with: `flags` (letters, and names of long options), `values` by letter, and `operands`.

    `valued` are the letters of options whose value is the rest of the word or else the next one, `attached` those whose
    value can only be the rest of the word; `long` has the letters that long options stand for.
    """

    __slots__ = ("flags", "operands", "values")

    def __init__(
        self, words: list[str], valued: str = "", attached: str = "", long: Mapping[str, str] | None = None
    ) -> None:
        self.flags: set[str] = set()
        self.values: dict[str, str] = {}
        self.operands: list[str] = []
        rest = iter(words)
        for word in rest:
            if word == "--":
                self.operands += rest
            elif word.startswith("--"):
                name, equals, value = word[2:].partition("=")
                letter = (long or {}).get(name, name)
                self.flags.add(letter)
                if equals or letter in valued:
                    self.values[letter] = value if equals else next(rest, "")
            elif word.startswith("-") and word != "-":
                self._take_letters(word, rest, valued, attached)
            elif word:
                self.operands.append(word)

    def _take_letters(self, word: str, rest: Iterator[str], valued: str, attached: str) -> None:
        for at, letter in enumerate(word[1:], 2):
            self.flags.add(letter)
            if letter in valued:
                self.values[letter] = word[at:] if word[at:] else next(rest, "")
            if letter in valued or letter in attached:
                return


def list_programs(text: str, folder: str, environment: Mapping[str, str]) -> list[Program]:
    """Every program that a shell which is given the text in `folder` would run, in order, as far as the text tells.

    Raises Unclear.
    """
    if len(text) > _LONGEST:
        raise Unclear(f"a command of {len(text)} characters is too long to be looked at")
    found = []
    for program in _programs_of_text(text, folder, environment, 0):
        found.append(program)
        if len(found) > _MOST:
            raise Unclear(f"a command that runs more than {_MOST} programs is too long to be looked at")
    return found


def _programs_of_text(
    text: str, folder: str, environment: Mapping[str, str], depth: int, outer: Program | None = None
) -> Iterator[Program]:
    for command in shell_commands(text, folder, environment):
        yield from _programs_of_command(command, environment, depth, outer)


def _programs_of_command(
    command: Command, environment: Mapping[str, str], depth: int, outer: Program | None
) -> Iterator[Program]:
    if depth > _DEEPEST:
        raise Unclear("a command within commands that many times over cannot be looked at")
    program = Program(command, outer)
    yield program
    for text in _shell_texts(program):
        yield from _programs_of_text(text, program.folder, environment, depth + 1, program)
    if program.name in SHELLS or program.name.startswith("python"):
        options = Options(program.words, "cmWXoO")
        if options.operands and options.flags.isdisjoint("cm"):
            words = program.words[program.words.index(options.operands[0]) :]
            yield from _programs_of_command(Command(words, program.folder), environment, depth + 1, program)
    elif program.name == "find":
        for words in _executed_commands(program):
            yield from _programs_of_command(Command(words, program.folder), environment, depth + 1, program)


def _shell_texts(program: Program) -> list[str]:
    """The texts that a program gives to a shell."""
    if program.name == "su":
        return [text for text in [Options(program.words, "csgGw", long={"command": "c"}).values.get("c")] if text]
    options = Options(program.words, "oO")
    if program.name == "trap" or (program.name in SHELLS and "c" in options.flags):
        return options.operands[:1]
    return program.inputs if program.name in SHELLS and not options.operands else []


def found_paths(program: Program) -> list[str]:
    """What a call of `find` looks at, as patterns: everything below its folders, or what has the names it asks for."""
    first = next((at for at, word in enumerate(program.words) if word.startswith("-") and len(word) > 2), None)
    folders = Options(program.words[:first]).operands or ["."]
    names = [program.words[at + 1 : at + 2] for at, word in enumerate(program.words) if word in ("-name", "-iname")]
    ends = [_name_pattern(name[0]) for name in names if name] or [""]
    return [f"{folder.rstrip('/')}/{DEEP}{end}" for folder in folders[:20] for end in ends[:20]]


def _name_pattern(name: str) -> str:
    """A name for `find` in which stars and such stand for anything."""
    return "".join(DEEP if c in "*?[]" else c for c in name)


def _executed_commands(program: Program) -> Iterator[list[str]]:
    """The commands that a call of `find` runs, with what it finds in place of `{}`."""
    words, found = program.words, found_paths(program)
    at = 0
    while at < len(words):
        if words[at] in ("-exec", "-execdir", "-ok", "-okdir"):
            start = at + 1
            while at < len(words) and words[at] not in (";", "+"):
                at += 1
            ran = words[start:at]
            if ran.count("{}") * len(found) > _MOST:
                raise Unclear("a call of `find` with that many files for a command cannot be looked at")
            yield [piece for word in ran for piece in (found if word == "{}" else [word])]
        at += 1


def _is_assignment(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name.replace("_", "a").isalnum() and not name[0].isdigit()
