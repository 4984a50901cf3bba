"""A process that has everything imported and forks others at once, so that hundreds of them can be killed.

`Nursery` is the tests' side. On the other, one line of JSON asks for processes: [[job, arguments, accident], …]; the
answer is a line with their numbers, and when all have ended, a line with their exit codes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from tests.support import ROOT, SCRIPTS, make_repository

DISTURBED = 10
"""Exit code of a job that did what it should although the accident happened; 1 is that of a refusal."""


class Job:
    """Something for a process to do. `name` and `arguments` are of `jobs`, `accident` of `accidents`."""

    def __init__(self, name: str, *arguments: Any, accident: tuple[int, str] | None = None) -> None:
        self.name, self.arguments, self.accident = name, arguments, accident


class Nursery:
    """Starts processes and tells what became of them."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where the reports go."""
        self._folder = folder
        self._reports: list[Path] = []
        self._made = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{SCRIPTS}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, *jobs: Job) -> list[int]:
        """Start all jobs at once; returns their process ids."""
        self._reports = [self._folder / f"report-{self._made + number}" for number in range(len(jobs))]
        self._made += len(jobs)
        asked = [
            [job.name, [str(a) if isinstance(a, Path) else a for a in job.arguments], job.accident, path]
            for job, path in zip(jobs, map(str, self._reports), strict=True)
        ]
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def lines(self, number: int = 0) -> list[str]:
        """What the `number`-th job reported so far."""
        path = self._reports[number]
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def end(self) -> list[int]:
        """Wait for all jobs that were started; returns their exit codes, negative for a signal."""
        return self._answer()

    def run(self, *jobs: Job) -> list[int]:
        """Start all jobs and wait for their ends."""
        self.start(*jobs)
        return self.end()

    def close(self) -> None:
        self._process.communicate(timeout=60)

    def _answer(self) -> list[int]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery died: see its error output"
        answer: list[int] = json.loads(line)
        return answer


def _serve() -> None:
    _import_everything()
    for line in sys.stdin:
        children = [_fork(*asked) for asked in json.loads(line)]
        print(json.dumps(children), flush=True)
        print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]), flush=True)


def _import_everything() -> None:
    """Do once what later imports and caches would do in every child, as a user who may not even read the library."""
    from atlas.adapters.store import schema
    from atlas.core.records.kinds import KINDS

    from . import jobs

    for kind in (*KINDS, "plan"):
        schema.load_validator(kind)
    with tempfile.TemporaryDirectory() as folder:
        repo = make_repository(Path(folder) / "project")
        for verb, *arguments in (["plan", "goal"], ["register", "ai", "x"], ["status"]):
            jobs.command(lambda line: None, str(repo), verb, arguments)
        os.chdir(ROOT)


def _fork(name: str, arguments: list[Any], accident: list[Any] | None, path: str) -> int:
    child = os.fork()
    if child:
        return child
    from atlas.core.errors import STANDS, AtlasError

    from . import accidents, jobs

    code, trouble = 1, None
    try:
        report = jobs.reporter(path)
        if accident is not None:
            trouble = accidents.Accident(*accident)
        jobs.JOBS[name](report, *arguments)
        code = DISTURBED if trouble and trouble.happened else 0
    except (AtlasError, OSError) as error:
        if getattr(error, "exit_code", 1) == STANDS:
            code = DISTURBED  # it says that what it did stands
        else:
            report(f"refused {error}")
    except BaseException:
        traceback.print_exc()
        code = 2
    os._exit(code)


if __name__ == "__main__":
    _serve()
