"""What one run of a check comes to: it passed, it failed, or it could not run, which tells nothing of the work."""

from __future__ import annotations

import re

from atlas.core.records.rows import COULD_NOT_RUN, FAILED, PASSED

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
    r"(\[[A-Z]+\] )?.*No tests were executed!.*",  # Maven
    r"[#ℹ] tests 0",  # node --test
    r"npm (error|ERR!) Missing script: .*",
)
"""What runners say when there was nothing for them to run."""
_SOMETHING_RAN = _lines(
    r"Ran [1-9][0-9]* tests? in [0-9.]+s",
    r"Tests: +.*[1-9][0-9]* (passed|failed).*",
    r"\s*[1-9][0-9]* (passing|failing)\b.*",
    r"[1-9][0-9]* examples?, .*",
    r"=* ?.*[1-9][0-9]* (passed|failed).* in [0-9.]+s.*",
    r"[#ℹ] tests [1-9][0-9]*",
    r"test result: \w+\. [1-9][0-9]* passed.*",
    r"(ok|FAIL|---.*FAIL:?)\s+\S+\s+(\(cached\)|[0-9.]+s).*",
)
"""What they say when there was something, so that one of several that had nothing does not matter."""
_GO_NOTHING = _lines(r"\?\s+\S+\s+\[no test files\]")
_CARGO_NOTHING = _lines(r"running 0 tests")


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
    if _is_empty_run(exit_code, output_tail):
        return COULD_NOT_RUN, "no test was collected, as its runner says"
    return (PASSED, None) if exit_code == 0 else (FAILED, None)


def _is_empty_run(exit_code: int, output: str) -> bool:
    """Whether a test runner says that it had nothing to run."""
    if _SOMETHING_RAN.search(output):
        return False
    if exit_code == _PYTEST_NOTHING and "no tests ran" in output.lower():
        return True
    return any(said.search(output) for said in (_NOTHING_RAN, _GO_NOTHING, _CARGO_NOTHING))
