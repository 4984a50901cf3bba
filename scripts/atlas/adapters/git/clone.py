"""A work tree that is as the commit, with a new repository of its own that reads the other's objects.

The person's settings count in it, the other repository's do not. A work tree that is there already is made good: what
is not in the commit is removed by `scrub`, and every file that stays is hashed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Container, Mapping

from atlas.adapters.system.scratch import is_own_folder, remove
from atlas.core.errors import AtlasError

from . import git
from .scrub import LINK, REPOSITORY, Modes, scrub_tree
from .source import Source, filters_by_scope, quote, read_config
from .submodules import Places, Submodule, find_submodules
from .worktree import CHECKOUT_SECONDS

_RAW = "* -text -filter -ident -working-tree-encoding\n"
"""Attributes by which git compares files byte by byte."""
_SETTINGS = (("core.hooksPath", os.devnull), ("core.fsmonitor", "false"), ("core.sparseCheckout", "false"))
# What these leave unseen in the person's settings: a file whose time was set back.
_EXACT = ("core.trustCtime=true", "core.checkStat=default", "core.splitIndex=false", "submodule.recurse=false")
_ATTRIBUTES = ("filter", "ident", "eol", "working-tree-encoding")
_NO_NAME = ("unspecified", "unset", "set")


class Clone:
    """The work tree `folder` with its repository `git_folder`, which `fill` makes.

    `scratch` is a path of its own for what `changes` needs, `environment` is added to that of each git.
    """

    def __init__(
        self, folder: str, git_folder: str, scratch: str, places: Places, environment: Mapping[str, str]
    ) -> None:
        self._folder, self._git_folder, self._scratch = folder, git_folder, scratch
        self._places, self._environment = places, environment
        self._source: Source
        self._commit = ""
        self._paths: list[str] = []
        self._converts = False
        self._index: tuple[bytes, int] = (b"", 0)
        self._inner: dict[str, Clone] = {}

    def fill(self, source: Source, commit: str, modes: Modes, workspace: str | None = None) -> None:
        """Make everything as in the commit. `workspace` is a worktree whose filters are looked at, too.

        Raises AtlasError when that cannot be, OSError when something in the way cannot be removed.
        """
        self._source, self._commit = source, commit
        source.fetch_missing(commit)
        self._start_over(modes)
        self._make_repository(self._git_folder)
        self._point_to_repository()
        self._run("read-tree", commit)
        entries = self._list_entries()
        self._paths = [path for path, _, _ in entries]
        self._converts = self._find_conversions(workspace)
        if self._converts:
            self._empty()
        found = self._find_submodules(entries)
        if os.listdir(self._folder) != [".git"]:
            self._make_good([(path, mode) for path, mode, _ in entries], found, modes)
        self._run("checkout-index", "--all", "--force", "--quiet", "--index", seconds=CHECKOUT_SECONDS)
        self._inner = {path: self._fill_inner(path, one, modes) for path, one in found.items()}
        self._keep_index()

    def _start_over(self, modes: Modes) -> None:
        """Make it a folder of ours without a repository."""
        if not is_own_folder(self._folder):
            remove(self._folder)
            os.makedirs(self._folder)
        os.chmod(self._folder, modes.folder)
        remove(os.path.join(self._folder, ".git"))

    def _empty(self) -> None:
        """Files that are not what the commit holds, but made from it, are not compared: they are made anew."""
        for name in os.listdir(self._folder):
            if name != ".git":
                remove(os.path.join(self._folder, name))

    def _make_repository(self, git_folder: str) -> None:
        remove(git_folder)
        os.makedirs(git_folder)
        self._run(
            *("init", "--quiet", "--template=", f"--object-format={self._source.format}"),
            git_folder=git_folder,
            environment={"GIT_DEFAULT_REF_FORMAT": "files"},
        )
        files = {
            "objects/info/alternates": "".join(f"{store}\n" for store in self._source.stores),
            "HEAD": f"{self._commit}\n",
            "packed-refs": self._source.tags() if git_folder == self._git_folder else "",
            "shallow": self._source.shallow,
        }
        for name, text in files.items():
            if text:
                write_text(os.path.join(git_folder, name), text)
        settings = (*_SETTINGS, *self._source.kept_settings())
        write_text(os.path.join(git_folder, "config"), "".join(map(setting_text, settings)), "a")

    def _point_to_repository(self) -> None:
        """A submodule's folder has a file that leads to its repository."""
        dot_git = os.path.join(self._folder, ".git")
        if self._git_folder != dot_git:
            write_text(dot_git, f"gitdir: {os.path.relpath(self._git_folder, self._folder)}\n")

    def _list_entries(self) -> list[tuple[str, str, str]]:
        """Path, mode and object of all that is in the commit."""
        lines = self._run("ls-files", "--stage", "-z").split("\0")
        return [(path, about[:6], about[7:-2]) for about, _, path in (one.partition("\t") for one in lines) if path]

    def _find_conversions(self, workspace: str | None) -> bool:
        """Whether files here are other than what the commit holds. Raises AtlasError for a filter that is not here."""
        used = self._used_attributes()
        filters = {value for name, value in used if name == "filter" and value not in _NO_NAME}
        config = self._source.config
        if filters:
            config = [*config, *(read_config(workspace) if workspace else [])]
        person, own = filters_by_scope(config)
        for name in sorted((filters & own) - person):
            raise AtlasError(
                f"the filter {name} is defined by this repository's settings only, which count in no other clone: "
                f"define it by git config --global, too{' (git lfs install)' if name == 'lfs' else ''}"
            )
        encodings = {value for name, value in used if name == "working-tree-encoding"}
        return bool(
            filters & person
            or used & {("ident", "set"), ("eol", "crlf")}
            or encodings.difference(_NO_NAME)
            or any(
                scope in ("system", "global")
                and (key, value.lower()) in (("core.autocrlf", "true"), ("core.eol", "crlf"))
                for scope, key, value in config
            )
        )

    def _used_attributes(self) -> set[tuple[str, str]]:
        """Names and values of the attributes that matter here, whatever file has them."""
        are_any = any(path.endswith(".gitattributes") for path in self._paths) or self._source.has_person_attributes()
        if not are_any:
            return set()
        names = "".join(f"{path}\0" for path in self._paths)
        tokens = self._run("check-attr", "--cached", "-z", "--stdin", *_ATTRIBUTES, stdin=names).split("\0")
        return set(zip(tokens[1::3], tokens[2::3], strict=False))

    def _find_submodules(self, entries: list[tuple[str, str, str]]) -> dict[str, Submodule]:
        commits = {path: one for path, mode, one in entries if mode == REPOSITORY}
        listed = [one for path, mode, one in entries if path == ".gitmodules" and mode != LINK]
        if not listed:
            return {}
        return find_submodules(lambda: self._run("config", "--blob", listed[0], "--list", "-z"), commits, self._places)

    def _make_good(self, entries: list[tuple[str, str]], filled: Container[str], modes: Modes) -> None:
        """Remove what is not as in a new clone, while git hashes the files: what it finds differing, or not at all, is
        written anew by what comes next, so it may see them before or after.
        """
        faults: list[AtlasError] = []

        def hash_files() -> None:
            try:
                self._hash_files()
            except AtlasError as error:
                faults.append(error)

        hashing = threading.Thread(target=hash_files)
        hashing.start()
        try:
            scrub_tree(self._folder, entries, filled, modes)
        finally:
            hashing.join()
        if faults:
            raise faults[0]

    def _hash_files(self) -> None:
        """Have git read every file, whatever its size and time; those that differ are no longer taken for known."""
        attributes = os.path.join(self._git_folder, "info", "attributes")
        os.makedirs(os.path.dirname(attributes), exist_ok=True)
        write_text(attributes, _RAW)
        self._run("update-index", "-q", "--refresh", codes=(0, 1), seconds=CHECKOUT_SECONDS)
        os.unlink(attributes)

    def _fill_inner(self, path: str, one: Submodule, modes: Modes) -> Clone:
        git_folder = os.path.join(self._git_folder, "modules", one.name)
        section = f"submodule.{one.name}."
        text = setting_text((f"{section}active", "true")) + setting_text((f"{section}url", one.url))
        write_text(os.path.join(self._git_folder, "config"), text, "a")
        clone = Clone(os.path.join(self._folder, path), git_folder, self._scratch, one.places, self._environment)
        clone.fill(one.source, one.commit, modes)
        return clone

    def _keep_index(self) -> None:
        """What git knows of each file now, in memory, where no check changes it."""
        index = os.path.join(self._git_folder, "index")
        with open(index, "rb") as file:
            self._index = file.read(), os.fstat(file.fileno()).st_mtime_ns

    def changes(self) -> list[str]:
        """The tracked paths that differ from the commit, in submodules, too; "HEAD" first when HEAD is elsewhere.

        Nothing that the clone's own repository says counts for that: its index and settings may have been changed.
        """
        found = [] if self._is_head_kept() else ["HEAD"]
        if os.path.islink(self._folder) or not os.path.isdir(self._folder):
            return [*found, *self._paths]
        look = self._make_look()
        if not self._converts:
            os.makedirs(os.path.join(look, "info"))
            write_text(os.path.join(look, "info", "attributes"), _RAW)
        self._run("update-index", "-q", "--refresh", git_folder=look, codes=(0, 1), seconds=CHECKOUT_SECONDS)
        words = ("diff-files", "--name-only", "-z", "--ignore-submodules=all")
        found += [path for path in self._run(*words, git_folder=look, seconds=CHECKOUT_SECONDS).split("\0") if path]
        remove(look)
        for path, clone in self._inner.items():
            found += [path if inner == "HEAD" else f"{path}/{inner}" for inner in clone.changes()]
        return found

    def untracked(self) -> list[str]:
        """The paths that the commit does not have, ignored ones too; a folder of which it has nothing is one path."""
        look = self._make_look()
        said = self._run("ls-files", "--others", "--directory", "-z", git_folder=look, seconds=CHECKOUT_SECONDS)
        remove(look)
        return [path.rstrip("/") for path in said.split("\0") if path]

    def _make_look(self) -> str:
        """A repository besides the clone's own that knows what git knew of each file when all was as in the commit."""
        look = self._scratch
        self._make_repository(look)
        index = os.path.join(look, "index")
        with open(index, "wb") as file:
            file.write(self._index[0])
        os.utime(index, ns=(self._index[1], self._index[1]))
        return look

    def _is_head_kept(self) -> bool:
        try:
            return self._run("rev-parse", "--verify", "HEAD^{commit}") == self._commit
        except (AtlasError, OSError):
            return False

    def _run(
        self,
        *arguments: str,
        git_folder: str | None = None,
        stdin: str | None = None,
        codes: tuple[int, ...] = (0,),
        seconds: float = 60,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        where = ("--git-dir", git_folder or self._git_folder, "--work-tree", self._folder)
        settings = [word for one in _EXACT for word in ("-c", one)]
        env = {**self._environment, **(environment or {})}
        return git.run_git(
            self._folder, *where, *settings, *arguments, stdin=stdin, env=env, codes=codes, seconds=seconds
        )


def setting_text(setting: tuple[str, str]) -> str:
    """A setting as git's `config` has it."""
    section, _, variable = setting[0].rpartition(".")
    kind, _, name = section.partition(".")
    head = f"{kind} {quote(name)}" if name else kind
    return f"[{head}]\n\t{variable} = {quote(setting[1])}\n"


def write_text(path: str, text: str, mode: str = "w") -> None:
    """Write one of git's files."""
    with open(path, mode, encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
