"""Who may do what, and where: people, their roles over regions, and what lets them in."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.identity.model import ACTIONS, ROLES, Caller, Grant
    from tilth.identity.rights import may, scope_of
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "ACTIONS",
    "ROLES",
    "Caller",
    "Grant",
    "may",
    "scope_of",
]
