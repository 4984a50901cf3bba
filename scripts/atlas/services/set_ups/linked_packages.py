"""Packages that an interpreter takes from folders elsewhere, by the files in its site-packages; nothing is imported."""

from __future__ import annotations

import json
import os
import urllib.parse
from collections.abc import Iterator
from typing import NamedTuple

from atlas.adapters.system import disk
from atlas.core.paths import contains_path


class LinkedPackage(NamedTuple):
    """Something that an interpreter takes from another folder."""

    python: str
    name: str
    target: str


def linked_packages(python: str, sites: list[str]) -> Iterator[LinkedPackage]:
    """What is installed from folders elsewhere."""
    for site in sites:
        try:
            names = sorted(os.listdir(site))
        except OSError:
            continue
        for name in names:
            for target in _targets(site, name):
                if not is_in(target, site):
                    yield LinkedPackage(python, _name_of(name), target)


def _name_of(file: str) -> str:
    """What is installed, by the file that says so."""
    return os.path.splitext(file.removeprefix("__editable__."))[0].partition("-")[0]


def _targets(site: str, name: str) -> list[str]:
    """The folders that a file in site-packages names."""
    path = os.path.join(site, name)
    if name.endswith(".dist-info"):
        return _direct_target(os.path.join(path, "direct_url.json"))
    if not name.endswith((".pth", ".egg-link")):
        return []
    lines = [line.strip() for line in (disk.read_bytes(path) or b"").decode(errors="surrogateescape").splitlines()]
    lines = lines[:1] if name.endswith(".egg-link") else lines
    named = [line for line in lines if line and not line.startswith(("#", "import ", "import\t")) and "\0" not in line]
    return [os.path.join(site, line) for line in named if os.path.isdir(os.path.join(site, line))]


def _direct_target(path: str) -> list[str]:
    """The folder of an editable install, by PEP 610."""
    try:
        said = json.loads(disk.read_bytes(path) or b"{}")
        if not said.get("dir_info", {}).get("editable"):
            return []
        parts = urllib.parse.urlsplit(said["url"])
        return [urllib.parse.unquote(parts.path)] if parts.scheme == "file" else []
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return []


def is_in(place: str, folder: str) -> bool:
    """Whether a path leads to a folder, or to something in it."""
    return contains_path(os.path.realpath(folder), os.path.realpath(place))
