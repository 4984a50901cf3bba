"""ATLAS's own Python environment: made once, whoever asks; never seen half-made; found from everywhere."""

from __future__ import annotations

import ensurepip
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from atlas.adapters.system import environment
from tests.support import PYTHON, ROOT, SCRIPTS, run, run_read_only, wait_for

MAKERS = 8
OFFLINE = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": "/dev/null", "PIP_RETRIES": "0"}
USE = """\
import sys
sys.path.insert(0, sys.argv[1])
from atlas.adapters.system.packages import activate_packages
from atlas.core.errors import AtlasError
try:
    activate_packages()
except AtlasError as error:
    sys.exit(str(error))
import yaml
print(yaml.__file__)
"""
FAKE_UV = """\
#!/bin/sh
# Stands for uv: links the packages of an environment made for real, once the file `hold` is gone.
for last; do :; done
case $1 in
venv)
    mkdir -p "$last" && echo "$last" >>"{folder}/builds" ;;
pip)
    environment=${{5%/bin/python}} tries=0
    while [ -e "{folder}/hold" ] && [ $tries -lt 3000 ]; do sleep 0.02; tries=$((tries + 1)); done
    mkdir -p "$environment/{library}" && ln -s "{site}"/* "$environment/{library}/" ;;
esac
"""


class Machine:
    """A person's machine with ATLAS and no environment yet; `uv` there is quick and counts what it makes."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "plug in"
        shutil.copytree(SCRIPTS, self.root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        (self.root / "schemas").symlink_to(ROOT / "schemas")
        self.home = folder / "home"
        self.data = folder / "user data"
        self.tools = folder / "tools"
        self.tools.mkdir()
        self.env = {
            "HOME": str(self.home),
            "CLAUDE_CONFIG_DIR": "",
            **OFFLINE,
            "XDG_DATA_HOME": str(self.data),
            "PATH": f"{self.tools}:{os.environ['PATH']}",
        }
        site = environment.find_packages()
        assert site is not None
        self.put_uv(FAKE_UV.format(site=site, folder=self.tools, library=environment.site_packages("").lstrip("/")))

    def put_uv(self, text: str) -> None:
        uv = self.tools / "uv"
        uv.write_text(text, encoding="utf-8")
        uv.chmod(0o755)

    def script(self, name: str) -> list[str]:
        return [PYTHON, str(self.root / "scripts" / name)]

    def ask(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """`atlas env` with those arguments."""
        return run(*self.script("atlas_env.py"), *arguments, env={**self.env, **env})

    def use(self) -> subprocess.CompletedProcess[str]:
        """What a module does that needs a package."""
        return run(PYTHON, "-S", "-c", USE, self.root / "scripts", env=self.env)

    def hold(self, held: bool = True) -> None:
        """Keep uv from finishing, or let it."""
        hold = self.tools / "hold"
        if held:
            hold.touch()
        else:
            hold.unlink()

    @property
    def builds(self) -> int:
        builds = self.tools / "builds"
        return len(builds.read_text(encoding="utf-8").splitlines()) if builds.exists() else 0

    @property
    def folder(self) -> Path:
        return self.data / "atlas" / "python"

    def found(self, pattern: str) -> list[Path]:
        return sorted(self.folder.glob(pattern))

    def maker(self) -> int:
        """The process that is making the environment, once it has begun."""
        return int(wait_for(lambda: self.found("*.building-*"))[0].name.rpartition("-")[2])


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The line by which a command failed."""
    assert done.returncode == 1, done
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("how", ["--wait", "--background"])
def test_of_many_who_ask_at_once_one_makes_it(machine: Machine, how: str) -> None:
    command = [*machine.script("atlas_env.py"), how]
    askers = [subprocess.Popen(command, env={**os.environ, **machine.env}) for _ in range(MAKERS)]
    codes = [asker.wait(timeout=60) for asker in askers]
    if how == "--wait":
        assert codes == [0] * MAKERS
    assert machine.ask("--wait").returncode == 0
    assert machine.builds == 1


def test_a_command_that_comes_too_early_says_so_and_soon_works(machine: Machine, repo: Path) -> None:
    machine.hold()
    start = [*machine.script("atlas_start_planning.py"), "A goal"]
    early = one_line(run(*start, cwd=repo, env=machine.env))
    assert "is being prepared since 0 s" in early
    assert "`atlas env --wait`" in early
    machine.hold(False)
    wait_for(lambda: machine.ask().returncode == 0)
    done = run(*start, cwd=repo, env=machine.env)
    assert done.returncode == 0, done.stderr
    assert machine.builds == 1


def test_the_background_does_not_hold_up_who_asks(machine: Machine) -> None:
    machine.hold()
    assert machine.ask("--background").returncode == 1
    assert "prepared since" in machine.ask().stdout
    assert "prepared since" in one_line(machine.ask("--wait", "0.2"))
    machine.hold(False)
    assert machine.ask("--wait").returncode == 0
    silent = machine.ask("--background")
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")


def test_a_killed_maker_leaves_nothing_that_could_be_taken_for_an_environment(machine: Machine) -> None:
    machine.hold()
    machine.ask("--background")
    wait_for(lambda: machine.builds == 1)
    os.killpg(machine.maker(), signal.SIGKILL)
    wait_for(lambda: "interrupted" in machine.ask().stdout)
    assert machine.use().returncode == 1
    machine.hold(False)
    assert machine.ask("--wait").returncode == 0
    assert machine.use().returncode == 0
    assert machine.builds == 2
    assert machine.found("*.building-*") == []


