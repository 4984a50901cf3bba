"""Whether a set-up is that of an installer, whose result depends on lock files and manifests alone."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterable, Sequence

from atlas.adapters.system import disk
from atlas.services.project.settings import SETUPS

_LOCAL = re.compile(r"file:|^\s*(\.{0,2}/|-[rc]|--requirement|--constraint)|\b(path|directory)\s*=", re.MULTILINE)
"""What says in a manifest that a folder of the project is installed as a copy, or that it reads other files."""
_HOOKS = ("preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish")
"""Scripts of a package that `npm ci` runs."""
_INSTALLERS = {tuple(command.split()[:2]) for _, command in SETUPS} - {("git", "submodule"), ("python3", "-m")}
_VENV = re.compile(r"python3? -m venv (--[\w-]+ )*\.?venv")
_PIP = re.compile(r"\.?venv/bin/(python3? -m )?pip3? install( --?[\w=.-]+| (-r|-e|--requirement|--editable) \S+)+")
_SHELL = re.compile(r"[;|&$`<>(){}*?\\\n]")


def parts_of(command: str) -> list[list[str]] | None:
    """The words of the commands that follow one another; None when the shell is to do more than that."""
    parts = command.split("&&")
    if any(_SHELL.search(part) for part in parts):
        return None
    try:
        return [shlex.split(part) for part in parts]
    except ValueError:
        return None


def is_installer(words: Sequence[str]) -> bool:
    """Whether a command installs what lock files say, and does nothing else."""
    text = " ".join(words)
    if _VENV.fullmatch(text) or _PIP.fullmatch(text):
        return True
    return tuple(words[:2]) in _INSTALLERS and "--no-editable" not in words


def has_copies(folder: str, paths: Iterable[str]) -> bool:
    """Whether a manifest says that files of the project itself get into what is installed, or run when that is done."""
    for path in paths:
        text = (disk.read_bytes(os.path.join(folder, path)) or b"").decode(errors="replace")
        if _LOCAL.search(text) or (os.path.basename(path) == "package.json" and _has_hooks(text)):
            return True
    return False


def _has_hooks(text: str) -> bool:
    try:
        scripts = json.loads(text).get("scripts", {})
        return any(name in scripts and not re.fullmatch("husky( install)?", scripts[name]) for name in _HOOKS)
    except (ValueError, AttributeError, TypeError):
        return True
