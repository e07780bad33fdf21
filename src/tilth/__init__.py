"""Tilth: farmland protection and saline-land reclamation, exact to 0.01 m²."""

__version__ = "0.1.0"
