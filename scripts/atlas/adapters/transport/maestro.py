"""AI Maestro: a thin client of its message and agent interface.

Addresses in its answers (`hostUrl`, `route_url`) are never followed, and what it says of a sender is never believed.
A message's own id is in its subject, as a tag, and in `content.context`, so that it can be looked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

from atlas.core.errors import AtlasError
from atlas.core.records.message import (
    INSTRUCTION_VERIFICATION,
    MAESTRO,
    MESSAGE_PRIORITIES,
    NOTIFICATION,
    PROGRESS_POLL,
    TASK_ASSIGNMENT,
)
from atlas.core.text import one_line, printable_text

from .maestro_channel import listen_for_calls
from .transport import Address, Incoming, Letter, TransportError
from .wire import Reply, Wire, with_retries

KINDS = {
    TASK_ASSIGNMENT: "request",
    PROGRESS_POLL: "request",
    INSTRUCTION_VERIFICATION: "request",
    NOTIFICATION: "notification",
}
"""AI Maestro's type for each of ours. Priorities are the same."""
MOST_BODY = 90_000
"""Characters of a message's body that are taken in."""
_MOST_FETCHED = 200
_TAG = re.compile(r"\[(msg-[0-9a-f]{12})\]\s*$")
_WRAPPED = re.compile(
    r"\A\s*<external-content\b[^>]*>\n"
    r"(?:\[CONTENT IS DATA ONLY[^\n]*\]\n)?"
    r"(?:\[SECURITY WARNING[^\n]*\]\n(?:  - [^\n]*\n)*\n?)?"
    r"(?P<body>.*?)\n?</external-content>\s*\Z",
    re.DOTALL,
)


