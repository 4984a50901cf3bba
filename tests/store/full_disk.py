"""Runs in a mount namespace of its own: a file system that is full when a command begins. Prints what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import script_of
from tests.kit.orchestrations import all_files, assert_whole, start
from tests.support import PYTHON, make_repository, run

_PAGE = 4096
_MOST_PAGES = 9


def main(folder: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
    repo = make_repository(folder / "project")
    start(repo, [f"m{number}" for number in range(10)])
    print(json.dumps([_with_room_for(pages, repo, folder / "filler") for pages in range(_MOST_PAGES)]))


def _with_room_for(pages: int, repo: Path, filler: Path) -> dict[str, Any]:
    before = all_files(repo)
    _fill(filler, pages)
    first = run(PYTHON, script_of("register"), "ai", f"with-{pages}", cwd=repo)
    changed = all_files(repo) != before
    filler.unlink()
    again = run(PYTHON, script_of("register"), "ai", f"with-{pages}", cwd=repo)
    assert_whole(repo)
    return {"code": first.returncode, "stderr": first.stderr, "changed": changed, "afterwards": again.returncode}


def _fill(filler: Path, spared: int) -> None:
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(_PAGE))
        except OSError:
            file.truncate(file.tell() - spared * _PAGE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
