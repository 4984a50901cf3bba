"""`bin/atlas`: finds its plugin and a Python, wherever it is called from and by whatever name."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import PYTHON, ROOT, SCRIPTS, run

AWKWARD = ["it's", 'a "quote"', "$(touch PWNED)", "; ls", "`ls`", "line\nline", "--", "-x", "*", "", "日本 🙂"]
SHOW = """\
#!/bin/sh
# Stands for Python: says what it was given.
echo started
printf '%s\\0' "$@"
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The plugin in a folder whose name has a space."""
    root = tmp_path / "plug in"
    (root / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "bin" / "atlas", root / "bin")
    (root / "scripts").symlink_to(SCRIPTS)
    return root


@pytest.fixture
def show(tmp_path: Path) -> Path:
    """A folder with a `python3` that shows its arguments."""
    folder = tmp_path / "show"
    folder.mkdir()
    (folder / "python3").write_text(SHOW, encoding="utf-8")
    (folder / "python3").chmod(0o755)
    return folder


def works(done: subprocess.CompletedProcess[str]) -> bool:
    return done.returncode == 0 and done.stdout.startswith("usage: atlas VERB")


def test_it_is_found_through_path(plugin: Path, tmp_path: Path) -> None:
    assert works(run("atlas", "--help", cwd=tmp_path, env={"PATH": f"{os.environ['PATH']}:{plugin / 'bin'}"}))


def test_it_works_by_relative_names_and_from_its_own_folder(plugin: Path) -> None:
    assert works(run("bin/atlas", "--help", cwd=plugin))
    assert works(run("sh", "atlas", "--help", cwd=plugin / "bin"))
    assert works(run("sh", "bin/atlas", "--help", cwd=plugin, env={"CDPATH": "/"}))


def test_it_works_through_links_to_it_and_to_its_folder(plugin: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "first").symlink_to("../plug in/bin/atlas")
    (tmp_path / "second link").symlink_to(tmp_path / "elsewhere" / "first")
    (tmp_path / "tools").symlink_to(plugin / "bin")
    for name in ("elsewhere/first", "second link", "tools/atlas"):
        assert works(run(tmp_path / name, "--help", cwd="/")), name


def test_arguments_arrive_as_they_are_and_python_starts_once(plugin: Path, show: Path) -> None:
    done = run(plugin / "bin" / "atlas", *AWKWARD, env={"PATH": f"{show}:/usr/bin:/bin"})
    expected = [str(plugin / "scripts" / "atlas_cli.py"), *AWKWARD]
    assert done.stdout == "started\n" + "".join(f"{each}\0" for each in expected)


def test_the_exit_code_is_that_of_the_verb(plugin: Path, tmp_path: Path) -> None:
    done = run(plugin / "bin" / "atlas", "no-such-verb", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no-such-verb" in done.stderr


def test_a_python_that_is_only_called_python_will_do(plugin: Path, tmp_path: Path) -> None:
    folder = tmp_path / "only"
    folder.mkdir()
    (folder / "python").symlink_to(PYTHON)
    assert works(run("/bin/sh", plugin / "bin" / "atlas", "--help", env={"PATH": str(folder)}))


def test_without_python_it_says_what_to_install(plugin: Path, tmp_path: Path) -> None:
    done = run("/bin/sh", plugin / "bin" / "atlas", "status", env={"PATH": str(tmp_path)})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "atlas: there is no python3 on PATH: install Python 3.10 or newer\n"


def test_an_old_python_is_refused_in_one_line() -> None:
    code = (
        "import runpy, sys; sys.version_info = (3, 9, 0, 'final', 0); runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    done = run(PYTHON, "-c", code, SCRIPTS / "atlas_cli.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("atlas: Python 3.10 or newer is needed")
    assert done.stderr.count("\n") == 1
