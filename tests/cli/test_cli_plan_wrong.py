"""Wrong problems at the command line: each is answered with one clear sentence, exit status 2, and nothing is kept."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilth import api
from tilth.cli.run import run

FULL = os.environ.get("TILTH_FULL") == "1"
HEAD = "unit,treatment,township,value_yuan,cost_yuan,water_m3"
OPTIONS = [
    "p1,as is,A,0,0,0",
    "p1,drains,A,1900,500,9",
    "p2,as is,B,0,0,0",
    "p2,drains,B,1700,500,7",
]
AIM = '[aim]\nmaximise = "value_yuan"\n'


def told(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], rows: str = AIM, head: str = HEAD
) -> tuple[int, str]:
    """Exit status and what is said on the error stream of posing a problem and, where that is done, of solving it."""
    if not (folder / "w").exists():
        api.init(folder / "w", region="150821", name="Demo")
    names = [f"plan{len(list((folder / 'w').glob('plans/*')))}", "--options", str(folder / "options.csv")]
    (folder / "options.csv").write_text("\n".join([head, *options]) + "\n", encoding="utf-8")
    (folder / "rows.toml").write_text(rows, encoding="utf-8")
    capsys.readouterr()
    status = run(["-w", str(folder / "w"), "plan", "new", *names, "--rows", str(folder / "rows.toml")])
    if status != 2:
        status = run(["-w", str(folder / "w"), "plan", "solve", names[0], "--seconds", "20"])
    return status, capsys.readouterr().err


def limit(column: str, most: str, more: str = "") -> str:
    return f'{AIM}[[within]]\ncolumn = "{column}"\nmost = {most}\n{more}\n'


def floor(column: str, least: str, more: str = "") -> str:
    return f'{AIM}[[at_least]]\ncolumn = "{column}"\nleast = {least}\n{more}\n'


WRONG_TABLES = {
    "no options at all": ([], "none can be used"),
    "a unit without a usable option": (["p1,,A,1,1,1"], "none can be used; the first: the row of unit p1 names no"),
    "a cost that is no number": (
        ["p1,as is,A,0,nan,0", *OPTIONS[1:]],
        "cost_yuan of unit p1, treatment 'as is', is nan",
    ),
    "an absurd size": ([OPTIONS[0], "p1,drains,A,1e300,500,9"], "value_yuan of unit p1, treatment 'drains', is 1e+300"),
    "infinity": ([OPTIONS[0], "p1,drains,A,inf,500,9"], "value_yuan of unit p1, treatment 'drains', is inf"),
    "beyond whole numbers of a float": (["p1,as is,A,9007199254740993,0,0"], "value_yuan of unit p1, treatment"),
}


@pytest.mark.parametrize("case", WRONG_TABLES)
def test_a_table_that_cannot_be_meant_is_refused(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options, sentence = WRONG_TABLES[case]
    status, err = told(tmp_path, capsys, options)
    assert status == 2 and sentence in err, err
    assert "Traceback" not in err and not list((tmp_path / "w").glob("plans/*"))


WRONG_ROWS = {
    "units mixed in the aim": (
        '[aim]\nmaximise = ["value_yuan", "water_m3"]\n',
        "which are in different units (m3, yuan)",
    ),
    "units mixed in a limit": (limit("cost_yuan", '"5 m3"'), "its limit is given in m3"),
    "a unit that is none": (limit("cost_yuan", '"5 florins"'), "has the value 5 florins"),
    "a limit that is no number": (limit("cost_yuan", "nan"), "[[within]] 1 has the value nan"),
    "a limit without end": (limit("cost_yuan", "inf"), "[[within]] 1 has the value inf"),
    "a comma that parts no thousands": (limit("cost_yuan", '"1,5 wan_yuan"'), "has the value 1,5 wan_yuan"),
    "a year in other digits": (
        '[aim]\nmaximise = "value_yuan"\n[[within]]\ncolumn = "cost_yuan"\nmost = 5\nwhere = {year = "²"}\n',
        "²",
    ),
    "a limit beyond all numbers": (limit("cost_yuan", '"1e400 wan_yuan"'), "the limit of cost_yuan is "),
    "an absurd limit": (limit("cost_yuan", "1e300"), "[[within]] 1 has the value 1e+300"),
    "a limit of four hundred digits": (limit("cost_yuan", "9" * 400), "[[within]] 1 has the value 999"),
    "an absurd weight": ("[aim]\nmaximise = {value_yuan = 1e300}\n", "[aim] has the value 1e+300"),
    "text for a number": (limit("cost_yuan", '"a lot"'), "[[within]] 1 has the value a lot"),
    "yes for a number": (limit("cost_yuan", "true"), "[[within]] 1 has the value True"),
    "no limit": (f'{AIM}[[within]]\ncolumn = "cost_yuan"\n', "[[within]] 1 has the value None"),
    "a column that is missing": (limit("dung_t", "5"), "there is no quantity 'dung_t'"),
    "a township that is missing": (limit("cost_yuan", "5", 'where = {township = "C"}'), "there is no township 'C'"),
    "a label that is missing": (limit("cost_yuan", "5", 'where = {valley = "A"}'), "there is no label 'valley'"),
    "groups that are missing": (limit("cost_yuan", "5", 'by = "valley"'), "there is no label 'valley'"),
    "a weight that is no number": ('[aim]\nmaximise = {value_yuan = "much"}\n', "[aim] has the value much"),
    "an aim of nothing": ("[aim]\nmaximise = {}\n", "the problem has no aim"),
    "an aim both ways": ('[aim]\nmaximise = "value_yuan"\nminimise = "cost_yuan"\n', "the problem has no aim"),
    "a floor below nothing that money cannot reach": (
        limit("cost_yuan", "-1"),
        "The smallest relaxation: cost_yuan is",
    ),
    "infeasible by one yuan": (
        limit("cost_yuan", "999", '[[lock]]\ntreatment = "drains"\nunits = ["p1", "p2"]'),
        "in conflict: cost_yuan is at most 999. The smallest relaxation: cost_yuan is at most 999: 1",
    ),
    "a floor above all there is": (
        floor("water_m3", "17"),
        "in conflict: water_m3 is at least 17. The smallest relaxation",
    ),
}


@pytest.mark.parametrize("case", WRONG_ROWS)
def test_demands_that_cannot_be_meant_or_met_are_refused(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, sentence = WRONG_ROWS[case]
    status, err = told(tmp_path, capsys, OPTIONS, rows)
    assert status == 2 and sentence in err, err
    assert "Traceback" not in err and not list((tmp_path / "w").glob("plans/*/solution"))


def test_an_option_given_twice_is_set_aside_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _ = told(tmp_path, capsys, [*OPTIONS, "p1,drains,A,2900,500,9"])
    assert status == 0
    kept = (tmp_path / "w" / "plans" / "plan0" / "quarantine.csv").read_text(encoding="utf-8-sig")
    assert "PLAN-ROW-TWICE" in kept and "2900" in kept


def test_a_problem_without_rows_or_choice_is_solved_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, err = told(tmp_path, capsys, OPTIONS)
    assert status == 0 and "value 3,600, bound 3,600" in err
    status, err = told(tmp_path, capsys, OPTIONS[:1], limit("cost_yuan", "0"))
    assert status == 0 and "value 0, bound 0" in err


def test_an_area_below_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    api.init(tmp_path / "w", region="150821", name="Demo")
    (tmp_path / "options.csv").write_text("unit,treatment,value_yuan_ha\np1,as is,5\n", encoding="utf-8")
    (tmp_path / "units.csv").write_text("unit,area_ha\np1,-2\n", encoding="utf-8")
    files = ["--options", str(tmp_path / "options.csv"), "--units", str(tmp_path / "units.csv")]
    assert run(["-w", str(tmp_path / "w"), "plan", "new", "x", *files]) == 2
    assert "row 1 of units.csv: unit p1 stands there twice, or its area is not above 0" in capsys.readouterr().err


_WORDS = st.sampled_from(
    ["value_yuan", "cost_yuan", "water_m3", "drains", "as is", "township", "treatment", "year", "A", "p1", "", "5 m3",
     "0.05 wan_yuan", "-1 yuan", "1e400 yuan", "等"]
)  # fmt: skip
_NUMBERS = st.sampled_from([0, 1, -1, 500, 2**53, 2**63, 10**400, 0.5, 1e300, -1e300, float("nan"), float("inf")])
_SCALARS = _WORDS | _NUMBERS | st.booleans()
_VALUES = _SCALARS | st.lists(_SCALARS, max_size=2) | st.dictionaries(_WORDS, _SCALARS, max_size=2)
_KEYS = st.sampled_from(
    [
        "column",
        "most",
        "least",
        "by",
        "where",
        "treatment",
        "out",
        "units",
        "maximise",
        "minimise",
        "first",
        "after",
        "x",
    ]
)
_ENTRY = st.dictionaries(_KEYS, _VALUES, max_size=4)
_FILE = st.dictionaries(
    st.sampled_from(["aim", "within", "at_least", "lock", "spent", "title", "version", "x"]),
    _VALUES | _ENTRY | st.lists(_ENTRY, max_size=2) | st.dictionaries(_WORDS, _ENTRY, max_size=1),
    max_size=4,
)
_SENSIBLE = st.fixed_dictionaries(
    {"aim": st.sampled_from([{"maximise": "value_yuan"}, {"minimise": "cost_yuan"}])},
    optional={
        "within": st.lists(st.fixed_dictionaries({"column": _WORDS, "most": _SCALARS}, optional={"by": _WORDS,
            "where": st.dictionaries(_WORDS, _SCALARS, max_size=1)}), max_size=2),
        "at_least": st.lists(st.fixed_dictionaries({"column": _WORDS, "least": _VALUES}, optional={"by": _WORDS}),
            max_size=2),
        "lock": st.lists(st.fixed_dictionaries({"treatment": _WORDS}, optional={"out": st.booleans(),
            "units": st.lists(_SCALARS, max_size=2), "where": st.dictionaries(_WORDS, _SCALARS, max_size=1)}),
            max_size=2),
    },
)  # fmt: skip


def as_toml(value: Any) -> str:
    """One value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_toml(str(key))} = {as_toml(one)}" for key, one in value.items()) + "}"
    return repr(value)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attacked")


@settings(max_examples=400 if FULL else 12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=_FILE | _SENSIBLE)
def test_no_file_of_demands_whatever_makes_a_traceback(
    asked: dict[str, Any], place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = "\n".join(f"{key} = {as_toml(value)}" for key, value in asked.items()) + "\n"
    tomllib.loads(rows)
    status, err = told(place, capfd, OPTIONS, rows)
    assert status in {0, 1, 2} and "Traceback" not in err and "unexpected" not in err.casefold(), (rows, err)
    assert status != 2 or len(err.strip().splitlines()) <= 4, err
