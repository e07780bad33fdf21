"""People at browsers and their programs. Not a test."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from tilth import api
from tilth.identity import Actor
from tilth.runtime import Workspace

PASSWORD = "seven grey geese over Linhe"
CONSOLE = Actor("root")


def known(place: Workspace, name: str, *roles: tuple[str, str]) -> str:
    """Somebody with a password and roles."""
    api.user_add(place, name, password=PASSWORD, by=CONSOLE)
    for role, region in roles:
        api.user_role(place, name, role, place=region, by=CONSOLE)
    return name


def browser(app: FastAPI, *, scheme: str = "http") -> TestClient:
    """A browser that is not signed in."""
    return TestClient(app, base_url=f"{scheme}://127.0.0.1:8000")


def at_work(app: FastAPI, name: str, password: str = PASSWORD) -> TestClient:
    """A browser that `name` signed in at, and whose pages show it."""
    one = browser(app)
    said = one.post("/api/v1/session", json={"name": name, "password": password})
    assert said.status_code == 200, said.text
    one.headers["X-CSRF-Token"] = said.json()["csrf"]
    return one


def program(app: FastAPI, place: Workspace, name: str, **more: Any) -> TestClient:
    """A program that shows a token of `name`."""
    one = browser(app)
    one.headers["Authorization"] = f"Bearer {api.user_token(place, name, 'tests', by=CONSOLE, **more).secret}"
    return one
