"""Every command, room by room. Importing this module registers them."""

# In the order that `tilth --help` lists them.
# isort: off
from tilth.cli import bringing, accounting, measuring, showing
# isort: on

__all__ = ["accounting", "bringing", "measuring", "showing"]
