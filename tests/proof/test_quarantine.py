"""Checks that a person lets be flaky for a while."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.adapters.store.transaction import Transaction
from atlas.app import context_at
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import SETTINGS
from atlas.core.rules.outcomes import quarantine_of, read_quarantine
from atlas.core.rules.roles import Actor
from atlas.services.project.settings import current_settings
from atlas.services.proof.evidence import Demand, verify_module
from tests.kit.kept import Kept
from tests.kit.places import handed_in
from tests.kit.project import Project

DAY = "9999-12-31"


@pytest.fixture(scope="session")
def _handed_in(_begun_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(tmp_path_factory.mktemp("quarantine"), lambda root: handed_in(Project(root)), _begun_shop)


@pytest.fixture
def shop(_handed_in: Kept, tmp_path: Path) -> Project:
    """`auth` is reported done; its check fails when it runs for the first time, and passes after that."""
    project = Project(_handed_in.put_back())
    project.does("modify", "modify", "auth", "--check", flaky(tmp_path))
    project.hand_in("auth", commit=False)
    return project


def flaky(tmp_path: Path) -> str:
    return f"test -e '{tmp_path}/ran' || ! echo x >'{tmp_path}/ran'"


def test_one_in_quarantine_lands_and_is_shown(shop: Project, tmp_path: Path) -> None:
    shop.does("settings", "checks.quarantine", f" alice  {DAY} {flaky(tmp_path)}", "bob 9999-01-01 make test")
    assert shop.does("settings")["settings"]["checks.quarantine"][0] == f"alice {DAY} {flaky(tmp_path)}"
    done = shop.run("complete", "auth")
    assert done.returncode == 0, done
    (line,) = [line for line in done.stdout.splitlines() if ": flaky" in line]
    assert line.endswith(f"it failed and then passed on the same tree; it is in quarantine: alice, until {DAY}")
    (evidence,) = shop.module("auth")["evidence"]
    check = evidence["checks"][-1]
    assert (evidence["passed"], check["outcome"], check["quarantined_by"]) == (True, "flaky", f"alice, until {DAY}")
    assert check["first"]["exit_code"] == 1


def test_one_that_fails_twice_does_not_land(shop: Project, tmp_path: Path) -> None:
    command = "grep wrong auth.txt"
    shop.does("modify", "modify", "auth", "--check", command)
    shop.hand_in("auth", commit=False)
    shop.does("settings", "checks.quarantine", f"alice {DAY} {command}", f"bob {DAY} {flaky(tmp_path)}")
    shop.does("complete", "auth", code=2)
    (evidence,) = shop.module("auth")["evidence"]
    assert [check["outcome"] for check in evidence["checks"]] == ["passed", "flaky", "fails_on_base"]
    body = shop.mail("implementer-1")[-1]["body"]
    assert f"it is in quarantine: bob, until {DAY}" in body
    assert "alice" not in body


def move_days(shop: Project, day: str) -> None:
    """Make all entries end on a day that no command accepts any more."""

    def run(tx: Transaction, actor: Actor) -> None:
        before = current_settings(tx)
        tx.patch(SETTINGS, before, checks_quarantine=[one.replace(DAY, day) for one in before["checks_quarantine"]])

    context_at(str(shop.folder)).transact("configure-checks", run)


def test_one_whose_day_has_passed_does_not_count_and_the_doctor_says_so(shop: Project, tmp_path: Path) -> None:
    shop.does("settings", "checks.quarantine", f"alice {DAY} {flaky(tmp_path)}")
    move_days(shop, "2020-01-01")
    (finding,) = [one for one in shop.does("doctor")["findings"] if one["about"] == "quarantine"]
    assert "its quarantine was alice, until 2020-01-01" in finding["what"]
    evidence = verify_module(context_at(str(shop.folder)), "auth", Demand())["evidence"]
    assert (evidence["outcome"], evidence["checks"][-1]["quarantined_by"]) == ("flaky", None)


def test_it_holds_on_its_last_day_for_exactly_its_command() -> None:
    entries = ["alice 2030-01-01 make  test", "bob 2030-01-02 make"]
    assert quarantine_of("make  test", entries, "2030-01-01T23:59:59Z") == ("alice", "2030-01-01", "make  test")
    assert quarantine_of("make  test", entries, "2030-01-02T00:00:00Z") is None
    assert quarantine_of("make test", entries, "2029-01-01T00:00:00Z") is None


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("", "names no owner"),
        (f"{DAY} make test", "names no owner"),
        ("alice", "has no end date"),
        ("alice soon make test", "has no end date, but 'soon'"),
        ("alice 2030-02-30 make test", "has no end date"),
        ("alice 20300201 make test", "has no end date"),
        (f"alice {DAY}", "names no check"),
    ],
)
def test_what_is_no_entry_is_refused(entry: str, said: str) -> None:
    with pytest.raises(AtlasError, match=said):
        read_quarantine(entry)


def test_a_day_that_has_passed_is_refused(shop: Project) -> None:
    line = shop.refuses("settings", "checks.quarantine", f"bob {DAY} make", "alice 2020-01-01 make test")
    assert line == "checks.quarantine: 2020-01-01 has passed: give alice a day that is to come"
