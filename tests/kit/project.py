"""A project whose scripts a test runs: what they must answer, and what they must leave as it was."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from atlas.app import context_at
from atlas.core.records.rows import contents_of
from atlas.services.assignments import reports
from atlas.services.understanding import authorisation, judgement, repetition
from tests.conftest import script_of
from tests.support import PYTHON, git, run

from . import state

Done = subprocess.CompletedProcess[str]


class Project:
    """A repository, and every verb by its documented script."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, verb: str, *arguments: str, session: str | None = None, env: Mapping[str, str] | None = None) -> Done:
        """Run a script to its end, in the session named or in none."""
        bound = {"CLAUDE_CODE_SESSION_ID": session} if session is not None else {}
        return run(PYTHON, script_of(verb), *arguments, cwd=self.folder, env={**bound, **(env or {})})

    def does(self, verb: str, *arguments: str, code: int = 0, session: str | None = None) -> Any:
        """The result of a script that must end with `code` and say nothing on stderr."""
        done = self.run(verb, "--json", *arguments, session=session)
        assert (done.returncode, done.stderr) == (code, ""), done
        envelope = json.loads(done.stdout)
        assert (envelope["atlas"], envelope["verb"], envelope["ok"]) == (1, verb, code == 0)
        return envelope["result"]

    def walk(self, commands: Iterable[list[str]]) -> None:
        """Run scripts, all of which must succeed, one after the other."""
        for verb, *arguments in commands:
            self.does(verb, *arguments)

    def refuses(self, verb: str, *arguments: str, session: str | None = None) -> str:
        """The one line on stderr of a script that must end with 1 and change nothing."""
        before = state.snapshot(self.folder)
        done = self.run(verb, *arguments, session=session)
        assert (done.returncode, done.stdout) == (1, ""), done
        assert state.snapshot(self.folder) == before
        return the_line(done)

    def records(self, section: str) -> dict[str, Any]:
        """The stored records of a section by key, e.g. `modules`; none when nothing is stored yet."""
        found: dict[str, Any] = state.records(self.folder).get(section, {})
        return found

    def module(self, key: str) -> Any:
        """A module, with the evidence about it."""
        evidence = [contents_of(one) for one in self.records("evidence").values() if one["module"] == key]
        return {**self.records("modules")[key], "evidence": evidence}

    def assignment(self, module: str) -> Any:
        """The live assignment of a module, with its rows."""
        stored = state.records(self.folder)
        return state.whole_assignment(stored, stored["modules"][module]["task_uuid"])

    def workflow(self) -> Any:
        return next(iter(self.records("workflows").values()))

    def mail(self, agent: str) -> list[Any]:
        """All messages to an agent, oldest first."""
        return [message for message in self.records("messages").values() if message["to"] == agent]

    def authorize(self, module: str) -> None:
        """Let the agent of a module work: by the services, since it is told of elsewhere, and takes four processes."""
        asked, here = self.module(module), context_at(str(self.folder))
        said = {
            "criteria": [f"c{number}" for number, _ in enumerate(asked["acceptance_criteria"], 1)],
            "files": [(asked["scope"] or [f"{module}.txt"])[0]],
            "out_of_scope": "the rest",
            "evidence": "the checks",
            "text": "what is asked",
        }
        assert repetition.repeat_task(here, module, said)["verification"]["findings"] == []
        judgement.judge_repetition(here, module, None, None)
        authorisation.authorize_agent(here, module, None)

    def hand_in(self, module: str, commit: bool = True) -> None:
        """Let the agent of a module work, if it may not yet, commit something unless it has, and report it done."""
        task_uuid = self.module(module)["task_uuid"]
        for workspace in self.records("workspaces").values() if commit else ():
            place = self.folder / workspace["path"]
            if workspace["task_uuid"] == task_uuid and git(place, "rev-parse", "HEAD") == workspace["base_commit"]:
                git(place, "commit", "--quiet", "--allow-empty", "--message=The work")
        if not self.assignment(module)["instruction_verification"]["authorized_at"]:
            self.authorize(module)
        reports.report_module(context_at(str(self.folder)), module, "done", "")

    @property
    def exec_file(self) -> Path:
        return self.folder / ".claude" / "orchestrator-exec-phase.local.md"

    def plan(self) -> Any:
        """The plan's front matter."""
        return front_matter(state.plan_of(self.folder))

    def edit_plan(self, old: str, new: str) -> None:
        """Edit the plan as a hand does."""
        path = state.plan_of(self.folder)
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    def commit(self, name: str, text: str = "") -> str:
        """Commit one file; returns the commit."""
        (self.folder / name).write_text(text, "utf-8")
        git(self.folder, "add", "--", name)
        git(self.folder, "commit", "--quiet", f"--message={name}")
        return git(self.folder, "rev-parse", "HEAD")


def front_matter(path: Path) -> Any:
    """The YAML between the fences of a file."""
    _, front, _ = re.split("(?m)^---\n", path.read_text("utf-8", errors="replace"), maxsplit=2)
    return yaml.safe_load(front)


def the_line(done: Done) -> str:
    """What the one line on stderr says."""
    assert done.stderr.startswith("atlas: "), done
    assert done.stderr.endswith("\n")
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.rstrip("\n").isprintable(), done.stderr
    return done.stderr.removeprefix("atlas: ").rstrip("\n")
