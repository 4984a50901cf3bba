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
from atlas.core.text import one_line

from .maestro_answers import inner_value, text_field, unwrap_body
from .maestro_channel import listen_for_calls
from .transport import Address, Incoming, Letter, Stops, TransportError
from .wire import Reply, Wire, with_retries

KINDS = {
    TASK_ASSIGNMENT: "request",
    PROGRESS_POLL: "request",
    INSTRUCTION_VERIFICATION: "request",
    NOTIFICATION: "notification",
}
"""AI Maestro's type for each of ours. Priorities are the same."""
_MOST_FETCHED = 200
_MOST_FAILED = 3
"""Messages in one round that may fail to be fetched: each may take as long as an answer."""
_PAGE = 4096
"""Summaries that are asked for where all of them are too much for one answer; then ever fewer."""
_TAG = re.compile(r"\[(msg-[0-9a-f]{12})\]\s*$")


class Maestro:
    """A server, and what has been learnt of it meanwhile. Raises AtlasError when the HTTP library is not there."""

    name = MAESTRO

    def __init__(self, url: str) -> None:
        self._wire = Wire(url)
        self._host: str | None = None

    def healthy(self) -> str:
        version = text_field(inner_value(self._identity(), "host"), "version") or "of no version"
        return f"AI Maestro {one_line(version, 40)} at {self._wire.url}"

    def _identity(self) -> Any:
        reply = self._get("/api/hosts/identity")
        if not isinstance(inner_value(reply.body, "host"), dict):
            raise TransportError(f"{self._wire.url} is no AI Maestro: {reply.reason}")
        return reply.body

    def resolve(self, name: str) -> Address:
        short, _, host = name.partition("@")
        reply = self._get("/api/messages", action="resolve", agent=name)
        found = inner_value(reply.body, "resolved")
        if reply.status == 404:
            return self._elsewhere(short, host)
        if reply.status != 200 or not text_field(found, "agentId"):
            raise TransportError(f"{self._wire.url} cannot say who {name} is: {reply.reason}")
        names = {text_field(found, key) for key in ("agentId", "alias", "sessionName")}
        if short not in names or host not in ("", text_field(found, "hostId")):
            nearest = one_line(text_field(found, "alias"), 80)
            raise AtlasError(f"AI Maestro has no session {name!r}; the nearest is {nearest!r}: is that the one?")
        alias, there = text_field(found, "alias") or short, text_field(found, "hostId")
        is_here = there in ("", self._own_host())
        return (
            Address(alias, text_field(found, "agentId")) if is_here else Address(f"{alias}@{there}", f"{alias}@{there}")
        )

    def _own_host(self) -> str:
        if self._host is None:
            self._host = text_field(inner_value(self._identity(), "host"), "id")
        return self._host

    def _elsewhere(self, name: str, host: str) -> Address:
        """An agent of another host, which is addressed by its name there."""
        entry = inner_value(self._get(f"/api/agents/directory/lookup/{quote(name, safe='')}").body, "agent")
        there = text_field(entry, "hostId")
        if text_field(entry, "name") != name or not there:
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
        address = text_field(inner_value(reply.body, "agent"), "id")
        if reply.status == 400 and "already exists" in reply.reason:
            address = self._own(name)  # another process of ours was faster
        if not address:
            raise TransportError(f"{self._wire.url} has no mailbox for the lead, {name}: {reply.reason}")
        return address

    def _own(self, name: str) -> str:
        """The address of the agent of exactly that name on this host, or "" when there is none."""
        found = inner_value(self._get("/api/messages", action="resolve", agent=name).body, "resolved")
        return text_field(found, "agentId") if text_field(found, "alias") == name else ""

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
        external_id = text_field(inner_value(reply.body, "message"), "id")
        if reply.status == 201 and external_id:
            return external_id
        if reply.status in (400, 413, 422):
            raise TransportError(f"{self._wire.url} refuses the message: {reply.reason}", stops="message")
        if reply.status == 500 and text_field(reply.body, "error") == "operation_failed":
            raise TransportError(f"{self._wire.url}: {reply.reason}", stops="recipient", unsure=True)
        raise TransportError(f"{self._wire.url} took the message in no usable way: {reply.reason}", unsure=True)

    def find(self, letter: Letter) -> str | None:
        """By the sender's copy, or in the inbox of a recipient on this host."""
        boxes = [(letter.sender, "sent")] + ([] if _is_remote(letter.to) else [(letter.to, "inbox")])
        saw_all = True
        for agent, box in boxes:
            summaries, is_all = self._list(agent, box=box)
            saw_all = saw_all and is_all
            for summary in summaries:
                if " ".join(text_field(summary, "subject").split()) == tagged_subject(letter):
                    return text_field(summary, "id")
        if not saw_all:
            reason = f"{self._wire.url} has too many messages to tell whether {letter.id} is there: delete old ones"
            raise TransportError(reason, stops="recipient", unsure=True)
        return None

    def fetch(self, mailbox: str) -> Iterator[Incoming | TransportError]:
        tried: set[str] = set()
        failed = 0
        while True:
            unread, is_all = self._list(mailbox, box="inbox", status="unread")
            page = [summary for summary in unread[::-1] if text_field(summary, "id") not in tried]
            for summary in page[: _MOST_FETCHED - len(tried)]:
                tried.add(text_field(summary, "id"))
                found = self._fetch_one(mailbox, summary)
                failed += isinstance(found, TransportError)
                if found is not None:
                    yield found
                if failed == _MOST_FAILED:
                    return
            # Of a list that is too large for one answer, the next page shows once this one is acknowledged.
            if is_all or not page or len(tried) == _MOST_FETCHED:
                return

    def _fetch_one(self, mailbox: str, summary: Any) -> Incoming | TransportError | None:
        """A message, or why it cannot be had now; None when it was deleted meanwhile."""
        message_id = text_field(summary, "id")
        try:
            reply = self._whole_message(mailbox, message_id)
        except TransportError as error:
            if error.stops == "server":
                raise
            if error.stops == "recipient":
                return TransportError(f"{message_id} was not fetched: {error}", stops="message")
            reply = Reply(200, None)  # too large: what the summary tells has to do
        if reply.status == 404:
            return None
        return self._incoming(summary, inner_value(reply.body, "content") if reply.status == 200 else None)

    def _incoming(self, summary: Any, content: Any) -> Incoming:
        """The message as it is shown and kept; of one whose `content` cannot be had, what its summary tells."""
        message = (
            text_field(content, "message") or f"{text_field(summary, 'preview')}\n(the rest is in AI Maestro only)"
        )
        sender, host = text_field(summary, "from"), text_field(summary, "fromHost")
        ours = inner_value(inner_value(content, "context"), "atlas")
        external_id, subject = text_field(summary, "id"), text_field(summary, "subject")
        tag = _TAG.search(subject)
        return Incoming(
            external_id=external_id,
            key=text_field(ours, "id") or external_id.replace("_", "-"),
            sender=one_line(f"{sender}@{host}" if host not in ("", self._own_host()) else sender) or "nobody",
            subject=one_line(subject) or "(no subject)",
            body=unwrap_body(message),
            priority=text_field(summary, "priority")
            if text_field(summary, "priority") in MESSAGE_PRIORITIES
            else "normal",
            answers=tag[1] if tag else None,
        )

    def _whole_message(self, mailbox: str, message_id: str) -> Reply:
        try:
            return self._get("/api/messages", agent=mailbox, id=message_id)
        except TransportError as error:
            raise error if error.stops == "message" else _narrowed(error, "recipient") from error

    def acknowledge(self, mailbox: str, external_id: str) -> None:
        params = {"agent": mailbox, "id": external_id, "action": "read"}
        try:
            reply = with_retries(lambda: self._wire.request("PATCH", "/api/messages", params))
        except TransportError as error:
            raise _narrowed(error, "message") from error
        if reply.status not in (200, 404):
            reason = f"{self._wire.url} does not mark {external_id} as read: {reply.reason}"
            raise TransportError(reason, stops="message")

    def read(self, address: str, ids: set[str]) -> set[str]:
        if _is_remote(address):
            return set()
        summaries, is_all = self._list(address, box="inbox")
        listed = {text_field(summary, "id"): summary for summary in summaries}
        if not is_all:  # those further back are asked for one by one
            listed |= {one: self._whole_message(address, one).body for one in ids - listed.keys()}
        return {one for one in ids if text_field(listed.get(one), "status") in ("read", "archived")}

    def listen(self, mailbox: str) -> AbstractContextManager[Callable[[], bool]]:
        return listen_for_calls(mailbox)

    def _list(self, agent: str, **filters: str) -> tuple[list[Any], bool]:
        """The summaries of messages, newest first, and whether these are all.

        The server knows a limit and no offset: of more than one answer may hold, these are the newest that fit.
        """
        most = 0
        while True:
            try:
                found = self._list_newest(agent, most, filters)
                return found, most == 0 or len(found) < most
            except TransportError as error:
                if error.stops != "message" or most == 1:
                    raise _narrowed(error, "recipient") from error
                most = most // 4 or _PAGE

    def _list_newest(self, agent: str, most: int, filters: dict[str, str]) -> list[Any]:
        reply = self._get("/api/messages", agent=agent, limit=str(most), **filters)
        found = inner_value(reply.body, "messages")
        if reply.status != 200 or not isinstance(found, list):
            raise TransportError(f"{self._wire.url} does not list messages: {reply.reason}", stops="recipient")
        return [summary for summary in found if text_field(summary, "id")]

    def _get(self, path: str, **params: str) -> Reply:
        return with_retries(lambda: self._wire.request("GET", path, params))


def _narrowed(error: TransportError, stops: Stops) -> TransportError:
    """The error; where the server was reached, it may be about this one mailbox or message only."""
    if error.unsure:
        error.stops = stops
    return error


def _is_remote(address: str) -> bool:
    """Whether it is of another host, whose inboxes cannot be seen from here."""
    return "@" in address


def tagged_subject(letter: Letter) -> str:
    """A letter's subject as it travels: one line, and its id as a tag."""
    return f"{one_line(letter.subject)} [{letter.id}]"


def _letter_context(letter: Letter) -> dict[str, str]:
    return {"id": letter.id, **({"task": letter.task_uuid} if letter.task_uuid else {})}
