"""Text that others wrote, made fit to be shown: one line, printable, marked as data."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HARMLESS = ("\u200c", "\u200d", "\u3000", "\xa0")
"""Joiners of letters and emoji, and wide blanks: not printable by Python's book, yet part of names."""


def is_visible(character: str) -> bool:
    """Whether a character may be shown as it is: it moves no cursor and breaks no line."""
    return character.isprintable() or character in _HARMLESS


def one_line(text: str, most: int = 200) -> str:
    """Text for a subject: control characters and line breaks become blanks, and it is cut at `most` characters."""
    shown = text if text.isprintable() else "".join(c if is_visible(c) else " " for c in text)
    clean = " ".join(shown.split())
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def printable_text(text: str) -> str:
    """Text for a terminal: control characters, which could move the cursor or recolour it, are shown as `?`."""
    return "".join(c if is_visible(c) or c in "\n\t" else "?" for c in text)


def number_items(title: str, items: Sequence[str]) -> str:
    """Items under a title, with numbers; nothing when there are none."""
    return f"{title}:\n" + "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1)) if items else ""


def name_known(word: str, known: Iterable[str], title: str = "known are", most: int = 8) -> str:
    """What the refusal of an unknown word says of the known ones: which was meant, perhaps, and the nearest first."""
    import difflib  # wanted only where something is refused

    words = list(known)
    near = difflib.get_close_matches(word[:80], words, 3)
    ordered = [*near, *(one for one in words if one not in near)]
    left = f" and {len(words) - most} more" if len(words) > most else ""
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{meant}{title} {', '.join(ordered[:most]) or 'none'}{left}"


def mark_lines(words: str) -> str:
    """Each line behind a mark, so that none of them can pass for a line of ATLAS."""
    return "\n".join(f"| {printable_text(line)}" for line in words.splitlines())


def quote_under(head: str, words: str, most: int = 200) -> str:
    """A line of ATLAS and, on one under it, what somebody else said or called a file, cut before it is marked."""
    said = one_line(words, most)
    return f"{head}:\n{mark_lines(said)}" if said else head
