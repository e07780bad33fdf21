"""What the routes of one server share: the workspace, who is at work, the language."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from fastapi import Request

from tilth.identity import Entrance, Remembered
from tilth.land import RegionTree, Store
from tilth.runtime import Workspace
from tilth.web.callers import Looking, Shown
from tilth.web.jobs import Jobs
from tilth.web.kept import KeptAnswers


@dataclass
class Office:
    """One workspace, served."""

    workspace: Workspace
    start_key: str  # lets the person in who started the server; "" for nobody
    owner: str  # their name
    answers: KeptAnswers = field(default_factory=KeptAnswers)

    @property
    def entrance(self) -> Entrance:
        """Where people come in, and what they have then: kept in the database, shared by every server process."""
        return Entrance(self.workspace, self.start_key, self.owner)

    @cached_property
    def jobs(self) -> Jobs:
        """Long work."""
        return Jobs(self.workspace)

    @cached_property
    def callers(self) -> Remembered[Shown]:
        """Who asked a moment ago."""
        return Remembered(self.workspace)

    @cached_property
    def looking(self) -> Looking:
        """Whoever sees to it that quick answers hold."""
        return Looking(self.workspace, self.callers)

    def regions(self) -> RegionTree:
        """The region tree as it is now."""
        return Store(self.workspace).regions()


def office_of(request: Request) -> Office:
    """The office that the request came to."""
    return cast(Office, request.app.state.office)
