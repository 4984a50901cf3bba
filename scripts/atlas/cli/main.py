"""Parse, make one call, print: the one entry behind `atlas VERB` and every documented script."""

from __future__ import annotations

import sys

if sys.version_info < (3, 10):  # noqa: UP036 - whoever starts this with an older one is told so
    sys.exit("atlas: Python 3.10 or newer is needed, this is " + sys.version.split()[0])

import argparse
import errno
import importlib
import os
from typing import Any, NoReturn

from atlas import VERSION
from atlas.core.errors import AtlasError

from .outcome import Outcome
from .verbs import VERBS

_REASONS = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "the disk quota is used up: make room",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
}


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, and count as errors like any other."""

    def error(self, message: str) -> NoReturn:
        raise AtlasError(f"{message} (see {self.prog} --help)")


def main(verb: str, arguments: list[str] | None = None) -> int:
    """Run one verb with its arguments (those of the process by default); returns the exit code."""
    return _guarded(verb, sys.argv[1:] if arguments is None else arguments)


def atlas(arguments: list[str] | None = None) -> int:
    """`atlas VERB …`: returns the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["--version"]:
        print(VERSION)
        return 0
    if not words or words[0] in ("-h", "--help", "help"):
        print("usage: atlas VERB …        (atlas VERB --help tells more)\n")
        print("\n".join(f"  {verb:14}{summary}" for verb, (_, _, summary) in VERBS.items()))
        return 0 if words else 1
    if words[0] not in VERBS:
        print(f"atlas: there is no verb {words[0][:40]!r}: `atlas --help` lists them", file=sys.stderr)
        return 1
    return main(words[0], words[1:])


def _guarded(verb: str, words: list[str]) -> int:
    """The one error boundary: whatever goes wrong becomes a line on stderr and an exit code."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    words = [word.encode("utf-8", "replace").decode() for word in words]
    try:
        args = _parse(verb, words)
        outcome: Outcome = args.run(args)
        _print(verb, args, outcome)
        return outcome.exit_code
    except AtlasError as error:
        return _fail(words, verb, str(error), error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        return _fail(words, verb, f"{where}{reason} (nothing was changed)", 1)
    except KeyboardInterrupt:
        return _fail(words, verb, "interrupted", 130)
    except Exception as error:
        from .crash import write_log

        return _fail(words, verb, f"unexpected {type(error).__name__}; please report it with {write_log(error)}", 1)


def _parse(verb: str, words: list[str]) -> argparse.Namespace:
    module_name, script, _ = VERBS[verb]
    module = importlib.import_module(f"atlas.cli.{module_name}")
    summary, _, details = (module.__doc__ or "").partition("\n")
    called = os.path.basename(sys.argv[0])
    parser = _Parser(
        prog=script if called == script else f"atlas {verb}",
        description=summary,
        epilog=details.strip(),
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.configure(parser)
    for each in (parser, *_subparsers(parser)):
        each.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print the result as JSON")
    parser.set_defaults(run=module.run)
    return parser.parse_args(words)


def _subparsers(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    actions = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return [sub for action in actions for sub in action.choices.values()]


def _print(verb: str, args: argparse.Namespace, outcome: Outcome) -> None:
    if "json" in args:
        print(_envelope(verb, ok=outcome.exit_code == 0, result=outcome.result))
    elif outcome.text:
        print(outcome.text)
    sys.stdout.flush()


def _envelope(verb: str, **content: Any) -> str:
    import json

    return json.dumps({"atlas": 1, "verb": verb, **content}, ensure_ascii=False)


def _fail(words: list[str], verb: str, message: str, exit_code: int) -> int:
    print(f"atlas: {message}".encode(errors="backslashreplace").decode(), file=sys.stderr)
    if "--json" in words:
        print(_envelope(verb, ok=False, error=message))
    return exit_code
