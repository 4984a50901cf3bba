"""The outbox: committed first, sent after that, each message exactly once or shown as failed."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from atlas.adapters.system import file_lock
from atlas.core import clock
from tests.cli.test_messages import naps
from tests.conftest import script_of
from tests.kit.linked import Linked
from tests.kit.maestro_server import GONE, SILENT, Server
from tests.support import PYTHON, wait_for

MESSAGE = ("--subject", "Subject", "--message", "Message body")


def arrived(server: Server, agent: str = "proj-alpha") -> list[str]:
    """The subjects in an agent's inbox, oldest first and without tags."""
    return [message["subject"].rpartition(" [")[0] for message in server.maestro.inbox(agent)]


def unsent(project: Linked) -> list[Any]:
    found: list[Any] = project.does("status")["unsent_messages"]
    return found


def test_sent_is_not_seen(linked: Linked, server: Server) -> None:
    message = linked.does("notify", "implementer-1", *MESSAGE, "--priority", "urgent")["message"]
    (found,) = server.maestro.inbox("proj-alpha")
    assert (message["status"], message["seen_at"], message["external_id"]) == ("sent", None, found["id"])
    assert (message["transport"], message["attempts"], message["trusted"]) == ("ai-maestro", 1, True)
    assert (found["priority"], found["content"]["message"]) == ("urgent", "Message body")


def test_mail_is_carried_by_atlas_in_the_session_of_who_sent_it(linked: Linked) -> None:
    linked.does("lead", session="lead-1")
    linked.does("notify", "implementer-1", *MESSAGE, session="lead-1")
    *_, sent, begun, ended = linked.does("history")["changes"]
    assert (sent["verb"], sent["actor"]["role"]) == ("notify", "lead")
    for change in (begun, ended):
        assert (change["verb"], change["actor"]) == ("deliver", {"role": "atlas", "agent": None, "session": "lead-1"})


def test_what_the_recipient_read_there_is_known_but_not_taken_for_seen(linked: Linked, server: Server) -> None:
    message = linked.does("notify", "implementer-1", *MESSAGE)["message"]
    linked.does("check-agents")
    assert linked.message(message["id"])["read_at"] is None
    server.maestro.inbox("proj-alpha")[0]["status"] = "read"
    linked.does("check-agents")
    stored = linked.message(message["id"])
    assert stored["read_at"]
    assert (stored["status"], stored["seen_at"]) == ("sent", None)


def test_a_server_that_is_away(linked: Linked, server: Server) -> None:
    server.stop()
    done = linked.run("notify", "implementer-1", *MESSAGE)
    assert done.returncode == 1
    assert f"{server.url} is not reached" in done.stderr
    assert "It waits in the outbox" in done.stdout
    (message,) = linked.mail("implementer-1")
    assert (message["status"], message["sent_at"], message["attempts"]) == ("failed", None, 1)
    assert "is not reached" in message["error"]
    assert message["next_try"] > message["created_at"]
    assert [one["id"] for one in unsent(linked)] == [message["id"]]
    assert linked.run("check-agents").returncode == 1
    server.start()
    linked.does("check-agents")
    assert arrived(server) == ["Subject"]
    stored = linked.message(message["id"])
    assert (stored["status"], stored["attempts"], stored["error"], stored["next_try"]) == ("sent", 3, None, None)
    assert unsent(linked) == []


def test_an_assignment_stands_though_its_message_waits(linked: Linked, server: Server) -> None:
    server.stop()
    done = linked.run("assign", "auth-core", "implementer-1")
    assert done.returncode == 0
    assert "it waits, `atlas check-agents` tries again" in done.stderr
    assert linked.module("auth-core")["assigned_to"] == "implementer-1"
    server.start()
    linked.does("check-agents")
    assert arrived(server) == [f"[TASK] Module: Auth core - UUID: {linked.module('auth-core')['task_uuid']}"]


def test_a_task_is_sent_when_its_workspace_is_ready(linked: Linked, server: Server) -> None:
    linked.does("settings", "workspace.setup", "false")
    assert linked.run("assign", "auth-core", "implementer-1").returncode == 2
    assert (server.maestro.inbox("proj-alpha"), linked.mail("implementer-1")) == ([], [])
    linked.does("settings", "workspace.setup", "--unset")
    linked.does("assign", "auth-core", "implementer-1")
    assert "worktrees/auth-core" in server.maestro.inbox("proj-alpha")[0]["content"]["message"]


def test_a_poll_counts_when_it_has_gone_out(linked: Linked, server: Server) -> None:
    linked.does("assign", "docs", "implementer-1", "--no-workspace")
    server.stop()
    assert linked.run("poll", "implementer-1").returncode == 1
    polling = linked.assignment("docs")["progress_polling"]
    assert (polling["poll_count"], polling["last_poll"]) == (0, None)
    assert linked.run("poll", "implementer-1").returncode == 1
    server.start()
    linked.does("notify", "implementer-1", *MESSAGE)
    polling = linked.assignment("docs")["progress_polling"]
    assert (polling["poll_count"], len(polling["poll_history"])) == (1, 1)
    assert clock.is_time(polling["last_poll"])
    assert arrived(server)[1:] == ["[POLL] Module: Docs - Progress Check #1", "Subject"]


