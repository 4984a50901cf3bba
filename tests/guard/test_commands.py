"""Calls of ATLAS and of git in commands: what whoever has a role is refused."""

from __future__ import annotations

import pytest

from atlas.core.guard import atlas_calls
from atlas.core.rules.verb_permissions import ALLOWED
from atlas.core.verbs import LEAD, VERBS, WORKER

from .scene import HELD, ROLES, Scene, make_scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make_scene(tmp_path_factory.mktemp("scene"))


# Verbs

LEADS = sorted(ALLOWED[LEAD] - ALLOWED[WORKER])
TYPED = {
    "repair": "doctor --repair",
    "configure": "settings workspace.setup-seconds 60",
    "configure-workspaces": "settings workspace.setup make",
    "complete-override": "complete auth --override Known",
    "configure-checks": "settings checks.seconds 60",
    "record-review": "review auth --met c1=x:1",
    "configure-gates": "settings gate.outside off",
}


@pytest.mark.parametrize("verb", sorted(ALLOWED["person"]))
@pytest.mark.parametrize(
    "way", ["atlas {}", "bin/atlas --json {}", "sh -c 'cd x; A=1 atlas {}'", "python3 -I /p/scripts/atlas_cli.py {}"]
)
def test_verbs(scene: Scene, verb: str, way: str) -> None:
    command = way.format(TYPED.get(verb, f"{verb} x" if verb != "settings" else verb))
    for role in ROLES:
        held = role in (*HELD, "unbound")
        allowed = ALLOWED[WORKER if held else LEAD]
        free = verb in allowed and (verb, role) != ("record-review", "unbound")  # nobody knows yet whose word it is
        assert scene.runs(role, command) == ("" if free else "verbs deny"), role
        assert scene.runs(role, f"{command} --help".replace("' --help", " --help'")) == ""


@pytest.mark.parametrize(("verb", "script"), [(verb, row.script) for verb, row in VERBS.items()])
def test_scripts_are_verbs(scene: Scene, verb: str, script: str) -> None:
    known = ALLOWED["person"]
    assert atlas_calls.SCRIPTS.get(script, verb) == verb
    told = scene.runs("worker", f"python3 '/a b/scripts/{script}' x")
    refused = verb in known - ALLOWED[WORKER] or verb in ("supervise", "settings")
    assert told == ("verbs deny" if refused else "")


def test_no_script_is_listed_that_is_not_there() -> None:
    assert set(atlas_calls.SCRIPTS) <= {row.script for row in VERBS.values()}


NAMING = [
    "CLAUDE_CODE_SESSION_ID= atlas status",
    "CLAUDE_CODE_SESSION_ID=other atlas status",
    "env -u CLAUDE_CODE_SESSION_ID atlas status",
    "env --unset=CLAUDE_CODE_SESSION_ID python3 x/atlas_orchestration_status.py",
    "env -u CLAUDE_CODE_SESSION_ID sh -c 'atlas approve'",
    "unset CLAUDE_CODE_SESSION_ID",
    "export -n CLAUDE_CODE_SESSION_ID; atlas status",
    "CLAUDE_CODE_SESSION_ID=x; atlas status",
    "declare +x CLAUDE_CODE_SESSION_ID && make",
    'bash -c "CLAUDE_CODE_SESSION_ID+=x atlas pause because"',
    'env -S "CLAUDE_CODE_SESSION_ID=x atlas pause because"',
    "flock /tmp/lock env -u CLAUDE_CODE_SESSION_ID atlas pause because",
    "setsid env -uCLAUDE_CODE_SESSION_ID atlas pause because",
    """python3 -c "import os; os.environ.pop('CLAUDE_CODE_' + 'SESSION_ID'); os.system('atlas pause because')\"""",
    "python3 - <<'EOF'\nimport os\ndel os.environ['CLAUDE_CODE_SESSION_ID']\nEOF",
    'unset CLAUDE_CODE_"SESSION"_ID; make',
    "unset CLAUDE_CODE\\_SESSION_ID; make",
    "unset CLAUDE_CODE_SES\\\nSION_ID; make",
    "v=CLAUDE_CODE_SESSION; unset ${v}_ID; make",
    "a=CLAUDE_CODE b=SESSION_ID; env -u ${a}_$b make",
    "echo 'unset CLAUDE_CODE_SESSION_ID' >/tmp/x; . /tmp/x",
    "echo $CLAUDE_CODE_SESSION_ID",
    'grep -rn "CLAUDE_CODE_SESSION_ID" .',
]
EMPTYING = [
    "env -i atlas status",
    "env - atlas status",
    "env -iC /tmp atlas status",
    "env -S '-i PATH=/x atlas' status",
    "env -i sh -c 'cd x && atlas status'",
    "exec -c atlas status",
    "(exec -cl sh -c 'atlas status')",
    "env -i flock -w 9 /tmp/lock atlas status",
    "env -i flock /tmp/lock -c 'atlas status'",
    "sudo -u me atlas status",
    "su me -c 'atlas status'",
]


