"""Coming in: sessions, tokens, and what ends them, on both kinds of database."""

from __future__ import annotations

import argon2
import pytest
from identity_desk import CONSOLE, PASSWORD, Desk
from sqlalchemy import select, update

from tilth.core import BadInput, NotFound
from tilth.identity import Caller, Entered, Grant, Turned, may, passwords, tables
from tilth.land import Store


@pytest.fixture
def li(desk: Desk) -> str:
    """Somebody who submits for the north."""
    desk.people.add("li.wei", CONSOLE, shown="李伟", password=PASSWORD)
    desk.people.give("li.wei", "submitter", "999901001", CONSOLE)
    return "li.wei"


def entered(desk: Desk, name: str = "li.wei", password: str = PASSWORD, **more: str) -> Entered:
    done = desk.entrance.by_password(name, password, **more)
    assert isinstance(done, Entered)
    return done


# --- people -------------------------------------------------------------------------------------------------------


def test_nobody_is_known_in_a_new_workspace(desk: Desk) -> None:
    assert desk.people.all() == [] and not desk.people.anybody_with_password()


@pytest.mark.parametrize("name", ["Li Wei", "LI-WEI", "ｌｉ.ｗｅｉ"])
def test_a_name_is_taken_in_every_spelling(desk: Desk, li: str, name: str) -> None:
    with pytest.raises(BadInput, match=r"li\.wei"):
        desk.people.add(name, CONSOLE)


@pytest.mark.parametrize("name", ["", " ", "..", "a\nb", "a/b", "<script>", "x" * 65, "a'b", "-a", "\u202eabc"])
def test_what_is_no_name_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(BadInput, match="IDENTITY-NAME"):
        desk.people.add(name, CONSOLE)


def test_a_role_needs_a_place_that_is_there(desk: Desk, li: str) -> None:
    with pytest.raises(BadInput, match="IDENTITY-NO-PLACE"):
        desk.people.give(li, "viewer", "410882", CONSOLE)
    with pytest.raises(BadInput, match="IDENTITY-ROLE"):
        desk.people.give(li, "king", "999901", CONSOLE)
    Store(desk.place).put_group("999901002", ("999901001",))
    with pytest.raises(BadInput, match="IDENTITY-PLACE-TWICE"):
        desk.people.give(li, "viewer", "999901002", CONSOLE)


def test_a_role_over_a_group_is_a_role_over_each_of_its_regions(desk: Desk, li: str) -> None:
    person = desk.people.give(li, "accepter", "townships", CONSOLE)
    caller, tree = Caller(li, person.grants), Store(desk.place).regions()
    assert may(caller, "accept", "999901001001", tree) and may(caller, "accept", "999901002", tree)
    assert not may(caller, "accept", "999901", tree)
    assert desk.people.take(li, "accepter", "townships", CONSOLE).grants == (Grant("submitter", "999901001"),)
    with pytest.raises(NotFound, match="IDENTITY-NO-ROLE"):
        desk.people.take(li, "accepter", "townships", CONSOLE)


def test_who_is_removed_keeps_the_name_and_nothing_else(desk: Desk, li: str) -> None:
    secret, _ = desk.tokens.make(li, "QGIS", CONSOLE)
    session = entered(desk).id
    gone = desk.people.remove(li, CONSOLE)
    assert gone.disabled and not gone.roles and not gone.has_password
    assert desk.sessions.find(session) is None and desk.tokens.caller(secret) is None
    assert isinstance(desk.entrance.by_password(li, PASSWORD), Turned)
    with pytest.raises(BadInput, match="IDENTITY-NAME-TAKEN"):
        desk.people.add("Li Wei", CONSOLE)
    back = desk.people.restore(li, CONSOLE)
    assert not back.disabled and not back.roles and isinstance(desk.entrance.by_password(li, PASSWORD), Turned)


# --- sessions -----------------------------------------------------------------------------------------------------


def test_a_session_says_who_it_is_and_what_they_may_do_now(desk: Desk, li: str) -> None:
    session = entered(desk, "LI WEI", address="10.0.0.7")
    found = desk.sessions.find(session.id)
    assert found is not None and found.caller.name == li and found.caller.grants == (Grant("submitter", "999901001"),)
    desk.people.give(li, "viewer", "999901002", CONSOLE)
    found = desk.sessions.find(session.id)
    assert found is not None and len(found.caller.grants) == 2, "roles are looked up at every request"


