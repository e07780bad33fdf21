"""What a server holds in memory: never more than it may, worked out once, and nothing where nobody serves."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from tilth.runtime.held import Holding


def test_nothing_is_held_where_nobody_serves():
    made, place = [], Holding()
    for _ in range(2):
        place.held("a", lambda: made.append(1), lambda _: 1)
    assert len(made) == 2


def test_what_was_asked_for_long_ago_goes_first():
    made, place = [], Holding(most=2)

    def ask(key):
        return place.held(key, lambda: made.append(key) or key, lambda _: 1)

    for key in "abac":
        assert ask(key) == key
    assert ask("a") == "a" and made == ["a", "b", "c"]
    ask("b")
    assert made == ["a", "b", "c", "b"]


def test_what_is_larger_than_all_that_may_be_held_is_held_alone():
    place = Holding(most=2)
    place.held("a", lambda: 1, lambda _: 1)
    assert place.held("big", lambda: "x", lambda _: 100) == "x"
    assert place.held("big", lambda: "another", lambda _: 100) == "x"
    assert place.held("a", lambda: 2, lambda _: 1) == 2


def test_many_that_ask_at_once_wait_for_one():
    made, place = [], Holding(most=9)

    def make():
        made.append(1)
        time.sleep(0.05)
        return "x"

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: place.held("k", make, lambda _: 1), range(8))) == {"x"}
    assert made == [1] and not place._making


def test_what_fails_is_not_held():
    place = Holding(most=9)
    for _ in range(2):
        try:
            place.held("k", lambda: 1 // 0, lambda _: 1)
        except ZeroDivisionError:
            continue
    assert place.held("k", lambda: 7, lambda _: 1) == 7