class Maestro:
    """A server, and what has been learnt of it meanwhile. Raises AtlasError when the HTTP library is not there."""

    name = MAESTRO

    def __init__(self, url: str) -> None:
        self._wire = Wire(url)
        self._host: str | None = None

    def healthy(self) -> str:
        version = _text_field(_inner_value(self._identity(), "host"), "version") or "of no version"
        return f"AI Maestro {one_line(version, 40)} at {self._wire.url}"

    def _identity(self) -> Any:
        reply = self._get("/api/hosts/identity")
        if not isinstance(_inner_value(reply.body, "host"), dict):
            raise TransportError(f"{self._wire.url} is no AI Maestro: {reply.reason}")
        return reply.body

    def resolve(self, name: str) -> Address:
        short, _, host = name.partition("@")
        reply = self._get("/api/messages", action="resolve", agent=name)
        found = _inner_value(reply.body, "resolved")
        if reply.status == 404:
            return self._elsewhere(short, host)
        if reply.status != 200 or not _text_field(found, "agentId"):
            raise TransportError(f"{self._wire.url} cannot say who {name} is: {reply.reason}")
        names = {_text_field(found, key) for key in ("agentId", "alias", "sessionName")}
        if short not in names or host not in ("", _text_field(found, "hostId")):
            nearest = one_line(_text_field(found, "alias"), 80)
            raise AtlasError(f"AI Maestro has no session {name!r}; the nearest is {nearest!r}: is that the one?")
        alias, there = _text_field(found, "alias") or short, _text_field(found, "hostId")
        is_here = there in ("", self._own_host())
        return (
            Address(alias, _text_field(found, "agentId"))
            if is_here
            else Address(f"{alias}@{there}", f"{alias}@{there}")
        )

    def _own_host(self) -> str:
        if self._host is None:
            self._host = _text_field(_inner_value(self._identity(), "host"), "id")
        return self._host

    def _elsewhere(self, name: str, host: str) -> Address:
        """An agent of another host, which is addressed by its name there."""
        entry = _inner_value(self._get(f"/api/agents/directory/lookup/{quote(name, safe='')}").body, "agent")
        there = _text_field(entry, "hostId")
        if _text_field(entry, "name") != name or not there:
            raise AtlasError(f"AI Maestro has no session {name!r}: start it there, or use --built-in")
        if host != there:
            raise AtlasError(f"AI Maestro has no session {name!r} on this host; there is {name}@{there}: register that")
        return Address(f"{name}@{there}", f"{name}@{there}")

    def register_lead(self, name: str, purpose: str) -> str:
        known = self._own(name)
        if known:
            return known
        body = {"name": name, "program": "none", "taskDescription": purpose, "createSession": False}
        reply = with_retries(lambda: self._wire.request("POST", "/api/agents", body=body))
        address = _text_field(_inner_value(reply.body, "agent"), "id")
        if reply.status == 400 and "already exists" in reply.reason:
            address = self._own(name)  # another process of ours was faster
        if not address:
            raise TransportError(f"{self._wire.url} has no mailbox for the lead, {name}: {reply.reason}")
        return address

    def _own(self, name: str) -> str:
        """The address of the agent of exactly that name on this host, or "" when there is none."""
        found = _inner_value(self._get("/api/messages", action="resolve", agent=name).body, "resolved")
        return _text_field(found, "agentId") if _text_field(found, "alias") == name else ""

    def deliver(self, letter: Letter) -> str:
        return with_retries(lambda: self._send(letter))

    def _send(self, letter: Letter) -> str:
        """One try, and a look where it ended in doubt: only what is known not to be there is tried again."""
        try:
            return self._post(letter)
        except TransportError as error:
            found = self._settle(letter, error) if error.unsure else None
            if found is None:
                raise
            return found

    def _settle(self, letter: Letter, error: TransportError) -> str | None:
        """The id of a letter that arrived although sending it failed; the error says from then on what is known."""
        try:
            found = self.find(letter)
        except TransportError:
            error.again = False
            return None
        error.unsure = error.late or _is_remote(letter.to)
        return found

    def _post(self, letter: Letter) -> str:
        content = {"type": KINDS[letter.kind], "message": letter.body, "context": {"atlas": _letter_context(letter)}}
        body = {
            "from": letter.sender,
            "to": letter.to,
            "subject": tagged_subject(letter),
            "content": content,
            "priority": letter.priority,
        }
        reply = self._wire.request("POST", "/api/messages", body=body)
        external_id = _text_field(_inner_value(reply.body, "message"), "id")
        if reply.status == 201 and external_id:
            return external_id
        if reply.status in (400, 413, 422):
            raise TransportError(f"{self._wire.url} refuses the message: {reply.reason}", stops="message")
        if reply.status == 500 and _text_field(reply.body, "error") == "operation_failed":
            raise TransportError(f"{self._wire.url}: {reply.reason}", stops="recipient", unsure=True)
        raise TransportError(f"{self._wire.url} took the message in no usable way: {reply.reason}", unsure=True)

    def find(self, letter: Letter) -> str | None:
        """By the sender's copy, or in the inbox of a recipient on this host."""
        boxes = [(letter.sender, "sent")] + ([] if _is_remote(letter.to) else [(letter.to, "inbox")])
        for agent, box in boxes:
            for summary in self._list(agent, box=box):
                if " ".join(_text_field(summary, "subject").split()) == tagged_subject(letter):
                    return _text_field(summary, "id")
        return None

    def fetch(self, mailbox: str) -> Iterator[Incoming]:
        unread = self._list(mailbox, box="inbox", status="unread")
        for summary in unread[::-1][:_MOST_FETCHED]:
            try:
                reply = self._get("/api/messages", agent=mailbox, id=_text_field(summary, "id"))
            except TransportError as error:
                if error.stops != "message":
                    raise
                reply = Reply(200, None)
            if reply.status != 404:
                yield self._incoming(summary, _inner_value(reply.body, "content") if reply.status == 200 else None)

    def _incoming(self, summary: Any, content: Any) -> Incoming:
        """The message as it is shown and kept; of one whose `content` cannot be had, what its summary tells."""
        message = (
            _text_field(content, "message") or f"{_text_field(summary, 'preview')}\n(the rest is in AI Maestro only)"
        )
        sender, host = _text_field(summary, "from"), _text_field(summary, "fromHost")
        ours = _inner_value(_inner_value(content, "context"), "atlas")
        external_id, subject = _text_field(summary, "id"), _text_field(summary, "subject")
        tag = _TAG.search(subject)
        return Incoming(
            external_id=external_id,
            key=_text_field(ours, "id") or external_id.replace("_", "-"),
            sender=one_line(f"{sender}@{host}" if host not in ("", self._own_host()) else sender) or "nobody",
            subject=one_line(subject) or "(no subject)",
            body=_unwrap_body(message),
            priority=_text_field(summary, "priority")
            if _text_field(summary, "priority") in MESSAGE_PRIORITIES
            else "normal",
            answers=tag[1] if tag else None,
        )

    def acknowledge(self, mailbox: str, external_id: str) -> None:
        params = {"agent": mailbox, "id": external_id, "action": "read"}
        reply = with_retries(lambda: self._wire.request("PATCH", "/api/messages", params))
        if reply.status not in (200, 404):
            raise TransportError(f"{self._wire.url} does not mark {external_id} as read: {reply.reason}")

    def read(self, address: str) -> set[str]:
        found = [] if _is_remote(address) else self._list(address, box="inbox")
        return {
            _text_field(summary, "id") for summary in found if _text_field(summary, "status") in ("read", "archived")
        }

    def listen(self, mailbox: str) -> AbstractContextManager[Callable[[], bool]]:
        return listen_for_calls(mailbox)

    def _list(self, agent: str, **filters: str) -> list[Any]:
        """The summaries of messages, newest first."""
        reply = self._get("/api/messages", agent=agent, limit="0", **filters)
        found = _inner_value(reply.body, "messages")
        if reply.status != 200 or not isinstance(found, list):
            raise TransportError(f"{self._wire.url} does not list messages: {reply.reason}")
        return [summary for summary in found if _text_field(summary, "id")]

    def _get(self, path: str, **params: str) -> Reply:
        return with_retries(lambda: self._wire.request("GET", path, params))


def _is_remote(address: str) -> bool:
    """Whether it is of another host, whose inboxes cannot be seen from here."""
    return "@" in address


def tagged_subject(letter: Letter) -> str:
    """A letter's subject as it travels: one line, and its id as a tag."""
    return f"{one_line(letter.subject)} [{letter.id}]"


def _letter_context(letter: Letter) -> dict[str, str]:
    return {"id": letter.id, **({"task": letter.task_uuid} if letter.task_uuid else {})}


def _unwrap_body(text: str) -> str:
    """The words themselves, without the server's wrapping; what could move a cursor is made visible."""
    wrapped = _WRAPPED.match(text)
    words = wrapped["body"] if wrapped else text
    shown = printable_text(words[:MOST_BODY])
    if len(words) > MOST_BODY:
        shown += f"\n(cut here: it has {len(words)} characters, the rest is in AI Maestro)"
    return shown if shown.strip() else "(empty)"


def _inner_value(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _text_field(value: Any, key: str) -> str:
    """The text under a key; "" when there is none, or it is something else."""
    found = value.get(key) if isinstance(value, dict) else None
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else ""
