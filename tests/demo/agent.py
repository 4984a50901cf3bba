"""An AI agent of the demo, as a process of its own: `agent.py AGENT`, started in the project.

It waits for mail, does what the mail asks for, commits, and reports. Where a model would think, it looks up what to
write. It says on stdout what it does, and `WAITS` whenever it has done everything.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

ATLAS = str(Path(__file__).resolve().parents[2] / "bin" / "atlas")
WAITS = "waits for mail"
GO_HOME = "Thank you, that was all"
GO_ON = "Go on"
GO_AHEAD = "AUTHORIZED TO PROCEED"

SPLIT_ONLY = '''\
"""Text to words."""


def words(text):
    """The words of a text."""
    return text.split()
'''
TOKENIZER = '''\
"""Text to words."""

import re


def words(text):
    """The words of a text, in lower case and without punctuation."""
    return re.findall(r"[^\\W_]+", text.lower())
'''
COUNTER = '''\
"""How often each word occurs."""

from collections import Counter

from .tokenizer import words


def count(text):
    """The number of occurrences of each word."""
    return Counter(words(text))
'''
MAIN = '''\
"""`python3 -m wordcount FILE`: counts the words of a file."""

import sys

from .counter import count
from .report import lines

with open(sys.argv[1], encoding="utf-8") as file:
    print("\\n".join(lines(count(file.read()))))
'''
WORK = {
    "tokenizer": ("wordcount/tokenizer.py", [SPLIT_ONLY, TOKENIZER]),
    "counter": ("wordcount/counter.py", [COUNTER, COUNTER.replace("import words", "import tokens as words")]),
    "cli": ("wordcount/__main__.py", [MAIN, f"{MAIN}\n"]),
}
"""For each module the file to write, and its text at each attempt."""
IN_THE_WAY = {"cli": "tests/test_cli.py"}
"""For each module a test that the agent empties at first, and brings back when that did not help."""
TOO_MUCH = {"tokenizer": "README.md"}
"""What an agent wants to touch as well, before it has understood its task."""
UNCLEAR = {"report": "In which order do words come that occur equally often?"}
TOO_HARD = {("implementer-1", "counter"): "I know no way to count without a database"}
DRAFT = "wordcount/__init__.py"
DRAFTS = {
    ("implementer-1", "counter"): '"""Counts words, in a database."""\n',
    ("implementer-2", "report"): '"""Reports words."""\n',
}
"""What an agent begins with, without committing it."""


class Agent:
    """`folders` remembers where the work on each assignment is done."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folders: dict[str, str] = {}

    def serve(self) -> None:
        """Do what the mail asks for, until it says that this was all."""
        while True:
            print(WAITS, flush=True)
            mail = atlas_json("inbox", self.name, "--wait", "120")["messages"]
            for message in mail:
                print(f"reads: {message['subject']}", flush=True)
                if message["subject"] == GO_HOME:
                    return
                if message["subject"] == GO_ON:
                    self.go_on()
                if message["subject"].startswith("[TASK]"):
                    self.repeat(message)
                if message["subject"].startswith("VERIFICATION LOOP") or GO_AHEAD in message["subject"]:
                    self.work(message)
            if not mail:
                sys.exit(f"no mail for {self.name}")

    def repeat(self, message: dict[str, Any]) -> None:
        """Say what it will do about a task, and again when ATLAS finds that wrong; ask what is unclear."""
        task = message["task_uuid"]
        place = re.search("^Work in (.+) and nowhere else", message["body"], re.MULTILINE)
        self.folders[task] = place[1] if place else "."
        module = module_of(task)
        files = [WORK[module["id"]][0] if module["id"] in WORK else f"wordcount/{module['id']}.py"]
        for tried in ([*files, TOO_MUCH[module["id"]]], files) if module["id"] in TOO_MUCH else (files,):
            criteria = ",".join(f"c{number}" for number, _ in enumerate(module["acceptance_criteria"], 1))
            words = ["--criteria", criteria, *(word for file in tried for word in ("--file", file))]
            words += ["--out-of-scope", "All other files", "--evidence", f"Its check passes: {module['checks'][0]}"]
            atlas(
                "repeat", module["id"], *words, "--text", f"I write {files[0]}: {criteria} says what for", codes=(0, 2)
            )
        if module["id"] in UNCLEAR:
            atlas("ask", module["id"], UNCLEAR[module["id"]])

    def work(self, message: dict[str, Any]) -> None:
        """Write, commit and report what a task, or the news that its checks failed, asks for."""
        task = message["task_uuid"]
        folder, module = self.folders[task], module_of(task)
        if (self.name, module["id"]) in DRAFTS:
            Path(folder, DRAFT).write_text(DRAFTS[self.name, module["id"]], encoding="utf-8")
            print(f"drafts {DRAFT}", flush=True)
        if module["id"] == "report":
            atlas("report", "report", "progress", "--text", f"{DRAFT} is begun")
            return
        if (self.name, module["id"]) in TOO_HARD:
            atlas("report", module["id"], "blocked", "--text", TOO_HARD[self.name, module["id"]])
            return
        atlas("report", module["id"], "started")
        self.commit(folder, module)
        atlas("report", module["id"], "done", "--text", "Written and committed")

    def go_on(self) -> None:
        """Make the next tool call in the newest workspace, and obey when it is stopped."""
        folder = list(self.folders.values())[-1]
        reason = before_call(folder)
        print(f"is stopped: {reason}" if reason else "is not stopped", flush=True)
        if reason:
            subprocess.run(["git", "checkout", "--quiet", "--", DRAFT], cwd=folder, check=True)
            print(f"takes back {DRAFT}", flush=True)

    def commit(self, folder: str, module: dict[str, Any]) -> None:
        attempt = module["verification_loops"]
        path, texts = WORK[module["id"]]
        Path(folder, path).write_text(texts[attempt], encoding="utf-8")
        title = f"{'Mend' if attempt else 'Add'} {module['id']}"
        identity = ["-c", f"user.name={self.name}", "-c", f"user.email={self.name}@example.invalid"]
        if module["id"] in IN_THE_WAY:
            test = IN_THE_WAY[module["id"]]
            if attempt:
                subprocess.run(["git", "checkout", "--quiet", "HEAD^", "--", test], cwd=folder, check=True)
            else:
                Path(folder, test).write_text("", encoding="utf-8")
        subprocess.run(["git", "add", "--update"], cwd=folder, check=True)
        subprocess.run(["git", "add", path], cwd=folder, check=True)
        subprocess.run(["git", *identity, "commit", "--quiet", f"--message={title}"], cwd=folder, check=True)
        print(f"commits {path}: {title}", flush=True)


