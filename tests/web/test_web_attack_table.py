"""The table of attacks in the documentation tells what is tried, all of it, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs/reference/attacks.md"
#: Tests in files of attacks that try none: they show that what is no attack still works.
NO_ATTACK = {
    "test_slow_answers_are_waited_for", "test_it_is_known_which_addresses_only_this_machine_reaches",
}  # fmt: skip


def rows():
    """Attempt, result and test of each line."""
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [one.strip() for one in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and cells[0] not in ("Attempt", "---"):
            yield cells


def found_in(file):
    return set(re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.M))


def test_every_line_names_what_came_of_it_and_a_test_that_is_there():
    found = list(rows())
    assert len(found) > 50
    for attempt, result, named in found:
        file, name = re.fullmatch(r"`([\w/]+\.py)::(test_\w+)`", named).groups()
        assert attempt and result and name in found_in(HERE / file), named


def test_no_test_of_an_attack_is_missing():
    named = {line[2].strip("`").partition("::")[2] for line in rows()}
    files = [*HERE.glob("test_web_attacks*.py"), HERE / "journeys/test_no_script_runs.py"]
    tried = set().union(*(found_in(file) for file in files))
    assert tried - named == NO_ATTACK