def test_the_database_holds_nothing_that_lets_in(desk: Desk, li: str) -> None:
    session = entered(desk).id
    secret, _ = desk.tokens.make(li, "QGIS", CONSOLE)
    with desk.place.database.transaction() as connection:
        kept = [
            str([bytes(one) if isinstance(one, memoryview) else one for one in row])
            for table in (tables.sessions, tables.tokens, tables.people, tables.acts)
            for row in connection.execute(select(table))
        ]
    assert len(kept) >= 6
    assert not any(word in row for row in kept for word in (session, secret, PASSWORD))


def test_a_session_ends_unused_after_eight_hours_and_used_after_a_day(desk: Desk, li: str) -> None:
    idle, used = entered(desk).id, entered(desk).id
    for _ in range(3):
        desk.clock.sleep(7.9 * 3600)
        assert desk.sessions.find(used) is not None
    assert desk.sessions.find(idle) is None
    desk.clock.sleep(0.4 * 3600)
    assert desk.sessions.find(used) is None


def test_every_sign_in_gets_a_new_session_and_the_one_before_ends(desk: Desk, li: str) -> None:
    first = entered(desk).id
    planted = entered(desk, had="chosen-by-somebody-else").id
    assert planted != "chosen-by-somebody-else" and desk.sessions.find("chosen-by-somebody-else") is None
    second = entered(desk, had=first).id
    assert desk.sessions.find(first) is None and desk.sessions.find(second) is not None


def test_a_session_ends_at_sign_out_and_when_the_password_changes(desk: Desk, li: str) -> None:
    out, other = entered(desk).id, entered(desk).id
    desk.sessions.end(out)
    assert desk.sessions.find(out) is None and desk.sessions.find(other) is not None
    desk.people.set_password(li, "nine grey geese over Linhe", CONSOLE)
    assert desk.sessions.find(other) is None
    assert isinstance(desk.entrance.by_password(li, PASSWORD), Turned)
    entered(desk, password="nine grey geese over Linhe")


def test_a_sign_in_that_was_under_way_when_the_password_changed_lets_nobody_in(desk: Desk, li: str) -> None:
    stamp = desk.entrance.proven(li, PASSWORD)
    assert isinstance(stamp, str)
    desk.people.set_password(li, "nine grey geese over Linhe", CONSOLE)
    id, _ = desk.sessions.open(Caller(li, ()), stamp)
    assert desk.sessions.find(id) is None


def test_the_key_of_the_start_opens_a_session_that_ends_with_the_server(desk: Desk) -> None:
    assert isinstance(desk.entrance.by_key("a guess"), Turned)
    done = desk.entrance.by_key("the-key")
    assert isinstance(done, Entered) and done.session.caller.by == "key"
    assert may(done.session.caller, "administer", "999901001001", Store(desk.place).regions())
    again = type(desk.entrance)(desk.place, "another-key", "root", desk.clock)
    assert again.sessions.find(done.id) is None and desk.sessions.find(done.id) is not None
    assert type(desk.entrance)(desk.place, "", "root", desk.clock).sessions.find(done.id) is None


def test_no_key_lets_in_where_the_server_has_none(desk: Desk) -> None:
    shut = type(desk.entrance)(desk.place, "", "root", desk.clock)
    assert isinstance(shut.by_key(""), Turned)


def test_a_password_is_hashed_anew_when_the_parameters_changed(desk: Desk, li: str) -> None:
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with desk.place.database.transaction() as connection:
        connection.execute(update(tables.people).values(password=old))
    session = entered(desk).id
    with desk.place.database.transaction() as connection:
        kept = connection.execute(select(tables.people.c.password)).scalar_one()
    assert kept != old and not passwords.outdated(kept)
    assert desk.sessions.find(session) is not None
    entered(desk)