def before_call(folder: str) -> str:
    """What the workspace's hooks say to a tool call, as its client would hear it; "" when the call may go ahead."""
    call = {"tool_name": "Bash", "tool_use_id": "toolu_1", "tool_input": {"command": "git add --all"}}
    said = json.loads(run_hook(folder, "PreToolUse", call) or "{}")
    reason = said.get("hookSpecificOutput", {}).get("permissionDecisionReason", "")
    run_hook(folder, "PostToolBatch", {"tool_calls": [{**call, "tool_response": reason}]})
    return " ".join(reason.split())


def run_hook(folder: str, event: str, fields: dict[str, Any]) -> str:
    settings = json.loads(Path(folder, ".claude/settings.local.json").read_text(encoding="utf-8"))
    (hook,) = (hook for entry in settings["hooks"][event] for hook in entry["hooks"])
    about = {"hook_event_name": event, "session_id": os.environ["CLAUDE_CODE_SESSION_ID"], "cwd": folder, **fields}
    environment = {**os.environ, "CLAUDE_PROJECT_DIR": folder}
    words = ["/bin/sh", "-c", hook["command"]]
    done = subprocess.run(
        words, cwd=folder, env=environment, input=json.dumps(about), stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def module_of(task: str) -> Any:
    """The module of a live assignment."""
    return next(module for module in atlas_json("status")["modules"] if module["task_uuid"] == task)


def atlas(*words: str, codes: tuple[int, ...] = (0,)) -> None:
    """Run a verb and show it; with another exit code than `codes`, the agent ends."""
    done = subprocess.run([ATLAS, *words], capture_output=True, text=True, check=False)
    print(f"$ {shlex.join(['atlas', *words])}\n  {(done.stdout + done.stderr).strip()}", flush=True)
    if done.returncode not in codes:
        sys.exit(done.returncode)


def atlas_json(*words: str) -> Any:
    """The result of a verb."""
    done = subprocess.run([ATLAS, *words, "--json"], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)["result"]


if __name__ == "__main__":
    Agent(sys.argv[1]).serve()
