"""What one run of a check comes to, with the words of real runners."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from atlas.core.rules.outcomes import judge_run
from tests.support import run

PASSES = (
    ("Ran 3 tests in 0.001s\n\nOK\n", 0),
    ("Ran 0 tests in 0.000s\nRan 2 tests in 0.010s\n", 0),
    ("the docs say: Ran 0 tests in a row\n", 0),
    ("?   \texample.org/a\t[no test files]\nok  \texample.org/b\t0.003s\n", 0),
    ("running 0 tests\n\ntest result: ok. 0 passed\n\nrunning 2 tests\ntest result: ok. 2 passed; 0 failed\n", 0),
    ("  3 passing (12ms)\n", 0),
    ("", 0),
)
NOTHING = (
    ("\n----\nRan 0 tests in 0.000s\n\nOK\n", 0),
    ("\n----\nRan 0 tests in 0.000s\n\nNO TESTS RAN\n", 5),
    ("no tests ran in 0.01s\n", 5),
    ("No tests found, exiting with code 1\n", 1),
    ("No test files found, exiting with code 1\n", 1),
    ("?   \texample.org/a\t[no test files]\n", 0),
    ("no packages to test\n", 1),
    ("running 0 tests\n\ntest result: ok. 0 passed; 0 failed\n", 0),
    ("No tests were found!!!\n", 0),
    ("  0 passing (1ms)\n", 0),
    ("0 examples, 0 failures\n", 0),
    ("No tests executed!\n", 0),
    ('npm ERR! Missing script: "test"\n', 1),
)


@pytest.mark.parametrize(("said", "code"), PASSES)
def test_what_passes(said: str, code: int) -> None:
    assert judge_run(code, None, said) == ("passed", None)


@pytest.mark.parametrize(("said", "code"), NOTHING)
def test_a_runner_that_had_nothing_to_run_proves_nothing(said: str, code: int) -> None:
    assert judge_run(code, None, said)[0] == "could_not_run"


@pytest.mark.parametrize(("code", "stopped"), [(126, None), (127, None), (None, "time"), (None, "disk"), (0, "output")])
def test_what_could_not_run(code: int | None, stopped: str | None) -> None:
    assert judge_run(code, stopped, "")[0] == "could_not_run"


@pytest.mark.parametrize(("code", "said"), [(1, ""), (5, "by another"), (-11, ""), (2, "Ran 1 test in 1s")])
def test_what_fails(code: int, said: str) -> None:
    assert judge_run(code, None, said)[0] == "failed"


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        ((sys.executable, "-m", "pytest", "-q", "none"), "could_not_run"),
        ((sys.executable, "-m", "pytest", "-q", "one"), "passed"),
        ((sys.executable, "-m", "unittest", "discover", "none"), "could_not_run"),
        ((sys.executable, "-m", "unittest", "discover", "one"), "passed"),
        (("node", "--test", "one"), "passed"),
    ],
)
def test_the_runners_that_are_here(command: tuple[str, ...], outcome: str, tmp_path: Path) -> None:
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]}")
    for name in ("none", "one"):
        (tmp_path / name).mkdir()
    case = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): pass\n"
    (tmp_path / "one" / "test_it.py").write_text(case, "utf-8")
    (tmp_path / "one" / "it.test.js").write_text("require('node:test')('it', () => {})\n", "utf-8")
    done = run(*command, cwd=tmp_path)
    assert judge_run(done.returncode, None, done.stdout + done.stderr)[0] == outcome
