"""Makes the stored project: `python -m tests.last_version.make_project CHECKOUT`, a checkout of the version to store.

All that happens in it is done by that checkout's own scripts and hooks. What those then say of it is stored beside it.
Needs that version's Python environment, which `atlas env --wait` makes.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support import git, make_repository

from .client import Session
from .stored import ARCHIVE, HOOKS, PLUGIN, PROJECT, SAID, pack, unpack

LEAD = "11111111-aaaa-4bbb-8ccc-000000000001"
API, UI, SEARCH, EXPORT, STORE = (f"22222222-aaaa-4bbb-8ccc-00000000000{number}" for number in range(1, 6))
MODULES = {
    "Store": ("a till", "grep -q till store.py", ()),
    "Api": ("orders are taken", "grep -q order api.py", ("store",)),
    "Ui": ("a basket shows", "grep -q basket ui.py", ("store",)),
    "Search": ("goods are found", "grep -q find search.py", ()),
    "Export": ("a table comes out", "grep -q csv export.py", ()),
    "Docs": ("they help", "", ()),
    "Board": ("it shows orders", "grep -q board board.py", ("api",)),
}
AGENTS = {"api": "implementer-1", "ui": "implementer-2", "search": "implementer-3", "export": "implementer-4"}
UNDERSTOOD = ["--out-of-scope", "the rest", "--evidence", "the check", "--text", "I do what is asked"]


class Making:
    """A project, and those who work on it with one version of the plugin."""

    def __init__(self, folder: Path, plugin: Path) -> None:
        self.folder, self.plugin = folder, plugin
        self.person, self.lead = self.session(""), self.session(LEAD)

    def session(self, name: str, module: str = "") -> Session:
        """In the project, or in a module's workspace."""
        return Session(self.folder / f".claude/worktrees/{module}" if module else self.folder, name, self.plugin)

    def plan(self) -> None:
        self.lead.does("plan", "Open a shop")
        for name, (criterion, check, needs) in MODULES.items():
            words = ["--name", name, "--criteria", criterion, *(["--check", check] if check else [])]
            self.lead.does("requirement", "add", *words, *(word for need in needs for word in ("--depends-on", need)))
        self.lead.does("approve")
        self.lead.does("start")
        for number in range(1, 6):
            self.lead.does("register", "ai", f"helper-{number}")
        self.lead.does("register", "human", "dev-alice")
        self.person.does("settings", "gate.delegate", "deny")

    def begin(self, module: str, agent: str, session: str) -> Session:
        """Give a module to an agent, who begins a session in its workspace and may work from then on."""
        self.lead.does("assign", module, agent)
        worker = self.session(session, module)
        worker.start()
        worker.does("inbox", agent)
        worker.does("repeat", module, "--criteria", "c1", "--file", f"{module}.py", *UNDERSTOOD)
        self.lead.does("verify-instructions", "record-repetition", module, "--correct")
        self.lead.does("verify-instructions", "authorize", module)
        worker.call("Read", file_path=str(worker.folder / "README.md"))
        worker.does("report", module, "started")
        return worker

    def finish_store(self) -> None:
        """One module is complete and integrated."""
        worker = self.begin("store", "implementer-5", STORE)
        write(worker, "store.py", "till = 1\n")
        git(worker.folder, "add", "store.py")
        git(worker.folder, "commit", "--quiet", "--message=Add a till")
        worker.does("report", "store", "done")
        self.lead.does("complete", "store")

    def work(self) -> None:
        """The others stand in all kinds of ways."""
        api = self.begin("api", AGENTS["api"], API)
        write(api, "api.py", "def take(): ...\n")
        git(api.folder, "add", "api.py")
        git(api.folder, "commit", "--quiet", "--message=Begin the api")
        write(api, "api.py", "def take(): ...  # not committed\n")
        self.lead.does("assign", "ui", AGENTS["ui"])
        ui = self.session(UI, "ui")
        ui.start()
        ui.atlas("repeat", "ui", "--criteria", "c1,c9", "--file", "ui.py", *UNDERSTOOD)  # there is no c9
        search = self.begin("search", AGENTS["search"], SEARCH)
        search.does("ask", "search", "Which language?")
        search.does("report", "search", "blocked", "--text", "I do not know the language")
        export = self.begin("export", AGENTS["export"], EXPORT)
        self.lead.does("assign", "docs", "dev-alice")
        self.lead.does("report", "docs", "done", "--text", "They are written")
        self.lead.does("poll", AGENTS["export"])
        self.lead.does("notify", AGENTS["api"], "--subject", "A word", "--message", "Prefer short names.")
        self.lead.does("update", "send", "export", "--type", "design_update", "--text", "Use a semicolon.")
        search.does("discover", "Orders have numbers.", "--severity", "important", "--affects", "api")
        self.lead.does("interrupt", AGENTS["api"], "Use the port 8080.")
        export.call("Bash", command="make")  # which the update stops: nobody has folded that receipt in

    def go_on(self) -> None:
        """Facts that no command has folded in yet."""
        self.session(API, "api").start()
        self.lead.start()
        self.lead.call("Write", file_path=str(self.folder / "src.py"), content="x")
        self.lead.stop()


