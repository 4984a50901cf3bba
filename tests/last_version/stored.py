"""A project that an older version made, as it is stored here: packed without the places in which it was made."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

ARCHIVE = Path(__file__).with_name("project-v1.tar.xz")
SAID = Path(__file__).with_name("said-v1.json")
"""What that version's own commands and hooks say of the project."""
HOOKS = Path(__file__).with_name("hooks-v1.json")
"""The hooks.json that a client has in mind whose session began under that version."""
PROJECT, PLUGIN = "@PROJECT@", "@PLUGIN@"
"""Stand in the stored files for the folders of the project, and of the plugin that made it."""


def pack(project: Path, archive: Path, places: Mapping[str, Path]) -> None:
    """Store a project, with marks for places but in records and letters: those go on to say where it was made."""
    with tarfile.open(archive, "w:xz", preset=9) as tar:
        for path in sorted(project.rglob("*")):
            name = str(path.relative_to(project))
            member = tar.gettarinfo(str(path), name)
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime = int(member.mtime)
            if not member.isfile():
                tar.addfile(member)
                continue
            data = path.read_bytes()
            for mark, place in ({} if holds_records(name) else places).items():
                data = data.replace(str(place).encode(), mark.encode())
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def holds_records(name: str) -> bool:
    """Whether the file holds records, of which ATLAS keeps checksums, or letters."""
    folder, _, file = name.rpartition("/")
    is_record = file == "history.jsonl" or (folder == ".claude" and file.endswith((".json", ".md")))
    return is_record or folder.endswith("/mail")


def unpack(archive: Path, project: Path, places: Mapping[str, Path]) -> None:
    """The project as though it had been made in this folder, by the plugin in that place, and its hooks had just run.

    The system gives all files the time of now as that of their change, so the last heartbeats must not be of old.
    """
    project.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and (file := tar.extractfile(member)):
                data = file.read()
                for mark, place in places.items():
                    data = data.replace(mark.encode(), str(place).encode())
                (project / member.name).write_bytes(data)
                (project / member.name).chmod(member.mode)
                if "/heartbeats/" not in member.name:
                    os.utime(project / member.name, (member.mtime, member.mtime))
            elif member.issym():
                (project / member.name).symlink_to(member.linkname)
            elif member.isdir():
                (project / member.name).mkdir()
                (project / member.name).chmod(member.mode)
