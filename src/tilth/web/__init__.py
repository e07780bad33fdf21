"""The web application: routes that parse, call `tilth.api` and show. No rule of the field lives here."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.web.app import create_app
    from tilth.web.serving import serve
else:
    __getattr__ = on_demand(__name__)

__all__ = ["create_app", "serve"]
