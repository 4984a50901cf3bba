"""Start an AI agent's session in its workspace, with the plugin.

--print only says how: the exact command, and the prompt for a subagent of type atlas:worker. --tmux starts a session to
attach to, and says where it waits when it stops at a dialog. --headless keeps one going without a terminal: it is
resumed when it dies, told when it has mail, and ended when its work is over.
Exit codes: 0 started (or said how); 1 no workspace that is ready, running already, or it could not be started; 2 it
ended at once.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import sessions as text
from atlas.services.sessions import launch

from .options import parse_seconds
from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.sessions import LaunchResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("agent_id", metavar="agent-id")
    mode = parser.add_mutually_exclusive_group(required=True)
    for name in launch.MODES:
        mode.add_argument(f"--{name}", action="store_const", const=name, dest="mode")
    parser.add_argument("--module", default=None, metavar="ID", help="which, when the agent has several")
    parser.add_argument("--client", default=None, metavar="PATH", help="the Claude Code client (claude on PATH)")
    parser.add_argument(
        "--wait", type=parse_seconds, default=20, metavar="SECONDS", help="how long --tmux watches it come up (20)"
    )


def run(args: argparse.Namespace) -> Outcome[LaunchResult]:
    """Do it."""
    result = launch.launch_session(open_context(), args.agent_id, args.mode, args.module, args.client, args.wait)
    return Outcome(result, text.render_launch(result))
