"""A plan's folder in the workspace: inputs that never change, named by their hashes, and the solution made of them."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth import __version__
from tilth.core import BadInput, Label, NotFound

if TYPE_CHECKING:
    from tilth.core import FloatArray
    from tilth.plan import Options, Problem, Solution
    from tilth.report import Listing, Words
    from tilth.runtime import Workspace

FOLDER, OPTIONS, ROWS, ABOUT, REJECTED = "plans", "options.parquet", "rows.toml", "about.json", "quarantine.csv"
SOLUTION, CHOICE, PROOF = "solution", "solution.parquet", "solution.json"
UNIT, TREATMENT, CROP, START = "unit", "treatment", "crop", "start"
#: Longest name, so that files may be named after it. [bytes]
_LONGEST = 100
#: What some systems keep for themselves.
_TAKEN = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
#: What is always said of a plan, and of a solution.
_SAID = frozenset({
    "name", "title", "version", "made_at", "units", "options", "rows_in", "quarantined", "units_lost", "inputs", "key",
    "quantities", "labels", "sources",
})  # fmt: skip
_PROVEN = frozenset({
    "aim", "value", "bound", "gap", "seconds", "proof", "rows", "gap_asked", "inputs", "choice_sha256", "made_at",
    "record_sha256",
})  # fmt: skip


@dataclass(frozen=True)
class KeptPlan:
    """A plan's inputs as they were stored, checked against their hashes."""

    name: str
    folder: Path
    about: Mapping[str, Any]
    options: Options
    crops: Any | None  # (K)
    measures: Any  # (K) what the table calls the treatment, without its crop
    problem: Problem
    asked: Mapping[str, Any]  # the demands as they were written

    @cached_property
    def words(self) -> Words:
        """What its treatments, crops and quantities are called."""
        from tilth.report import Words

        return Words.of_rows(self.asked)

    @property
    def inputs(self) -> dict[str, str]:
        """The hash of each input."""
        return dict(self.about["inputs"])


def plan_folder(workspace: Workspace, name: str) -> Path:
    """The folder of a plan; BadInput where the name leads elsewhere."""
    unfit = not name or name != name.strip() or not name.isprintable() or any(one in name for one in '/\\:*?"<>|')
    if unfit or name[0] == "." or name[-1] == "." or _TAKEN.fullmatch(name) or len(name.encode()) > _LONGEST:
        raise BadInput("PLAN-NAME", name=name[:_LONGEST])
    return workspace.root / FOLDER / name


def put(workspace: Workspace, target: Path, files: Mapping[str, bytes]) -> None:
    """A folder of these files, whole or not at all."""
    from tilth.runtime import settle

    with workspace.staging() as staging:
        staged = staging / "plan"
        staged.mkdir()
        for name, content in files.items():
            (staged / name).write_bytes(content)
        settle(staged, target)


def plan_book(
    workspace: Workspace, plan: KeptPlan, listings: Sequence[Listing], title: Label, made_on: str | None
) -> bytes:
    """A workbook about a plan: its lists, with the files and the rule version that they come from."""
    from tilth.report import assignment_book

    return assignment_book(
        listings, title=title, unit=Label(workspace.name, workspace.name), sources=plan.about["sources"],
        software=f"tilth {__version__}", rules=plan.about["version"],
        made_on=made_on or datetime.now(UTC).date().isoformat(),
    )  # fmt: skip


def digest(content: bytes) -> str:
    """SHA-256."""
    return hashlib.sha256(content).hexdigest()


def as_json(record: Mapping[str, Any]) -> bytes:
    """A record as a file."""
    return json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False).encode()