def write(worker: Session, name: str, text: str) -> None:
    """A file of a worker's, which its gate lets it write."""
    assert not worker.call("Write", file_path=str(worker.folder / name), content=text).stopped
    (worker.folder / name).write_text(text, encoding="utf-8")


def told(folder: Path, plugin: Path) -> dict[str, Any]:
    """What commands that only look, and then hooks, say of the project with this version of the plugin."""
    project = Making(folder, plugin)
    changes = result(project.person, "history", "--limit", "1000")["changes"]
    said: dict[str, Any] = {
        "status": result(project.person, "status"),
        "history": [f"{change['seq']} {change['verb']} {change['actor']['role']}" for change in changes],
        "doctor": [one for one in result(project.person, "doctor")["findings"] if is_told(one)],
        "understanding": result(project.person, "verify-instructions", "status"),
        "updates": result(project.person, "update", "pending"),
        "handoff": result(project.person, "handoff", "search", AGENTS["api"], "--preview")["text"].splitlines()[3:],
        "mail": result(project.person, "inbox", AGENTS["ui"], "--peek"),
    }
    for poll in said["status"]["polls"]:
        del poll["overdue_seconds"]  # the one thing that grows with time
    for session in (project.lead, project.session(API, "api"), project.session("", "ui")):
        said[f"start in {session.folder.name}"] = session.start()
    said["stop of lead"] = project.lead.stop()
    return {key: in_general(value, {PROJECT: folder, PLUGIN: plugin}) for key, value in said.items()}


def is_told(finding: dict[str, Any]) -> bool:
    """Whether something is wrong beyond that a workspace has the files of another version, as it must."""
    return finding["level"] != "ok" and not finding["what"].endswith("or of another version")


def result(session: Session, verb: str, *words: str) -> Any:
    return json.loads(session.does(verb, "--json", *words))["result"]


def in_general(value: Any, places: dict[str, Path]) -> Any:
    """The same wherever the project lies."""
    text = json.dumps(value)
    for mark, place in places.items():
        text = text.replace(json.dumps(str(place))[1:-1], mark)
    return json.loads(text)


def main(checkout: str) -> None:
    plugin = Path(checkout).resolve()
    with tempfile.TemporaryDirectory(prefix="atlas-project-") as scratch:
        clean_environment(Path(scratch))
        folder = make_repository(Path(scratch) / "a shop")
        making = Making(folder, plugin)
        making.plan()
        making.finish_store()
        making.work()
        making.go_on()
        shutil.copyfile(plugin / "hooks/hooks.json", HOOKS)
        pack(folder, ARCHIVE, {PROJECT: folder, PLUGIN: plugin})
        again = Path(scratch) / "again" / folder.name
        unpack(ARCHIVE, again, {PROJECT: again, PLUGIN: plugin})
        said = told(again, plugin)
        SAID.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def clean_environment(scratch: Path) -> None:
    """Nothing of whoever runs this goes into the project."""
    (scratch / "template").mkdir()
    config = "[user]\nname = Test\nemail = test@example.invalid\n[commit]\ngpgSign = false\n"
    (scratch / "gitconfig").write_text(f"{config}[init]\ntemplateDir = {scratch}/template\n", encoding="utf-8")
    for name in [name for name in os.environ if name.startswith(("CLAUDE", "ATLAS", "AIMAESTRO", "GIT_"))]:
        del os.environ[name]
    os.environ.update(GIT_CONFIG_GLOBAL=str(scratch / "gitconfig"), GIT_CONFIG_NOSYSTEM="1", HOME=str(scratch))


if __name__ == "__main__":
    main(sys.argv[1])