@pytest.mark.parametrize("command", [*NAMING, *EMPTYING])
def test_nobody_hides_who_calls(scene: Scene, command: str) -> None:
    assert {scene.runs(role, command) for role in ROLES} == {"verbs deny"}


def test_the_refusal_says_what_to_do(scene: Scene) -> None:
    for command, words in {
        NAMING[0]: "call ATLAS as who you are",
        EMPTYING[0]: "call ATLAS as who you are",
        "atlas pause because": "ask the person to type /atlas-pause.",
        "atlas complete auth --override=x": "ask the person to type /atlas-complete with --override TEXT.",
        "atlas settings gate.state off": "ask the person to run it in a plain terminal.",
        "atlas settings workspace.copy .env": "ask the person to run it in a plain terminal.",
    }.items():
        found = scene.decision("executing", "Bash", {"command": command})
        assert found is not None
        assert words in " ".join(found.reason.split())


@pytest.mark.parametrize("command", ["sh /p/hooks/run.sh command", "echo x | /p/run.sh command", "run.sh command"])
def test_nobody_plays_the_client(scene: Scene, command: str) -> None:
    assert {scene.runs(role, command) for role in ROLES} == {"verbs deny"}


@pytest.mark.parametrize(
    ("command", "refused"),
    [
        ("cd {root} && atlas report auth done", True),
        ("(cd {api}; atlas ask auth 'Which?')", True),
        ("cd {auth}/src && atlas report auth done", False),
        ("cd {root} && atlas status", False),
        ('cd "$(git rev-parse --show-toplevel)" && atlas report auth done', False),
    ],
)
def test_a_worker_says_who_it_is_by_where_it_calls(scene: Scene, command: str, refused: bool) -> None:
    text = scene.filled(command)
    assert scene.runs("worker", text) == ("verbs deny" if refused else "")
    assert scene.runs("executing", text) == ""


def test_other_programs_are_free(scene: Scene) -> None:
    for command in (
        "env -i make",
        "env -u CLAUDE_CODE_SESSION make",
        "sudo make install; sh run.sh; flock /tmp/x make",
        "cat atlas",
        "which atlas; atlas",
        "ls",
    ):
        assert {scene.runs(role, command) for role in ROLES} == {""}, command


# Git


