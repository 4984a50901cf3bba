"""The client behind a hook, whose process the shell has named (ATLAS_CLIENT)."""

from __future__ import annotations

import os


def arguments() -> list[str]:
    """The arguments that the client was started with; none when that cannot be found out."""
    try:
        with open(f"/proc/{int(os.environ['ATLAS_CLIENT'])}/cmdline", "rb") as file:
            return os.fsdecode(file.read()).split("\0")
    except (KeyError, ValueError):
        return []
    except OSError:  # not on Linux
        import subprocess

        look = ["ps", "-o", "args=", "-p", os.environ["ATLAS_CLIENT"]]
        return os.fsdecode(subprocess.run(look, stdout=subprocess.PIPE, check=False).stdout).split()


def is_alive() -> bool:
    """Whether the client still runs."""
    try:
        os.kill(int(os.environ["ATLAS_CLIENT"]), 0)
    except (KeyError, ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass
    return True


def is_interactive() -> bool:
    """Whether a person talks to the session, in a terminal or an editor, rather than a program."""
    return not os.environ.get("CLAUDE_CODE_ENTRYPOINT", "").startswith("sdk") and not is_one_shot()


def is_one_shot() -> bool:
    """Whether the client was started for a single prompt, and ends with this turn."""
    if os.environ.get("CLAUDE_CODE_ENTRYPOINT") == "cli":
        return False
    from itertools import pairwise

    given = arguments()
    streams = ("--input-format", "stream-json") in pairwise(given) or "--input-format=stream-json" in given
    return ("-p" in given or "--print" in given) and not streams
