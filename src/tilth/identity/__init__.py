"""Who may do what, and where: people, their roles over regions, and what lets them in."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.identity.audit import Act, AuditLog
    from tilth.identity.entering import Entered, Entrance, Turned
    from tilth.identity.model import ACTIONS, ROLES, Actor, Caller, Grant, Granted, Person, spelt
    from tilth.identity.oidc import Issuer, issuer_of
    from tilth.identity.people import People
    from tilth.identity.remembered import Remembered
    from tilth.identity.rights import in_scope, may, may_administer, meant, scope_of
    from tilth.identity.sessions import Session, Sessions
    from tilth.identity.throttle import Throttle
    from tilth.identity.tokens import Token, Tokens
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "ACTIONS",
    "ROLES",
    "Act",
    "Actor",
    "AuditLog",
    "Caller",
    "Entered",
    "Entrance",
    "Grant",
    "Granted",
    "Issuer",
    "People",
    "Person",
    "Remembered",
    "Session",
    "Sessions",
    "Throttle",
    "Token",
    "Tokens",
    "Turned",
    "in_scope",
    "issuer_of",
    "may",
    "may_administer",
    "meant",
    "scope_of",
    "spelt",
]
