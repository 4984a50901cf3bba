"""The repository that the demo's team works in: a word counter of which so far only the tests are there."""

from __future__ import annotations

GOAL = "A command that counts the words of a text"
TEXT = "One fish, two fish; red fish, blue fish.\n"
COUNTED = "4 fish\n1 blue\n1 one\n1 red\n1 two\n"
"""What the finished command prints for TEXT."""

FILES = {
    ".gitignore": "__pycache__/\n",
    "README.md": f"# wordcount\n\n{GOAL}: `python3 -m wordcount FILE`\n",
    "fish.txt": TEXT,
    "wordcount/__init__.py": '"""Counts words."""\n',
    "tests/__init__.py": "",
    "tests/test_tokenizer.py": """\
import unittest

from wordcount.tokenizer import words


class Words(unittest.TestCase):
    def test_blanks_separate_words(self):
        self.assertEqual(words("two  fish\\n"), ["two", "fish"])

    def test_punctuation_and_case_do_not_count(self):
        self.assertEqual(words("Fish, fish!"), ["fish", "fish"])
""",
    "tests/test_counter.py": """\
import unittest

from wordcount.counter import count


class Count(unittest.TestCase):
    def test_words_are_counted(self):
        self.assertEqual(count("Red fish, red"), {"red": 2, "fish": 1})
""",
    "tests/test_report.py": """\
import unittest

from wordcount.report import lines


class Lines(unittest.TestCase):
    def test_most_frequent_first_then_by_name(self):
        self.assertEqual(lines({"b": 1, "c": 2, "a": 1}), ["2 c", "1 a", "1 b"])
""",
    "tests/test_cli.py": f"""\
import subprocess
import sys
import unittest


class Cli(unittest.TestCase):
    def test_the_words_of_a_file_are_counted(self):
        printed = subprocess.check_output([sys.executable, "-m", "wordcount", "fish.txt"], text=True)
        self.assertEqual(printed, {COUNTED!r})
""",
}

REPORT_UNSURE = """\
\"\"\"Counted words as lines of text, once somebody has warmed up.\"\"\"

import os
from pathlib import Path

WARM = Path(os.environ["WORDCOUNT_WARM"])
if not WARM.exists():
    WARM.touch()
    raise SystemExit("warming up")


def lines(counts):
    \"\"\"A line for each word, the most frequent first.\"\"\"
    return [f"{number} {word}" for word, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
"""
"""What the person writes first: it works where it was run before."""

REPORT = """\
\"\"\"Counted words as lines of text.\"\"\"


def lines(counts):
    \"\"\"A line for each word, the most frequent first.\"\"\"
    return [f"{number} {word}" for word, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
"""
"""What the person writes into wordcount/report.py in the end."""
