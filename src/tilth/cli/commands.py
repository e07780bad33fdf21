"""Every command, room by room. Importing this module registers them."""

from tilth.cli import accounting, bringing, measuring, showing

__all__ = ["accounting", "bringing", "measuring", "showing"]
