"""What a person typed after a command, split into words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.core.arguments import split_arguments
from tests.kit.stub_plugin import quoted


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", []),
        ("  auth-core \t implementer-1\n", ["auth-core", "implementer-1"]),
        ('--name "Auth core"', ["--name", "Auth core"]),
        ('--name="Auth core" x', ["--name=Auth core", "x"]),
        ("--name='Auth core' x", ["--name=Auth core", "x"]),
        ('"a \\"b\\" \\\\ \\n c"', ['a "b" \\ \\n c']),
        ('""', [""]),
        ('"two\nlines"', ["two\nlines"]),
        ("it's the dogs' bone", ["it's", "the", "dogs'", "bone"]),
        ("'it's one' x", ["it's one", "x"]),
        ("'tis so", ["'tis", "so"]),
        ("“Auth core”", ["“Auth", "core”"]),
        ('5" 5"', ['5"', '5"']),
        ("a;b $(c) `d` && | > \\", ["a;b", "$(c)", "`d`", "&&", "|", ">", "\\"]),
        ('-x="a b"', ['-x="a', 'b"']),
    ],
)
def test_words(typed: str, words: list[str]) -> None:
    assert split_arguments(typed) == words


@pytest.mark.parametrize("typed", ['"open', 'x "a b', '--name="open', '"a"b', '"a \\"', '"the "best" one"'])
def test_a_double_quote_that_is_not_closed_is_refused_in_one_line(typed: str) -> None:
    with pytest.raises(ValueError, match=r"is not closed.*close it") as refused:
        split_arguments(typed)
    assert "\n" not in str(refused.value)


@given(st.lists(st.text()), st.sampled_from(" \n\t"))
def test_whatever_is_in_double_quotes_comes_out_as_it_went_in(words: list[str], blank: str) -> None:
    assert split_arguments(blank.join(map(quoted, words))) == words


@given(st.text(st.characters(exclude_characters="\"'")))
def test_without_quotes_only_blanks_matter(typed: str) -> None:
    assert split_arguments(typed) == typed.split()
