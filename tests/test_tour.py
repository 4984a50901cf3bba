"""docs/tour.md tells the way that a command and a tool call really take: each is run, and its calls are compared."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.documents import section
from tests.kit.calls import judged, worker
from tests.kit.team import make_team
from tests.support import PYTHON, ROOT, run

TOUR = ROOT / "docs" / "tour.md"
HOP = re.compile(r"^\d+\. `([\w/.]+)`(?: `([\w.]+)`)?", re.MULTILINE)
"""A line of a tour: a file and, where it is Python, the function that is called in it."""
TRACER = """
import os, sys
_calls = open(os.environ["ATLAS_TEST_TRACE"], "a", buffering=1)
def _note(frame, event, argument):
    if event == "call":
        _calls.write(os.path.realpath(frame.f_code.co_filename) + "\\t" + frame.f_code.co_name + "\\n")
sys.setprofile(_note)
"""
"""Put before a program, it notes the file and the name of every function that is called."""


def hops(heading: str) -> list[tuple[str, str]]:
    """The files and functions of a tour, in order. All of the files exist."""
    found = HOP.findall(section(TOUR, heading))
    assert len(found) > 5
    assert [file for file, _ in found if not (ROOT / file).exists()] == []
    return found


def follow(heading: str, trace: Path) -> None:
    """Each hop in Python is called in its turn, as the trace has it."""
    lines = trace.read_text(encoding="utf-8").splitlines()
    calls = iter([tuple(line.removeprefix(f"{ROOT}/").split("\t")) for line in lines])
    for file, name in hops(heading):
        if name:
            assert (file, name) in calls, f"{file} {name} is not called in its turn"


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """The file for the calls."""
    return tmp_path / "trace"


def test_the_way_of_a_module_id(begun: Path, trace: Path) -> None:
    assert run(PYTHON, ROOT / "scripts/atlas_register_agent.py", "ai", "second", cwd=begun).returncode == 0
    heading = "A module's id, from the door to the history"
    door = hops(heading)[0][0]
    words = [door, "board", "implementer-2", "--force"]
    start = f"import runpy\nsys.argv = {words!r}\nrunpy.run_path({str(ROOT / door)!r}, None, '__main__')"
    done = run(PYTHON, "-c", TRACER + start, cwd=begun, env={"ATLAS_TEST_TRACE": str(trace)})
    assert done.returncode == 0, done.stderr
    follow(heading, trace)
    history = (begun / ".git/atlas/history.jsonl").read_text(encoding="utf-8").splitlines()
    verbs = [line["verb"] for line in map(json.loads, history) if "board" in line["records"].get("module", {})]
    assert verbs[-1] == "assign"


def test_the_way_of_a_tool_call(repo: Path, trace: Path, tmp_path: Path) -> None:
    heading = "A tool call, from the client to its verdict"
    path = f"{tracing_python(tmp_path)}:{os.environ['PATH']}"
    env = {"ATLAS_TEST_TRACE": str(trace), "ATLAS_TEST_TRACER": TRACER, "PATH": path}
    team = make_team(repo)
    verdict = judged(worker(team), "Write", env, file_path=str(team.root / "elsewhere"), content="x")
    assert (verdict.verdict, verdict.rule) == ("deny", "outside")
    follow(heading, trace)


def tracing_python(folder: Path) -> Path:
    """A folder whose `python3` is Python, with the tracer put before each program that it is given by `-c`."""
    wrapper = folder / "bin" / "python3"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f"#!{PYTHON} -IS\n"
        "import os, sys\n"
        "words = sys.argv[1:]\n"
        "at = words.index('-c') + 1\n"
        "words[at] = os.environ['ATLAS_TEST_TRACER'] + words[at]\n"
        f"os.execv({PYTHON!r}, [{PYTHON!r}, *words])\n",
        encoding="utf-8",
    )
    wrapper.chmod(0o755)
    return wrapper.parent
