"""The soil of the demonstration: samples, map, classes of every parcel, and what salty parcels come to by option."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.rasters_kept import import_raster, make_soil_map, try_soil_map
from tilth.api.salt_of_parcel import import_ground, import_weather
from tilth.api.salt_units import soil_units, write_units
from tilth.api.salting import OptionsFitted, soil_options, write_options
from tilth.api.sampling import SamplesRead, import_samples
from tilth.api.soil_accounts import write_soil_account
from tilth.api.soil_mapping import SoilMapped
from tilth.api.soil_pictures import (
    class_labels,
    class_pictures,
    map_pictures,
    option_names,
    option_pictures,
    validation_pictures,
)
from tilth.api.soil_validating import Validated
from tilth.core import message, speaking
from tilth.runtime import write_whole

if TYPE_CHECKING:
    from tilth.demo import PlantedRow, SoilFiles
    from tilth.runtime import Workspace

#: Few folds, and few of the salty parcels: a demonstration is to be over soon.
FOLDS, UNITS, YEARS = 3, 400, 10
#: The salty parcels that the options were tried on, as a file.
UNITS_FILE = "salt-units.csv"
SCHEME = "fao-salinity"
#: The depth that is mapped: the middle of the plough layer. [cm]
DEPTH = 10.0
#: Target of the options: share of full yield.
TARGET = 0.5


@dataclass(frozen=True)
class SoilShown:
    """What the demonstration made of the county's soil."""

    samples: SamplesRead
    missed: tuple[PlantedRow, ...]  # warts of the samples that were not told
    invented: tuple[tuple[str, int], ...]  # code and row of what nobody planted
    mapped: SoilMapped
    tried: Validated
    options: OptionsFitted
    salty: int  # parcels, of which the options were tried on some
    written: tuple[Path, ...]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        areas = self.mapped.as_record()["areas"]
        return {
            "samples": {
                name: self.samples.as_record()[name] for name in ("rows_in", "rows_stored", "rows_quarantined")
            },
            "planted_missed": [one.code for one in self.missed],
            "invented": [list(one) for one in self.invented],
            "areas": areas,
            "coverage_90": self.tried.result.coverage.overall,
            "salty_parcels": self.salty,
            "options": self.options.fitted.rows(),
        }


def soil_shown(
    workspace: Workspace, files: SoilFiles, folder: Path, *, year: int, crs: str, languages: tuple[str, ...] = (),
    say: Callable[[str], None] = lambda _: None,
) -> SoilShown:  # fmt: skip
    """Take the county's soil through everything; pictures and tables go to `folder/soil-LANGUAGE`."""
    say(message("DEMO-SOIL"))
    samples = import_samples(workspace, files.samples, crs=crs, label="demo")
    missed, invented = compared_rows(files.planted, samples)
    for one in files.rasters:
        import_raster(workspace, one)
    import_weather(workspace, files.weather)
    ground = files.weather.with_name("ground.csv")
    write_whole(ground, f"region,texture\n{workspace.region},loam\n".encode())
    import_ground(workspace, ground)
    names = [one.stem for one in files.rasters]
    mapped = make_soil_map(workspace, "demo", rasters=names, depth=DEPTH, scheme=SCHEME, year=year)
    tried = try_soil_map(workspace, "demo", rasters=names, folds=FOLDS, random_split=False, map=mapped.folder.name)
    say(message("DEMO-SALT"))
    units = soil_units(workspace, year=year, groundwater=files.groundwater, most=UNITS)
    table = write_units(units, folder / UNITS_FILE)
    options = soil_options(table, files.weather, options=files.options, years=YEARS, target=TARGET)
    shown = SoilShown(samples, missed, invented, mapped, tried, options, units.salty, ())
    written = [table]
    for lang in languages:
        written += _shown_in(workspace, shown, files, folder / f"soil-{lang}", year, lang)
    return SoilShown(samples, missed, invented, mapped, tried, options, units.salty, tuple(written))


def _shown_in(
    workspace: Workspace, shown: SoilShown, files: SoilFiles, folder: Path, year: int, lang: str
) -> list[Path]:
    """Pictures and tables in one language."""
    from tilth.api.classifying import soil_classify

    classes = class_labels(workspace, SCHEME, (), shown.mapped.classes)
    names = option_names(files.options)
    written = write_soil_account(workspace, shown.mapped, classes, folder, year=year, lang=lang)
    written += map_pictures(shown.mapped, classes, folder, lang=lang)
    written += validation_pictures(shown.tried, folder, lang=lang)
    written += option_pictures(shown.options, folder, workspace=workspace, year=year, labels=names, lang=lang)
    with speaking(lang):
        placed = soil_classify(shown.samples.samples.id, schemes=[SCHEME, "cn-series-1"], workspace=workspace)
        written.append(write_options(shown.options, folder / "options.csv", labels=names))
    return written + class_pictures(placed, folder, lang=lang)


#: Findings that say how a table was read, and warts of a column or of the whole table that rows planted make.
_READING = ("INTAKE-", "SOIL-HEADINGS", "SOIL-MISSING")


def compared_rows(
    planted: tuple[PlantedRow, ...], read: SamplesRead
) -> tuple[tuple[PlantedRow, ...], tuple[tuple[str, int], ...]]:
    """Warts that were planted and not told, and rows set aside or told of that nobody planted.

    A finding about the whole table (a number used twice, rows without a place) counts for the wart by its code.
    """
    told = Counter((one.code, one.source_row) for one in read.samples.aside)
    for finding in read.findings:
        if not finding.code.startswith(_READING):
            told[finding.code, finding.where.row or 0] += 1
    whole = {code for code, row in told if row == 0}
    missed = tuple(one for one in planted if not told[one.code, one.row] and one.code not in whole)
    wanted = {(one.code, one.row) for one in planted} | {(one.code, 0) for one in planted}
    return missed, tuple(sorted(key for key, count in told.items() if count and key not in wanted))