def test_a_stranger_is_answered_as_somebody_with_a_wrong_password(
    desk: Desk, li: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    real = passwords.fits
    monkeypatch.setattr(passwords, "fits", lambda kept, word: asked.append(kept) or real(kept, word))
    known, unknown = (desk.entrance.by_password(name, "seven grey ducks") for name in (li, "nobody"))
    assert known == unknown == Turned(0)
    assert len(asked) == 2 and asked[0] is not None and asked[1] is None


# --- tokens -------------------------------------------------------------------------------------------------------


def test_a_token_lets_do_what_its_person_may_and_says_when_it_was_used(desk: Desk, li: str) -> None:
    secret, token = desk.tokens.make(li, "QGIS", CONSOLE, days=10)
    assert token.used_at is None and secret.startswith("tilth_")
    caller = desk.tokens.caller(secret)
    assert caller is not None and caller.by == "token" and caller.grants == (Grant("submitter", "999901001"),)
    assert desk.tokens.of(li)[0].used_at is not None
    desk.people.take(li, "submitter", "999901001", CONSOLE)
    caller = desk.tokens.caller(secret)
    assert caller is not None and caller.grants == ()


def test_a_token_may_be_narrower_than_its_person(desk: Desk, li: str) -> None:
    desk.people.give(li, "viewer", "999901", CONSOLE)
    tree = Store(desk.place).regions()
    secret, _ = desk.tokens.make(li, "map", CONSOLE, roles=["viewer"], region="999901001")
    caller = desk.tokens.caller(secret)
    assert caller is not None
    assert may(caller, "read", "999901001001", tree) and not may(caller, "read", "999901002", tree)
    assert not may(caller, "read", "999901", tree) and not may(caller, "submit", "999901001", tree)


def test_a_token_ends(desk: Desk, li: str) -> None:
    (short, _), (long, token) = (desk.tokens.make(li, "x", CONSOLE, days=days) for days in (1, 2))
    desk.clock.sleep(24 * 3600 + 1)
    assert desk.tokens.caller(short) is None and desk.tokens.caller(long) is not None
    desk.tokens.end(li, token.id, CONSOLE)
    assert desk.tokens.caller(long) is None
    with pytest.raises(NotFound, match="IDENTITY-NO-TOKEN"):
        desk.tokens.end(li, token.id, CONSOLE)
    assert desk.tokens.caller("tilth_") is None and desk.tokens.caller("") is None


def test_no_token_is_for_ever_or_for_nobody(desk: Desk, li: str) -> None:
    for days in (0, 367):
        with pytest.raises(BadInput, match="IDENTITY-TOKEN-DAYS"):
            desk.tokens.make(li, "x", CONSOLE, days=days)
    with pytest.raises(NotFound):
        desk.tokens.make("nobody", "x", CONSOLE)
    with pytest.raises(BadInput, match="IDENTITY-NO-PLACE"):
        desk.tokens.make(li, "x", CONSOLE, region="410882")


# --- guessing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["li.wei", "nobody"])
def test_who_guesses_at_a_name_waits_longer_and_longer_known_or_not(
    desk: Desk, li: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "fits", lambda kept, word: kept is not None and word == PASSWORD)
    waits = []
    for turn in range(12):
        done = desk.entrance.by_password(name, "a guess", address=f"10.0.0.{turn}")
        while isinstance(done, Turned) and done.wait_s:
            waits.append(done.wait_s)
            desk.clock.sleep(done.wait_s)
            done = desk.entrance.by_password(name, "a guess", address=f"10.0.0.{turn}")
        assert done == Turned(0)
    assert waits == [2, 4, 8, 16, 32, 64, 128]


def test_the_right_password_is_not_looked_at_while_one_waits_and_clears_the_name(
    desk: Desk, li: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "fits", lambda kept, word: kept is not None and word == PASSWORD)
    for _ in range(5):
        assert desk.entrance.by_password(li, "a guess") == Turned(0)
    assert desk.entrance.by_password(li, PASSWORD) == Turned(2)
    desk.clock.sleep(2)
    entered(desk)
    assert desk.entrance.by_password(li, "a guess") == Turned(0)
    entered(desk)


def test_one_address_cannot_guess_at_many_names(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "fits", lambda kept, word: False)
    done = [desk.entrance.by_password(f"name{turn}", "a guess", address="10.0.0.1") for turn in range(21)]
    assert done[:20] == [Turned(0)] * 20 and done[20] == Turned(2)
    assert desk.entrance.by_password("name1", "a guess", address="10.0.0.2") == Turned(0)


def test_a_try_is_counted_before_it_is_looked_at(desk: Desk, li: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a hundred tries at once are no more than a hundred tries one after the other."""
    waits = [desk.throttle.wait_s(li, "") for _ in range(6)]
    assert waits == [0] * 5 + [2]


def test_wrong_passwords_are_forgotten_after_a_day(desk: Desk, li: str) -> None:
    for _ in range(5):
        desk.throttle.wait_s(li, "")
    desk.clock.sleep(24 * 3600 + 1)
    assert [desk.throttle.wait_s(li, "") for _ in range(6)] == [0] * 5 + [2]
