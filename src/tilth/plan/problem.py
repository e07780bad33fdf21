"""What is asked for, in small parts: each verb gives a new problem with one part more, and nothing is solved yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tilth.core import BadInput
from tilth.plan.measures import Amount
from tilth.plan.table import Options

#: A limit for all, or one for each township, zone or year.
Limit = float | Amount | Mapping[object, "float | Amount"]


@dataclass(frozen=True)
class Row:
    """One demand: a quantity added up over the options that `where` names, at most or at least a limit."""

    column: str
    at_least: bool
    limit: float | Amount
    where: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Lock:
    """Units on which a treatment must be, or must not be, chosen. `units` are names; None stands for all in `where`."""

    treatment: str
    out: bool
    units: tuple[object, ...] | None = None
    where: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Over:
    """How draws of an uncertain aim are taken together: their mean, the mean of the worst `share`, or a quantile."""

    how: str  # "mean", "cvar" or "quantile"
    share: float = 1.0


@dataclass(frozen=True)
class Then:
    """A further aim: the aim before it may fall short of what was found by `within`, a share of it."""

    aim: tuple[tuple[str, float], ...]
    within: float = 0.0
    over: Over | None = None


@dataclass(frozen=True)
class Whole:
    """Units of a group take the same treatment (and begin it in the same year). Units without a group are free.

    Treatments that stand together in `alike` count as the same: the same measure with another crop, say.
    """

    by: str
    alike: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Patch:
    """In each group these treatments are taken on at least so much, or not at all. No column: so many units."""

    name: str  # what the treatments are called together
    treatments: tuple[str, ...]
    column: str
    least: float | Amount
    by: str = ""  # the label that groups units; empty for all land together


@dataclass(frozen=True)
class EitherOr:
    """In each group at most one of the sides is used. A side is a name and the treatments it stands for."""

    sides: tuple[tuple[str, tuple[str, ...]], ...]
    by: str = ""


Tie = Whole | Patch | EitherOr


@dataclass(frozen=True)
class Problem:
    """A choice of one option for every unit: an aim and demands.

    >>> from tilth.plan import Problem, options
    >>> table = options([1, 1, 2, 2], ["no", "drain", "no", "drain"],
    ...                 {"income_yuan": [0, 9, 0, 7], "cost_yuan": [0, 5, 0, 5]})
    >>> print(Problem(table).maximise("income_yuan").within(cost_yuan=5))
    Choose one option for each of 2 units (4 options) so that
      income_yuan is as large as it can be
      cost_yuan is at most 5
    """

    options: Options
    aim: tuple[tuple[str, float], ...] = ()
    rows: tuple[Row, ...] = ()
    locks: tuple[Lock, ...] = ()
    ties: tuple[Tie, ...] = ()
    over: Over | None = None  # how draws of the aim are taken together; None: its own columns count
    then: tuple[Then, ...] = ()  # further aims, each among the plans that are nearly best in those before it

    @property
    def sign(self) -> float:
        """-1 where the aim is to be as small as it can be, and its value is told without the sign; 1 else."""
        return -1.0 if all(weight <= 0 for _, weight in self.aim) else 1.0

    def maximise(self, *columns: str, **weights: float) -> Problem:
        """As much as possible of the sum of `columns`, or of columns times weights."""
        return replace(self, aim=(*((name, 1.0) for name in columns), *weights.items()))

    def minimise(self, *columns: str, **weights: float) -> Problem:
        """As little as possible of the sum of `columns`, or of columns times weights."""
        return replace(self, aim=(*((name, -1.0) for name in columns), *((k, -v) for k, v in weights.items())))

    def within(self, *, by: str = "", where: Mapping[str, object] | None = None, **limits: Limit) -> Problem:
        """No more than so much of each quantity: in all, or in every group of label `by` (or "year", "treatment")."""
        return self._with(False, by, where, limits)

    at_most = within

    def at_least(self, *, by: str = "", where: Mapping[str, object] | None = None, **limits: Limit) -> Problem:
        """No less than so much of each quantity: in all, or in every group of label `by`."""
        return self._with(True, by, where, limits)

    def locked_in(self, units: Iterable[object], treatment: str) -> Problem:
        """These units get this treatment."""
        return replace(self, locks=(*self.locks, Lock(treatment, False, tuple(units))))

    def locked_out(
        self, treatment: str, units: Iterable[object] | None = None, where: Mapping[str, object] | None = None
    ) -> Problem:
        """This treatment is not chosen on these units, or on all units of the labels in `where`."""
        named = None if units is None else tuple(units)
        return replace(self, locks=(*self.locks, Lock(treatment, True, named, tuple((where or {}).items()))))

    def whole(self, by: str, alike: Iterable[Iterable[str]] = ()) -> Problem:
        """Groups of label `by` are taken whole: one treatment for all their units, those in `alike` being one."""
        return replace(self, ties=(*self.ties, Whole(by, tuple(tuple(one) for one in alike))))

    def patch(self, *treatments: str, by: str = "", units: int = 0, name: str = "", **least: float | Amount) -> Problem:
        """In each group of label `by` (or over all), these treatments on at least so much (`area_ha=5`), or nowhere."""
        asked: dict[str, float | Amount] = {**least, **({"": units} if units else {})}
        assert len(asked) == 1, "one least amount, or so many units"
        ((column, limit),) = asked.items()
        return replace(
            self, ties=(*self.ties, Patch(name or ", ".join(treatments), tuple(treatments), column, limit, by))
        )

    def either_or(self, *sides: str | tuple[str, Iterable[str]], by: str = "") -> Problem:
        """Of these treatments at most one is used in each group of label `by`, or at all. A side may be several."""
        named = tuple((one, (one,)) if isinstance(one, str) else (one[0], tuple(one[1])) for one in sides)
        return replace(self, ties=(*self.ties, EitherOr(named, by)))

    def __str__(self) -> str:
        from tilth.plan.telling import told

        return told(self)

    def _with(
        self, at_least: bool, by: str, where: Mapping[str, object] | None, limits: Mapping[str, Limit]
    ) -> Problem:
        rows = list(self.rows)
        given = tuple((where or {}).items())
        for column, limit in limits.items():
            if not by:
                assert not isinstance(limit, Mapping), "limits by group need `by`"
                rows.append(Row(column, at_least, limit, given))
                continue
            each = limit if isinstance(limit, Mapping) else dict.fromkeys(self.groups(by), limit)
            if not each:
                raise BadInput("PLAN-NO-GROUPS", name=column, by=by)
            rows += [Row(column, at_least, one, (*given, (by, group))) for group, one in each.items()]
        return replace(self, rows=tuple(rows))

    def groups(self, by: str) -> list[object]:
        """The groups of a label, of treatments or of years."""
        from tilth.plan.checking import groups_of

        return groups_of(self.options, by)
