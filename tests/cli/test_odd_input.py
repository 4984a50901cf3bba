"""Names and texts of every kind: kept exactly as given, or refused in one line with nothing changed."""

from __future__ import annotations

import os

import pytest

from atlas.core.ids import is_slug
from tests.kit.project import Project, front_matter, the_line
from tests.support import PYTHON, ROOT, run

NAMES = {
    "japanese": "認証モジュール",
    "arabic": "وحدة المصادقة",
    "emoji": "🙂🚀",
    "joined emoji": "👩\u200d💻 team",
    "mixed": "Auth für Ünïcode 日本",
    "quotes": 'it\'s a "name" with `ticks` and $(touch PWNED) ; & | > <',
    "yaml": "x: --- y [b, {c: 'd'}] # e",
    "markdown": "| a | b | <b>bold</b> \\",
    "separators": "one\u2028two\x85three",
    "200 characters": "n" * 200,
}
UNDECODABLE = os.fsdecode(b"caf\xe9")
LONG = "x" * 10_000
LEADING = ["-", "--", "-x", "--name", "---"]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_kept_as_given(name: str, planning: Project) -> None:
    given = " ".join(name.split())
    module = planning.does("requirement", "add", "--name", name, "--criteria", name, "--description", name)["module"]
    key = module["id"]
    assert is_slug(key)
    assert (module["name"], module["acceptance_criteria"], module["description"]) == (given, [name], name)
    planning.does("approve", "--no-checks")
    planning.does("start")
    stored = planning.module(key)
    assert (stored["name"], stored["acceptance_criteria"], stored["description"]) == (given, [name], name)
    agent = planning.does("register", "ai", given)["agent"]["id"]
    assert planning.does("assign", key, agent)["module"] == key
    assert planning.does("notify", agent, "--subject", name, "--message", name)["message"]["body"] == name
    front = front_matter(planning.exec_file)
    assert front["modules_status"][-1]["name"] == given
    assert front["registered_agents"]["ai_agents"][0]["session_name"] == given
    assert not (planning.folder / "PWNED").exists()


def test_different_names_without_latin_letters_have_different_ids(planning: Project) -> None:
    names = ["認証", "認可", "وحدة", "🙂", "🚀", "x"]
    ids = {planning.does("requirement", "add", "--name", name, "--criteria", "C")["module"]["id"] for name in names}
    assert len(ids) == len(names)
    planning.refuses("requirement", "add", "--name", "認証", "--criteria", "C")


def test_control_characters_never_reach_the_terminal(planning: Project) -> None:
    name = "red\x1b[31m\x07\rbell"
    planning.does("requirement", "add", "--name", name, "--criteria", name, "--check", f"true {name}")
    key = planning.plan()["modules"][-1]["id"]
    shown = [planning.run("plan-status").stdout, planning.run("approve").stdout, planning.run("start").stdout]
    shown += [planning.run("register", "ai", "s").stdout, planning.run("assign", key, "implementer-1").stdout]
    planning.run("notify", "implementer-1", "--subject", name, "--message", f"{name}\nsecond line")
    shown += [planning.run(*words).stdout for words in (("status",), ("inbox", "implementer-1"), ("history",))]
    assert "second line" in shown[-2]
    assert all(character.isprintable() or character == "\n" for text in shown for character in text)
    assert "\x1b" not in planning.exec_file.read_text("utf-8").split("---\n", 2)[2]


EMPTY = {
    "empty": "",
    "blanks": " \t ",
    "ideographic blank": "\u3000",
}


@pytest.mark.parametrize("name", EMPTY.values(), ids=EMPTY)
def test_an_empty_name_is_refused(name: str, executing: Project) -> None:
    assert "empty" in executing.refuses("plan", "--abandon", name)
    assert "the name is empty" in executing.refuses("modify", "add", "--name", name)
    assert "empty" in executing.refuses("modify", "modify", "docs", "--name", name)
    assert "the criterion is empty" in executing.refuses("modify", "modify", "docs", "--add-criteria", name)
    assert "the check is empty" in executing.refuses("modify", "modify", "docs", "--check", name)
    assert "the identifier is empty" in executing.refuses("register", "ai", name)
    assert "must not be empty" in executing.refuses("notify", "implementer-1", "--subject", name, "--message", "M")
    assert "must not be empty" in executing.refuses("notify", "implementer-1", "--subject", "S", "--message", name)
    for verb, *arguments in (["assign", name, "implementer-1"], ["assign", "docs", name], ["inbox", name]):
        assert "not found" in executing.refuses(verb, *arguments)


def test_10_000_characters(planning: Project) -> None:
    assert "longer than 200 characters" in planning.refuses("requirement", "add", "--name", LONG, "--criteria", "C")
    assert "longer than 2000 characters" in planning.refuses("requirement", "add", "--name", "N", "--criteria", LONG)
    assert "not in the plan" in planning.refuses("requirement", "remove", LONG)
    planning.does("requirement", "modify", "docs", "--description", LONG)
    assert planning.plan()["modules"][-1]["description"] == LONG


def test_10_000_characters_while_executing(executing: Project) -> None:
    assert "at most 200 characters" in executing.refuses("register", "ai", LONG)
    assert "not an identifier" in executing.refuses("register", "ai", "s", "--id", LONG)
    assert "longer than 200 characters" in executing.refuses("modify", "add", "--name", LONG)
    for verb, *arguments in (["assign", LONG, "implementer-1"], ["assign", "docs", LONG], ["complete", LONG]):
        line = executing.refuses(verb, *arguments)
        assert "not found" in line
        assert len(line) < 400
    assert len(executing.refuses("status", LONG)) <= 4000
    message = executing.does("notify", "implementer-1", "--subject", LONG, "--message", LONG)["message"]
    assert (len(message["subject"]), message["body"]) == (200, LONG)
    executing.does("assign", "docs", "implementer-1")
    assert "at most 20000" in executing.refuses("report", "docs", "progress", "--text", LONG * 3)


