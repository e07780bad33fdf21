"""Snapshots, regions and tasks in a workspace. A snapshot is there whole or not at all, and never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tilth.core import BadInput, NotFound
from tilth.land.at_hand import at_hand
from tilth.land.folder import is_whole, read_folder, read_meta, stamp, write_folder
from tilth.land.regions import Region, RegionTree, Task
from tilth.land.rows import StoredRows
from tilth.land.snapshot import Draft, Meta, Snapshot
from tilth.runtime import Workspace, settle
from tilth.runtime.held import HOLDING


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored snapshot or layer, without its rows."""

    id: str
    kind: str
    year: int | None
    label: str
    folder: Path
    current: bool
    stored_at: str


@dataclass(frozen=True)
class Store:
    """The land records of a workspace."""

    workspace: Workspace

    def publish(
        self,
        draft: Draft,
        *,
        label: str = "",
        follows: str | None = None,
        in_use: bool = True,
        regions: Iterable[Region] = (),
        groups: Mapping[str, Sequence[str]] | None = None,
    ) -> Snapshot:
        """Keep `draft` under its content's name and make it the one that its kind and year use.

        The same content again changes nothing, but mends a folder that was damaged. Layers of one kind and year stand
        beside each other by `label`, which is part of their name; the current survey of a year is replaced, its
        predecessor stays in the workspace.

        Parameters
        ----------
        follows
            The id of the snapshot that `draft` was made from: nothing is stored if another one is in use by now.
        in_use
            If False it is kept, and what its kind and year use stays as it is.
        regions, groups
            What else the same file brought: kept in the same step, or not at all.

        Raises
        ------
        BadInput
            If the rows could not be written, or another snapshot took the place of `follows`.
        """
        if label:
            draft = replace(draft, meta=replace(draft.meta, extra={**draft.meta.extra, "label": label}))
        from tilth.land import recording

        meta, name = draft.meta, draft.id
        folder = Path("snapshots" if meta.kind == "survey" else "layers") / f"{meta.kind}-{meta.year or 0}-{name[:16]}"
        entry = Stored(name, meta.kind, meta.year, label, folder, in_use, "")
        with self.workspace.writing():
            held = self.listed(kind=meta.kind, year=meta.year) if follows is not None else []
            if held and held[-1].id != follows:
                raise BadInput("LAND-OVERTAKEN", year=meta.year, id=held[-1].id[:12], read=str(follows)[:12])
            if not ((self.workspace.root / folder).exists() and is_whole(self.workspace.root / folder)):
                self._settle(draft, folder)
            with self.workspace.database.transaction() as connection:
                if in_use:
                    recording.make_current(connection, entry)
                else:
                    recording.keep_aside(connection, entry)
                recording.put_regions(connection, regions, groups or {})
        return Snapshot(name, meta, draft.parcels, draft.findings, draft.quarantine)

    def _settle(self, draft: Draft, folder: Path) -> None:
        try:
            with self.workspace.staging() as staged:
                write_folder(draft, staged / "snapshot")
                settle(staged / "snapshot", self.workspace.root / folder)
        except OSError as error:
            raise BadInput("LAND-SNAPSHOT-UNWRITABLE", why=error.strerror or str(error)) from error

    def use(self, stored: Stored) -> None:
        """Make a stored snapshot the one that its kind and year use again.

        Raises
        ------
        BadInput
            If its description is missing or damaged.
        """
        from tilth.land import recording

        self.meta(stored)
        with self.workspace.writing(), self.workspace.database.transaction() as connection:
            recording.make_current(connection, stored)

    def set_aside(self, stored: Stored) -> None:
        """Take a stored snapshot or layer out of use. It stays in the workspace."""
        from tilth.land import recording

        with self.workspace.writing(), self.workspace.database.transaction() as connection:
            recording.take_out_of_use(connection, stored.id)

    def listed(self, *, kind: str | None = None, year: int | None = None, current: bool = True) -> list[Stored]:
        """What is stored, in the order it came; by default only what is in use."""
        asked = {name: value for name, value in (("kind", kind), ("year", year)) if value is not None}
        wanted = [f"{name} = :{name}" for name in asked]
        wanted += ['"current"'] if current else []
        (rows,) = self.workspace.database.read(
            f"SELECT * FROM snapshot WHERE {' AND '.join(wanted or ['1 = 1'])} ORDER BY sequence",  # noqa: S608 - ours
            **asked,
        )
        return [
            Stored(
                row["id"],
                row["kind"],
                row["year"],
                row["label"],
                Path(row["folder"]),
                bool(row["current"]),
                row["stored_at"],
            )
            for row in rows
        ]

    def survey(self, year: int) -> Snapshot:
        """The survey that `year` uses.

        Raises
        ------
        NotFound
            If there is none.
        """
        return self.load(self.in_use(year))

    def in_use(self, year: int) -> Stored:
        """The survey that `year` uses, without its rows: a year that has none is refused before anything is loaded.

        Raises
        ------
        NotFound
            If there is none.
        """
        stored = self.listed(kind="survey", year=year)
        if not stored:
            known = ", ".join(str(entry.year) for entry in self.listed(kind="survey")) or "-"
            raise NotFound("LAND-NO-SURVEY", year=year, known=known)
        return stored[-1]

    def chosen(self, year: int | None = None) -> list[Stored]:
        """The layers that `year` uses: of each kind and label the newest that is not later, one without a year last."""
        best: dict[tuple[str, str], Stored] = {}
        for entry in self.listed():
            if entry.kind == "survey" or (year is not None and entry.year is not None and entry.year > year):
                continue
            held = best.get((entry.kind, entry.label))
            if held is None or (entry.year or 0) >= (held.year or 0):
                best[entry.kind, entry.label] = entry
        return [best[key] for key in sorted(best)]

    def survey_years(self) -> list[int]:
        """The years that have a survey."""
        return sorted({entry.year for entry in self.listed(kind="survey") if entry.year is not None})

    def layers(self, year: int | None = None) -> dict[str, list[Snapshot]]:
        """The layers that `year` uses, by kind."""
        layers: dict[str, list[Snapshot]] = {}
        for entry in self.chosen(year):
            layers.setdefault(entry.kind, []).append(self.load(entry))
        return layers

    def load(self, stored: Stored) -> Snapshot:
        """Read a stored snapshot back, rows and all.

        Raises
        ------
        BadInput
            If its files are missing, damaged or not what was stored.
        """
        folder = self.workspace.root / stored.folder
        key = ("snapshot", str(folder), stored.id, stamp(folder))
        return HOLDING.held(key, lambda: self._read(folder, stored.id), lambda one: one.meta.rows_stored)

    def _read(self, folder: Path, name: str) -> Snapshot:
        """The snapshot `name` in `folder`; with its shapes laid out where it is held for many who ask."""
        found = read_folder(folder, name)
        if HOLDING.most > 0 and isinstance(found.rows, StoredRows):
            found.rows.lay_out(at_hand(self.workspace, found))
        return found

    def meta(self, stored: Stored) -> Meta:
        """What a stored snapshot is, without its rows.

        Raises
        ------
        BadInput
            If its file is missing or damaged.
        """
        return read_meta(self.workspace.root / stored.folder)

    def put_regions(self, regions: Iterable[Region], groups: Mapping[str, Sequence[str]] | None = None) -> None:
        """Add regions, or replace those with the same code; what the new one leaves open stays as it was.

        `groups` names sets of regions; an earlier set of that name is replaced. All of it is kept, or nothing.
        """
        from tilth.land import recording

        with self.workspace.writing(), self.workspace.database.transaction() as connection:
            recording.put_regions(connection, regions, groups or {})

    def put_group(self, name: str, members: Sequence[str]) -> None:
        """Name a set of regions; an earlier set of that name is replaced."""
        self.put_regions((), {name: members})

    def regions(self) -> RegionTree:
        """The region tree; the workspace's own county is always in it."""
        rows, named = self.workspace.database.read(
            "SELECT code, name, level, parent, control_dm2, control_island_dm2 FROM region",
            "SELECT name, region FROM region_group ORDER BY name, region",
        )
        groups: dict[str, list[str]] = {}
        for row in named:
            groups.setdefault(row["name"], []).append(row["region"])
        regions = {row["code"]: Region(**row) for row in rows}
        own = self.workspace.region
        if own not in regions:
            regions[own] = Region(own, self.workspace.name, "county")
        return RegionTree(regions, {name: tuple(members) for name, members in groups.items()})

    def put_tasks(self, tasks: Iterable[Task]) -> None:
        """Add tasks, or replace those of the same region and year."""
        from tilth.land import recording

        rows = list(tasks)
        with self.workspace.writing(), self.workspace.database.transaction() as connection:
            recording.put_tasks(connection, rows)

    def tasks(self, year: int | None = None) -> list[Task]:
        """Tasks by region: for each region the newest that is not later than `year` (all of them without one)."""
        until = "" if year is None else "WHERE year <= :year"
        (rows,) = self.workspace.database.read(
            f"SELECT region, year, holding_dm2, pbf_dm2, source FROM task {until} ORDER BY region, year",  # noqa: S608
            **({} if year is None else {"year": year}),
        )
        tasks = [Task(**row) for row in rows]
        return tasks if year is None else list({task.region: task for task in tasks}.values())
