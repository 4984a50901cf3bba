"""Running hook commands as the client does: those of a hooks file whose matcher fits, by a shell, with an event."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Any, NamedTuple

from atlas.core.errors import AtlasError

Event = dict[str, Any]
_EXACT = re.compile(r"[A-Za-z0-9_|, -]*")
_MOST = 65_536
_STRICTEST = ("deny", "block", "ask", "allow")


class Handler(NamedTuple):
    """A hook command and its time limit in seconds."""

    command: str
    seconds: float


class Answer(NamedTuple):
    """What the client makes of an event's hooks: deny, block, ask, allow, or "" when they let it be; and the words."""

    verdict: str
    words: str


def read_hooks(path: str) -> dict[str, list[Any]]:
    """The hooks of a file by event. Raises AtlasError when it cannot be read as such."""
    try:
        with open(path, "rb") as file:
            hooks = json.loads(file.read())["hooks"]
        if all(isinstance(groups, list) for groups in hooks.values()):
            return dict(hooks)
    except OSError as error:
        raise AtlasError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise AtlasError(f"{path} holds no hooks")


def matching_handlers(hooks: Mapping[str, list[Any]], event: Event) -> list[Handler]:
    """The commands that the client would wait for at this event, each once."""
    groups = hooks.get(event["hook_event_name"], [])
    fitting = [group for group in groups if _matcher_fits(group.get("matcher"), event.get("tool_name"))]
    found = [
        hook for group in fitting for hook in group["hooks"] if hook["type"] == "command" and not hook.get("async")
    ]
    return list(dict.fromkeys(Handler(hook["command"], float(hook.get("timeout", 600))) for hook in found))


def _matcher_fits(matcher: str | None, name: str | None) -> bool:
    if not matcher or matcher == "*" or name is None:
        return True
    if _EXACT.fullmatch(matcher):
        return name in re.split(r"[|,]\s*", matcher)
    return re.search(matcher, name) is not None


def fire_hooks(commands: list[Handler], event: Event, folder: str, env: Mapping[str, str], most: float) -> Answer:
    """Run the commands one after the other, each for at most `most` seconds: the strictest answer counts.

    Where none is given, the words say what came back, or that nothing did.
    """
    answers = [_run_handler(command, event, folder, env, most) for command in commands]
    for verdict in _STRICTEST:
        for answer in answers:
            if answer.verdict == verdict:
                return answer
    return Answer("", "; ".join(answer.words for answer in answers if answer.words))


def _run_handler(handler: Handler, event: Event, folder: str, env: Mapping[str, str], most: float) -> Answer:
    """With files for its output, so that a child that keeps it open cannot hang this."""
    limit = min(handler.seconds, most)
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(json.dumps(event).encode())
        stdin.seek(0)
        process = subprocess.Popen(
            ["/bin/sh", "-c", handler.command],
            cwd=folder,
            env=env,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            return Answer("", f"nothing within {limit:.0f} s")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return _interpret_output(event["hook_event_name"], code, _read_text(stdout), _read_text(stderr))


def _read_text(file: Any) -> str:
    file.seek(0)
    return str(file.read(_MOST).decode(errors="replace")).strip()


def _interpret_output(name: str, code: int, said: str, complained: str) -> Answer:
    """Exit code 2 stops; else what counts is JSON for the right event, and anything else lets it be."""
    if code == 2:
        return Answer("deny" if name == "PreToolUse" else "block", complained)
    try:
        answer = json.loads(said or "{}")
        own = answer.get("hookSpecificOutput", {})
        if own and own["hookEventName"] != name:
            return Answer("", f"an answer for {own['hookEventName']}")
        verdict = own.get("permissionDecision") or answer.get("decision") or ""
        words = own.get("permissionDecisionReason") or answer.get("reason") or own.get("additionalContext") or ""
        return Answer(str(verdict), str(words) or _complaint_text(code, complained))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Answer("", f"no answer but {said[:200]!r}")


def _complaint_text(code: int, complained: str) -> str:
    return f"exit code {code}: {complained[-200:]}" if code else ""
