"""What the classes of the surveys in use are called, and their colours on maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tilth.runtime import Workspace


def class_names(workspace: Workspace) -> list[dict[str, Any]]:
    """Every class of the code systems of the surveys in use, in their order, named in both languages, with its colour.

    Where two systems name a code differently, the system of the newest survey does. Nothing of a system that is only
    known by the codes of a survey.
    """
    from tilth.core import BadInput
    from tilth.land import Store, code_system
    from tilth.report.colours import class_colours

    store = Store(workspace)
    found: dict[str, dict[str, Any]] = {}
    for stored in sorted(store.listed(kind="survey"), key=lambda one: one.year or 0, reverse=True):
        try:
            system = code_system(store.meta(stored).code_system)
        except BadInput:
            continue
        colours = class_colours(system)
        for code, one in system.classes.items():
            told = {"code": code, "label": one.label.en, "label_zh": one.label.zh, "colour": colours[code]}
            found.setdefault(code, told)
    return list(found.values())