def test_the_same_request_again_tries_what_was_not_sent(linked: Linked, server: Server) -> None:
    server.stop()
    assert linked.run("notify", "implementer-1", *MESSAGE, "--request-id", "r").returncode == 1
    server.start()
    assert linked.does("notify", "implementer-1", *MESSAGE, "--request-id", "r")["message"]["status"] == "sent"
    linked.does("notify", "implementer-1", *MESSAGE, "--request-id", "r")
    assert arrived(server) == ["Subject"]


def test_nothing_overtakes_what_is_for_the_same_agent(linked: Linked, server: Server) -> None:
    gone = server.maestro.agents.pop("proj-alpha")
    for number in ("1", "2"):
        done = linked.run("notify", "implementer-1", "--subject", number, "--message", "m")
        assert done.returncode == 1
        assert "No recipient agent UUID" in done.stderr
    assert "one before it has to go out first" in done.stdout
    linked.does("notify", "implementer-2", "--subject", "3", "--message", "m")
    assert arrived(server, "proj-beta") == ["3"]
    server.maestro.agents["proj-alpha"] = gone
    linked.does("check-agents")
    assert arrived(server) == ["1", "2"]


def test_two_commands_at_once_send_one_after_the_other(linked: Linked, server: Server) -> None:
    names = [f"{number}" for number in range(6)]
    commands = [
        subprocess.Popen(
            [str(PYTHON), str(script_of("notify")), "implementer-1", "--subject", name, "--message", "m"],
            cwd=linked.folder,
            env={**os.environ, **linked.env},
            stdout=subprocess.DEVNULL,
        )
        for name in names
    ]
    assert [command.wait(60) for command in commands] == [0] * len(names)
    assert sorted(arrived(server)) == names
    stored = {m["subject"]: m["sent_at"] for m in linked.mail("implementer-1")}
    assert list(stored) == arrived(server), "in the order in which they were committed"


def test_nobody_sends_while_another_command_does(linked: Linked, server: Server) -> None:
    command = [str(PYTHON), str(script_of("notify")), "implementer-1", *MESSAGE]
    with file_lock.hold_lock(str(linked.folder / ".git/atlas/outbox.lock"), "the outbox"):
        process = subprocess.Popen(command, cwd=linked.folder, env={**os.environ, **linked.env})
        wait_for(lambda: naps(process.pid) > 30)
        assert (process.poll(), arrived(server)) == (None, [])
    assert process.wait(60) == 0
    assert arrived(server) == ["Subject"]


def test_a_command_killed_while_the_server_is_at_it(linked: Linked, server: Server) -> None:
    server.fail(SILENT, after=True)
    command = [str(PYTHON), str(script_of("notify")), "implementer-1", *MESSAGE]
    process = subprocess.Popen(command, cwd=linked.folder, env={**os.environ, **linked.env})
    wait_for(lambda: arrived(server))
    process.kill()
    process.wait()
    assert [m["status"] for m in linked.mail("implementer-1")] == ["queued"]
    linked.does("check-agents")
    assert arrived(server) == ["Subject"]
    assert [m["status"] for m in linked.mail("implementer-1")] == ["sent"]


def test_a_server_that_starts_again_in_between(linked: Linked, server: Server) -> None:
    server.fail(GONE)
    done = linked.run("notify", "implementer-1", *MESSAGE)
    assert done.returncode == 1
    server.stop()
    server.start()
    linked.does("notify", "implementer-1", "--subject", "Next", "--message", "m")
    assert arrived(server) == ["Subject", "Next"]


def test_an_agent_that_is_now_reached_without_ai_maestro(linked: Linked, server: Server) -> None:
    server.stop()
    linked.run("notify", "implementer-1", *MESSAGE)
    linked.does("register", "ai", "proj-alpha", "--built-in")
    assert linked.run("check-agents").returncode == 1, "AI Maestro could not be asked for mail"
    (message,) = linked.does("inbox", "implementer-1")["messages"]
    assert (message["transport"], message["status"]) == ("built-in", "sent")


def test_an_address_that_is_not_known_any_more(linked: Linked, server: Server) -> None:
    linked.env = {}
    done = linked.run("notify", "implementer-1", *MESSAGE)
    assert done.returncode == 1
    assert "set AIMAESTRO_API or `atlas settings transport.url`" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_doctor_says_whether_ai_maestro_answers_and_what_waits(linked: Linked, server: Server) -> None:
    def said() -> dict[str, str]:
        found = json.loads(linked.run("doctor", "--json").stdout)["result"]["findings"]
        return {one["about"]: one["level"] for one in found if one["about"] in ("AI Maestro", "outbox")}

    assert said() == {"AI Maestro": "ok"}
    server.stop()
    linked.run("notify", "implementer-1", *MESSAGE)
    assert said() == {"AI Maestro": "problem", "outbox": "warning"}
    linked.env = {}
    assert said() == {"AI Maestro": "problem", "outbox": "warning"}
