"""The client behind a hook, whose process the shell has named (ATLAS_CLIENT)."""

from __future__ import annotations

import os


def arguments() -> list[str]:
    """The words it was started with; none when that cannot be found out."""
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
    """Whether it still runs."""
    try:
        os.kill(int(os.environ["ATLAS_CLIENT"]), 0)
    except (KeyError, ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass
    return True
