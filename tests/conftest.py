"""A clean environment for every test: a scratch home, a git identity, ATLAS's packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.client.clients import REAL_HOME
from tests.kit.state import begin_orchestration

from .support import PYTHON, SCRIPTS, make_repository, run

MEMORY = "/dev/shm"
MEMORY_NEEDED = 2 << 30
SCRATCH = pytest.StashKey[str]()
GIT_CONFIG = """\
[user]
    name = Test
    email = test@example.invalid
[init]
    defaultBranch = main
[commit]
    gpgSign = false
[maintenance]
    auto = false
"""

Atlas = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_configure(config: pytest.Config) -> None:
    """Leave the machine's environment behind, for this process and all that it starts.

    Only the first process has what a package index may need (proxies, certificates, pip's settings), so it
    makes ATLAS's Python environment; parallel workers start in the clean environment already.
    """
    if hasattr(config, "workerinput"):
        return
    assert config.cache is not None
    data = config.cache.mkdir("xdg-data")
    _prepare_atlas(data)
    tempfile.tempdir = _temporary_folder()
    scratch = tempfile.mkdtemp(prefix="atlas-tests-")
    config.stash[SCRATCH] = scratch
    environment = _clean_environment(Path(scratch), data)
    os.environ.clear()
    os.environ.update(environment)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SCRATCH in config.stash:
        shutil.rmtree(config.stash[SCRATCH], ignore_errors=True)


def _temporary_folder() -> str:
    """Where tests write: in memory, unless TMPDIR names a place or the machine has no fit one.

    ATLAS and git wait for the disk at every change. Tests kill processes and never the machine, so nothing that they
    see depends on how long that takes.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return tempfile.gettempdir()
    found = os.statvfs(MEMORY)
    fit = found.f_bavail * found.f_frsize >= MEMORY_NEEDED and not found.f_flag & os.ST_NOEXEC
    return MEMORY if fit else tempfile.gettempdir()


def _prepare_atlas(data: Path) -> None:
    environment = {**os.environ, "XDG_DATA_HOME": str(data), "CLAUDE_PLUGIN_DATA": ""}
    command = [PYTHON, str(SCRIPTS / "atlas_env.py"), "--wait"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.exit(done.stderr.strip(), returncode=1)


def _clean_environment(scratch: Path, data: Path) -> dict[str, str]:
    home = scratch / "home"
    home.mkdir()
    (scratch / "tmp").mkdir()
    scratch.chmod(0o711)  # other users, which tests become, look into `tmp`
    (scratch / "gitconfig").write_text(GIT_CONFIG, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PYTEST", "ATLAS_TEST_"))}
    return {
        **kept,
        "HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(home / ".claude"),
        "GIT_CONFIG_GLOBAL": str(scratch / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "LANG": "C.UTF-8",
        "PATH": f"{Path(PYTHON).parent}:{os.environ['PATH']}",
        "TMPDIR": str(scratch / "tmp"),
        "XDG_DATA_HOME": str(data),
    }


@pytest.fixture(autouse=True)
def _not_the_real_home() -> None:
    assert Path.home() != REAL_HOME, "a test must not see the real home"


@pytest.fixture
def repo(_repository: Path, tmp_path: Path) -> Path:
    """A git repository with one commit on `main`, in a folder whose name has a space."""
    return Path(shutil.copytree(_repository, tmp_path / "a project", symlinks=True))


@pytest.fixture(scope="session")
def _repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("repository") / "project")


@pytest.fixture
def atlas(repo: Path) -> Atlas:
    """Runs a verb by its documented script: in `repo` unless told otherwise, in no session unless named."""

    def run_verb(
        verb: str,
        *arguments: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        session: str | None = None,
        stdin: str = "",
    ) -> subprocess.CompletedProcess[str]:
        extra = dict(env or {})
        if session is not None:
            extra["CLAUDE_CODE_SESSION_ID"] = session
        return run(PYTHON, script_of(verb), *arguments, cwd=cwd or repo, env=extra, stdin=stdin)

    return run_verb


def script_of(verb: str) -> Path:
    """The documented script of a verb."""
    from atlas.core.verbs import VERBS

    return SCRIPTS / VERBS[verb].script


@pytest.fixture(scope="session")
def _begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return begin_orchestration(make_repository(tmp_path_factory.mktemp("begun") / "project"))


@pytest.fixture
def begun(_begun: Path, repo: Path) -> Path:
    """The folder `repo` with the orchestration in it that `begin_orchestration` begins."""
    shutil.rmtree(repo)
    shutil.copytree(_begun, repo, symlinks=True)
    return repo
