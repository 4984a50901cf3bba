"""ATLAS's own Python environment: where it is, and what it is called.

An environment is named after what it was made from (the interpreter and the text of `requirements.txt`), so
a change of either makes another one and never touches one in use. It is at `<data folder>/python/<key>`, and
only when it is complete. Every command passes here, so this module imports next to nothing; what makes an
environment is `environment_maker`.
"""

from __future__ import annotations

import os
import sys
import zlib

from atlas.core.errors import AtlasError

SCRIPTS = os.path.normpath(os.path.join(os.path.abspath(__file__), *[os.pardir] * 4))
REQUIREMENTS = os.path.join(SCRIPTS, "requirements.txt")


def find_packages() -> str | None:
    """The `site-packages` of the first environment that is ready, or None."""
    name = environment_key()
    for folder in environment_folders():
        site = site_packages(os.path.join(folder, name))
        if os.path.isdir(site):
            return site
    return None


def environment_key() -> str:
    """What the right environment is called: its interpreter, its platform, a checksum of its requirements."""
    with open(REQUIREMENTS, "rb") as file:
        checksum = zlib.crc32(file.read())
    python = f"{sys.implementation.cache_tag}{sys.abiflags}"
    return f"{python}-{sys.platform}-{os.uname().machine}-{checksum:08x}"


def site_packages(environment: str) -> str:
    """Where an environment of this interpreter keeps its packages."""
    threads = "t" if "t" in sys.abiflags else ""
    return os.path.join(
        environment, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}{threads}", "site-packages"
    )


def environment_folders() -> list[str]:
    """Where environments may be; the first is where one is made."""
    return [os.path.join(data, "python") for data in (data_folder(), _fixed_folder(), *_client_folders())]


def data_folder() -> str:
    """Where ATLAS keeps its own data: what the client says, outside the client a fixed place of the user's.

    Raises AtlasError when the user has no home directory.
    """
    return os.environ.get("CLAUDE_PLUGIN_DATA") or _fixed_folder()


def _fixed_folder() -> str:
    data = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(data):
        data = os.path.expanduser("~/.local/share")
    if not os.path.isabs(data):
        raise AtlasError("there is no home directory to keep ATLAS's data in: set HOME or XDG_DATA_HOME")
    return os.path.join(data, "atlas")


def _client_folders() -> list[str]:
    """The client's data folders of this plugin: its hooks are told theirs, its Bash tool is not."""
    config = os.environ.get("CLAUDE_CONFIG_DIR") or os.path.expanduser("~/.claude")
    parent = os.path.join(config, "plugins", "data")
    try:
        names = os.listdir(parent)
    except OSError:
        return []
    return [os.path.join(parent, name) for name in sorted(names) if name.startswith("atlas-")]
