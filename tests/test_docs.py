"""README and docs say what the code says: each page is held against what it describes."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import yaml

from atlas.adapters.store import log
from atlas.adapters.store.checkpoint import Checkpoint
from atlas.adapters.system import exclude
from atlas.adapters.transport import maestro
from atlas.core import frontmatter
from atlas.core.arguments import split_arguments
from atlas.core.ids import SLUG
from atlas.core.letters import discoveries, subjects
from atlas.core.paths import EXEC_FILE
from atlas.core.records.kinds import KINDS
from atlas.core.records.message import MESSAGE_TYPES
from atlas.core.records.transitions import TRANSITIONS
from atlas.core.rules import verdicts
from atlas.core.rules.verb_permissions import ALLOWED
from atlas.core.verbs import PEOPLE, VERBS, form_of_setting, roles_of
from atlas.services.project import settings

from . import documents
from .conftest import Atlas
from .documents import (
    ARCHITECTURE,
    COMMANDS,
    GATES,
    MESSAGES,
    PAGES,
    README,
    SOURCES,
    STATE,
    TEXTS,
    Row,
    code,
    read,
    rows,
    section,
)
from .support import ROOT, git

SLASH = {file.stem.removeprefix("atlas-") for file in ROOT.glob("commands/atlas-*.md")}
TARGETS = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))
PLACEHOLDERS: dict[str, Any] = {
    "module": {"name": "NAME"},
    "task_uuid": "UUID",
    "number": "N",
    "attempt": "N",
    "record": {"kind": "kind", "severity": "SEVERITY", "text": "TEXT"},
}
"""For each parameter of a subject what stands for it in the docs."""
HELPS = {f"atlas {verb} --help": verb for verb in VERBS}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


every_text = pytest.mark.parametrize("file", TEXTS, ids=named)
every_page = pytest.mark.parametrize("file", PAGES, ids=named)


def as_rows(wanted: Iterable[Row]) -> str:
    """Rows as they are to be written, for whoever reads a failure."""
    return "\n".join("| " + " | ".join(f"`{cell}`".replace("|", "\\|") for cell in row) + " |" for row in wanted)


def same(found: list[Row], wanted: list[Row], what: str) -> None:
    """The first columns of a table are these."""
    width = len(wanted[0]) if wanted else 1
    assert [row[:width] for row in found] == wanted, f"{what} should have the rows\n{as_rows(wanted)}"


# docs/commands.md


def heading_of(name: str) -> str:
    """The heading that stands for a verb or one of its actions; one may stand for several, separated by commas."""
    found = [text for text in documents.headings(COMMANDS) if name in text.split(", ")]
    assert found, f"docs/commands.md has no heading {name!r}"
    return found[0]


@pytest.mark.parametrize("verb", VERBS)
def test_every_argument_and_exit_code_of_a_verb_is_described(verb: str) -> None:
    for name, parser in documents.parsers(verb).items():
        wanted = [[documents.form(action)] for action in documents.arguments(parser)]
        found = rows(section(COMMANDS, heading_of(name)))
        promised = documents.exit_codes(parser)
        assert promised or name != verb, f"the help of {verb} names no exit codes"
        same([row for row in found if not row[0].startswith("exit ")], wanted, name)
        same([row for row in found if row[0].startswith("exit ")], promised, name)


def test_every_heading_of_the_commands_page_is_a_verb() -> None:
    known = {name for verb in VERBS for name in documents.parsers(verb)}
    text = re.findall(r"^### (.+)$", read(COMMANDS), re.MULTILINE)
    assert {name for heading in text for name in heading.split(", ")} == known


def test_every_verb_has_its_script_and_slash_command_in_the_table() -> None:
    wanted = [
        [verb, row.script, f"/atlas-{verb}" if verb in SLASH else "–", row.summary] for verb, row in VERBS.items()
    ]
    same(rows(section(COMMANDS, "Every command")), wanted, "the table of commands")


def test_every_make_target_is_described() -> None:
    described = {row[0].removeprefix("make ") for row in rows(section(README, "Development"))}
    assert described == TARGETS


# docs/state.md


def test_every_kind_of_record_is_described() -> None:
    wanted = [[kind.name, f".claude/{kind.file}", kind.section, kind.key] for kind in KINDS.values()]
    same(rows(section(STATE, "Records")), wanted, "the table of records")


@pytest.mark.parametrize("kind", [*KINDS, "plan", "worker_context"])
def test_every_field_of_a_record_is_described(kind: str) -> None:
    same(rows(section(STATE, kind)), list(documents.fields(documents.schema(kind))), kind)


@pytest.mark.parametrize("kind", TRANSITIONS)
def test_the_table_of_a_status_is_the_codes(kind: str) -> None:
    wanted = [[old or "(none)", ", ".join(new or "(none)" for new in news)] for old, news in TRANSITIONS[kind].items()]
    same(rows(section(STATE, f"{kind}: status")), wanted, f"the status of {kind}")


def test_the_table_of_roles_is_the_codes() -> None:
    verbs = sorted(set().union(*ALLOWED.values()))
    wanted = [[verb, *("yes" if verb in allowed else "no" for allowed in ALLOWED.values())] for verb in verbs]
    same(rows(section(STATE, "Who may do what")), wanted, "the table of roles")


def test_every_subject_of_a_message_is_described() -> None:
    texts = {**vars(subjects), **vars(discoveries)}
    makers = [make for name, make in texts.items() if name.endswith("_subject")]
    wanted = [[subject(*map(PLACEHOLDERS.__getitem__, signature(subject).parameters))] for subject in makers]
    same(rows(section(STATE, "Subjects of messages")), wanted, "the subjects")


def test_the_types_of_messages_are_described() -> None:
    assert set(maestro.KINDS) == set(MESSAGE_TYPES)
    same(rows(section(MESSAGES, "What is sent")), [list(pair) for pair in maestro.KINDS.items()], "the types")


def test_the_parts_of_history_and_gate_are_described() -> None:
    line = json.loads(log.encode_entry(1, "", None, "", {}))
    same(rows(section(STATE, "A line of the history")), [[key] for key in line], "a line of the history")
    same(rows(section(STATE, "The gate")), [[key] for key in json.loads(Checkpoint().render())], "the gate")


def test_forms_of_ids_and_what_is_kept_out_of_commits() -> None:
    assert f"`^{SLUG.pattern}$`" in section(STATE, "Ids and times")
    assert section(STATE, "Kept out of commits").split("```\n")[1].splitlines() == list(exclude._PATTERNS)


# docs/gates.md and the settings


def test_the_table_of_rules_is_the_codes() -> None:
    wanted = [[rule, *about] for rule, about in verdicts.RULES.items()]
    same(rows(section(GATES, "Rules")), wanted, "the table of rules")


def test_every_setting_is_described() -> None:
    told = set(re.findall(r"^- `(\S+)`", section(COMMANDS, "settings"), re.MULTILINE))
    assert told == {*settings.FIELDS, "gate.RULE"}
    assert all(key in parsers_text("settings") for key in told)
    theirs = set(re.findall(r"^- `(\S+)` \(a person's\)", section(COMMANDS, "settings"), re.MULTILINE))
    assert theirs == {key for key in told if roles_of(form_of_setting(key)) == PEOPLE}


def parsers_text(verb: str) -> str:
    return " ".join(documents.parsers(verb)[verb].format_help().split())


# What any text names exists


@every_text
def test_every_command_that_a_text_names_exists(file: Path) -> None:
    text = read(file)
    hint = re.search(r'^name: atlas-(.+)\n(?:.+\n)*argument-hint: "(.+)"$', text, re.MULTILINE)
    lines = [*code(text), *([f"atlas {hint[1]} {hint[2]}"] if hint else [])]
    assert [fault for line in lines for fault in faults(line)] == []
    assert set(re.findall(r"(?<![\w.>}~-])/(?:atlas:)?atlas-([a-z][a-z-]*)", text)) <= SLASH


@pytest.mark.parametrize("file", SOURCES, ids=named)
def test_every_command_that_a_message_names_exists(file: Path) -> None:
    text = read(file)
    said = [*documents.spans(text), *re.findall(r"Next: (atlas [^\"\\]*)", text)]
    assert [fault for line in said if "{" not in line for fault in faults(line)] == []
    assert set(re.findall(r"[ `]/atlas-([a-z][a-z-]*)", text)) <= SLASH


@pytest.mark.parametrize("verb", HELPS.values(), ids=HELPS)
def test_every_command_that_a_help_names_exists(verb: str) -> None:
    texts = [parser.format_help() for parser in documents.parsers(verb).values()]
    assert [fault for text in texts for line in code(text) for fault in faults(line)] == []


def faults(line: str) -> list[str]:
    """What a line of code names and nobody has: verbs, scripts, their options, targets of make."""
    scripts = {row.script: verb for verb, row in VERBS.items()}
    found = []
    for call in re.split(r"(?<![\w.-])(?=(?:atlas|bin/atlas) [a-z]|atlas_[a-z_]+\.py)", line)[1:]:
        name, *words = call.removeprefix("bin/").removeprefix("atlas ").split()
        verb = scripts.get(name, name.strip("\"',.:;()[]…"))
        if verb in VERBS:
            unknown = {*re.findall(r"--[a-z-]+", " ".join(words))} - documents.options(verb)
            found += [f"{verb} has no {option}" for option in unknown]
        else:
            found.append(f"there is no {name}")
    found += [f"there is no make {name}" for name in re.findall(r"\bmake ([a-z-]+)", line) if name not in TARGETS]
    return found


@every_page
def test_every_option_that_a_page_names_by_itself_exists(file: Path) -> None:
    known = {option for verb in VERBS for option in documents.options(verb)}
    alone = {span.split()[0] for span in documents.spans(read(file)) if re.match(r"--[a-z]", span)}
    assert alone <= known


@every_page
def test_every_file_that_a_page_names_exists(file: Path) -> None:
    path = r"[\w.*<>-]+(/[\w.*<>-]*)+|[\w-]+\.(jsonl?|md|py|sh|toml|txt)"
    names = {span for span in documents.spans(read(file)) if re.fullmatch(path, span)}
    assert {name for name in names if not is_file(name)} == set()


def is_file(name: str) -> bool:
    """Whether a name is that of a file or folder of ours, or one that the code gives to something elsewhere.

    Of a name with a part left open, such as `<git>/atlas/lock`, its end is looked for.
    """
    name = name.rstrip("/")
    if any(any(root.glob(name)) for root in (ROOT, ROOT / "scripts", ROOT / "scripts/atlas")):
        return True
    wanted = re.sub("<.+>", "", name.rpartition("/")[2]) if "<" in name or name.startswith(".") else name
    return any(wanted in read(source) for source in SOURCES)


@every_page
def test_every_link_leads_somewhere(file: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", read(file)):
        page = (file.parent / target).resolve() if target else file
        assert page.exists(), target
        assert not anchor or anchor in map(anchor_of, documents.headings(page)), f"{target}#{anchor}"


def anchor_of(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")


@every_page
def test_a_page_is_reached_from_the_readme_and_names_no_place_outside_the_project(file: Path) -> None:
    assert file == README or f"({named(file)})" in read(README)
    text = read(file)
    assert re.findall(r"https?://\S+|\bpypi\b|\bnpmjs\b", text) == []
    assert re.findall(r"(?<![\w.>}~*/-])/[a-z]\w*/[\w.]\S*", text) == []
    assert re.findall(r"#\d+\b|\b[Ii]ssue \d+", text) == []


def test_every_promise_names_where_it_is_kept_and_where_it_is_tested() -> None:
    for promise, kept, tested in rows(section(ARCHITECTURE, "Promises")):
        assert kept, promise
        assert re.findall(r"tests/\S+\.py", tested), promise


# README


def test_the_first_orchestration_is_as_the_readme_says(atlas: Atlas, repo: Path) -> None:
    steps = rows(section(README, "First orchestration"))
    assert len(steps) == 13
    workspace = repo / ".claude/worktrees/greeting"
    for typed, shell, what in steps:
        _, verb, *words = shlex.split(shell)
        if typed != "–":
            assert typed.startswith(f"/atlas-{verb}")
            arguments = typed.removeprefix(f"/atlas-{verb}").strip()
            assert ([arguments] if verb == "plan" else split_arguments(arguments)) == words
        if verb == "report":
            do_the_work(workspace)
        done = atlas(verb, *words, cwd=workspace if what.startswith("the agent ") else repo)
        assert done.returncode == 0, f"{shell}: {done.stderr}"
    shown = frontmatter.split_front_matter(EXEC_FILE, (repo / ".claude" / EXEC_FILE).read_bytes())[0]
    front: dict[str, Any] = yaml.safe_load(shown)
    assert front["status"] == "complete"
    same(rows(section(STATE, "The file that people read")), [[key] for key in front], EXEC_FILE)


def do_the_work(folder: Path) -> None:
    (folder / "hello.txt").write_text("Hello\n", encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=Greet")
