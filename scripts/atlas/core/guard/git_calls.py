"""What calls of git would do to branches, to other worktrees, and to files."""

from __future__ import annotations

import os

from .programs import Options, Program
from .targets import ANY, DEEP, UNKNOWN

_VALUED = ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--super-prefix", "--config-env")
_READING = frozenset(
    (
        *("log", "show", "diff", "status", "rev-parse", "rev-list", "ls-files", "ls-tree", "blame", "grep", "cat-file"),
        *("describe", "shortlog", "merge-base", "for-each-ref", "show-ref", "ls-remote", "count-objects", "help"),
        *("version", "name-rev", "diff-tree", "range-diff", "check-ignore", "var", "whatchanged", "cherry"),
    )
)
_OF_REFS = ("update-ref", "symbolic-ref", "filter-branch", "filter-repo", "replace", "prune", "gc", "send-pack")


class GitCall:
    """A call of git: the folders it works on (empty: unknown), its subcommand, and the words after that."""

    __slots__ = ("folders", "name", "words")

    def __init__(self, program: Program) -> None:
        words, at = program.words, 0
        here, others = program.folder, []
        for variable in ("GIT_DIR", "GIT_WORK_TREE"):
            others.append(program.assigned.get(variable))
        while at < len(words) and words[at].startswith("-"):
            option, equals, value = words[at].partition("=")
            if option in _VALUED and not equals:
                at += 1
                value = words[at] if at < len(words) else ""
            if option == "-C":
                here = _join_path(here, value)
            elif option in ("--git-dir", "--work-tree"):
                others.append(value)
            at += 1
        self.folders = [here, *(_join_path(here, other) for other in others if other)]
        self.name, self.words = (words[at], words[at + 1 :]) if at < len(words) else ("", [])

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing."""
        if self.name in ("branch", "tag", "remote", "worktree", "stash"):
            listing = self.words[:1] and self.words[0] in ("list", "show", "-l", "--list", "-v", "-vv", "-a", "-r")
            return bool(listing) or (not self.words and self.name != "stash")
        return self.name in _READING


def forbidden_effect(call: GitCall, integration_branch: str | None, elsewhere: bool) -> str | None:
    """What a worker's call of git would do that is not a worker's to do, or None.

    `elsewhere`: it works in another repository, where only what it gives to others counts.
    """
    if any(word in ("--help", "-h") for word in call.words):
        return None
    if call.name in ("push", "fetch", "pull"):
        return _effect_of_exchange(call.name, call.words, integration_branch)
    return None if elsewhere else _effect_on_branches(call)


def _effect_of_exchange(name: str, words: list[str], integration_branch: str | None) -> str | None:
    options = Options(words, "o")
    refs = options.operands[1:]
    if integration_branch is not None and any(_refspec_destination(ref, name) == integration_branch for ref in refs):
        return "moving the integration branch"
    forced = any(_matches_option(word, "--force", "--delete", "--mirror", "--prune") for word in words)
    if name == "push" and (forced or options.flags & {"f", "d"} or any(ref.startswith(("+", ":")) for ref in refs)):
        return "a push that overwrites or deletes branches"
    if any(_moves_other_branch(ref, name) for ref in refs):
        return f"a {name} that moves another branch"
    return None


def _moves_other_branch(ref: str, name: str) -> bool:
    """Whether a refspec names a branch to be moved: by a fetch any branch here, by a push one of another name."""
    source, colon, destination = ref.lstrip("+").partition(":")
    is_same = name == "push" and destination == source
    return bool(colon and destination) and not is_same and not destination.startswith("refs/remotes/")


def _refspec_destination(ref: str, name: str) -> str:
    """The branch here, or of another repository, that a refspec moves."""
    source, colon, destination = ref.lstrip("+").partition(":")
    moved = destination if colon else (source if name == "push" else "")
    return moved.removeprefix("refs/").removeprefix("heads/")


def _effect_on_branches(call: GitCall) -> str | None:
    name, words = call.name, call.words
    options = Options(words)
    if name == "branch":
        changing = options.flags & set("dDmMcCf") or any(
            _matches_option(word, "--delete", "--move", "--copy", "--force") for word in words
        )
        return "deleting, moving or resetting branches" if changing else None
    if name == "switch" or (name == "checkout" and not _is_of_files(call, options)):
        return "switching branches"
    if name == "worktree":
        return None if words[:1] in ([], ["list"]) else "changing worktrees"
    if name == "stash" and words[:1] in (["clear"], ["drop"]):
        return f"git stash {words[0]}, which all worktrees share,"
    return f"git {name}" if name in _OF_REFS and not _only_shows(name, options) else None


def _only_shows(name: str, options: Options) -> bool:
    return name == "symbolic-ref" and len(options.operands) == 1 and not options.flags & {"d", "delete"}


def _is_of_files(call: GitCall, options: Options) -> bool:
    """Whether a checkout is of files: after `--`, of a commit and files, or of a name that is a file's."""
    if options.flags & {"b", "B", "t", "orphan", "detach", "track", "guess"}:
        return False
    named = options.operands
    if "--" in call.words or options.flags & {"p", "patch", "ours", "theirs"} or len(named) != 1 or named == ["HEAD"]:
        return True
    if any(mark in named[0] for mark in (UNKNOWN, ANY, DEEP)):
        return True
    return bool(call.folders[0]) and os.path.lexists(os.path.join(call.folders[0], named[0]))


def written_by_git(program: Program) -> list[tuple[str, bool]]:
    """The files that git's own words name to be changed, and whether each is taken away; of a patch, the folder."""
    call = GitCall(program)
    options = Options(call.words, "s")
    here, named = call.folders[0], options.operands
    if call.name == "checkout":
        named = call.words[call.words.index("--") + 1 :] if "--" in call.words else named[1:]
    elif call.name in ("apply", "am"):
        named = [] if options.flags & {"check", "stat", "numstat", "summary"} else ["."]
    elif call.name == "restore":
        named = [] if options.flags & {"S", "staged"} and not options.flags & {"W", "worktree"} else named
    elif call.name not in ("rm", "mv") or options.flags & {"cached", "n", "dry-run"}:
        return []
    return [(os.path.join(here, path), call.name in ("rm", "mv")) for path in named]


def _join_path(folder: str, path: str) -> str:
    """A folder's path, empty when it cannot be told."""
    if UNKNOWN in path or not (folder or path.startswith("/")):
        return ""
    return os.path.join(folder, path)


def _matches_option(word: str, *options: str) -> bool:
    """Whether a word is one of these long options, perhaps shortened or with a value, or one that begins with it."""
    name = word.partition("=")[0]
    return len(name) > 4 and any(option.startswith(name) or name.startswith(option) for option in options)
