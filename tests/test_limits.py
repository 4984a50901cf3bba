"""The size of things: a file, a function and a folder have a limit, and half of a room's files are short."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from .support import ROOT

LINES_OF_A_FILE = 300
LINES_OF_A_FUNCTION = 40
MEDIAN_OF_A_ROOM = 100
FILES_OF_A_FOLDER = 16
SEEN = ("scripts/atlas", "hooks")
MANY_FILES = ("scripts/atlas/cli",)
"""The folder with one file a verb, however many verbs there are."""


def written_files(root: Path) -> list[Path]:
    """Every Python file that people wrote: generated ones lie in folders of that name."""
    found = (path for folder in SEEN for path in sorted((root / folder).rglob("*.py")))
    return [path for path in found if "generated" not in path.relative_to(root).parts]


def faults_of_file(path: Path, name: str) -> Iterator[str]:
    """What is too long in a file: itself, or a function in it, its decorators included."""
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    if lines > LINES_OF_A_FILE:
        yield f"{name} has {lines} lines: at most {LINES_OF_A_FILE}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            length = (node.end_lineno or first) - first + 1
            if length > LINES_OF_A_FUNCTION:
                yield f"{name}: {node.name} has {length} lines: at most {LINES_OF_A_FUNCTION}"


def faults_of_room(files: list[Path], name: str) -> Iterator[str]:
    """What is wrong with a folder: too many files, or too many long ones; `__init__.py` tells nothing of a length."""
    if len(files) > FILES_OF_A_FOLDER and name not in MANY_FILES:
        yield f"{name} has {len(files)} files: at most {FILES_OF_A_FOLDER}"
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in files if path.name != "__init__.py"]
    if lengths and median(lengths) > MEDIAN_OF_A_ROOM:
        yield f"{name}: the median file has {median(lengths):g} lines: at most {MEDIAN_OF_A_ROOM}"


def faults(root: Path) -> list[str]:
    """Everything below a root that is over a limit, a line each."""
    files = written_files(root)
    rooms: dict[Path, list[Path]] = {}
    for path in files:
        rooms.setdefault(path.parent, []).append(path)
    found = [fault for path in files for fault in faults_of_file(path, str(path.relative_to(root)))]
    return found + [
        fault for room, inner in rooms.items() for fault in faults_of_room(inner, str(room.relative_to(root)))
    ]


def test_nothing_is_over_a_limit() -> None:
    assert len(written_files(ROOT)) > 150
    assert faults(ROOT) == []


def planted(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


LONG_FUNCTION = "@cache\ndef long():\n" + "    pass\n" * (LINES_OF_A_FUNCTION - 1)


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"hooks/a.py": "x = 1\n" * 301, "hooks/b.py": "", "hooks/c.py": ""}, "hooks/a.py has 301 lines: at most 300"),
        ({"scripts/atlas/core/a.py": LONG_FUNCTION}, "scripts/atlas/core/a.py: long has 41 lines: at most 40"),
        (
            {"hooks/a.py": "x = 1\n" * 100, "hooks/b.py": "x = 1\n" * 101, "hooks/__init__.py": ""},
            "hooks: the median file has 100.5 lines: at most 100",
        ),
        ({f"scripts/atlas/a/{n}.py": "" for n in range(17)}, "scripts/atlas/a has 17 files: at most 16"),
    ],
)
def test_what_is_over_a_limit_is_found(tmp_path: Path, files: dict[str, str], fault: str) -> None:
    for name, text in files.items():
        planted(tmp_path, name, text)
    assert faults(tmp_path) == [fault]


def test_what_is_at_the_limit_is_let_pass(tmp_path: Path) -> None:
    planted(tmp_path, "hooks/a.py", "x = 1\n" * 300)
    planted(tmp_path, "hooks/b.py", "x = 1\n" * 100)
    planted(tmp_path, "hooks/c.py", LONG_FUNCTION.replace("@cache\n", ""))
    planted(tmp_path, "hooks/generated/a.py", "x = 1\n" * 301)
    for number in range(20):
        planted(tmp_path, f"scripts/atlas/cli/{number}.py", "")
    assert faults(tmp_path) == []
