"""The demonstration: a made-up county from its files to its yearbook, through the same doors as a user's files."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilth.api.accounting import standing_of
from tilth.api.examining import Examined, validate
from tilth.api.importing import (
    import_changes,
    import_layer,
    import_regions,
    import_ridges,
    import_survey,
    import_tasks,
)
from tilth.api.plan_demonstration import PlansShown, plans_shown
from tilth.api.projects import Checked, check
from tilth.api.quality_accounting import QualityAccounts, quality_accounts
from tilth.api.quality_importing import QualityRead, quality_import
from tilth.api.results import Imported, Rows
from tilth.api.soil_demonstration import UNITS_FILE, SoilShown, soil_shown
from tilth.api.standing_records import Standings
from tilth.api.workspaces import init
from tilth.api.yearbook import Reviewed, report, review
from tilth.core import BadInput, Finding, message
from tilth.demo import CountyFiles, Planted, write_county
from tilth.land import Store
from tilth.report import FORMATS
from tilth.runtime import Workspace, working

FIRST, SECOND = 2023, 2024


@dataclass(frozen=True)
class Demonstration:
    """Everything the demonstration made."""

    folder: Path
    files: CountyFiles
    workspace: Workspace
    imported: tuple[Imported | Rows, ...]
    draft: Examined
    missed: tuple[Planted, ...]  # planted errors that were not found
    invented: tuple[Finding, ...]  # findings that nobody planted
    reviewed: Reviewed
    standings: Standings
    checks: tuple[Checked, ...]
    soil: SoilShown | None
    written: tuple[Path, ...]
    seconds: float
    quality: QualityAccounts
    quality_read: tuple[QualityRead, ...]
    plans: PlansShown | None = None

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "folder": str(self.folder),
            "imports": [one.as_record() for one in self.imported],
            "planted": len(self.files.planted),
            "planted_missed": [one.parcel_id for one in self.missed],
            "invented": [finding.as_record() for finding in self.invented],
            "total_dm2": int(self.reviewed.accounts.snapshot.parcels["area_dm2"].sum()),
            "control_dm2": self.files.control_dm2,
            "soil": None if self.soil is None else self.soil.as_record(),
            "plans": None if self.plans is None else self.plans.as_record()["plans"],
            "checks": {one.name: one.clear for one in self.checks},
            "files": [str(path) for path in self.written],
            "quality_read": [one.as_record() for one in self.quality_read],
            "quality": {k: v for k, v in self.quality.as_record().items() if k != "tables"},
            "seconds": self.seconds,
        }


def demo(
    folder: str | Path,
    *,
    parcels: int = 6000,
    seed: int = 17,
    languages: tuple[str, ...] = ("en", "zh"),
    soil: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> Demonstration:
    """Write a made-up county into `folder/files`, and take it through everything in `folder/workspace`.

    `soil`: its soil too, with samples, salinity map, options for salty parcels and a plan over these.

    Raises
    ------
    BadInput
        If `folder` is there and not empty.
    """
    started = time.monotonic()
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise BadInput("API-EXISTS", folder=str(place))
    with working(message("DEMO-WRITING", folder=str(place / "files"))):
        files = write_county(place / "files", seed=seed, parcels=parcels, progress=say)
    workspace = init(place / "workspace", region=files.code, name=files.name)
    imported = _layers(workspace, files)
    imported.append(import_survey(workspace, files.parcels[FIRST], year=FIRST))
    say(message("DEMO-DRAFT"))
    draft, more = _draft(workspace, files)
    imported += more
    missed, invented = compared(files.planted, draft)
    imported.append(import_survey(workspace, files.parcels[SECOND], year=SECOND))
    import_changes(workspace, files.process, year=SECOND)
    imported.append(import_layer(workspace, files.basic_farmland, kind="pbf", year=FIRST))
    say(message("DEMO-EXAMINING"))
    reviewed = review(workspace, year=SECOND, before=FIRST)
    store = Store(workspace)
    rows, misses = standing_of(reviewed.accounts, store.regions(), store.tasks(SECOND))
    standings = Standings(SECOND, tuple(rows), tuple(misses))
    read = tuple(quality_import(workspace, path, year=year) for year, path in files.quality.items())
    quality = quality_accounts(workspace, before=FIRST, after=SECOND)
    say(message("DEMO-CHECKING"))
    checks = tuple(check(workspace, path, year=SECOND) for path in files.projects.values())
    written: list[Path] = []
    shown, plans = None, None
    if soil:
        shown = soil_shown(
            workspace, files.soil, place, year=SECOND, crs=files.crs, languages=languages, say=say
        )  # fmt: skip
        say(message("DEMO-PLAN"))
        plans = plans_shown(
            workspace, shown.options, files.soil.options, place / UNITS_FILE, place / "plan", year=SECOND
        )  # fmt: skip
        written += [*shown.written, *plans.written]
    for lang in languages:
        say(message("DEMO-YEARBOOK", lang=lang))
        formats = FORMATS if lang == languages[0] else tuple(one for one in FORMATS if one not in ("gpkg", "csv"))
        made = report(
            workspace,
            year=SECOND,
            reviewed=reviewed,
            lang=lang,
            formats=formats,
            checks=checks,
            folder=place / f"yearbook-{lang}",
        )
        written += made.files
    return Demonstration(
        place, files, workspace, tuple(imported), draft, missed, invented, reviewed, standings, checks, shown,
        tuple(written), round(time.monotonic() - started, 1), quality, read, plans,
    )  # fmt: skip


def _layers(workspace: Workspace, files: CountyFiles) -> list[Imported | Rows]:
    return [
        import_regions(workspace, files.townships),
        import_regions(workspace, files.villages),
        import_tasks(workspace, files.tasks),
        import_ridges(workspace, files.ridge),
        import_layer(workspace, files.ecology, kind="ecology", year=FIRST),
        import_layer(workspace, files.town, kind="town", year=FIRST),
        import_layer(workspace, files.reserve, kind="reserve", year=FIRST),
    ]


def _draft(workspace: Workspace, files: CountyFiles) -> tuple[Examined, list[Imported | Rows]]:
    """The first delivery of the second year, with its planted errors, imported and examined."""
    imported: list[Imported | Rows] = [
        import_layer(workspace, files.basic_farmland_draft, kind="pbf", year=FIRST),
        import_survey(workspace, files.draft, year=SECOND),
        import_changes(workspace, files.process_draft, year=SECOND),
    ]
    return validate(workspace, year=SECOND), imported


def compared(planted: tuple[Planted, ...], examined: Examined) -> tuple[tuple[Planted, ...], tuple[Finding, ...]]:
    """Planted errors that were not found, and rule-breaking or odd findings that nobody planted."""
    held = examined.snapshot.quarantine
    found: Counter[tuple[str, str]] = Counter()
    by_key: dict[tuple[str, str], Finding] = {}
    for finding in examined.findings:
        if finding.code.startswith("INTAKE-") and finding.severity != "breaks":
            continue  # notes on how a file was read: encodings, assumed profile
        key = (finding.code, finding.where.parcel)
        found[key] += 1
        by_key[key] = finding
    if held is not None:
        for code, attributes in zip(held["code"], held["attributes"], strict=True):
            key = (str(code), str(json.loads(attributes).get("BSM", "")))
            found[key] = max(found[key], 1)
    wanted = Counter((one.code, one.parcel_id) for one in planted)
    missed = tuple(one for one in planted if found[one.code, one.parcel_id] < wanted[one.code, one.parcel_id])
    invented = tuple(by_key[key] for key, count in found.items() if count > wanted[key] and key in by_key)
    return missed, invented
