"""Names of a room that are fetched when they are first asked for: a command loads what it uses and no more."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from functools import cache
from typing import Any


def on_demand(package: str) -> Callable[[str], Any]:
    """The `__getattr__` of `package`: what its source imports from its own modules for the type checker alone.

    A name must not be that of a module of the package: whoever loads the module first would find it instead.
    """

    def fetched(name: str) -> Any:
        home = _homes(package).get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        __import__(home)
        value = getattr(sys.modules[home], name)
        setattr(sys.modules[package], name, value)
        return value

    return fetched


@cache
def _homes(package: str) -> dict[str, str]:
    """The module in which each public name of `package` lives."""
    spec = sys.modules[package].__spec__
    source = spec.loader.get_source(package) if spec and spec.loader else None  # type: ignore[attr-defined]
    assert source is not None, package
    imports = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) and node.module)
    return {
        one.name: node.module
        for node in imports
        if node.module and node.module.startswith(f"{package}.")
        for one in node.names
    }
