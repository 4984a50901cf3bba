"""The environment that checks run in: the caller's own, without credentials and without what points at a repository."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase

_CREDENTIALS = (
    *("*_TOKEN", "*_KEY", "*SECRET*", "*PASSWORD*"),
    *("ANTHROPIC_*", "CLAUDE_*", "AWS_*", "SSH_AUTH_SOCK"),
)
"""Patterns of names, upper and lower case alike; a person gives some back by name."""
_OF_A_REPOSITORY = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX"),
    *("GIT_INTERNAL_SUPER_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE"),
    *("GIT_GRAFT_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_NAMESPACE", "GIT_QUARANTINE_PATH"),
    *("GIT_CONFIG", "GIT_CONFIG_PARAMETERS"),
)
"""What git calls local to a repository (`git rev-parse --local-env-vars`), which its hooks have in their environment.

Left out are GIT_CONFIG_COUNT and the pairs that it counts: that is how machines give all of git their settings.
"""
_OF_ATLAS = "ATLAS_*"


def checks_environment(environ: Mapping[str, str], given_back: Collection[str]) -> dict[str, str]:
    """What of `environ` checks get; `given_back` are names that they get although they look like credentials."""
    return {name: value for name, value in environ.items() if not _is_hidden(name, given_back)}


def _is_hidden(name: str, given_back: Collection[str]) -> bool:
    if name in _OF_A_REPOSITORY or fnmatchcase(name, _OF_ATLAS):
        return True
    return name not in given_back and any(fnmatchcase(name.upper(), pattern) for pattern in _CREDENTIALS)


def unsetting_script(given_back: Collection[str]) -> str:
    """Lines of sh that take the same variables away, whichever are there when they run."""
    arms = [f'    {"|".join((*_OF_A_REPOSITORY, _OF_ATLAS))}) unset "$ATLAS_NAME" ;;']
    if given_back:
        arms.append(f"    {'|'.join(given_back)}) ;;")
    arms.append(f'    {"|".join(map(_any_case, _CREDENTIALS))}) unset "$ATLAS_NAME" ;;')
    return "\n".join((_LOOP_HEAD, *arms, "    esac", "done"))


# Its own variable is one that is taken away, so that no check gets it.
_LOOP_HEAD = r"""for ATLAS_NAME in $(env | LC_ALL=C sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
    case $ATLAS_NAME in"""


def _any_case(pattern: str) -> str:
    """The pattern, for either case of its letters."""
    return "".join(f"[{letter}{letter.lower()}]" if letter.isalpha() else letter for letter in pattern)