@pytest.mark.parametrize("word", LEADING)
def test_a_leading_dash_is_no_name(word: str, executing: Project) -> None:
    for verb, *arguments in (
        ["register", "ai", word],
        ["assign", word, "implementer-1"],
        ["modify", "remove", word],
        ["reassign", "docs", "--to", word],
        ["inbox", word],
    ):
        executing.refuses(verb, *arguments)


def test_a_leading_dash_after_the_end_of_options(executing: Project) -> None:
    assert executing.does("plan", "--abandon", "--", "--help me")["goal"] == "--help me"
    planned = executing.does("requirement", "add", "--name=--name", "--criteria=-C")["module"]
    assert (planned["id"], planned["name"], planned["acceptance_criteria"]) == ("name", "--name", ["-C"])


def test_a_leading_dash_is_no_session_name(executing: Project) -> None:
    assert "must not begin with '-'" in executing.refuses("register", "ai", "--", "-x")


@pytest.mark.parametrize("position", range(3))
def test_bytes_that_are_no_text_are_refused(position: int, executing: Project) -> None:
    for verb, *arguments in (
        ["register", "ai", "session"],
        ["assign", "docs", "implementer-1"],
        ["notify", "implementer-1", "--subject=S", "--message=M"],
        ["modify", "add", "--name=N", "--check=true"],
    ):
        if position < len(arguments):
            arguments[position] += UNDECODABLE
            line = executing.refuses(verb, *arguments)
            assert line.startswith(f"argument {position + 1}, ")
            assert "is not valid UTF-8 text" in line
    assert "is not valid UTF-8 text" in executing.refuses("plan", "--abandon", os.fsdecode(b"\xed\xa0\x80"))


def test_a_session_id_of_any_kind(executing: Project) -> None:
    executing.does("assign", "docs", "implementer-1")
    for session in ("", "  ", "日本", "../../x", "x" * 10_000, "a b\x1b", UNDECODABLE):
        done = executing.run("lead", "--json", session=session)
        assert (done.returncode, done.stderr) == (0, ""), session
        status = executing.run("status", session=session)
        assert (status.returncode, status.stderr) == (0, ""), session
    assert not (executing.folder.parent / "x").exists()


def test_text_in_a_locale_that_knows_ascii_only(executing: Project) -> None:
    done = executing.run("register", "human", "zoë-日本", env={"LC_ALL": "C", "LANG": "C"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "zoë-日本" in {agent["identifier"] for agent in executing.records("agents").values()}
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = executing.run("status", env=ascii_only)
    assert (done.returncode, done.stderr) == (0, "")


def names(line: str, *choices: str) -> bool:
    """Whether a line has these words in this order, quoted or not: that is for each Python to say."""
    return ", ".join(choices) in line.replace("'", "")


@pytest.mark.parametrize("priority", ["urgent", "HIGH", "", "1", "hígh"])
def test_a_wrong_priority_names_the_right_ones(priority: str, executing: Project) -> None:
    for arguments in (["add", "--name", "N"], ["modify", "docs"], ["prioritize", "docs"]):
        line = executing.refuses("modify", *arguments, "--priority", priority)
        assert all(word in line for word in ("critical", "high", "medium", "low"))
    for arguments in (["add", "--name", "N"], ["modify", "docs"]):
        line = the_line(executing.run("requirement", *arguments, "--priority", priority))
        assert all(word in line for word in ("critical", "high", "medium", "low"))


def test_a_wrong_priority_of_a_message(executing: Project) -> None:
    message = ("--subject", "S", "--message", "M", "--priority")
    line = executing.refuses("notify", "implementer-1", *message, "critical")
    assert names(line, "low", "normal", "high", "urgent")


NEARLY = [
    (["assign", "auth-apy", "implementer-1"], "did you mean auth-api? known are auth-api, auth-core, docs"),
    (["assign", "docs", "implementor-2"], "did you mean implementer-2? known are implementer-2, implementer-1"),
    (["modify", "modify", "docs", "--depends-on", "auth-cor"], "did you mean auth-core? known are auth-core, auth-api"),
    (["settings", "gate.outsid", "deny"], "there is no setting 'gate.outsid': did you mean gate.outside?"),
    (["settings", "gate.outside", "denny"], "did you mean deny? known are deny"),
    (["report", "auth-core", "don"], "invalid choice: 'don': did you mean done? known are done"),
    (["notify", "implementer-1", "--priority", "hihg"], "did you mean high? known are high"),
    (["update", "sent", "auth-core"], "did you mean send? known are send"),
    (["poll", "implementer-1", "--modul", "docs"], "arguments: --modul docs: did you mean --module?"),
]


@pytest.mark.parametrize(("words", "said"), NEARLY, ids=[" ".join(words) for words, _ in NEARLY])
def test_what_is_nearly_right_is_told_what_is_right(words: list[str], said: str, executing: Project) -> None:
    assert said in executing.refuses(*words)


def test_the_nearest_of_many_is_among_those_that_are_named(planning: Project) -> None:
    for number in range(12):
        planning.does("requirement", "add", "--name", f"Part {number}", "--criteria", "C")
    planning.does("requirement", "add", "--name", "Billing", "--criteria", "C")
    said = planning.refuses("requirement", "remove", "biling")
    assert "did you mean billing? there are billing, " in said
    assert "and 8 more" in said
    assert "did you mean status?" in run(PYTHON, ROOT / "scripts/atlas_cli.py", "staus", cwd=planning.folder).stderr
