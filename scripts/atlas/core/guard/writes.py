"""Which files a shell command would write, as far as its words tell.

Known are redirections and the usual programs that create, change, move, delete or unpack files. Not seen are writes by
a script, an interpreter or a build (`python -c …`, `make`), what comes in by a pipe (`… | xargs rm`), and what goes
through a link that the same command makes: this is a guard against shortcuts, and what slips through is not
evidence, since ATLAS judges commits only.
"""

from __future__ import annotations

import os

from .git_calls import written_by_git
from .programs import Options, Program, found_paths
from .targets import UNKNOWN, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Named: TypeAlias = list[tuple[str, bool]]
    """Paths as they are written, and whether each is taken away as a whole."""

_REMOVING = ("rm", "rmdir", "unlink", "shred")
_WRITING = {
    **dict.fromkeys((*_REMOVING, "tee", "sponge", "mkfifo"), ""),
    "shred": "ns",
    "mkdir": "m",
    "touch": "dtr",
    "truncate": "sr",
}
"""Programs that write every file they name, and the letters of their options that take a value."""
_COPYING = {"cp": "tS", "mv": "tS", "ln": "tS", "install": "tSmog", "rsync": "efTB", "scp": "PiocFlSJD"}
_COPY_LONG = {"target-directory": "t", "suffix": "S", "mode": "m", "directory": "d", "rsh": "e", "exclude": "f"}
_IN_PLACE = {"sed": ("efl", "i"), "perl": ("eE", "iMmIFl0"), "ruby": ("eI", "iFr0")}
_IN_PLACE_LONG = {"in-place": "i", "expression": "e", "file": "f"}
_OUTPUT = {"curl": ("o", "XdHuAFTbeKmxE"), "wget": ("O", "PoUt"), "sort": ("o", "kStT")}
"""Programs that write the file which an option names: its letter, and those of others that take a value."""
_OUTPUT_LONG = {"output": "o", "output-document": "O"}
_TAR_LONG = {"file": "f", "directory": "C", "extract": "x", "get": "x", "create": "c", "append": "r", "update": "u"}


def targets_of_program(program: Program) -> list[Target]:
    """What a program writes."""
    known = _KNOWN.get(program.name)
    found = [*((path, False) for path in program.writes), *(known(program) if known else [])]
    return [
        Target(os.path.join(program.folder, path), removed)
        for path, removed in found
        if UNKNOWN not in path and (program.folder or path.startswith("/"))
    ]


def _named_files(program: Program) -> Named:
    operands = Options(program.words, _WRITING[program.name]).operands
    return [(path, program.name in _REMOVING) for path in operands]


def _owned_files(program: Program) -> Named:
    """The files whose mode or owner changes: all but the first name, unless the mode looks like an option."""
    options = Options(program.words)
    has_mode = "reference" in options.flags or not options.flags.isdisjoint("rwxXst")
    return [(path, False) for path in options.operands[0 if has_mode else 1 :]]


def _copied_files(program: Program) -> Named:
    """Where copies or links end up: the last name or, should that be a folder, names in it. What is moved is gone."""
    options = Options(program.words, _COPYING[program.name], long=_COPY_LONG)
    named, folder = options.operands, options.values.get("t")
    if program.name == "install" and "d" in options.flags:
        return [(path, False) for path in named]
    if folder is None and program.name == "ln" and len(named) == 1:
        folder = "."
    elif folder is None and len(named) > 1:
        *named, folder = named
    if folder is None:
        return []
    moved = [(path, program.name == "mv") for path in named if program.name == "mv"]
    if program.name in ("rsync", "scp") and ":" in folder.partition("/")[0]:
        return moved  # to another machine
    into = [os.path.join(folder, os.path.basename(path.rstrip("/"))) for path in named]
    itself = [] if os.path.basename(folder) in ("", ".", "..") else [folder]
    return [*moved, *((path, False) for path in itself + into)]


def _files_changed_in_place(program: Program) -> Named:
    """The files that `sed -i` and its like change. Where no option is the script, the first name is."""
    valued, attached = _IN_PLACE[program.name]
    options = Options(program.words, valued, attached, _IN_PLACE_LONG)
    has_script = not options.values.keys().isdisjoint("eEf")
    return [(path, False) for path in options.operands[0 if has_script else 1 :] if "i" in options.flags]


def _output_files(program: Program) -> Named:
    letter, others = _OUTPUT[program.name]
    file = Options(program.words, letter + others, long=_OUTPUT_LONG).values.get(letter, "-")
    return [(file, False)] if file != "-" else []


def _patched_files(program: Program) -> Named:
    """The file that is named, or else whatever in the folder the patch says."""
    options = Options(program.words, "idpoBFDYzrg", long={"directory": "d", "input": "i", "output": "o"})
    return [(os.path.join(options.values.get("d", "."), *options.operands[:1]), False)]


def _unpacked_files(program: Program) -> Named:
    words = program.words
    if program.name == "unzip":
        options = Options(words, "dx")
        return [(options.values.get("d", "."), False)] if options.flags.isdisjoint("lptvz") else []
    old_style = words[:1] and not words[0].startswith("-")
    options = Options([f"-{words[0]}", *words[1:]] if old_style else words, "fCTXbIgVLN", long=_TAR_LONG)
    if "x" in options.flags:
        return [(options.values.get("C", "."), False)]
    archive = options.values.get("f", "-")
    return [(archive, False)] if archive != "-" and not options.flags.isdisjoint("cru") else []


def _files_of_dd(program: Program) -> Named:
    return [(word[3:], False) for word in program.words if word.startswith("of=")]


def _files_of_find(program: Program) -> Named:
    words = program.words
    lists = [(words[at + 1], False) for at, word in enumerate(words[:-1]) if word.startswith(("-fprint", "-fls"))]
    return [*lists, *((path, True) for path in found_paths(program) if "-delete" in words)]


_KNOWN: dict[str, Callable[[Program], Named]] = {
    **dict.fromkeys(_WRITING, _named_files),
    **dict.fromkeys(("chmod", "chown", "chgrp"), _owned_files),
    **dict.fromkeys(_COPYING, _copied_files),
    **dict.fromkeys(_IN_PLACE, _files_changed_in_place),
    **dict.fromkeys(_OUTPUT, _output_files),
    **dict.fromkeys(("tar", "unzip"), _unpacked_files),
    "patch": _patched_files,
    "dd": _files_of_dd,
    "find": _files_of_find,
    "git": written_by_git,
}
