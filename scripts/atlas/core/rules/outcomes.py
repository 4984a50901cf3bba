"""What one run of a check comes to: it passed, it failed, or it could not run; and which may be flaky for a while."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import NamedTuple

from atlas.core.errors import AtlasError
from atlas.core.records.rows import COULD_NOT_RUN, FAILED, PASSED
from atlas.core.text import one_line

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_OWNER = 100
_NOT_EXECUTABLE, _NOT_FOUND, _PYTEST_NOTHING = 126, 127, 5
_STOPS = {
    "time": "it was stopped at its limit of time",
    "output": "it was stopped at its limit of output",
    "disk": "it was stopped at its limit of disk space",
    "killed": "the helper that ran it was killed",
}


def _lines(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"^{pattern}$" for pattern in patterns), re.MULTILINE)


_NOTHING_RAN = _lines(
    r"Ran 0 tests in [0-9.]+s",  # unittest
    r"No tests found, exiting with code [01]",  # jest
    r"No test files found, exiting with code [01]",  # vitest
    r"no packages to test",  # go
    r"No tests were found!!!",  # ctest
    r"No tests executed!",  # PHPUnit
    r"\s*0 passing \([^)]*\)",  # mocha
    r"0 examples, 0 failures",  # RSpec
    r".*No test is available in .*",  # dotnet
    r".*No tests were executed!.*",  # Maven
    r"(\[INFO\] )?No tests to run\.",
    r".*No tests found for given includes.*",  # Gradle
    r"[#ℹ] tests 0",  # node --test
    r"Error: no test specified",  # the script `test` that npm proposes
    r"\?\s+\S+\s+\[no test files\]",  # go
    r"ok\s+\S+\s+\S+\s+\[no tests to run\]",
    r"running 0 tests",  # cargo
)
"""What runners say when there was nothing for them to run."""
_SOMETHING_RAN = _lines(
    r"Ran [1-9][0-9]* tests? in [0-9.]+s",
    r"\s*Tests:? +.*[1-9][0-9]* (passed|failed).*",
    r"\s*[1-9][0-9]* (passing|failing)\b.*",
    r"[1-9][0-9]* examples?, .*",
    r"=* ?.*[1-9][0-9]* (passed|failed).* in [0-9.]+s.*",
    r"[#ℹ] tests [1-9][0-9]*",
    r"running [1-9][0-9]* tests?",
    r"(ok|FAIL)\s+\S+\s+(\(cached\)|[0-9.]+s|\[(build|setup) failed\])(?!.*\[no tests to run\]).*",
    r"(\[[A-Z]+\] )?Tests run: [1-9].*",
    r"(Passed|Failed)!\s+- .*Total: +[1-9].*",
)
"""What they say when there was something, so that one of several that had nothing does not matter."""
_PYTEST_SAYS = re.compile(r"no tests ran|\bdeselected\b.* in [0-9.]+s")
_UNITTEST_BROKE = _lines(r"FAILED \(.*errors=[1-9].*\)")
"""Where a fixture of a whole class or module fails, unittest counts no test."""
_NO_RUNNER = _lines(
    r"npm (error|ERR!) Missing script: .*",
    r".*ERR_PNPM_NO_SCRIPT.*",
    r"error Command \".*\" not found\.",  # yarn
    r"\S*python[0-9.]*(\.exe)?: No module named \S+",  # python -m
    r"g?make(\[[0-9]+\])?: \*\*\* \[.*\] Error 12[67]",
)
"""What is said where a command ends otherwise than with 126 or 127 because what it was to run is not there."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m|\r(?=\n)")


def judge_run(exit_code: int | None, stopped: str | None, output_tail: str) -> tuple[str, str | None]:
    """The outcome of a run, and why in a sentence; None where the exit code says it all.

    `stopped` is what of its limits it was stopped at, `output_tail` the end of what it printed.
    """
    if stopped is not None or exit_code is None:
        return COULD_NOT_RUN, _STOPS.get(stopped or "", "it was stopped")
    if exit_code == _NOT_FOUND:
        return COULD_NOT_RUN, "a command was not found (exit code 127)"
    if exit_code == _NOT_EXECUTABLE:
        return COULD_NOT_RUN, "a command is not executable (exit code 126)"
    output = _COLOUR.sub("", output_tail)
    if exit_code != 0 and _NO_RUNNER.search(output):
        return COULD_NOT_RUN, "what it was to run is not there, as its output says"
    if _is_empty_run(exit_code, output):
        return COULD_NOT_RUN, "no test was collected, as its runner says"
    return (PASSED, None) if exit_code == 0 else (FAILED, None)


def _is_empty_run(exit_code: int, output: str) -> bool:
    """Whether a test runner says that it had nothing to run."""
    if _SOMETHING_RAN.search(output) or _UNITTEST_BROKE.search(output):
        return False
    if exit_code == _PYTEST_NOTHING and _PYTEST_SAYS.search(output):
        return True
    return _NOTHING_RAN.search(output) is not None


class Quarantine(NamedTuple):
    """That a check may be flaky up to and with a day in UTC, `YYYY-MM-DD`, and who answers for that."""

    owner: str
    until: str
    command: str

    @property
    def by(self) -> str:
        """Who answers for it, and until when."""
        return f"{self.owner}, until {self.until}"

    def is_over(self, now: str) -> bool:
        """Whether its last day has passed."""
        return self.until < now[:10]


def read_quarantine(entry: str) -> Quarantine:
    """The quarantine that a text `OWNER YYYY-MM-DD COMMAND` is about. Raises AtlasError when it is no such text."""
    what = f"checks.quarantine: {one_line(entry, 80)!r}"
    owner, until, command = (*entry.strip().split(maxsplit=2), "", "", "")[:3]
    if not owner or _DAY.fullmatch(owner) or len(owner) > _LONGEST_OWNER:
        raise AtlasError(f"{what} names no owner: give 'OWNER YYYY-MM-DD COMMAND'")
    try:
        datetime.date.fromisoformat(until if _DAY.fullmatch(until) else "")
    except ValueError:
        raise AtlasError(f"{what} has no end date, but {until[:40]!r}: give 'OWNER YYYY-MM-DD COMMAND'") from None
    if not command:
        raise AtlasError(f"{what} names no check: give 'OWNER YYYY-MM-DD COMMAND', with the whole command")
    return Quarantine(owner, until, command)


def quarantine_of(command: str, entries: Iterable[str], now: str) -> Quarantine | None:
    """The quarantine that a check is in now."""
    found = (read_quarantine(entry) for entry in entries)
    return next((one for one in found if one.command == command.strip() and not one.is_over(now)), None)
