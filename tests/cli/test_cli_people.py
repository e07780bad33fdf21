"""People, roles and tokens at the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import argon2
import pytest

from tilth import api
from tilth.cli import people
from tilth.cli.run import run
from tilth.identity import ROLES
from tilth.land import Region, Store

PASSWORD = "seven grey geese over Linhe"
Said = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A county with one township and a group of it, where a password is hashed at once."""
    quick = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr("tilth.identity.passwords._hasher", lambda: quick)
    county = api.init(tmp_path / "county", region="999901", name="Linhe")
    north = Region("999901001", "North", "township", "999901")
    Store(county).put_regions([Region("999901", "Linhe", "county"), north], {"upper": ("999901001",)})
    return str(county.root)


def told(said: Said, place: str, *words: str, status: int = 0) -> Any:
    """What a command says with --json."""
    assert run(["-w", place, "user", *words, "--json"]) == status
    return json.loads(said.readouterr().out)


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_the_roles_of_the_command_line_are_those_of_the_rights() -> None:
    assert tuple(ROLES) == people.ROLES


def test_somebody_is_added_and_given_a_role(place: str, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, f"{PASSWORD}\n")
    made = told(capsys, place, "add", "li.wei", "--shown", "李伟", "--password-stdin")
    assert (made["name"], made["shown"], made["has_password"], made["roles"]) == ("li.wei", "李伟", True, [])
    assert told(capsys, place, "role", "li.wei", "administrator")["roles"][0]["region"] == "999901"
    told(capsys, place, "role", "li.wei", "viewer", "--group", "upper")
    said = told(capsys, place, "role", "li.wei", "administrator", "--take")
    assert [(one["role"], one["region"]) for one in said["roles"]] == [("viewer", "upper")]
    assert [one["name"] for one in told(capsys, place, "list")] == ["li.wei"]


def test_no_password_stands_on_the_command_line_or_on_the_screen(
    place: str, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["-w", place, "user", "add", "li.wei", "--password", PASSWORD]) == 2
    capsys.readouterr()
    typed(monkeypatch, f"{PASSWORD}\n")
    assert run(["-w", place, "user", "add", "li.wei", "--password-stdin"]) == 0
    said = capsys.readouterr()
    assert PASSWORD not in said.out + said.err


def test_a_password_that_may_not_be_used_is_refused_in_both_languages(
    place: str, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, words in (("en", "has 5 letters; it must have 12 to 128"), ("zh", "密码为 5 个字符")):
        typed(monkeypatch, "short\n")
        assert run(["-w", place, "--lang", language, "user", "add", "li.wei", "--password-stdin"]) == 2
        assert words in capsys.readouterr().err
    assert told(capsys, place, "list") == []


def test_a_token_is_printed_once_alone_on_the_output(place: str, capsys: Said) -> None:
    told(capsys, place, "add", "li.wei", "--no-password")
    assert run(["-w", place, "user", "token", "li.wei", "--for", "QGIS", "--role", "viewer"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("tilth_") and len(said.out.split()) == 1 and "not shown again" in said.err
    listed = told(capsys, place, "token", "li.wei")
    assert [one["roles"] for one in listed] == [["viewer"]] and said.out.strip() not in json.dumps(listed)
    assert told(capsys, place, "token", "li.wei", "--end", listed[0]["id"]) == []


def test_who_is_removed_keeps_the_name(place: str, capsys: Said) -> None:
    told(capsys, place, "add", "li.wei", "--no-password")
    assert told(capsys, place, "remove", "LI.WEI")["disabled"]
    assert run(["-w", place, "user", "add", "Li Wei", "--no-password"]) == 2
    assert "IDENTITY-NAME-TAKEN" in capsys.readouterr().err
    assert not told(capsys, place, "remove", "li.wei", "--undo")["disabled"]


def test_the_log_says_who_did_it_at_the_console_and_is_tested(place: str, capsys: Said) -> None:
    told(capsys, place, "add", "li.wei", "--no-password")
    told(capsys, place, "role", "li.wei", "viewer")
    said = told(capsys, place, "log")
    assert [(one["by"], one["action"]) for one in said["items"]] == [
        ("console", "role.give"),
        ("console", "person.add"),
    ]
    assert said["verified"] == {"rows": 2, "findings": []}
    county = api.open_workspace(place)
    with county.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE identity_act SET body = '{}' WHERE number = 1")
    assert told(capsys, place, "log", status=1)["verified"]["findings"]
    assert run(["-w", place, "user", "log"]) == 1
    assert "IDENTITY-LOG-CHANGED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("role li.wei vewer", "viewer"), ("role nobody viewer", "IDENTITY-NO-PERSON"),
        ("role li.wei viewer --region 410882", "IDENTITY-NO-PLACE"),
        ("role li.wei viewer --region 999901 --group upper", "CLI-USER-REGION-GROUP"),
        ("token li.wei --for x --days 1000", "IDENTITY-TOKEN-DAYS"), ("token nobody", "IDENTITY-NO-PERSON"),
        ("token li.wei --end abc", "IDENTITY-NO-TOKEN"), ("remove nobody", "IDENTITY-NO-PERSON"),
        ("add a/b --no-password", "IDENTITY-NAME"),
    ],
)  # fmt: skip
def test_a_slip_is_answered_in_one_sentence(place: str, capsys: Said, words: str, said: str) -> None:
    told(capsys, place, "add", "li.wei", "--no-password")
    assert run(["-w", place, "user", *words.split()]) == 2
    assert said in capsys.readouterr().err


def test_nothing_is_served_to_others_before_somebody_has_a_password(place: str, capsys: Said) -> None:
    assert run(["-w", place, "serve", "--host", "0.0.0.0"]) == 2
    assert "WEB-NOBODY-YET" in capsys.readouterr().err
