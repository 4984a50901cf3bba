"""The Python interpreters that checks would find, and the folders in which these have packages."""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import TYPE_CHECKING

from atlas.adapters.system import disk

if TYPE_CHECKING:
    from atlas.adapters.git.checkout_pool import Checkout

_SECONDS = 10
_ASK = "import json, site; print(json.dumps([*site.getsitepackages(), site.getusersitepackages()]))"


def find_pythons(environment: Mapping[str, str]) -> list[str]:
    """The interpreters on the path of checks."""
    path = os.pathsep.join(one for one in environment.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(one))
    return list(dict.fromkeys(found for name in ("python", "python3") if (found := shutil.which(name, path=path))))


def venv_sites(folder: str, venv: str) -> list[str]:
    """The folders in which a virtual environment in `folder` has packages."""
    return glob.glob(os.path.join(glob.escape(os.path.join(folder, venv)), "lib*", "python*", "site-packages"))


def packages_of(checkout: Checkout, python: str, environment: Mapping[str, str]) -> list[str]:
    """The folders in which an interpreter has packages. It is asked once for as long as it is not changed."""
    config = os.path.join(os.path.dirname(os.path.dirname(python)), "pyvenv.cfg")
    about: list[object] = [python, _changed_at(python), _changed_at(config)]
    version = disk.read_bytes(os.path.join(checkout.folder, ".python-version")) or b""
    about += [version.decode(errors="replace"), environment.get("PYENV_VERSION"), environment.get("HOME")]
    key = json.dumps(about)
    cache = os.path.join(os.path.dirname(checkout.slot), "interpreters", "sites.json")
    known = disk.read_cache(cache)
    if not isinstance(known.get(key), list):
        known = {**dict([*known.items()][-20:]), key: _ask_sites(checkout.folder, python, environment)}
        disk.write_cache(cache, known)
    return [str(one) for one in known[key]]


def _changed_at(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _ask_sites(folder: str, python: str, environment: Mapping[str, str]) -> list[str]:
    """One that does not answer is none that checks could run."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", _ASK], cwd=folder, env=dict(environment), capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=_SECONDS, check=False,
        )  # fmt: skip
        return [str(one) for one in json.loads(done.stdout)]
    except (OSError, ValueError, TypeError, subprocess.TimeoutExpired):
        return []
