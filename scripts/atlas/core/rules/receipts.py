"""Receipts: what the merge commit of a module says of its proof, and the in-toto statement that follows from it.

The statement is made of nothing but what the commit itself holds: its trailers and its tree. So it can be made again in
any clone, and the hash of it, which the commit carries, holds trailers, tree and statement together. It follows in-toto
Attestation Framework v1, `Statement`, with the predicate `test-result` v0.1.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from atlas.core.ids import is_slug
from atlas.core.records.rows import FLAKY, PASSED, EvidenceContents

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
_MODULE, _TASK, _COMMIT, _CHECK, _WORD, _ATTESTATION = (
    "Atlas-Module",
    "Atlas-Task",
    "Atlas-Commit",
    "Atlas-Check",
    "Atlas-Word",
    "Atlas-Attestation",
)
_TRAILERS = frozenset((_MODULE, _TASK, _COMMIT, _CHECK, _WORD, _ATTESTATION))
_WORDS = ("reason", "no_commit", "override")
_CHECK_FORM = re.compile(r'([a-z_]+) (-?[0-9]+|-) sha256:([0-9a-f]{64}) (".*")')
_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TASK_FORM = re.compile(r"task-[0-9a-f]{12}")
_HASH = "sha256:"


class CheckReceipt(NamedTuple):
    """A check: its command, what it came to, its exit code (None: it has none), and the hash of all that it printed."""

    command: str
    outcome: str
    exit_code: int | None
    output_sha256: str


class Receipt(NamedTuple):
    """What was proven: the module's own `commit`, as part of `tree`. `words` stand in the place of what is missing."""

    module: str
    task: str
    commit: str
    tree: str
    checks: list[CheckReceipt]
    words: dict[str, str]


def receipt_of_evidence(module: str, task: str, evidence: EvidenceContents) -> Receipt:
    """The receipt of a proof that passed."""
    given: Mapping[str, Any] = evidence
    checks = [
        CheckReceipt(check["command"], check["outcome"], check["exit_code"], check["output_sha256"])
        for check in evidence["checks"]
    ]
    words = {name: given[name] for name in _WORDS if given[name]}
    return Receipt(module, task, evidence["commit"], evidence["tree"] or "", checks, words)


def make_statement(receipt: Receipt) -> dict[str, Any]:
    """The in-toto statement of a receipt."""
    named = [(f"check-{number}", check) for number, check in enumerate(receipt.checks, 1)]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": receipt.module, "digest": {"gitCommit": receipt.commit}},
            {"name": "tested tree", "digest": {"gitTree": receipt.tree}},
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": "PASSED" if _is_beyond_doubt(receipt) else "WARNED",
            "configuration": [_describe_check(name, check) for name, check in named],
            "passedTests": [name for name, check in named if check.outcome == PASSED],
            "warnedTests": [name for name, check in named if check.outcome != PASSED],
            "failedTests": [],
            "atlas": {"module": receipt.module, "task": receipt.task, **receipt.words},
        },
    }


def _is_beyond_doubt(receipt: Receipt) -> bool:
    """Whether there were checks, all of which passed, and no condition was passed over."""
    passed = all(check.outcome == PASSED for check in receipt.checks)
    return bool(receipt.checks) and passed and "override" not in receipt.words


def _describe_check(name: str, check: CheckReceipt) -> dict[str, Any]:
    command = check.command.encode("utf-8", "surrogatepass")
    return {
        "name": name,
        "digest": {"sha256": hashlib.sha256(command).hexdigest()},
        "annotations": {
            "command": check.command,
            "outcome": check.outcome,
            "exitCode": check.exit_code,
            "outputSha256": check.output_sha256,
        },
    }


def statement_bytes(receipt: Receipt) -> bytes:
    """The statement as its file holds it: the same bytes wherever it is made."""
    return (json.dumps(make_statement(receipt), indent=2, sort_keys=True) + "\n").encode("ascii")


def attestation_of(statement: bytes) -> str:
    """How a merge commit names a statement: by the hash of its bytes."""
    return _HASH + hashlib.sha256(statement).hexdigest()


