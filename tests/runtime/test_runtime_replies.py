"""Answers under a key are the same on either kind of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tilth.runtime import Database, replies


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'r.sqlite'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("server").copy()
    found = Database.at(url)
    found.migrate()
    return found


def test_a_key_is_taken_once_and_answered_again(database):
    assert replies.claim(database, "李", "k", "about", 100) is None
    assert replies.claim(database, "李", "k", "about", 101).under_way
    replies.settle(database, "李", "k", "about", 201, b"\x00{}", 102)
    assert replies.claim(database, "李", "k", "other", 103) == ("about", 201, b"\x00{}")
    assert replies.claim(database, "Li", "k", "other", 103) is None


def test_a_key_that_was_given_back_is_free(database):
    assert replies.claim(database, "Li", "k", "about", 100) is None
    replies.release(database, "Li", "k")
    assert replies.claim(database, "Li", "k", "about", 100) is None


@pytest.mark.parametrize("lost", [False, True])
def test_one_of_many_that_come_at_once_gets_the_key(database, lost):
    now = 100 + replies.LOST_S + 1
    with ThreadPoolExecutor(8) as pool:
        for key in map(str, range(30)):
            if lost:
                assert replies.claim(database, "Li", key, "about", 100) is None
            got = list(pool.map(lambda _, key=key: replies.claim(database, "Li", key, "about", now), range(8)))
            assert got.count(None) == 1
