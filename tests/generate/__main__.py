"""`make generate`: writes every generated file anew, and says which of them have changed."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path

import tests.generate

ROOT = Path(__file__).resolve().parents[2]


def all_generated() -> dict[str, str]:
    """The text of every generated file by its path. Raises ValueError when two modules make the same file."""
    found: dict[str, str] = {}
    for info in pkgutil.iter_modules(tests.generate.__path__):
        if info.name != "__main__":
            made: Mapping[str, str] = importlib.import_module(f"tests.generate.{info.name}").generated()
            if made.keys() & found.keys():
                raise ValueError(f"{info.name} makes a file that another module makes: {made.keys() & found.keys()}")
            found.update(made)
    return found


def stale_files() -> dict[str, str]:
    """Those of the generated files whose text on disk is another, with the right text."""
    return {
        path: text
        for path, text in all_generated().items()
        if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != text
    }


def main() -> None:
    """Write what is stale."""
    for path, text in stale_files().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
        if text.startswith("#!"):
            (ROOT / path).chmod(0o755)
        print(path)


if __name__ == "__main__":
    main()
