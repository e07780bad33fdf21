"""The command line with every command registered, in the order that `tilth --help` lists them."""

# isort: off
from tilth.cli.app import app
from tilth.cli import (
    bringing,
    accounting,
    booking,
    accepting,
    settling,
    assessing,
    transferring,
    stating,
    measuring,
    showing,
    serving,
    people,
    keeping,
)
# isort: on

__all__ = [
    "accepting",
    "accounting",
    "app",
    "assessing",
    "booking",
    "bringing",
    "keeping",
    "measuring",
    "people",
    "serving",
    "settling",
    "showing",
    "stating",
    "transferring",
]
