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
    ("[INFO] No tests to run.\n[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0\n", 0),
    (
        "No test is available in a.dll. Make sure\nPassed!  - Failed: 0, Passed: 3, Skipped: 0, Total: 3\n",
        0,
    ),
    ("No test files found, exiting with code 0\n\n      Tests  3 passed (3)\n", 0),
    ("ok  \ta\t0.002s [no tests to run]\nok  \tb\t0.003s\n", 0),
    ("the table says: 0 passing (1ms), No tests executed! and so on\n", 0),
    ("make: *** [Makefile:2: try] Error 127 (ignored)\n", 0),
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
    ('npm error Missing script: "test"\n', 1),
    ('npm ERR! Missing script: "test"\r\n', 1),
    ("\x1b[33mNo test files found, exiting with code 1\x1b[39m\r\n", 1),
    ("No test is available in a.dll. Make sure that it has tests.\n", 0),
    ("[ERROR] Failed to execute goal surefire:test: No tests were executed!  (Set -DfailIfNoTests=false)\n", 1),
    ("[INFO] No tests to run.\n[INFO] BUILD SUCCESS\n", 0),
    ("> No tests found for given includes: [AbcTest](--tests filter)\n", 1),
    ("ok  \ta\t0.002s [no tests to run]\n?   \tb\t[no test files]\n", 0),
    ("3 deselected in 0.01s\n", 5),
    ("\n> test\n> echo no && exit 1\n\nError: no test specified\n", 1),
    ("/usr/bin/python3: No module named pytest\n", 1),
    ("/bin/sh: 1: jest: not found\nmake: *** [Makefile:2: test] Error 127\n", 2),
    ('error Command "test" not found.\n', 1),
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


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (1, ""),
        (5, "by another"),
        (-11, ""),
        (2, "Ran 1 test in 1s"),
        (1, "Ran 0 tests in 0.000s\n\nFAILED (errors=1)\n"),
        (1, "?   \ta\t[no test files]\nFAIL\tb [build failed]\nFAIL\n"),
        (101, "running 0 tests\n\nrunning 1 test\ntest a ... FAILED\ntest result: FAILED. 0 passed; 1 failed\n"),
        (1, "  0 passing (2ms)\n  1 failing\n"),
        (1, "0 examples, 0 failures, 1 error occurred outside of examples\n"),
        (1, "ModuleNotFoundError: No module named 'requests'\n"),
    ],
)
def test_what_fails(code: int, said: str) -> None:
    assert judge_run(code, None, said)[0] == "failed"


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        ((sys.executable, "-m", "pytest", "-q", "none"), "could_not_run"),
        ((sys.executable, "-m", "pytest", "-q", "one"), "passed"),
        ((sys.executable, "-m", "unittest", "discover", "none"), "could_not_run"),
        ((sys.executable, "-m", "unittest", "discover", "one"), "passed"),
        ((sys.executable, "-m", "unittest", "discover", "broken"), "failed"),
        ((sys.executable, "-m", "no_such_runner"), "could_not_run"),
        (("node", "--test", "one/it.test.js"), "passed"),
        (("make", "-f", "one/Makefile"), "could_not_run"),
        (("npm", "run", "test", "--prefix", "one"), "could_not_run"),
    ],
)
def test_the_runners_that_are_here(command: tuple[str, ...], outcome: str, tmp_path: Path) -> None:
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]}")
    for name in ("none", "one", "broken"):
        (tmp_path / name).mkdir()
    case = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): pass\n"
    (tmp_path / "one" / "test_it.py").write_text(case, "utf-8")
    (tmp_path / "one" / "it.test.js").write_text("require('node:test')('it', () => {})\n", "utf-8")
    broken = case + "    @classmethod\n    def setUpClass(cls): raise OSError\n"
    (tmp_path / "broken" / "test_it.py").write_text(broken, "utf-8")
    (tmp_path / "one" / "Makefile").write_text("all:\n\tno-such-runner\n", "utf-8")
    (tmp_path / "one" / "package.json").write_text('{"name": "one"}', "utf-8")
    done = run(*command, cwd=tmp_path)
    assert judge_run(done.returncode, None, done.stdout + done.stderr)[0] == outcome
