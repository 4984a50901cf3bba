"""A model API on loopback that says what a test's script tells it to, and remembers what it was shown."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, takewhile
from typing import Any

Block = dict[str, Any]
Turn = str | Block | Sequence[Block]
Step = Turn | Callable[["Request"], Turn]

COMPACTION = "CRITICAL: Respond with TEXT ONLY."
"""How the client begins when it has a conversation summarised."""
EXHAUSTED = "script exhausted"
_ids = count(1)


def text(words: str) -> Block:
    """A text block."""
    return {"type": "text", "text": words}


def tool(name: str, /, **arguments: Any) -> Block:
    """A tool_use block; several in one turn are parallel calls."""
    return {"type": "tool_use", "id": f"toolu_{next(_ids):08d}", "name": name, "input": arguments}


def bash(command: str) -> Block:
    """A call of the Bash tool."""
    return tool("Bash", command=command, description="scripted")


@dataclass(frozen=True)
class ToolResult:
    """What the model is told about one of its tool calls."""

    tool_use_id: str
    text: str
    is_error: bool


@dataclass(frozen=True)
class Request:
    """One request to the model, as parsed JSON, with the views that tests ask for."""

    body: dict[str, Any]

    @property
    def tools(self) -> list[str]:
        return [each["name"] for each in self.body.get("tools", [])]

    @property
    def messages(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages

    @property
    def conversation(self) -> str:
        """Everything said so far, without the system prompt."""
        return "\n".join(flat(message["content"]) for message in self.messages)

    @property
    def opening(self) -> str:
        """What was said before the model's first turn: the person's first words, or a subagent's task."""
        before = takewhile(lambda message: message["role"] != "assistant", self.messages)
        return "\n".join(flat(message["content"]) for message in before)

    @property
    def latest(self) -> str:
        """What was said since the model's last turn."""
        return "\n".join(flat(message["content"]) for message in self._since_last_turn())

    @property
    def tool_results(self) -> list[ToolResult]:
        """The results of the calls in the model's last turn, in the order of the calls."""
        blocks = [block for message in self._since_last_turn() for block in _blocks(message["content"])]
        results = [
            ToolResult(block["tool_use_id"], flat(block.get("content", "")), bool(block.get("is_error")))
            for block in blocks
            if block["type"] == "tool_result"
        ]
        return sorted(results, key=lambda result: result.tool_use_id)

    def _since_last_turn(self) -> list[dict[str, Any]]:
        turns = [i for i, message in enumerate(self.messages) if message["role"] == "assistant"]
        return self.messages[turns[-1] + 1 if turns else 0 :]


def flat(content: Any) -> str:
    """The text of a message's content: a string, or blocks of text, tool calls and tool results."""
    return "\n".join(_block_text(block) for block in _blocks(content))


def _blocks(content: Any) -> list[Block]:
    return [text(content)] if isinstance(content, str) else list(content)


def _block_text(block: Block) -> str:
    if block["type"] == "text":
        return str(block["text"])
    if block["type"] == "tool_result":
        return flat(block.get("content", ""))
    return json.dumps(block.get("input", {}), ensure_ascii=False)


class ScriptedModel:
    """Serves the Messages API at `url`.

    The n-th request that carries tools gets the n-th step of the first route that accepts it, else of the main
    script. A step is a turn (a string, a block, or blocks) or a function from the request to a turn. Requests without
    tools, and those for a summary, are the client's own chores: they get a short text and are not recorded. Use as a
    context manager.
    """

    def __init__(self, *steps: Step) -> None:
        self.requests: list[Request] = []
        self.failures: list[str] = []
        self._main = deque(steps)
        self._routes: list[tuple[Callable[[Request], bool], deque[Step]]] = []
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> ScriptedModel:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def then(self, *steps: Step) -> None:
        """Add steps to the main script, for instance before a session's next message."""
        with self._changed:
            self._main.extend(steps)

    def route(self, accepts: Callable[[Request], bool], *steps: Step) -> None:
        """Give the requests that `accepts` knows, a subagent's for instance, a script of their own."""
        with self._changed:
            self._routes.append((accepts, deque(steps)))

    def wait_for_requests(self, number: int, timeout: float = 30) -> list[Request]:
        """All recorded requests, once there are `number` of them. Raises AssertionError when that takes too long."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= number, timeout):
                raise AssertionError(f"{len(self.requests)} of {number} model requests after {timeout} s")
            return list(self.requests)

    def check(self) -> None:
        """Raises AssertionError unless every step was used, none was missing and none raised."""
        left = len(self._main) + sum(len(steps) for _, steps in self._routes)
        assert not self.failures, "the model's script failed: " + "; ".join(self.failures)
        assert not left, f"{left} steps of the model's script were never asked for"

    def answer(self, request: Request) -> list[Block]:
        """The blocks that answer this request."""
        if not request.tools or COMPACTION in request.latest:
            return [text("Noted.")]
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            step = self._next_step(request)
        turn = self._play(step, request)
        return [turn] if isinstance(turn, dict) else _blocks(turn)

    def _next_step(self, request: Request) -> Step:
        steps = next((steps for accepts, steps in self._routes if accepts(request)), self._main)
        if steps:
            return steps.popleft()
        self.failures.append(f"{EXHAUSTED} at: {request.latest[-300:]!r}")
        return EXHAUSTED

    def _play(self, step: Step, request: Request) -> Turn:
        if not callable(step):
            return step
        try:
            return step(request)
        except Exception as error:  # it belongs to the test, which runs in another thread
            self.failures.append(f"a step raised {error!r}")
            return "the script's step failed"


def _handler(model: ScriptedModel) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or b"{}")
            path = self.path.partition("?")[0]
            if path.endswith("/count_tokens"):
                self._send("application/json", json.dumps({"input_tokens": 100}))
            elif path != "/v1/messages":
                self.send_error(404)
            elif body.get("stream"):
                self._send("text/event-stream", "".join(_events(body["model"], model.answer(Request(body)))))
            else:
                self._send("application/json", json.dumps(_message(body["model"], model.answer(Request(body)))))

        def do_GET(self) -> None:
            self.send_error(404)

        do_HEAD = do_GET

        def _send(self, kind: str, reply: str) -> None:
            data = reply.encode()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def _stop_reason(blocks: list[Block]) -> str:
    return "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"


def _message(model: str, blocks: list[Block]) -> dict[str, Any]:
    return {
        "id": f"msg_{next(_ids):08d}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": blocks,
        "stop_reason": _stop_reason(blocks),
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 10},
    }


def _events(model: str, blocks: list[Block]) -> Iterator[str]:
    """The message as server-sent events."""

    def event(kind: str, **fields: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"

    yield event("message_start", message={**_message(model, []), "stop_reason": None})
    for index, block in enumerate(blocks):
        if block["type"] == "text":
            empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            empty = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield event("content_block_start", index=index, content_block=empty)
        yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    end = {"stop_reason": _stop_reason(blocks), "stop_sequence": None}
    yield event("message_delta", delta=end, usage={"output_tokens": 10})
    yield event("message_stop")
