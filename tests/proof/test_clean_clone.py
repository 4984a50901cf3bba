"""The clean-clone property: whatever was done, tried and killed, what is complete passes in a fresh clone.

A sequence of steps goes over four modules at work. After each the checks of every complete module are run in a fresh
clone of the integration branch, where ATLAS left it, and the module's commit is looked for there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from atlas.core.errors import AtlasError
from atlas.core.rules.check_environment import checks_environment
from atlas.services.proof.evidence import Demand, complete_module, verify_module
from tests.kit.kept import Kept
from tests.kit.orchestrations import assert_whole, context
from tests.kit.project import Project
from tests.kit.steps import run_in_steps
from tests.support import PACE, ROUNDS, git, run

from .scene import CHECKS, INTEGRATION, TRICKS, WORKS, Desk, make_scene, try_git
from .vandal import VANDALISM, clones

PHASES = [Phase.explicit, Phase.generate]
LAST_STEP = 9
"""Completing takes this many steps at which it can be killed, or some more."""

SERVE = f"env GIT_NO_REPLACE_OBJECTS=1 GIT_GRAFT_FILE={os.devnull}/none git upload-pack"
"""From a repository with a graft or a replaced commit, git makes a clone that lacks objects."""


class Attempt(NamedTuple):
    """An agent does something, and the lead has it verified or completed, or is killed at a step of that."""

    module: str
    is_tidy: bool
    work: str
    trick: str
    deed: str
    kill_at: int | None


class Person(NamedTuple):
    """A person commits to a branch."""

    branch: str
    file: str
    text: str


class Vandal(NamedTuple):
    """Something happens to the clones of the pool."""

    kind: str


Step = Attempt | Person | Vandal

ATTEMPTS = st.builds(
    Attempt,
    module=st.sampled_from([*CHECKS]),
    is_tidy=st.sampled_from([True, True, True, False]),
    work=st.sampled_from(["good", "good", "uses", "renames", *WORKS]),
    trick=st.sampled_from(["none", *TRICKS]),
    deed=st.sampled_from(["complete", "complete", "complete", "verify"]),
    kill_at=st.one_of(st.none(), st.none(), st.integers(0, LAST_STEP)),
)
PERSONS = st.builds(
    Person,
    branch=st.sampled_from(["main", INTEGRATION]),
    file=st.sampled_from(["README.md", "src/names/two", "src/uses/person", "src/beta.txt", "src/alpha.txt"]),
    text=st.sampled_from(["one", "two", "done\n"]),
)
ACCIDENTS = st.one_of(PERSONS, st.builds(Vandal, st.sampled_from([*VANDALISM])))
STEPS = st.lists(st.one_of(ATTEMPTS, ACCIDENTS), min_size=4, max_size=12)


def _attempts(*said: tuple[str, str]) -> list[Step]:
    return [Attempt(module, False, work, "none", "complete", None) for module, work in said]


KNOWN = [
    _attempts(("alpha", "good"), ("beta", "spoils")),
    _attempts(("alpha", "uses"), ("gamma", "renames")),
]
"""Sequences with modules of which each is green alone, and that do not fit together."""


class World:
    """The scene as one example has it, and what must be true of it."""

    def __init__(self, root: Path, scratch: Path, tally: Counter[str]) -> None:
        self.root, self.project, self._scratch, self._tally = root, Project(root), scratch, tally
        self._seen: dict[str, str] = {}

    def take(self, step: Step) -> None:
        """Let one step happen, then look."""
        if isinstance(step, Person):
            self._commit(step)
        elif isinstance(step, Vandal):
            for clone in clones(self.root):
                with contextlib.suppress(OSError):  # where another one was before
                    VANDALISM[step.kind](clone)
        elif self.project.records("modules")[step.module]["status"] != "complete":
            self._attempt(step)
        self.look()

    def _commit(self, step: Person) -> None:
        """Commit one file on a branch that is not checked out, or on one that is."""
        if step.branch == "main":
            (self.root / step.file).parent.mkdir(exist_ok=True)
            (self.root / step.file).write_text(step.text, "utf-8")
            try_git(self.root, "add", "--force", "--", step.file)
            try_git(self.root, "commit", "--quiet", "--no-verify", "--message=A person", "--", step.file)
            return
        index = {"GIT_INDEX_FILE": str(self._scratch / "index")}
        tip = git(self.root, "rev-parse", step.branch)
        blob = run("git", "hash-object", "-w", "--stdin", cwd=self.root, stdin=step.text).stdout.strip()
        for words in (
            ("read-tree", tip),
            ("update-index", "--add", "--cacheinfo", f"100644,{blob},{step.file}"),
        ):
            assert run("git", *words, cwd=self.root, env=index).returncode == 0
        tree = run("git", "write-tree", cwd=self.root, env=index).stdout.strip()
        commit = git(self.root, "commit-tree", tree, "-p", tip, "-m", "A person")
        git(self.root, "update-ref", f"refs/heads/{step.branch}", commit, tip)

    def _attempt(self, step: Attempt) -> None:
        desk = Desk(self.root, step.module)
        if step.is_tidy:
            desk.tidy()
        WORKS[step.work](desk)
        TRICKS[step.trick](desk)
        before = self._tips()
        self._hand_in(step.module)
        if step.kill_at is not None:
            run_in_steps(self.root, self._scratch, step.deed, step.module, kill_at=step.kill_at)
        else:
            deed = complete_module if step.deed == "complete" else verify_module
            result = _tried(lambda: deed(context(self.root), step.module, Demand()))
            self._tally["landed" if result and result["complete"] else "not landed" if result else "refused"] += 1
        for tip in before:
            assert git(self.root, "for-each-ref", "--contains", tip), "a commit of a worker's is on no branch"

    def _tips(self) -> set[str]:
        return {git(self.root, "rev-parse", Desk(self.root, name).branch) for name in CHECKS}

    def _hand_in(self, module: str) -> None:
        if self.project.records("modules")[module]["status"] != "pending_verification":
            _tried(lambda: self.project.hand_in(module, commit=False))

    def look(self) -> None:
        """What is complete passes in a fresh clone, and is there."""
        assert_whole(self.root)
        for name, record in self.project.records("modules").items():
            if record["status"] == "complete":
                assert_passes(self.project, name, self._scratch / "fresh", self._seen)


def _tried(call: Callable[[], Any]) -> Any:
    """What a call returns; None when it was refused."""
    with contextlib.suppress(AtlasError):
        return call()
    return None


def assert_passes(project: Project, name: str, place: Path, seen: dict[str, str]) -> None:
    """The checks of a complete module pass in a fresh clone of the branch, which has its commit."""
    left_at = project.workflow()["integration_commit"]
    landed = [one for one in project.module(name)["evidence"] if one["integrated"]]
    assert landed, f"{name} is complete without evidence of what was merged"
    for commit in (landed[-1]["commit"], landed[-1]["integrated"], left_at):
        words = ("merge-base", "--is-ancestor", commit, INTEGRATION)
        assert run("git", *words, cwd=project.folder, env={"GIT_NO_REPLACE_OBJECTS": "1"}).returncode == 0, name
    if seen.get(name) == left_at:
        return
    shutil.rmtree(place, ignore_errors=True)
    words = ("--quiet", f"--branch={INTEGRATION}", f"--upload-pack={SERVE}", f"file://{project.folder}")
    git(place.parent, "clone", *words, str(place))
    git(place, "checkout", "--quiet", "--detach", left_at)
    for check in project.module(name)["checks"]:
        environment = checks_environment(os.environ, [])
        done = subprocess.run(["sh", "-c", check], cwd=place, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, f"{name} is complete, and in a fresh clone {check!r} fails: {done}"
    seen[name] = left_at


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(tmp_path_factory.mktemp("scene"), make_scene)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def hold(scene: Kept, scratch: Path, examples: int, **more: Any) -> Counter[str]:
    """Try sequences of steps; returns how often a proof landed, did not land, or was refused."""
    tally: Counter[str] = Counter()

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), **more)
    @given(STEPS)
    def sequence(steps: list[Step]) -> None:
        world = World(scene.put_back(), scratch, tally)
        for step in steps:
            world.take(step)

    for steps in KNOWN:
        sequence = example(steps)(sequence)
    sequence()
    return tally


def test_what_is_complete_passes_in_a_fresh_clone(scene: Kept, tmp_path: Path) -> None:
    tally = hold(scene, tmp_path, 1, derandomize=True, phases=PHASES)
    assert min(tally["landed"], tally["not landed"]) > 1, tally


@pytest.mark.torture
def test_what_is_complete_passes_in_a_fresh_clone_whatever_was_done(scene: Kept, tmp_path: Path) -> None:
    phases = PHASES[PACE > 1 :] if ROUNDS <= 20 else [*PHASES, Phase.shrink]  # shrinking takes minutes
    tally = hold(scene, tmp_path, ROUNDS * 2 if PACE == 1 else 2, phases=phases)
    assert PACE > 1 or min(tally["landed"], tally["not landed"], tally["refused"]) > ROUNDS // 4, tally
