"""What only a person decides is refused to whatever runs below a client of the project, unless it was typed there."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from atlas.adapters.system import process
from tests.conftest import Atlas
from tests.kit.caller import Caller
from tests.kit.sessions import Session, commands
from tests.kit.team import LEAD, Team
from tests.support import PYTHON, ROOT, run, wait_for

PAUSE = f"{PYTHON} {ROOT}/scripts/atlas_pause.py because"
POP = "import os; os.environ.pop('CLAUDE_CODE_SESSION_ID'); os.execvp(os.sys.argv[1], os.sys.argv[1:])"
WAYS = {
    "bash": ["bash", "-c", f"CLAUDE_CODE_SESSION_ID+=x {PAUSE}"],
    "env -S": ["env", "-S", f"CLAUDE_CODE_SESSION_ID=x {PAUSE}"],
    "flock": ["flock", "/dev/null", *f"env -u CLAUDE_CODE_SESSION_ID {PAUSE}".split()],
    "setsid": ["setsid", "--wait", "env", "-i", *f"{PAUSE}".split()],
    "python": [sys.executable, "-c", POP, *f"{PAUSE}".split()],
    "in pieces": ["sh", "-c", f'n=$(printf %s CLAUDE_CODE_SESSION); unset "${{n}}_ID"; {PAUSE}'],
}
"""How a session that leads gets rid of its name."""
DECISIONS = {
    "pause": (["pause", "because"], "type /atlas-pause"),
    "back": (["pause", "--off"], "type /atlas-pause"),
    "override": (["complete", "api", "--override", "We know"], "type /atlas-complete with --override TEXT"),
    "gate": (["settings", "gate.state", "off"], "run it in a plain terminal"),
    "setup": (["settings", "workspace.setup", "make"], "run it in a plain terminal"),
    "copy": (["settings", "workspace.copy", "--unset"], "run it in a plain terminal"),
}


def is_paused(team: Team) -> bool:
    return json.loads((team.atlas / f"gates/sessions/{LEAD}").read_text())["paused"] is not None


def noted(team: Team) -> dict[str, str]:
    """The clients of the project: since when each runs, by its number."""
    folder = team.atlas / "gates/clients"
    return {file.name: file.read_text().strip() for file in folder.iterdir()} if folder.exists() else {}


def type_pause(session: Session, words: str = "because") -> str:
    """What the person sees who types the slash command."""
    (done,) = session.fire("UserPromptExpansion", "atlas-pause", command_name="atlas-pause", command_args=words)
    assert (done.returncode, done.stderr) == (0, b"")
    return str(json.loads(done.stdout)["stopReason"])


@pytest.mark.parametrize("way", WAYS)
def test_whoever_leads_cannot_lift_its_own_gates(team: Team, way: str) -> None:
    if shutil.which(WAYS[way][0]) is None:
        pytest.skip(f"there is no {WAYS[way][0]}")
    Session(team.root, LEAD).start()
    done = run(*WAYS[way], cwd=team.root, env={"CLAUDE_CODE_SESSION_ID": LEAD})
    assert done.stderr == (
        "atlas: a client's model may not use 'pause', which only a person decides: "
        "ask the person to type /atlas-pause\n"
    )
    assert done.returncode == 1
    assert not is_paused(team)


def test_the_hook_refuses_what_it_can_read(team: Team) -> None:
    lead = Caller(team.root, session=LEAD)
    for way in ("bash", "env -S", "flock", "setsid", "python"):
        answer = lead.call(command=shlex.join(WAYS[way]))
        assert answer.stopped
        assert "call ATLAS as who you are" in answer.words
    assert not lead.call(command=shlex.join(WAYS["in pieces"]).replace("atlas_pause", "x")).stopped


@pytest.mark.parametrize("decision", DECISIONS)
def test_every_decision_is_refused_and_the_way_is_named(team: Team, atlas: Atlas, decision: str) -> None:
    Session(team.root, LEAD).start()
    words, way = DECISIONS[decision]
    done = atlas(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f", which only a person decides: ask the person to {way}\n")
    for session, folder in ((LEAD, team.root), (None, team.workspace("api"))):
        assert f"ask the person to {way}" in atlas(*words, session=session, cwd=folder).stderr


def test_what_is_typed_is_done_once(team: Team, atlas: Atlas) -> None:
    session = Session(team.root, LEAD)
    session.start()
    assert "The gates are lifted" in type_pause(session)
    assert list((team.atlas / "gates/typed").iterdir()) == []
    token = {"ATLAS_TYPED": "0" * 32}
    assert "only a person decides" in atlas("pause", "--off", env=token).stderr
    assert is_paused(team)
    assert "The gates are back" in type_pause(session, "--off")
    assert "argument --for" in type_pause(session, "--for soon")
    assert list((team.atlas / "gates/typed").iterdir()) == []


def test_a_token_is_used_up_by_the_verb_that_gets_it(team: Team, atlas: Atlas) -> None:
    Session(team.root, LEAD).start()
    file = team.atlas / "gates/typed" / ("a" * 32)
    file.parent.mkdir()
    file.touch()
    for code in (0, 1):
        assert atlas("pause", "because", env={"ATLAS_TYPED": file.name}).returncode == code
        assert not file.exists()


def test_a_client_below_a_client_speaks_for_no_person(team: Team) -> None:
    """The lead starts another client, by its shell, and has that type the command."""
    session = Session(team.root, LEAD)
    session.start()
    (begins,) = commands("SessionStart", "startup")
    (types,) = commands("UserPromptExpansion", "atlas-pause")
    event: dict[str, Any] = {"session_id": "inner", "cwd": str(team.root)}
    typed = json.dumps({**event, "command_name": "atlas-pause", "command_args": "because"})
    client = 'echo "$1" | sh -c "$2"; echo "$3" | sh -c "$4"; :'
    arguments = [json.dumps({**event, "source": "startup"}), begins, typed, types]
    done = run(
        "sh", "-c", client, "sh", *arguments, env={**session.env, "CLAUDE_CODE_SESSION_ID": "inner"}, cwd=team.root
    )
    assert "only a person decides" in done.stdout
    assert not is_paused(team)


# Which clients are noted.


def test_a_session_without_a_role_is_of_a_client_too(team: Team, atlas: Atlas) -> None:
    assert atlas("pause", "because").returncode == 0
    Session(team.root, "somebody-else").start()
    assert noted(team) == {str(os.getpid()): process.process_birth(os.getpid())}
    assert os.stat(team.atlas / "gates/clients").st_mode & 0o77 == 0
    assert "only a person decides" in atlas("pause", "--off").stderr


def test_who_comes_by_a_role_after_the_session_began_is_noted_with_its_next_call(team: Team, atlas: Atlas) -> None:
    Caller(team.root, session="somebody-else").call("Read", file_path="README.md")
    assert noted(team) == {}
    Caller(team.root, session=LEAD).call("Read", file_path="README.md")
    assert list(noted(team)) == [str(os.getpid())]
    assert "only a person decides" in atlas("pause", "because").stderr


def test_a_client_counts_as_long_as_it_lives(team: Team, atlas: Atlas) -> None:
    """Its session has ended; another process that ended is forgotten, and does not count even before."""
    session = Session(team.root, LEAD)
    session.start()
    session.end()
    assert "only a person decides" in atlas("pause", "because").stderr
    client = team.atlas / "gates/clients" / str(os.getpid())
    client.write_text("since another time\n")
    assert atlas("pause", "because").returncode == 0
    ended = subprocess.Popen(["true"])
    ended.wait()
    (client.parent / str(ended.pid)).write_text("x\n")
    session.start()
    assert list(noted(team)) == [str(os.getpid())]


def test_nothing_is_noted_where_there_is_no_orchestration(repo: Path) -> None:
    Session(repo, LEAD).start()
    assert not (repo / ".git/atlas").exists()


def test_a_terminal_beside_the_client_is_a_persons(team: Team) -> None:
    Session(team.root, LEAD).start()
    out = team.root / ".git/out"
    apart = f'({PAUSE}; echo $?) >"$0.new" 2>&1; mv "$0.new" "$0"'
    run("sh", "-c", 'setsid sh -c "$1" "$2" >/dev/null 2>&1 &', "sh", apart, out, cwd=team.root)
    wait_for(out.exists)
    assert out.read_text().splitlines()[-1] == "0", out.read_text()
    assert is_paused(team)


# Where there is no /proc.


def hide_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_other(path: str, *arguments: Any, **options: Any) -> Any:
        if path.startswith("/proc/"):
            raise FileNotFoundError(path)
        return open(path, *arguments, **options)

    is_folder = os.path.isdir
    monkeypatch.setattr(process, "open", open_other, raising=False)
    monkeypatch.setattr("os.path.isdir", lambda path: path != "/proc/self" and is_folder(path))


@pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps")
def test_by_ps_the_same_is_told(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = Path(shutil.copytree(ROOT / "hooks", tmp_path / "hooks")).parent
    script = plugin / "hooks/client.sh"
    script.write_text(script.read_text().replace("/proc/", "/nowhere/"))
    above = process.list_ancestors()
    Session(team.root, LEAD, {"CLAUDE_PLUGIN_ROOT": str(plugin)}).fire("SessionStart", "startup", source="startup")
    hide_proc(monkeypatch)
    assert process.list_ancestors()[: len(above)] == above
    assert noted(team) == {str(os.getpid()): process.process_birth(os.getpid())}


def test_where_nothing_can_be_told_nobody_is_refused(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    Session(team.root, LEAD).start()
    hide_proc(monkeypatch)
    monkeypatch.setenv("PATH", "/nowhere")
    assert (process.list_ancestors(), process.process_birth(os.getpid())) == ([os.getppid()], None)
    (team.atlas / "gates/clients" / str(os.getppid())).write_text("x")
    team.context().transact("pause", lambda tx, actor: None)
