"""What shell commands write: as it is foretold, and as it turns out when a real shell runs them."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.core.guard.programs import list_programs
from atlas.core.guard.targets import ANY, DEEP, Target, resolve_targets
from atlas.core.guard.writes import targets_of_program
from tests.support import run

ENVIRONMENT = {"HOME": "/home/me"}


def foretold(text: str, folder: str = "/w") -> list[Target]:
    return [target for program in list_programs(text, folder, ENVIRONMENT) for target in targets_of_program(program)]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        # redirections
        ("echo a > b; echo c >> d/e", "b d/e"),
        ("cat <<'E' > b\n> c\nE\necho > d", "b d"),
        ("> 'a b'", "a\\ b"),
        ("echo a 2>&1 >&2 > /dev/null", "/dev/null"),
        ("python3 - <<E\nopen('x', 'w')\nE", ""),
        # every name
        ("rm -rf a b/*.c", "-a -b/∗.c"),
        ("rm -- -a; rmdir b; unlink c", "--a -b -c"),
        ("touch -d yesterday -r a b; mkdir -p -m 700 c; truncate -s 0 d; shred -u -n 3 e", "b c d -e"),
        ("tee -a b < a; sponge c", "b c"),
        ("chmod 755 a; chmod +x b; chmod -x c; chmod -R u+w d; chown me e; chgrp us f", "a b c d e f"),
        ("chmod --reference=a b", "b"),
        ("mkdir -p a/{b,c}", "a/∗"),
        # copies and moves
        ("cp a b", "b b/a"),
        ("cp a b/", "b/a"),
        ("cp -r a/x b/y .", "./x ./y"),
        ("cp -t d a b; cp --target-directory=e c", "d d/a d/b e e/c"),
        ("mv a b", "-a b b/a"),
        ("ln -s /x/y; ln -sf a b; ln -t c a", "./y b b/a c c/a"),
        ("install -m 644 a b; install -d c; install --directory d", "b b/a c d"),
        ("rsync -a --exclude x a/ b; rsync a host:b; scp -P 22 a host:", "b b/a"),
        ("cp a", ""),
        # in place
        ("sed -i s/a/b/ c d; sed -i.bak -e s/a/b/ e; sed --in-place -f f g; sed -ni p h", "c d e g h"),
        ("sed s/a/b/ c; sed -n -e p d", ""),
        ("perl -pi -e 's/a/b/' c; perl -i.bak -pe 1 d; perl -ne print e", "c d"),
        # other tools
        ("dd if=a of=b", "b"),
        ("curl -sSo a u; curl -X POST --output=b u; wget -O c u; wget -qO- u; sort -o d e", "a b c d"),
        ("patch -p1 < a; patch b < a; patch -d c < a", ". ./b c"),
        ("tar xzf a; tar -xf a -C b; tar czf c d; tar -cf - d; tar tf a; tar --get --directory=e", ". b c e"),
        ("unzip -q a -d b; unzip a; unzip -l a", "b ."),
        ("find a b -name '*.c' -delete", "-a/…….c -b/…….c"),
        ("find . -delete", "-./…"),
        ("find a -exec rm {} +", "-a/…"),
        ("find a -name x -fprint b", "b"),
        # git
        ("git rm a; git mv b c; git -C d rm --cached e; git -C d rm e", "-a -b -c -d/e"),
        ("git checkout -- a; git checkout HEAD b; git checkout c; git restore d; git restore --staged e", "a b d"),
        ("git apply a; git apply --check a; git commit -am x", "."),
        # wrapped
        ("A=1 env -u B tee c; ls | xargs rm -f d; sudo touch e", "c -d e"),
        ("sh -c 'cd a && rm b' && touch c", "-a/b c"),
        ("bash -lc \"touch 'a b'\"", "a\\ b"),
        ("f() { touch a; }; f; x=$(touch b); `touch c`", "a b c"),
        ("diff <(tee a) b | tee >(tee c > d)", "a d c"),
        # where
        ("cd a && touch b; cd /c; touch d", "a/b /c/d"),
        ("(cd a; touch b); touch c", "a/b c"),
        ("touch ~/a; A=/b; touch $A/c", "/home/me/a /b/c"),
        ("touch $a b$(c) d; cd $a; touch e /f", "d /f"),
    ],
)  # fmt: skip
def test_what_a_command_writes(text: str, paths: str) -> None:
    """What is taken away as a whole has a dash before it; what is relative lies in /w."""
    found = [("-" if one.removed else "") + one.path.removeprefix("/w/") for one in foretold(text)]
    assert [path.replace(ANY, "∗").replace(DEEP, "…") for path in found] == shlex.split(paths)


def test_links_are_followed_but_for_what_is_taken_away_itself(tmp_path: Path) -> None:
    home = Path(os.path.realpath(tmp_path))
    (home / "far/inner").mkdir(parents=True)
    (home / "near").mkdir()
    (home / "near/link").symlink_to(home / "far/inner")
    (home / "near/file").symlink_to(home / "far/new")
    places = {
        "touch link/a": "far/inner/a",
        "touch link/../a": "far/a",
        "cd link/.. && touch a": "near/a",
        "echo > file": "far/new",
        "rm file": "near/file",
        "rm -r link": "near/link",
        "rm -r link/.": "far/inner",
        "rm link/*.c": f"far/inner/{ANY}.c",
        "rm link/x*/y": f"far/inner/x{ANY}/y",
        "touch none/../a": "near/a",
    }
    for text, place in places.items():
        assert [one.path for one in resolve_targets(foretold(text, str(home / "near")))] == [str(home / place)], text


@pytest.mark.parametrize("path", ["/dev/null", "/dev/stderr", "/dev/fd/3", "/proc/self/fd/2", "/dev/tty"])
def test_devices_are_no_files(path: str) -> None:
    assert list(resolve_targets(foretold(f"echo > {path}"))) == []


@pytest.mark.parametrize("name", ["\ud800", "x" * 5000, "a/" * 3000])
def test_a_path_that_no_system_takes_is_a_path(name: str) -> None:
    assert len(list(resolve_targets([Target(f"/w/{name}")]))) == 1


# Against a real shell

NAMES = st.sampled_from(
    ["a", "b c", "it's", "d.txt", "$HOME", "x;y", "ü", "{", "#h", "~", "*", "\\", '"', "&", "new\nline"]
)
SPECIAL = frozenset('"\\$`')


@st.composite
def quoted(draw: st.DrawFn) -> str:
    """A name of a file, in one of the ways to write it."""
    name = draw(NAMES)
    in_double_quotes = "".join(f"\\{c}" if c in SPECIAL else c for c in name)
    with_escapes = "".join(c if c.isalnum() else "'\n'" if c == "\n" else f"\\{c}" for c in name)
    return draw(st.sampled_from([shlex.quote(name), f'"{in_double_quotes}"', with_escapes]))


@st.composite
def simple(draw: st.DrawFn) -> str:
    """A command that writes something."""
    forms = [
        *("echo x > {}", ": >>{}", "touch {}", "mkdir -p {}", "echo x | tee {} >/dev/null", "cp /dev/null {}"),
        *("cat <<E >{}\n> no\nE\n", "cat <<'E F' > {} # >no\n$(> no)\nE F\n", "env A=1 touch -- {}", "> {} echo 2>&1"),
        *(
            "touch x && rm -f {}",
            "touch x; mv x {}",
            "echo x 1>{} 2>/dev/null",
            "echo {} | xargs -I% touch k",
            'V={}; > "$V"',
        ),
        *(
            "find . -maxdepth 1 -name x -exec touch {} \\;",
            "echo 'a > no' \"b > no\" \\> no `echo 'no > no'` >{}",
            "dd if=/dev/null of={} 2>/dev/null",
        ),
    ]
    return draw(st.sampled_from(forms)).replace("{}", draw(quoted()))


def wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Commands made of commands."""
    form = st.sampled_from(
        [
            *("( {} )", "{{ {}\n}}", "mkdir -p d && cd d && {}", "(mkdir -p d/e; cd d/e; {})", "if true; then {}\nfi"),
            *(
                "for i in 1; do {}\ndone",
                "f() {{ {}\n}}; f",
                "x=$( {} )",
                'x="`true`$( {} )"',
                "case 1 in 1) {};; esac",
                "! {}",
            ),
        ]
    )
    made = st.builds(lambda one, text: one.format(text), form, inner)
    given_to_a_shell = inner.map(lambda text: f"sh -c {shlex.quote(text)}")
    evaluated = inner.map(lambda text: f"eval {shlex.quote(text)}")
    return st.one_of(
        made,
        given_to_a_shell,
        evaluated,
        st.builds("{}\n{}".format, inner, inner),
        st.builds("{} ; {}".format, inner, inner),
    )


@settings(max_examples=150, deadline=None)
@given(text=st.recursive(simple(), wrapped, max_leaves=6))
def test_a_real_shell_writes_what_was_foretold(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = Path(os.path.realpath(tmp_path_factory.getbasetemp())) / "shell"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    known = [one.path for one in resolve_targets(foretold(text, str(folder)))]
    run("sh", "-c", text, cwd=folder, env={"HOME": "/home/me"})
    made = set(files(folder))
    assert {path for path in made if not any(path == one or is_above(path, one) for one in known)} == set()
    assert "no" not in map(os.path.basename, known)


def files(folder: Path) -> Iterator[str]:
    for above, folders, names in os.walk(folder):
        yield from (os.path.join(above, name) for name in [*folders, *names])


def is_above(path: str, target: str) -> bool:
    return target.startswith(path + "/")
