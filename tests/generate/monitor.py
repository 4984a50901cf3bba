"""The interrupt monitor as one file that needs nothing beside it: `hooks/bare.py` and `hooks/interrupt_monitor.py`.

A workspace gets a copy of it (see docs/state.md), for sessions without the plugin.
"""

from __future__ import annotations

import ast

from .__main__ import ROOT

PARTS = ("hooks/bare.py", "hooks/interrupt_monitor.py")
JOINED = "hooks/generated/interrupt_monitor.py"
NOTE = f"Made by `make generate` from {' and '.join(PARTS)}: change those."


def generated() -> dict[str, str]:
    """The joined file."""
    plumbing, monitor = (Part((ROOT / path).read_text(encoding="utf-8")) for path in PARTS)
    imports = sorted({*plumbing.imports, *monitor.imports}, key=lambda line: ("__future__" not in line, line))
    first, *others = imports
    doc = f'"""{monitor.doc}\n\n{NOTE}\n"""'
    head = f"{doc}\n\n{first}\n\n" + "\n".join(others)
    return {JOINED: f"{head}\n\n\n{plumbing.body}\n\n\n{monitor.body}\n"}


class Part:
    """A module: its docstring, what it imports at the top of what is not its own package, and what follows."""

    def __init__(self, text: str) -> None:
        tree = ast.parse(text)
        top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        self.doc = (ast.get_docstring(tree) or "").strip()
        self.imports = [ast.unparse(node) for node in top if not is_own(node)]
        inner = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) and is_own(node)]
        left_out = {number for node in inner for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
        lines = text.splitlines()
        begin = max(node.end_lineno or node.lineno for node in top)
        kept = [line for number, line in enumerate(lines, 1) if number > begin and number not in left_out]
        self.body = "\n".join(kept).strip("\n").replace("\n\n\n    ", "\n\n    ")


def is_own(node: ast.Import | ast.ImportFrom) -> bool:
    """Whether an import is of the other part."""
    return isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "hooks"
