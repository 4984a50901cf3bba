"""Requests to an HTTP server that answers in JSON: each bounded in time and size, and never redirected."""

from __future__ import annotations

import ipaddress
import json
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from atlas.adapters.system.packages import activate_packages
from atlas.core.errors import AtlasError
from atlas.core.text import one_line

from .transport import TransportError

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 10.0
"""For a whole answer: what the server does for it may take a while."""
MOST_BYTES = 16 << 20
_PAUSES = (0.2, 0.6)
"""Seconds between tries, more or less: a person waits."""
_LONGEST_PAUSE = 5.0
_LONGEST_REASON = 300


class Reply(NamedTuple):
    """What a server answered; `body` is None when that was no JSON."""

    status: int
    body: Any

    @property
    def reason(self) -> str:
        """What the server says is wrong, in a line."""
        body = self.body if isinstance(self.body, dict) else {}
        words = [str(body[key]) for key in ("message", "error") if body.get(key)]
        return one_line(f"it answered {self.status}" + (f": {words[0]}" if words else ""), _LONGEST_REASON)


class Wire:
    """A server. A connection of its own for each request, so that none dies unseen between two of them."""

    def __init__(self, url: str) -> None:
        """Raises AtlasError when the HTTP library is not there."""
        activate_packages()
        try:
            import httpx
        except ImportError as error:
            raise AtlasError("the package httpx is not there: run `atlas env --wait`") from error
        self.url = url
        self._httpx = httpx
        self._client = httpx.Client(
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"accept-encoding": "identity"},
            trust_env=not is_loopback(url),
            follow_redirects=False,
        )

    def request(self, method: str, path: str, params: dict[str, str] | None = None, body: Any = None) -> Reply:
        """One try. Raises TransportError when there is no usable answer, or it is to come back later."""
        httpx = self._httpx
        request = self._client.build_request(method, f"{self.url}{path}", params=params, json=body)
        try:
            response, data = self._exchange(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            raise TransportError(f"{self.url} is not reached ({_describe_error(error)})", again=True) from error
        except httpx.TimeoutException as error:
            raise TransportError(f"{self.url} gave no answer in {ANSWER_SECONDS:g} s", late=True) from error
        except httpx.HTTPError as error:
            reason = f"{self.url} broke off ({_describe_error(error)})"
            raise TransportError(reason, unsure=True, again=method != "POST") from error
        return self._usable(response, data)

    def _exchange(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        deadline = time.monotonic() + ANSWER_SECONDS
        response = self._client.send(request, stream=True)
        try:
            data = bytearray()
            for chunk in response.iter_raw():
                data += chunk
                if len(data) > MOST_BYTES:
                    reason = f"{self.url} answered with more than {MOST_BYTES} bytes"
                    raise TransportError(reason, stops="message", unsure=True)
                if time.monotonic() > deadline:
                    raise TransportError(f"{self.url} gave no whole answer in {ANSWER_SECONDS:g} s", unsure=True)
            return response, bytes(data)
        finally:
            response.close()

    def _usable(self, response: httpx.Response, data: bytes) -> Reply:
        try:
            body = json.loads(data)
        except (ValueError, RecursionError):
            body = None
        reply = Reply(response.status_code, body)
        if reply.status == 429:
            raise TransportError(f"{self.url}: {reply.reason}", again=True, after=_seconds_of_retry_after(response))
        if reply.status == 502:
            raise TransportError(f"{self.url}: {reply.reason}", again=True, unsure=True)
        if 300 <= reply.status < 400:
            raise TransportError(f"{self.url} sends its callers elsewhere, and is not followed: set the right address")
        return reply


def with_retries(attempt: Callable[[], T]) -> T:
    """Try, and try again where that is safe, a few times and not for long. Raises what the last try raised."""
    for pause in _PAUSES:
        try:
            return attempt()
        except TransportError as error:
            if not error.again or error.after > _LONGEST_PAUSE:
                raise
            time.sleep(max(error.after, pause * random.uniform(0.5, 1.5)))
    return attempt()


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine: then no proxy has a place on the way."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _seconds_of_retry_after(response: httpx.Response) -> float:
    """The seconds of `Retry-After`; a date, or nonsense, counts as nothing said."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return 0.0


def _describe_error(error: Exception) -> str:
    return one_line(str(error) or type(error).__name__, _LONGEST_REASON)