@pytest.mark.parametrize(
    "command",
    [
        *("push --force", "push -f", "push origin +a:a", "push --force-with-lease=a origin a", "push --del origin a"),
        *(
            "push origin :a",
            "push --mirror",
            "push -d origin a",
            "push -uf origin a",
            "push . HEAD:integration",
            "fetch . +HEAD:integration",
        ),
        *("push . HEAD:main", "push origin HEAD:main", "fetch origin main:main", "fetch . HEAD:main"),
        *(
            "push origin integration",
            "push origin HEAD:refs/heads/integration",
            "fetch . +x:integration",
            "pull . x:integration",
        ),
        *(
            "branch -d a",
            "branch -D a",
            "branch -m a b",
            "branch -f a HEAD",
            "branch --delete a",
            "branch --move a b",
            "branch --forc a b",
        ),
        *("switch a", "switch -c a", "switch -", "checkout a", "checkout -b a", "checkout -B a", "checkout --orphan a"),
        *(
            "checkout -",
            "checkout origin/a",
            "checkout --detach",
            "-c x.y=z checkout a",
            "update-ref refs/heads/a HEAD",
        ),
        *(
            "symbolic-ref HEAD refs/heads/a",
            "worktree add ../x",
            "worktree remove x",
            "worktree move a b",
            "worktree prune",
        ),
        *("stash drop", "stash clear", "gc", "filter-branch"),
        *(
            "-C {root} commit -m x",
            "-C ../../.. reset --hard",
            "--git-dir={root}/.git commit",
            "--git-dir {root}/.git reset",
        ),
        *("-C {api} add .", "-C {root}/.git/worktrees/api reset", "--work-tree {root} checkout -- x.md"),
    ],
)
def test_what_git_is_refused_for(scene: Scene, command: str) -> None:
    text = scene.filled(f"git {command}")
    assert scene.runs("worker", text) in ("git deny", "outside deny")
    assert scene.runs("bound", f"true && sh -c '{text}'") in ("git deny", "outside deny")
    assert not scene.runs("executing", text).startswith("git")
    if "../../.." not in text:
        assert scene.runs("unbound", text) in ("git deny", "unbound deny")


@pytest.mark.parametrize(
    "command",
    [
        "cd {root} && git commit -m x",
        "GIT_DIR={root}/.git git add .",
        "(cd {api}; git stash)",
        "env GIT_WORK_TREE={root} git reset --hard",
    ],
)
def test_another_worktree_by_other_ways(scene: Scene, command: str) -> None:
    text = scene.filled(command)
    assert scene.runs("worker", text) == "git deny"


@pytest.mark.parametrize(
    "command",
    [
        *(
            "status",
            "log --oneline integration",
            "diff integration...HEAD",
            "show a:b",
            "add -A",
            "commit -m 'git push --force'",
        ),
        *(
            "merge integration",
            "rebase integration",
            "reset --hard HEAD~1",
            "push",
            "push origin HEAD",
            "push -u origin a",
            "fetch",
        ),
        *(
            "pull",
            "fetch origin integration",
            "branch",
            "branch -a",
            "branch new",
            "branch --contains x",
            "checkout -- a b",
        ),
        *(
            "checkout HEAD -- a",
            "checkout HEAD a",
            "checkout .",
            "checkout here.py",
            "checkout -p",
            "restore a",
            "worktree list",
        ),
        *(
            "stash",
            "stash pop",
            "rerere clear",
            "-C {root} branch --list",
            "-C {root} tag -l",
            "symbolic-ref HEAD",
            "symbolic-ref --short HEAD",
            "-C {root} log",
            "-C {api} diff",
            "clean -fdx",
        ),
        *(
            "--git-dir={root}/.git show x",
            "-C {root} branch",
            "-C {root} tag",
            "-C {root} stash list",
            "-C {root} branch -a",
            "-C /elsewhere commit -m x",
            "-C /elsewhere switch a",
            "switch --help",
        ),
        *("cherry-pick x", "tag x", "", "--version"),
    ],
)
def test_what_git_is_free_for(scene: Scene, command: str) -> None:
    text = scene.filled(f"git {command}")
    assert scene.runs("worker", text) == ""


def test_a_push_from_another_repository_counts_all_the_same(scene: Scene) -> None:
    for command in ("git -C /elsewhere push -f", "cd /elsewhere; git push origin HEAD:integration"):
        assert scene.runs("worker", command) == "git deny"
