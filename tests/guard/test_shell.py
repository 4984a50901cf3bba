"""Reading shell commands: what a shell would run, said without running it, for any text and in linear time."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.core.guard.programs import list_programs
from atlas.core.guard.shell import shell_commands
from atlas.core.guard.targets import ANY, DEEP, UNKNOWN, Unclear

ENVIRONMENT = {"HOME": "/home/me", "TWO": "a b"}
MARKS = str.maketrans({UNKNOWN: "¿", ANY: "∗", DEEP: "…"})


def read(text: str) -> list[str]:
    """Each simple command on a line: where it runs unless in /w, its words, and the files it is redirected into."""
    lines = []
    for one in shell_commands(text, "/w", ENVIRONMENT):
        where = [] if one.folder == "/w" else [f"[{one.folder or '?'}]"]
        lines.append(" ".join([*where, *one.words, *(f">{path}" for path in one.writes)]).translate(MARKS))
    return lines


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("  # nothing but this > x", []),
        ("a b\tc", ["a b c"]),
        ("a;b&&c||d|e&f\ng", ["a", "b", "c", "d", "e", "f", "g"]),
        ("a 'b > c;' \"d | e\" f\\ g", ["a b > c; d | e f g"]),
        ("a 'it'\"'\"'s' \"say \\\"x\\\"\" \\;", ["a it's say \"x\" ;"]),
        ("a \"\\n\" 'b\\'", ["a \\n b\\"]),
        ("a \\\n  b", ["a b"]),
        ("a # b\nc#d", ["a", "c#d"]),
        ("a $'b\\'c' > d; e $'f'", ["a ¿ >d", "e f"]),
        # redirections
        ("a > b >>c 2>d &>e &>>f >|g <>h >& i", ["a >b >c >d >e >f >g >h >i"]),
        ("a 2>&1 >&2 <b <&3 2>&- 3>&2-", ["a"]),
        ("a 2 >b x2>c", ["a 2 x2 >b >c"]),
        ("> a", [" >a".strip()]),
        ("a >", ["a"]),
        ("[[ a > b && c < d ]] > e; [ a > b ]", ["[[ a > b", "c < d ]] >e", "[ a ] >b"]),
        ("((a > b)); for ((i=0; i>3; i++)); do c; done", ["for", "c"]),
        ("a $((b > c)) $(( (1) > 2 ))", ["a ¿ ¿"]),
        ("((a > b); c); x $((d > e); f)", ["a >b", "c", "d >e", "f", "x ¿"]),
        # here-documents and here-strings
        ("a <<E > b\nrm x\nE\nc", ["a >b", "c"]),
        ("a <<'E F'\nrm x\nE F\nc", ["a", "c"]),
        ("a <<-E\n\trm x\n\tE\nc", ["a", "c"]),
        ("a <<E; b <<F\n1\nE\n2\nF\nc", ["a", "b", "c"]),
        ("a <<E\n> x\nno end", ["a"]),
        ("a <<< 'b > c' d", ["a d"]),
        ("x=$(a <<E\n> b\nE\n); c", ["a", "x=¿", "c"]),
        # groups, functions, loops
        ("(a; b) > c", ["a", "b", ">c"]),
        ("{ a; b; } > c", ["a", "b", ">c"]),
        ("if a; then b; elif c; then d; else e; fi > f", ["a", "b", "c", "d", "e", ">f"]),
        ("while a; do ! b; done; until c; do d; done", ["a", "b", "c", "d"]),
        ("f() { a > b; }; function g { c; }; f", ["a >b", "c", "f"]),
        ("case $x in a) b > c;; d|e) f;; esac", ["case ¿ in a", "b >c", "d", "e", "f"]),
        ("x=(a b > c\n d); e", ["x=", "e"]),
        # substitutions
        ("a $(b > c) `d > e` \"$(f '(' \"g\")\" h", ["b >c", "d >e", "f ( g", "a ¿ ¿ ¿ h"]),
        ("a \"x$(b \"y z\")w\"", ["b y z", "a x¿w"]),
        ("a <(b > c) > >(d > e)", ["b >c", "d >e", "a ¿ >¿"]),
        ("a ${b} ${c:-$(d)} ${e%%}*}f", ["a ¿ ¿ ¿∗}f"]),
        # variables, tildes, patterns
        ("x=/a/b; y=$x/c; > \"$y\" > ${x}d", ["x=/a/b", "y=/a/b/c", ">/a/b/c >/a/bd"]),
        ("x=1; x=$(a); b $x; export z=2; c $z", ["x=1", "a", "x=¿", "b ¿", "export z=2", "c 2"]),
        ("for x in 1 2; do a $x; done; read y; b $y", ["for x in 1 2", "a ¿", "read y", "b ¿"]),
        ("a $TWO \"$TWO\" $HOME/x $nobody '$HOME'", ["a ¿ a b /home/me/x ¿ $HOME"]),
        ("unset HOME; a $HOME; select x in b; do c $x; done", ["unset HOME", "a ¿", "select x in b", "c ¿"]),
        ("a ~ ~/b ~you/c d~ x=~/e", ["a /home/me /home/me/b ¿you/c d~ x=/home/me/e"]),
        ("a *.c b?[x-z] '*' \"?\" [ c ]", ["a ∗.c b∗∗ * ? [ c ]"]),
        ("a {b,c}d e{1..3} {} { f", ["a ∗d e∗ {} { f"]),
        ("a {.b,c} {b,../c} {a/../../b,c}", ["a … … …"]),
        # where it runs
        ("cd a; b; cd ../c && d; cd /e; f; cd; g", ["cd a", "[/w/a] b", "[/w/a] cd ../c", "[/w/c] d", "[/w/c] cd /e",
                                                    "[/e] f", "[/e] cd", "[/home/me] g"]),
        ("(cd a; b); c; $(cd d; e); f", ["cd a", "[/w/a] b", "c", "cd d", "[/w/d] e", "¿", "f"]),
        ("{ cd a; }; b; cd -; c", ["cd a", "[/w/a] b", "[/w/a] cd -", "c"]),
        ("cd $x; a; cd b; c; cd /d; e", ["cd ¿", "[?] a", "[?] cd b", "[?] c", "[?] cd /d", "[/d] e"]),
        ("cd -P -- a; > $PWD/b", ["cd -P -- a", "[/w/a] >/w/a/b"]),
        ("eval 'cd a; x=b'; c $x", ["eval cd a; x=b", "cd a", "[/w/a] x=b", "[/w/a] c b"]),
        ("pushd a; b; popd; c", ["pushd a", "[/w/a] b", "[/w/a] popd", "c"]),
        # lines as other systems end them
        ("a > b\r\nc 'd'\r\n", ["a >b", "c d"]),
        ("a\rb; c ${d}$", ["a\rb", "c ¿$"]),
        ("a <<E\r\n> x\r\nE\r\nb", ["a", "b"]),
        # not closed
        ("a 'b > c", ["a b > c"]),
        ('a "b > c', ["a b > c"]),
        ("a $(b > c", ["b >c", "a ¿"]),
        ("a `b > c", ["b >c", "a ¿"]),
        ("(a; b > c", ["a", "b >c"]),
        ("a ) b > c", ["a", "b >c"]),
        ("a \\", ["a "]),
    ],
)  # fmt: skip
def test_a_text_is_read_as_a_shell_would(text: str, found: list[str]) -> None:
    assert read(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A=1 env -i -u B C=2 nice -n 5 rm x", "rm x"),
        ("sudo -u me timeout -k 5 10 rm x", "rm x"),
        ("/usr/bin/env /bin/rm x", "rm x"),
        ("command rm x", "rm x"),
        ("command -v rm x", ""),
        ("ls | xargs -n 1 rm -f x", "ls, rm -f x"),
        ("ls | xargs -I{} cp {} x", "ls, cp ¿ x"),
        ("sh -c 'rm x; touch y' z", "sh -c rm x; touch y z, rm x, touch y"),
        ('bash -lc "rm \'x y\'"', "bash -lc rm 'x y', rm x y"),
        ("bash -euo pipefail -c 'rm x'", "bash -euo pipefail -c rm x, rm x"),
        ("sh -c \"sh -c 'rm x'\"", "sh -c sh -c 'rm x', sh -c rm x, rm x"),
        ("cd a && sh -c 'rm x'", "cd a, sh -c rm x, rm x"),
        ("sh <<'E'\nrm x\nE", "sh, rm x"),
        ("cat <<'E'\nrm x\nE", "cat"),
        ("sh <<< 'rm x'", "sh, rm x"),
        ("sh x.sh a", "sh x.sh a, x.sh a"),
        ("python3 -X utf8 a/b.py c", "python3 -X utf8 a/b.py c, b.py c"),
        ("python3 -c 'x' rm y; python3 -m rm y", "python3 -c x rm y, python3 -m rm y"),
        ("eval 'rm x;' rm y; trap 'rm z' EXIT", "eval rm x; rm y, rm x, rm y, trap rm z EXIT, rm z"),
        ("find a -exec rm -r {} + -o -exec sh -c 'rm x' \\;", "find a -exec rm -r {} + -o -exec sh -c rm x ;, "
                                                              "rm -r a/…, sh -c rm x, rm x"),
        ("if true; then A=1 rm x; fi", "true, rm x"),
    ],
)  # fmt: skip
def test_wrapped_programs_are_found(text: str, found: str) -> None:
    ran = [" ".join([one.name, *one.words]) for one in list_programs(text, "/w", ENVIRONMENT) if one.name]
    assert ", ".join(ran).translate(MARKS) == found


PIECES = st.sampled_from(
    [
        *("a", "b/c", " ", "\n", "\r\n", "'", '"', "\\", "$", "(", ")", "`", "{", "}", "[", "]", "[[", "]]", ";", "|"),
        *(
            "&",
            "<",
            ">",
            "<<",
            "<<E",
            "E\n",
            "$((",
            "${",
            "*",
            "?",
            "~",
            "#",
            "=",
            "1>",
            "cd ",
            "sh -c ",
            "eval ",
            "x=",
        ),
        *("find ", "-exec ", "{} ", "rm ", "if ", "function ", "export ", "xargs ", "env ", "\0", "\ud800", "é", "-"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    with contextlib.suppress(Unclear):
        list_programs(text, "/w", ENVIRONMENT)


UNITS = [
    *(
        "(",
        ")",
        "((",
        "$(",
        "$((",
        "`",
        '"',
        "'",
        "\\",
        "{",
        "{a,",
        "[",
        "[a",
        "[[ ]] ",
        "${",
        "$'",
        '"$(',
        '`"',
        ">(",
        "a=(",
    ),
    *(
        "a ",
        "a\n",
        "a;",
        "rm a;",
        "cd a;",
        "a=$a$a;",
        "export a=$a$a;",
        "$a",
        "~",
        "#",
        "*",
        "<",
        "1>",
        "<<<",
        "<<E\n",
        "\r",
    ),
    *("if ", "function ", "env ", "a=1 ", "xargs ", "find -exec ", "find -name a ", "sh -c ", "eval ", "x" * 50 + ">"),
]


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_no_faster_than_the_text(unit: str) -> None:
    """A time that grows with its square would be minutes."""
    begun = time.process_time()
    with contextlib.suppress(Unclear):
        list_programs(unit * (100_000 // len(unit)), "/w", {"a": "x" * 4000})
    assert time.process_time() - begun < 10


def test_a_long_file_in_a_command_is_quick() -> None:
    body = "".join(f"line {number} > with (all) \"kinds\" of 'things'\n" for number in range(25_000))
    begun = time.process_time()
    found = [one.writes for one in list_programs(f"cat > x <<'EOF'\n{body}EOF\n", "/w", {}) if one.writes]
    assert found == [["x"]]
    assert len(body) > 1_000_000
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    "text",
    ["x" * ((1 << 21) + 1), "a;" * 10_001, "eval " * 10 + "x", "find -exec echo " + "{} " * 10_001 + ";"],
    ids=["long", "many", "deep", "found"],
)
def test_what_cannot_be_told_at_a_reasonable_cost_is_said_so(text: str) -> None:
    with pytest.raises(Unclear):
        list_programs(text, "/w", {})
