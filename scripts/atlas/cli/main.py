"""Parse, make one call, print: the one entry behind `atlas VERB` and every documented script."""

from __future__ import annotations

import sys

if sys.version_info < (3, 10):  # noqa: UP036 - whoever starts this with an older one is told so
    sys.exit("atlas: Python 3.10 or newer is needed, this is " + sys.version.split()[0])

import argparse
import errno
import importlib
import os
from collections.abc import Mapping
from typing import Any, NoReturn

from atlas import VERSION
from atlas.core.errors import STANDS, AtlasError
from atlas.core.results import VERSION as VERSION_OF_RESULTS
from atlas.core.text import name_known, one_line
from atlas.core.verbs import VERBS

from .outcome import Outcome

_REASONS = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "the disk quota is used up: make room",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
}
_LONGEST = 4000
"""Characters of an error's line."""
_WHAT_STANDS = "what was done before that stands: see `atlas history`"


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, count as errors like any other, and name the nearest right word."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = name_known(str(value), map(str, action.choices))
            raise argparse.ArgumentError(action, f"invalid choice: {str(value)[:40]!r}: {known}")

    def error(self, message: str) -> NoReturn:
        raise AtlasError(f"{message} (see {self.prog} --help)")


def main(verb: str, arguments: list[str] | None = None) -> int:
    """Run one verb with its arguments (those of the process by default); returns the exit code."""
    return _run_guarded(verb, sys.argv[1:] if arguments is None else arguments)


def atlas(arguments: list[str] | None = None) -> int:
    """`atlas VERB …`: returns the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["--version"]:
        print(VERSION)
        return 0
    if words[:1] in (["-h"], ["--help"], ["help"]):
        print("usage: atlas VERB …        (atlas VERB --help tells more)\n")
        width = max(map(len, VERBS)) + 2
        print("\n".join(f"  {verb:{width}}{row.summary}" for verb, row in VERBS.items()))
        return 0
    if not words:
        print("atlas: which verb? `atlas --help` lists them", file=sys.stderr)
        return 1
    if words[0] not in VERBS:
        known = name_known(one_line(words[0]), VERBS)
        print(f"atlas: there is no verb {words[0][:40]!r}: {known}; `atlas --help` lists them", file=sys.stderr)
        return 1
    return main(words[0], words[1:])


def _run_guarded(verb: str, words: list[str]) -> int:
    """The one error boundary: whatever goes wrong becomes a line on stderr and an exit code."""
    _open_streams()
    before = _changes_made()
    try:
        _require_text(words)
        args = _parse_words(parser_of_verb(verb), words)
        outcome: Outcome[Mapping[str, object]] = args.run(args)
        text = _json_envelope(verb, outcome.exit_code == 0, result=outcome.result) if "json" in args else outcome.text
        return _print_outcome(verb, text, outcome.exit_code, _changes_made() > before)
    except AtlasError as error:
        stands = error.exit_code == 1 and _changes_made() > before
        message = f"{error} ({_WHAT_STANDS})" if stands else str(error)
        return _print_failure(words, verb, message, STANDS if stands else error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        stands = _changes_made() > before
        what = _WHAT_STANDS if stands else "nothing was changed"
        return _print_failure(words, verb, f"{where}{_error_reason(error)} ({what})", STANDS if stands else 1)
    except KeyboardInterrupt:
        return _print_failure(words, verb, "interrupted", 130)
    except Exception as error:
        from .crash import write_crash_log

        message = f"unexpected {type(error).__name__}; please report it with {write_crash_log(error)}"
        return _print_failure(words, verb, message, STANDS if _changes_made() > before else 1)


def _changes_made() -> int:
    app = sys.modules.get("atlas.app")  # not wanted by a verb that opens no project
    return app.changes_made() if app else 0


def _parse_words(parser: argparse.ArgumentParser, words: list[str]) -> argparse.Namespace:
    args, rest = parser.parse_known_args(words)
    if rest:
        options = [one for each in (parser, *_parsers_below(parser)) for one in each._option_string_actions]
        unknown = [word.partition("=")[0] for word in rest if word.startswith("--")]
        hint = f": {name_known(unknown[0], dict.fromkeys(options))}" if unknown else ""
        parser.error(f"unrecognized arguments: {' '.join(rest)}{hint}")
    return args


def _open_streams() -> None:
    """Whoever starts ATLAS may have closed its output: then there is nobody to tell."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, stream)


def _require_text(words: list[str]) -> None:
    for number, word in enumerate(words, 1):
        if any("\ud800" <= character <= "\udfff" for character in word):
            raise AtlasError(f"argument {number}, {word[:40]!r}, is not valid UTF-8 text: give it as UTF-8")


def _error_reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


def parser_of_verb(verb: str) -> argparse.ArgumentParser:
    """The parser of a verb's arguments; its help is what the verb's module says of itself."""
    row = VERBS[verb]
    module = importlib.import_module(f"atlas.cli.{row.module}")
    summary, _, details = (module.__doc__ or "").partition("\n")
    called = os.path.basename(sys.argv[0])
    parser = _Parser(
        prog=row.script if called == row.script else f"atlas {verb}",
        description=summary,
        epilog=details.strip(),
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.configure(parser)
    for each in (parser, *_parsers_below(parser)):
        each.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print the result as JSON")
    parser.set_defaults(run=module.run)
    return parser


def _parsers_below(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    actions = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return [sub for action in actions for sub in action.choices.values()]


def _print_outcome(verb: str, text: str, exit_code: int, has_changed: bool = False) -> int:
    """Show what came of a verb, which is done with; returns its exit code, or another one when it cannot be shown."""
    try:
        print(text, end="\n" if text else "", flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left of it fails again at the end
        if error.errno != errno.EPIPE:
            print(f"atlas: the outcome of {verb} could not be printed: {_error_reason(error)}", file=sys.stderr)
        return exit_code or (STANDS if has_changed else 1)
    return exit_code


def _json_envelope(verb: str, ok: bool, **content: Any) -> str:
    import json

    return json.dumps({"atlas": VERSION_OF_RESULTS, "verb": verb, "ok": ok, **content}, ensure_ascii=False)


def _print_failure(words: list[str], verb: str, message: str, exit_code: int) -> int:
    print(f"atlas: {one_line(message, _LONGEST)}", file=sys.stderr)
    return _print_outcome(verb, _json_envelope(verb, False, error=message) if "--json" in words else "", exit_code)
