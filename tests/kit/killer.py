"""A `python3` that runs hooks as the real one does, until the hook is killed at a certain step.

The step is the n-th line executed in those functions of a hook that have an effect; n is in ATLAS_KILL_AT. When
the hook ends before that, it leaves a file named by ATLAS_KILL_OVER.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Any

WITH_EFFECT = (
    *("hand_interrupts", "say_waiting", "confirm_delivery", "hand_over", "save", "leave_receipts", "leave_facts"),
    *("tidy_file", "say", "write", "lock", "__enter__"),
)
steps_left = int(os.environ["ATLAS_KILL_AT"])


def trace(frame: FrameType, event: str, _: Any) -> Any:
    """Kill this very process before the line is executed."""
    global steps_left
    code = frame.f_code
    if event == "call":
        watched = "/hooks/" in code.co_filename and code.co_name in WITH_EFFECT
        return trace if watched else None
    if event == "line":
        steps_left -= 1
        if steps_left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace


def over(code: int = 0) -> None:
    """The end of the hook, as it calls it itself or comes to it."""
    sys.settrace(None)
    os.close(os.open(os.environ["ATLAS_KILL_OVER"], os.O_CREAT))
    end(code)


end, os._exit = os._exit, over  # type: ignore[assignment]

if __name__ == "__main__":
    program = sys.argv[sys.argv.index("-c") + 1]
    sys.argv = ["-c", *sys.argv[sys.argv.index("-c") + 2 :]]
    sys.settrace(trace)
    exec(compile(program, "<hook>", "exec"), {"__name__": "__main__"})
    over()
