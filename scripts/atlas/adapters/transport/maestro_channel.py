"""AI Maestro's push: it calls a port of this machine for each message to an agent that has a channel file."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from atlas.core.errors import AtlasError

_MOST_BYTES = 1 << 20
_SECONDS = 5.0


@contextmanager
def listen_for_calls(agent: str) -> Iterator[Callable[[], bool]]:
    """Be called while this lasts: the function says whether that has happened since it was asked last.

    The text that is pushed has no id and is not looked at. Raises AtlasError when the channel cannot be opened.
    """
    rang = threading.Event()

    class Bell(BaseHTTPRequestHandler):
        timeout = _SECONDS

        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            self.rfile.read(min(int(length) if length.isdecimal() else 0, _MOST_BYTES))
            rang.set()
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Bell) as server:
        server.daemon_threads = True
        path = _channel_file(agent)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            _announce_channel(path, {"agentId": agent, "port": server.server_address[1], "pid": os.getpid()})
            yield lambda: _take_call(rang)
        finally:
            _withdraw_channel(path)
            server.shutdown()


def _channel_file(agent: str) -> str:
    if not agent.replace("-", "").isalnum() or not agent.isascii():
        raise AtlasError(f"{agent[:80]!r} is no agent of AI Maestro's: no channel can be opened for it")
    return os.path.join(os.path.expanduser("~/.aimaestro/channels"), f"{agent}.json")


def _announce_channel(path: str, channel: dict[str, object]) -> None:
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        temp = f"{path}.{os.getpid()}"
        with open(temp, "w", encoding="utf-8") as file:
            json.dump(channel, file)
        os.replace(temp, path)
    except OSError as error:
        raise AtlasError(f"{path}: {error.strerror}; messages are looked for from time to time only") from error


def _withdraw_channel(path: str) -> None:
    """Remove the channel file, unless another process has put its own there meanwhile."""
    with contextlib.suppress(OSError, ValueError):
        with open(path, encoding="utf-8") as file:
            mine = json.load(file).get("pid") == os.getpid()
        if mine:
            os.unlink(path)


def _take_call(rang: threading.Event) -> bool:
    was = rang.is_set()
    rang.clear()
    return was
