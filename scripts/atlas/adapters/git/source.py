"""What a proof's clone takes from the repository: objects by reference, tags, who commits, and none of its settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

from atlas.core.errors import AtlasError

from . import git
from .worktree import CHECKOUT_SECONDS

_OWN_SCOPES = ("local", "worktree")
_ROUNDS = 100
"""So many times more objects may be missing in what was fetched: the depth of folders bounds it."""


class Source:
    """A repository, or a submodule's repository, from which clones are made.

    `git_folder` is its common folder; `folder` where git runs for it, by default there. Raises AtlasError when git
    cannot read it.
    """

    def __init__(self, git_folder: str, folder: str | None = None) -> None:
        self.git_folder = git_folder
        self._folder = folder or git_folder
        # A submodule's repository names a work tree, which may be gone.
        self._where = () if folder else ("--git-dir", git_folder, "--work-tree", git_folder)
        self.config = read_config(self._folder, self._where)
        self.format = self.setting("extensions.objectformat") or "sha1"
        self.stores = _list_stores(os.path.join(git_folder, "objects"))
        self.shallow = _read(os.path.join(git_folder, "shallow"))

    def setting(self, key: str) -> str | None:
        """The effective value of a setting, the repository's own included."""
        return next((value for _, name, value in reversed(self.config) if name == key), None)

    def run(self, *arguments: str, **options: object) -> str:
        """What a git command prints for it."""
        return git.run_git(self._folder, *self._where, *arguments, **options)  # type: ignore[arg-type]

    def tags(self) -> str:
        """Its tags, as the file `packed-refs` has them."""
        lines = self.run("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags")
        return f"# pack-refs with: sorted \n{lines}\n" if lines else ""

    def kept_settings(self) -> list[tuple[str, str]]:
        """What counts of its settings: who commits, and where Git LFS keeps its objects."""
        names = ("user.name", "user.email")
        found = [(name, value) for name in names if (value := self.setting(name)) is not None]
        storage = self.setting("lfs.storage")
        return found + ([("lfs.storage", os.path.join(self.git_folder, storage))] if storage else [])

    def has_person_attributes(self) -> bool:
        """Whether the person or the machine has a file of attributes."""
        home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        prefix = os.path.dirname(os.path.dirname(shutil.which("git") or "/usr/bin/git"))
        files = [os.path.join(place, "gitattributes") for place in ("/etc", os.path.join(prefix, "etc"))]
        files.append(os.path.join(home, "git", "attributes"))
        return any(name == "core.attributesfile" for _, name, _ in self.config) or any(map(os.path.exists, files))

    def has_commit(self, commit: str) -> bool:
        """Whether it has the commit, or can fetch it as a partial clone does."""
        return self.run("cat-file", "-t", commit, codes=(0, 128)) == "commit"

    def has_published(self, commit: str) -> bool:
        """Whether one of its remote-tracking branches contains the commit."""
        return self.has_commit(commit) and bool(
            self.run("for-each-ref", "--count=1", f"--contains={commit}", "refs/remotes")
        )

    def fetch_missing(self, commit: str) -> None:
        """Have a partial clone fetch what it lacks of the commit's files. Raises AtlasError when that does not work."""
        remotes = [
            name.removeprefix("remote.").removesuffix(".promisor")
            for _, name, value in self.config
            if name.startswith("remote.") and name.endswith(".promisor") and value in ("true", "")
        ]
        remotes += [value for _, name, value in self.config if name == "extensions.partialclone"]
        missing: list[str] = []
        for _ in range(_ROUNDS if remotes else 0):
            before, missing = missing, self._missing_of(commit)
            if not missing:
                return
            if missing == before:
                raise AtlasError(f"this partial clone cannot fetch {missing[0]} of {commit[:12]} from {remotes[0]}")
            self._fetch(remotes[0], missing)

    def _missing_of(self, commit: str) -> list[str]:
        lines = self.run("rev-list", "--objects", "--no-walk", "--missing=print", commit, seconds=CHECKOUT_SECONDS)
        return [line[1:] for line in lines.splitlines() if line.startswith("?")]

    def _fetch(self, remote: str, objects: Iterable[str]) -> None:
        """As git itself fetches what a partial clone lacks, but all at once."""
        options = ("--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin")
        quiet = ("-c", "fetch.negotiationAlgorithm=noop", "-c", f"core.hooksPath={os.devnull}")
        wanted = "".join(f"{one}\n" for one in objects)
        self.run(*quiet, "fetch", "--quiet", remote, *options, stdin=wanted, seconds=CHECKOUT_SECONDS)


def read_config(folder: str, where: Iterable[str] = ()) -> list[tuple[str, str, str]]:
    """All settings, each with the scope that it is from (system, global, local, worktree), the effective one last."""
    tokens = git.run_git(folder, *where, "config", "--list", "-z", "--show-scope").split("\0")
    pairs = zip(tokens[::2], tokens[1::2], strict=False)
    return [(scope, *entry.partition("\n")[::2]) for scope, entry in pairs]


def filters_by_scope(config: Iterable[tuple[str, str, str]]) -> tuple[set[str], set[str]]:
    """The names of the filters that the person's settings define, and of those that the repository's define."""
    person, own = set[str](), set[str]()
    for scope, key, _ in config:
        kind, _, name = key.rpartition(".")[0].partition(".")
        if kind == "filter":
            (own if scope in _OWN_SCOPES else person).add(name)
    return person, own


def _list_stores(objects: str) -> list[str]:
    """The lines of `objects/info/alternates` for all that a repository reads from, itself first.

    Those of its own alternates are among them: git follows a relative one from the repository itself only.
    """
    found = [objects]
    for store in found:
        for line in _read(os.path.join(store, "info", "alternates")).splitlines():
            if line and not line.startswith("#"):
                path = line if line.startswith('"') else os.path.normpath(os.path.join(store, line))
                if path not in found:
                    found.append(path)
    return [path if path.startswith('"') else quote(path) if "\n" in path else path for path in found]


def quote(text: str) -> str:
    """A text in double quotes, as git's files have it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return ""
