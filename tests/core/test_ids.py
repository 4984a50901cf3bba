"""Names of every script and length make identifiers that are safe, stable, and different where the names are."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atlas.core import clock, ids
from atlas.core.errors import AtlasError

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
NAMES = st.text(min_size=1).filter(lambda name: bool(name.strip()))


@given(NAMES)
@example("🚀")
@example("x" * 10_000)
@example("-" * 100)
@example("\ud800")
@example("\u0301")
@example("../../../etc/passwd")
@example("a" * 55 + "-" * 20)
def test_any_name_makes_an_identifier(name: str) -> None:
    made = ids.make_slug(name)
    assert SLUG.fullmatch(made)
    assert ids.make_slug(name) == made
    assert ids.make_slug(f"  {name}\n") == made


@given(st.from_regex(SLUG, fullmatch=True).filter(lambda text: not text.endswith("-") and "--" not in text))
def test_an_identifier_is_its_own(text: str) -> None:
    assert ids.make_slug(text) == text
    assert ids.require_slug(text, "the id") == text


ALPHABETS = [
    st.characters(min_codepoint=first, max_codepoint=last)
    for first, last in [(0x3041, 0x3096), (0x4E00, 0x9FFF), (0x0621, 0x064A), (0x0430, 0x044F), (0x03B1, 0x03C9)]
]


@given(
    st.lists(st.one_of([st.text(letters, min_size=1, max_size=12) for letters in ALPHABETS]), min_size=2, max_size=9)
)
def test_names_in_other_scripts_do_not_collide(names: list[str]) -> None:
    folded = {" ".join(name.casefold().split()) for name in names}
    assert len({ids.make_slug(name) for name in names}) >= len(folded)


def test_names_that_differ_only_at_the_end_of_a_long_text_do_not_collide() -> None:
    assert len({ids.make_slug("x" * 9_999 + letter) for letter in "abcdef"}) == 6


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Auth Core", "auth-core"),
        ("  Auth   Core  ", "auth-core"),
        ("Zahlungs-Übersicht", "zahlungs-ubersicht"),
        ("Straße", "strasse"),
        ("v2.0 (beta)", "v2-0-beta"),
        ("--force", "force"),
    ],
)
def test_latin_names_stay_readable(name: str, made: str) -> None:
    assert ids.make_slug(name) == made


@pytest.mark.parametrize("name", ["認証", "المصادقة", "аутентификация", "日本 auth"])
def test_other_names_have_a_mark(name: str) -> None:
    assert re.fullmatch(r"(auth|x)-[0-9a-f]{8}", ids.make_slug(name))


@pytest.mark.parametrize("name", ["", " ", "\n\t", "\u3000"])
def test_a_blank_name_is_refused(name: str) -> None:
    with pytest.raises(AtlasError, match="the name is empty"):
        ids.make_slug(name)


@pytest.mark.parametrize("text", ["", "-a", "A", "a_b", "a/b", "..", "a" * 65, "a\n", "é"])
def test_what_is_no_identifier_is_refused_by_name(text: str) -> None:
    with pytest.raises(AtlasError, match=r"^the id .* is not an identifier"):
        ids.require_slug(text, "the id")


@given(st.lists(NAMES, min_size=2, max_size=6, unique=True))
@example(["abc", "ABC", "abc!", " abc"])
def test_sessions_are_told_apart_to_the_letter(sessions: list[str]) -> None:
    keys = [ids.session_key(session) for session in sessions]
    assert all(SLUG.fullmatch(key) for key in keys)
    assert len(set(keys)) == len(sessions)


@given(st.integers(min_value=0, max_value=253_402_300_799 - 100_000), st.integers(min_value=0, max_value=100_000))
def test_times_are_texts_that_sort(moment: int, more: int) -> None:
    text = clock.add_seconds("1970-01-01T00:00:00Z", moment)
    later = clock.add_seconds(text, more)
    assert clock.is_time(text)
    assert clock.epoch_seconds(text) == moment
    assert clock.seconds_between(text, later) == more
    assert (text < later) == (more > 0)


@given(st.text())
@example("2026-1-31T08:00:00Z")
@example("2026-02-30T08:00:00Z")
@example("2026-01-31T08:00:00Z ")
@example("2026-01-31 08:00:00Z")
@example("9999-12-31T23:59:60Z")
@example("٢٠٢٦-01-31T08:00:00Z")
def test_other_texts_are_no_times(text: str) -> None:
    assert not clock.is_time(text)