def sealed(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record with the hash of all that it says, so that no part of it is another without being seen."""
    return {**record, "record_sha256": digest(as_json(record))}


def about_plan(folder: Path) -> dict[str, Any]:
    """What was said of a plan when it was made.

    Raises
    ------
    BadInput
        If that cannot be read any more.
    """
    return _record(folder, ABOUT, _SAID)


def proof_of(folder: Path) -> dict[str, Any]:
    """What was proven of the solution in a plan's folder.

    Raises
    ------
    BadInput
        If that is not what was stored.
    """
    record = _record(folder, f"{SOLUTION}/{PROOF}", _PROVEN)
    if sealed({name: one for name, one in record.items() if name != "record_sha256"}) != record:
        raise BadInput("PLAN-CHANGED", name=folder.name, file=f"{SOLUTION}/{PROOF}")
    return record


def _record(folder: Path, file: str, said: frozenset[str]) -> dict[str, Any]:
    try:
        record = json.loads((folder / file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput("PLAN-CHANGED", name=folder.name, file=file) from error
    if not isinstance(record, dict) or not said <= set(record):
        raise BadInput("PLAN-CHANGED", name=folder.name, file=file)
    return record


def kept_plan(workspace: Workspace, name: str) -> KeptPlan:
    """A plan of the workspace.

    Raises
    ------
    NotFound
        If there is none of that name.
    BadInput
        If an input is not what it was when the plan was made.
    """
    folder = plan_folder(workspace, name)
    if not (folder / ABOUT).is_file():
        known = sorted(one.parent.name for one in (workspace.root / FOLDER).glob(f"*/{ABOUT}"))
        raise NotFound("PLAN-NO-PLAN", name=name, known=", ".join(known) or "-")
    about = about_plan(folder)
    for file, sha256 in about["inputs"].items():
        if not (folder / file).is_file() or digest((folder / file).read_bytes()) != sha256:
            raise BadInput("PLAN-CHANGED", name=name, file=file)
    table, crops, measures = read_options(folder / OPTIONS, about)
    asked = tomllib.loads((folder / ROWS).read_text(encoding="utf-8-sig"))
    return KeptPlan(name, folder, about, table, crops, measures, posed(table, asked, crops, measures), asked)


def posed(table: Options, asked: Mapping[str, Any], crops: Any | None, measures: Any) -> Problem:
    """The problem that rows pose over a table."""
    from tilth.plan import from_rows

    return from_rows(table, asked, crops=crops, measures=measures)


def read_options(file: Path, about: Mapping[str, Any]) -> tuple[Options, Any | None, Any]:
    """The option table of a plan; crops and measures of its options."""
    import numpy as np
    import pandas as pd

    from tilth.plan import with_means

    frame = pd.read_parquet(file)
    place, names = pd.factorize(frame[UNIT], sort=False)
    first = np.searchsorted(place, np.arange(len(names)))
    measures = frame[TREATMENT].to_numpy(dtype=object)
    crops = frame[CROP].to_numpy(dtype=object) if CROP in about["key"] else None
    start = frame[START].to_numpy(np.int64) if START in about["key"] else None
    columns = {name: frame[name].to_numpy() for name in about["quantities"]}
    labels = {name: frame[name].to_numpy(dtype=object)[first] for name in about["labels"]}
    table = _options(place, np.asarray(names, dtype=object), measures, crops, start, columns, labels)
    return with_means(replace(table, chances=dict(about.get("chances", {})))), crops, measures


def _options(
    place: Any, names: Any, measures: Any, crops: Any | None, start: Any | None, columns: Mapping[str, Any],
    labels: Mapping[str, Any],
) -> Options:  # fmt: skip
    import numpy as np

    from tilth.plan import Options

    kinds = measures if crops is None else np.array(
        [f"{one} / {crop}" if crop else one for one, crop in zip(measures, crops, strict=True)], dtype=object
    )  # fmt: skip
    treatments, codes = np.unique(kinds.astype(str), return_inverse=True)
    years = () if start is None else tuple(int(one) for one in np.unique(start) if one)
    return Options(
        ptr=np.concatenate([[0], np.cumsum(np.bincount(place, minlength=len(names)))]).astype(np.int64),
        columns=dict(columns), treatment=codes.reshape(-1).astype(np.int64),
        treatments=tuple(str(one) for one in treatments), labels={k: v.astype(str) for k, v in labels.items()},
        names=names, start=start, years=years,
    )  # fmt: skip


def kept_solution(plan: KeptPlan) -> Solution:
    """The stored solution of a plan.

    Raises
    ------
    NotFound
        If it is not solved yet.
    BadInput
        If the solution is not what was stored, or that of other inputs.
    """
    import numpy as np
    import pandas as pd

    from tilth.plan import Over, Solution, Stage, staged

    folder = plan.folder / SOLUTION
    if not (folder / PROOF).is_file():
        raise NotFound("PLAN-UNSOLVED", name=plan.name)
    record = proof_of(plan.folder)
    file = folder / CHOICE
    whole = file.is_file() and digest(file.read_bytes()) == record["choice_sha256"]
    if not whole or record["inputs"] != plan.inputs:
        raise BadInput("PLAN-CHANGED", name=plan.name, file=f"{SOLUTION}/{CHOICE}")
    chosen = pd.read_parquet(file, columns=["option"])["option"].to_numpy(np.int64)
    priced = record.get("proven_at") or [row["price"] for row in record["rows"]]
    lam = np.array(priced, dtype=np.float64)
    before = record.get("stages", [])
    problem = staged(plan.problem, [one["value"] for one in before])
    stages = tuple(
        Stage(
            tuple(one["aim"].items()), None if one["over"] is None else Over(**one["over"]), one["value"], one["bound"]
        )
        for one in before
    )
    return Solution(
        problem, record["value"], record["bound"], chosen, lam, record["seconds"], record["proof"], stages
    )  # fmt: skip


def former(workspace: Workspace, plan: KeptPlan, start: str | None) -> Solution | FloatArray | None:
    """What a run of a plan begins with: its own former solution, or another plan's (a scenario: of what it varies).

    Of another plan, prices of the same demands are taken, and the choice where both have the same options.
    """
    if start is None or start == plan.name:
        with suppress(BadInput, NotFound):  # what is there no more, or is damaged, is solved anew
            return kept_solution(plan)
        varied = plan.about.get("varies", {}).get("plan")
        try:
            return None if varied is None else _of_other(workspace, plan, varied)
        except (BadInput, NotFound):
            return None
    return _of_other(workspace, plan, start)


def _of_other(workspace: Workspace, plan: KeptPlan, name: str) -> Solution | FloatArray:
    """What another plan's solution says of this plan's problem."""
    import numpy as np

    other = kept_plan(workspace, name)
    found = kept_solution(other)
    known = {(row.column, row.at_least, row.where): price for row, price in found.prices.items()}  # whatever its limit
    prices = np.array([known.get((row.column, row.at_least, row.where), 0.0) for row in plan.problem.rows])
    if plan.inputs[OPTIONS] != other.inputs[OPTIONS]:
        return prices
    return replace(found, problem=plan.problem, lam=prices, stages=())


#: Told value, bound, gap and seconds of a run.
Told = Callable[[float, float, float, float], None]
