"""What columns, groups and treatments are called where a problem is told in words."""

from __future__ import annotations

from typing import Protocol

from tilth.core import Label


class Naming(Protocol):
    """Names of what a problem speaks of."""

    def quantity(self, name: str) -> Label:
        """A column of numbers, with its unit."""

    def heading(self, name: str) -> Label:
        """A column of labels: township, year …."""

    def value(self, kind: str, value: object) -> Label:
        """A treatment ("pipe-drains", or "pipe-drains / maize" with its crop), crop, zone …."""

    def unit(self, unit: str) -> str:
        """A unit as a reader writes it."""


class AsWritten:
    """Everything is called as the tables call it."""

    def quantity(self, name: str) -> Label:
        """A column of numbers."""
        return Label(name, name)

    def heading(self, name: str) -> Label:
        """A column of labels."""
        return Label(name, name)

    def value(self, kind: str, value: object) -> Label:
        """A treatment, crop, zone …."""
        return Label(str(value), str(value))

    def unit(self, unit: str) -> str:
        """A unit."""
        return unit


AS_WRITTEN = AsWritten()
