"""`atlas_notify_agent.py` (2.8), and the mailboxes behind it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import script_of
from tests.kit.project import Project
from tests.kit.state import history_of
from tests.support import PYTHON, wait_for

MESSAGE = ("--subject", "Subject", "--message", "Message body")

# Notifying (2.8).


def test_the_documented_form(executing: Project) -> None:
    message = executing.does("notify", "implementer-1", *MESSAGE, "--priority", "high")["message"]
    (stored,) = executing.mail("implementer-1")
    assert stored == message
    assert (message["subject"], message["body"]) == ("Subject", "Message body")
    assert (message["priority"], message["type"], message["status"]) == ("high", "notification", "sent")
    assert message["sent_at"]
    text = executing.run("notify", "implementer-1", *MESSAGE, "--request-id", "r").stdout
    assert text.endswith(" to implementer-1: sent\n")


def test_priority_and_type_have_defaults(executing: Project) -> None:
    message = executing.does("notify", "implementer-1", *MESSAGE)["message"]
    assert (message["priority"], message["type"]) == ("normal", "notification")


@pytest.mark.parametrize("priority", ["low", "normal", "high", "urgent"])
def test_every_priority(priority: str, executing: Project) -> None:
    assert executing.does("notify", "implementer-1", *MESSAGE, "--priority", priority)
    assert executing.mail("implementer-1")[0]["priority"] == priority


@pytest.mark.parametrize("kind", ["task_assignment", "progress_poll", "instruction_verification", "notification"])
def test_every_type(kind: str, executing: Project) -> None:
    assert executing.does("notify", "implementer-1", *MESSAGE, "--type", kind)["message"]["type"] == kind


def test_an_unknown_agent_or_a_person_is_1(executing: Project) -> None:
    assert "agent 'nobody' not found" in executing.refuses("notify", "nobody", *MESSAGE)
    assert "dev-alice is a person" in executing.refuses("notify", "dev-alice", *MESSAGE)


def test_a_request_id_sends_once(executing: Project) -> None:
    first = executing.does("notify", "implementer-1", *MESSAGE, "--request-id", "r-1")
    before = history_of(executing.folder).read_bytes()
    assert executing.does("notify", "implementer-1", *MESSAGE, "--request-id", "r-1") == first
    assert history_of(executing.folder).read_bytes() == before
    line = executing.refuses("notify", "implementer-1", "--subject", "S", "--message", "Other", "--request-id", "r-1")
    assert "'r-1' has sent another message to implementer-1" in line
    executing.does("notify", "implementer-2", *MESSAGE, "--request-id", "r-1")
    executing.does("notify", "implementer-1", *MESSAGE, "--request-id", "r-2")
    executing.does("notify", "implementer-1", *MESSAGE)
    executing.does("notify", "implementer-1", *MESSAGE)
    assert (len(executing.mail("implementer-1")), len(executing.mail("implementer-2"))) == (4, 1)


def test_a_subject_is_one_line_and_a_body_is_kept(executing: Project) -> None:
    body = "first\n\n  indented `$(x)`\ttab\nlast\n"
    message = executing.does("notify", "implementer-1", "--subject", " a\n b ", "--message", body)["message"]
    assert (message["subject"], message["body"]) == ("a b", body)


def test_a_body_that_is_too_long(executing: Project) -> None:
    line = executing.refuses("notify", "implementer-1", "--subject", "S", "--message", "x" * 100_001)
    assert "longer than 100000 characters" in line


def test_notifying_is_1_outside_the_orchestration_phase(planning: Project) -> None:
    assert "not in the orchestration phase" in planning.refuses("notify", "implementer-1", *MESSAGE)


# Mailboxes.


def test_reading_makes_messages_seen_once(executing: Project) -> None:
    executing.does("notify", "implementer-1", "--subject", "One", "--message", "1")
    executing.does("notify", "implementer-1", "--subject", "Two", "--message", "2")
    read = executing.does("inbox", "implementer-1", session="worker-1")["messages"]
    assert [message["subject"] for message in read] == ["One", "Two"]
    assert [message["status"] for message in executing.mail("implementer-1")] == ["seen", "seen"]
    assert all(message["seen_at"] for message in executing.mail("implementer-1"))
    assert executing.does("inbox", "implementer-1", session="worker-1")["messages"] == []
    assert executing.run("inbox", "implementer-1").stdout == "implementer-1: nothing unread\n"


def test_peeking_leaves_everything_as_it_is(executing: Project) -> None:
    executing.does("notify", "implementer-1", *MESSAGE)
    before = history_of(executing.folder).read_bytes()
    for session in (None, "worker-1"):
        assert len(executing.does("inbox", "implementer-1", "--peek", session=session)["messages"]) == 1
    assert history_of(executing.folder).read_bytes() == before


def test_the_text_shows_sender_priority_subject_and_body(executing: Project) -> None:
    executing.does("lead", session="lead-1")
    executing.does("notify", "implementer-1", *MESSAGE, "--priority", "urgent", session="lead-1")
    text = executing.run("inbox", "implementer-1").stdout
    assert " from lead at " in text.splitlines()[0]
    assert text.splitlines()[0].endswith("[urgent]")
    assert text.splitlines()[1:] == ["| Subject: Subject", "| Message body"]


def test_a_mailbox_that_nobody_has(executing: Project) -> None:
    assert "agent 'nobody' not found" in executing.refuses("inbox", "nobody")
    assert executing.does("inbox", "lead")["messages"] == []
    assert executing.does("inbox", "dev-alice")["messages"] == []


def waiting_reader(project: Project, seconds: str) -> subprocess.Popen[str]:
    """A process that reads implementer-1's mailbox and has begun to wait."""
    process = subprocess.Popen(
        [PYTHON, script_of("inbox"), "implementer-1", "--wait", seconds],
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: naps(process.pid) > 30)
    assert process.poll() is None
    return process


def naps(pid: int) -> int:
    """How often a process went to sleep of its own will: once a look while it waits."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def test_waiting_ends_when_a_message_arrives(executing: Project) -> None:
    with waiting_reader(executing, "300") as reader:
        executing.does("modify", "add", "--name", "Not for you")
        executing.does("notify", "implementer-2", *MESSAGE)
        assert reader.poll() is None
        executing.does("notify", "implementer-1", *MESSAGE)
        output, errors = reader.communicate(timeout=60)
    assert (reader.returncode, errors) == (0, "")
    assert "Subject: Subject" in output
    assert executing.mail("implementer-1")[0]["status"] == "seen"


def test_waiting_ends_with_its_time(executing: Project) -> None:
    done = executing.run("inbox", "implementer-1", "--wait", "0.2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "implementer-1: nothing unread\n", "")


def test_nobody_waits_for_what_is_there(executing: Project) -> None:
    executing.does("notify", "implementer-1", *MESSAGE)
    assert len(executing.does("inbox", "implementer-1", "--wait", "3000")["messages"]) == 1


def test_a_wait_that_is_interrupted(executing: Project) -> None:
    with waiting_reader(executing, "300") as reader:
        reader.send_signal(signal.SIGINT)
        output, errors = reader.communicate(timeout=60)
    assert (reader.returncode, output, errors) == (130, "", "atlas: interrupted\n")