def make_trailers(receipt: Receipt) -> list[str]:
    """The trailers of the merge commit, which carry everything that the statement says."""
    lines = [f"{_MODULE}: {receipt.module}", f"{_TASK}: {receipt.task}", f"{_COMMIT}: {receipt.commit}"]
    for check in receipt.checks:
        code = "-" if check.exit_code is None else check.exit_code
        about = f"{check.outcome} {code} {_HASH}{check.output_sha256}"
        lines.append(f"{_CHECK}: {about} {json.dumps(check.command)}")
    lines += [f"{_WORD}: {name} {json.dumps(text)}" for name, text in receipt.words.items()]
    return [*lines, f"{_ATTESTATION}: {attestation_of(statement_bytes(receipt))}"]


def read_receipt(message: str, tree: str) -> tuple[Receipt | None, str | None]:
    """The receipt in a commit's message, and what is wrong with it; neither when the message claims none.

    `tree` is the commit's own tree.
    """
    lines = message.rstrip("\n").split("\n")
    claims = [line for line in lines if line.partition(": ")[0] in _TRAILERS]
    if not claims[1:]:
        return None, None  # one such line may be somebody's words
    try:
        receipt, attestation = _parse_trailers(claims, tree)
    except (ValueError, RecursionError) as error:
        return None, f"its trailers are not whole: {error}"
    if lines[2:] != claims or lines[1] or make_trailers(receipt)[:-1] != claims[:-1]:
        return None, "its trailers are not as ATLAS writes them"
    if attestation_of(statement_bytes(receipt)) != attestation:
        return None, "its trailers or its tree are not what its attestation is the hash of"
    return receipt, None


def is_statement_of(data: bytes, module: str) -> bool:
    """Whether these bytes are a statement about a module, if perhaps an older one."""
    try:
        found: Any = json.loads(data)
        return bool(found["_type"] == STATEMENT_TYPE and found["subject"][0]["name"] == module)
    except (ValueError, RecursionError, LookupError, TypeError):
        return False


def _parse_trailers(claims: list[str], tree: str) -> tuple[Receipt, str]:
    """Raises ValueError, naming what is missing or not in its form."""
    found: dict[str, list[str]] = {}
    for line in claims:
        name, _, value = line.partition(": ")
        found.setdefault(name, []).append(value)
    module, task, commit, attestation = (_only(found, name) for name in (_MODULE, _TASK, _COMMIT, _ATTESTATION))
    for name, fits in ((_MODULE, is_slug(module)), (_TASK, _TASK_FORM.fullmatch(task)), (_COMMIT, _is_object(commit))):
        if not fits:
            raise ValueError(f"{name} is not in its form")
    checks = [_parse_check(value) for value in found.get(_CHECK, [])]
    words = dict(map(_parse_word, found.get(_WORD, [])))
    return Receipt(module, task, commit, tree, checks, words), attestation


def _only(found: dict[str, list[str]], name: str) -> str:
    values = found.get(name, [])
    if len(values) != 1:
        raise ValueError(f"there is {'no' if not values else 'more than one'} {name}")
    return values[0]


def _is_object(text: str) -> bool:
    return _OBJECT.fullmatch(text) is not None


def _parse_check(value: str) -> CheckReceipt:
    parts = _CHECK_FORM.fullmatch(value)
    if parts is None or parts[1] not in (PASSED, FLAKY):
        raise ValueError(f"{_CHECK} is not in its form")
    return CheckReceipt(_parse_text(parts[4]), parts[1], None if parts[2] == "-" else int(parts[2]), parts[3])


def _parse_word(value: str) -> tuple[str, str]:
    name, _, text = value.partition(" ")
    if name not in _WORDS:
        raise ValueError(f"{_WORD} is not in its form")
    return name, _parse_text(text)


def _parse_text(text: str) -> str:
    value = json.loads(text)
    if not isinstance(value, str):
        raise ValueError("a text is not in its form")
    return value
