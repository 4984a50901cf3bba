"""The Claude Code clients that the tests drive: where each is found, and how the old one is fetched.

`python -m tests.client.clients` fetches the oldest supported client with npm into ATLAS_TEST_CACHE, or else
`~/.cache/atlas-tests`.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OLDEST_SUPPORTED = "2.1.197"
REAL_HOME = Path(pwd.getpwuid(os.getuid()).pw_dir)
"""The person's home, whatever HOME says: fetched clients outlive the tests, whose HOME is scratch."""


class ClientMissing(Exception):
    """A client that the tests were asked to drive is not there; the message says how to get it."""


@dataclass(frozen=True)
class Client:
    """A client binary; `name` is `newest` or a version."""

    name: str
    binary: Path


def wanted() -> list[str]:
    """The names of the clients to test with, from ATLAS_TEST_CLIENTS: `newest` (the default) or `all`."""
    choice = os.environ.get("ATLAS_TEST_CLIENTS", "newest")
    names = {"newest": ["newest"], "all": ["newest", OLDEST_SUPPORTED]}
    if choice not in names:
        raise ValueError(f"ATLAS_TEST_CLIENTS is {choice!r}: set it to newest or all")
    return names[choice]


def locate(name: str) -> Client:
    """The client of that name. Raises ClientMissing."""
    binary = _bundled() if name == "newest" else _cached(name)
    if not os.access(binary, os.X_OK):
        advice = "pip install -r requirements-dev.txt" if name == "newest" else "python -m tests.client.clients"
        raise ClientMissing(f"no Claude Code client at {binary}: run `{advice}`")
    return Client(name, binary)


def fetch(version: str) -> Client:
    """The client of that version, fetched with npm if it is not in the cache. Raises ClientMissing."""
    binary = _cached(version)
    if not os.access(binary, os.X_OK):
        npm = shutil.which("npm")
        if npm is None:
            raise ClientMissing(f"npm fetches the {version} client: install Node.js, or put the client at {binary}")
        package = f"@anthropic-ai/{binary.parent.name}@{version}"
        options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run([npm, "install", "--prefix", str(_folder(version)), *options, package], check=True)
    return locate(version)


def _bundled() -> Path:
    spec = importlib.util.find_spec("claude_agent_sdk")
    if spec is None or spec.origin is None:
        return Path(sys.prefix, "claude_agent_sdk/_bundled/claude")
    return Path(spec.origin).parent / "_bundled" / "claude"


def _cached(version: str) -> Path:
    cpu = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return _folder(version) / f"node_modules/@anthropic-ai/claude-code-{sys.platform}-{cpu}/claude"


def _folder(version: str) -> Path:
    cache = os.environ.get("ATLAS_TEST_CACHE") or REAL_HOME / ".cache" / "atlas-tests"
    return Path(cache) / f"claude-{version}"


if __name__ == "__main__":
    try:
        print(fetch(OLDEST_SUPPORTED).binary)
    except (ClientMissing, OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(str(error)) from error
