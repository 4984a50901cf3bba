"""The stand-in on a socket of this machine, and everything that can go wrong on the way to it and back."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from .maestro import Maestro

GONE, SILENT, DRIPPING, JUNK, VAGUE = "gone", "silent", "dripping", "junk", "vague"
"""How an answer fails: the connection is cut, nothing comes, it is too slow, it is no JSON, or not what is meant."""


class Fault(NamedTuple):
    """What happens in place of an answer: one of those above, or a status. The request is done first if `after`."""

    kind: str | int
    after: bool = False
    headers: tuple[tuple[str, str], ...] = ()


class Server:
    """A host of AI Maestro that listens. Stopped and started again it has the same port, and has lost nothing."""

    def __init__(self, maestro: Maestro) -> None:
        self.maestro = maestro
        self.requests: list[tuple[str, str]] = []
        self.last_body = b""
        self._faults: list[tuple[str, Fault]] = []
        self.choose: Callable[[str, str], Fault | None] = self._next
        """Says what goes wrong with a request, by its method and target."""
        self._released = threading.Event()
        self._lock = threading.Lock()
        self._port = 0
        self._http: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.serve(self)

            do_POST = do_PATCH = do_DELETE = do_GET

            def log_message(self, format: str, *args: object) -> None:
                return

        self._released.clear()
        self._http = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._http.daemon_threads = True
        self._port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """From now on connections are refused; what was not answered yet is cut off."""
        self._released.set()
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def fail(
        self, kind: str | int, after: bool = False, request: str = "POST /api/messages", times: int = 1, **headers: str
    ) -> None:
        """Let the next requests fail that begin like this one."""
        fault = Fault(kind, after, tuple((key.replace("_", "-"), value) for key, value in headers.items()))
        self._faults += [(request, fault)] * times

    def _next(self, method: str, target: str) -> Fault | None:
        for found in self._faults:
            if f"{method} {target}".startswith(found[0]):
                self._faults.remove(found)
                return found[1]
        return None

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request, or fail to."""
        data = request.rfile.read(int(request.headers.get("content-length") or 0))
        with self._lock:
            self.requests.append((request.command, request.path))
            self.last_body = data or self.last_body
            fault = self.choose(request.command, request.path)
            if fault is None or fault.after:
                status, body = self.maestro.answer(request.command, request.path, data)
        if fault is None:
            self._reply(request, status, json.dumps(body).encode())
        else:
            self._fail(request, fault)

    def _reply(self, request: BaseHTTPRequestHandler, status: int, data: bytes, *headers: tuple[str, str]) -> None:
        request.send_response(status)
        for key, value in (("content-type", "application/json"), ("content-length", str(len(data))), *headers):
            request.send_header(key, value)
        request.end_headers()
        request.wfile.write(data)

    def _fail(self, request: BaseHTTPRequestHandler, fault: Fault) -> None:
        if isinstance(fault.kind, int):
            self._reply(request, fault.kind, b'{"error": "Internal server error"}', *fault.headers)
        elif fault.kind in (JUNK, VAGUE):
            self._reply(request, 201, b"<html>oops" if fault.kind == JUNK else b'{"message": [{"id": 7}]}')
        elif fault.kind == DRIPPING:
            self._drip(request)
        elif fault.kind == SILENT:
            self._released.wait(30)
        else:
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.close_connection = True

    def _drip(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(201)
        request.send_header("content-length", "100000")
        request.end_headers()
        try:
            while not self._released.wait(0.02):
                request.wfile.write(b" ")
        except OSError:
            return


def host(home: Path | None = None, *sessions: str) -> Server:
    """A host that listens, with these sessions."""
    maestro = Maestro(home=home)
    for name in sessions:
        maestro.add_session(name)
    return Server(maestro)