def test_leftovers_of_other_environments_go_but_not_those_being_made(machine: Machine) -> None:
    machine.hold()
    machine.ask("--background")
    at_work = machine.maker()
    dead = machine.folder / "other.building-1"
    dead.mkdir()
    requirements = machine.root / "scripts" / "requirements.txt"
    before = requirements.read_bytes()
    requirements.write_bytes(before + b"# changed\n")
    machine.ask("--background")
    wait_for(lambda: machine.builds == 2)
    assert not dead.exists()
    assert len(machine.found("*.building-*")) == 2
    os.kill(at_work, 0)
    machine.hold(False)
    assert machine.ask("--wait").returncode == 0


def test_changed_requirements_make_another_environment_and_leave_the_old_one(machine: Machine) -> None:
    machine.ask("--wait")
    old = Path(machine.use().stdout.strip())
    with (machine.root / "scripts" / "requirements.txt").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert "not made yet" in machine.ask().stdout
    machine.ask("--wait")
    new = Path(machine.use().stdout.strip())
    assert new != old
    assert new.exists()
    assert old.exists()


def test_an_environment_without_its_packages_is_made_again(machine: Machine) -> None:
    machine.ask("--wait")
    used = machine.use()
    assert used.returncode == 0, used.stderr  # without a path on stdout the folder below would be the current one
    shutil.rmtree(Path(used.stdout.strip()).parent.parent)
    assert machine.ask("--wait").returncode == 0
    assert machine.use().returncode == 0


def test_a_data_folder_that_cannot_be_written_is_named(machine: Machine) -> None:
    machine.data.mkdir()
    done = run_read_only(machine.data, *machine.script("atlas_env.py"), "--wait", env=machine.env)
    assert str(machine.folder) in one_line(done)
    assert "ead-only" in done.stderr or "ermission" in done.stderr


def test_without_network_it_fails_in_one_line_and_is_tried_again_later(machine: Machine) -> None:
    machine.put_uv("#!/bin/sh\nexit 1\n")
    failure = one_line(machine.ask("--wait"))
    assert "check the network" in failure
    (log,) = machine.found("*.log")
    assert str(log) in failure
    assert "127.0.0.1" in log.read_text(encoding="utf-8")

    made = log.stat().st_mtime_ns
    assert "check the network" in one_line(machine.use())
    assert log.stat().st_mtime_ns == made, "it was tried again at once"

    long_ago = time.time() - 3600
    os.utime(log, (long_ago, long_ago))
    again = one_line(machine.use())
    assert "being prepared" in again
    assert "check the network" in again


def test_where_uv_does_not_work_pip_makes_it(machine: Machine) -> None:
    machine.put_uv("#!/bin/sh\nexit 127\n")
    (machine.root / "scripts" / "requirements.txt").write_text("# none\n", encoding="utf-8")
    done = machine.ask("--wait")
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_python_that_cannot_make_environments_is_told_what_to_install(machine: Machine) -> None:
    machine.put_uv("#!/bin/sh\nexit 127\n")
    hide = 'mount -t tmpfs none "$0" && exec "$@"'
    command = [*machine.script("atlas_env.py"), "--wait"]
    done = run("unshare", "--mount", "sh", "-c", hide, *ensurepip.__path__, *command, env=machine.env)
    assert "python3-venv" in one_line(done)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_full_disk_is_named_and_freed_of_what_was_begun(machine: Machine) -> None:
    machine.put_uv("#!/bin/sh\nexit 127\n")
    machine.data.mkdir()
    small = 'mount -t tmpfs -o size=3m none "$0" && "$@"; code=$?; ls -R "$0"; exit $code'
    command = [*machine.script("atlas_env.py"), "--wait"]
    done = run("unshare", "--mount", "sh", "-c", small, machine.data, *command, env=machine.env)
    assert "the disk is full" in one_line(done)
    assert ".building-" not in done.stdout


def test_the_bash_tool_finds_what_a_hook_has_made(machine: Machine) -> None:
    """The client tells its hooks the plugin's data folder, and its Bash tool nothing."""
    machine.hold()
    plugin_data = str(machine.home / ".claude" / "plugins" / "data" / "atlas-market")
    machine.ask("--background", CLAUDE_PLUGIN_DATA=plugin_data)
    assert "prepared since" in one_line(machine.use())
    machine.hold(False)
    wait_for(lambda: machine.ask().returncode == 0)
    assert plugin_data in machine.use().stdout
    assert machine.builds == 1


def test_a_hook_finds_what_a_terminal_has_made(machine: Machine) -> None:
    machine.ask("--wait")
    assert machine.ask(CLAUDE_PLUGIN_DATA=str(machine.home / "elsewhere")).returncode == 0
    assert machine.builds == 1


def test_a_ready_environment_costs_next_to_no_imports() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); before = set(sys.modules); "
        "from atlas.adapters.system.packages import activate_packages; activate_packages(); activate_packages(); "
        "print(*sorted(set(sys.modules) - before)); print(sys.path[0])"
    )
    done = run(PYTHON, "-I", "-S", "-c", code, SCRIPTS)
    modules, first = done.stdout.splitlines()
    ours = {
        "atlas",
        "atlas.adapters",
        "atlas.adapters.system",
        "atlas.adapters.system.environment",
        "atlas.adapters.system.packages",
        "atlas.core",
        "atlas.core.errors",
    }
    bare = {"__future__", "_stat", "abc", "_abc", "genericpath", "os", "os.path", "posixpath", "stat", "zlib"}
    assert set(modules.split()) <= ours | bare | {"_collections_abc"}
    assert first == environment.find_packages()
