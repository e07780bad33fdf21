"""Long work as something to come back to: queued, running, then done, failed or cancelled.

A job is a folder below the reports of the workspace, so that every process of the server knows it: what was asked, what
happened (one event a line), the result, and its files. The process that works at it holds a lock beside it; where
nobody does, the work was lost with its process.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

from filelock import FileLock, Timeout

from tilth.core import TilthError, message
from tilth.core.language import LANGUAGES, language, speaking
from tilth.runtime import Workspace, reporting, write_whole
from tilth.web.problems import Problem, body_of, status_of
from tilth.web.progress import Cancelled, Progress
from tilth.web.uploads import Sent

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
OVER = (DONE, FAILED, CANCELLED)
#: So many are worked at by one process, and so many may wait for it.
AT_ONCE, MOST_WAITING = 2, 40
#: How long a job that is over stays. [s]
KEPT_S = 7 * 86_400
_ABOUT, _EVENTS, _RESULT, _PROBLEM, _CANCEL = "job.json", "events.jsonl", "result.json", "problem.json", "cancel"
#: Somebody has enough: kinds of work that then end with the best they have.
_ENOUGH, HAVING_A_BEST = "enough", ("plan-solution",)
_FILES, _SENT = "files", "sent"
_log = logging.getLogger(__name__)

Work = Callable[["Place"], Any]


@dataclass(frozen=True)
class Place:
    """Where work finds what was sent, and puts its files."""

    files: Path
    sent: Sent
    progress: Progress


@dataclass(frozen=True)
class Event:
    """Something that happened to a job; numbered from 1."""

    number: int
    told: dict[str, Any]


@dataclass(frozen=True)
class Job:
    """One job, as its folder tells."""

    id: str
    folder: Path
    about: dict[str, Any]
    events: tuple[Event, ...]

    @property
    def state(self) -> str:
        """Queued, running, done, failed or cancelled."""
        return next((str(one.told["state"]) for one in reversed(self.events) if "state" in one.told), QUEUED)

    @property
    def over(self) -> bool:
        """Will nothing happen to it any more?"""
        return self.state in OVER

    @property
    def files(self) -> dict[str, Path]:
        """What it made, by the name under which it is fetched."""
        if self.state != DONE:
            return {}
        folder = self.folder / _FILES
        found = sorted(one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())
        return {one.relative_to(folder).as_posix(): one for one in found}

    @property
    def problem(self) -> dict[str, Any] | None:
        """Why it failed, in the language of the reader."""
        with suppress(OSError, ValueError, KeyError):
            told = json.loads((self.folder / _PROBLEM).read_text(encoding="utf-8"))
            return dict(told[language()])
        return None

    @property
    def result(self) -> bytes:
        """What the work gave, as JSON."""
        return (self.folder / _RESULT).read_bytes()

    def at(self, *states: str) -> str | None:
        """When it came into the first of `states`."""
        return next((one.told["at"] for one in self.events if one.told.get("state") in states), None)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        progress = next((one.told for one in reversed(self.events) if "title" in one.told), None)
        shown = None if progress is None else {name: progress[name] for name in ("title", "done", "total")}
        return {
            "id": self.id, "kind": self.about["kind"], "by": self.about["by"], "region": self.about["region"],
            "state": self.state, "asked_at": self.at(QUEUED), "started_at": self.at(RUNNING),
            "ended_at": self.at(*OVER), "cancelling": not self.over and (self.folder / _CANCEL).exists(),
            "stopping": not self.over and (self.folder / _ENOUGH).exists(),
            "progress": shown, "problem": self.problem if self.state == FAILED else None,
            "files": [{"name": name, "bytes": path.stat().st_size} for name, path in self.files.items()],
        }  # fmt: skip


@dataclass
class Jobs:
    """The jobs of a workspace."""

    workspace: Workspace
    at_once: int = AT_ONCE
    _pool: ThreadPoolExecutor | None = None
    _own: dict[str, Progress] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def root(self) -> Path:
        """Where their folders are."""
        return self.workspace.root / "reports" / "jobs"

    def begin(self, kind: str, by: str, region: str, work: Work, sent: Sent | None = None) -> Job:
        """Have `work` done when its turn comes. What was sent is kept until then.

        Raises
        ------
        Problem
            429 where too many wait.
        """
        self.sweep()
        with self._lock:
            if len(self._own) >= MOST_WAITING:
                raise Problem(429, "WEB-JOBS-MANY", most=MOST_WAITING, seconds=60)
            id = uuid4().hex
            self._own[id] = progress = _progress(self.root / id)
        held = FileLock(self._beside(id), thread_local=False)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            held.acquire(timeout=0)
            folder = self.root / id
            (folder / _FILES).mkdir(parents=True)
            about = {"kind": kind, "by": by, "region": region, "language": language()}
            kept = sent.moved_to(folder / _SENT) if sent is not None else Sent(folder)
            write_whole(folder / _ABOUT, json.dumps(about, ensure_ascii=False).encode())
            progress.note(state=QUEUED)
            with self._lock:
                self._pool = self._pool or ThreadPoolExecutor(self.at_once, thread_name_prefix="tilth-job")
                self._pool.submit(self._work, id, Place(folder / _FILES, kept, progress), language(), work, held)
        except BaseException:
            self._own.pop(id, None)
            held.release()
            raise
        return self.get(id)

    def _work(self, id: str, place: Place, spoken: str, work: Work, held: FileLock) -> None:
        progress, folder = self._own[id], self.root / id
        try:
            with speaking(spoken), reporting(progress):
                progress.stop_if_cancelled()
                progress.note(state=RUNNING)
                found = work(place)
                write_whole(folder / _RESULT, _told(found))
            self._end(id, DONE)
        except Cancelled:
            self._end(id, CANCELLED)
        except (TilthError, Problem) as error:
            self._failed(id, error)
        except Exception:  # noqa: BLE001 - whatever it is: the reader is told, and the log has it whole
            _log.exception("job %s", id)
            self._failed(id, Problem(500, "WEB-JOB-BROKEN"))
        finally:
            held.release()

    def _failed(self, id: str, error: TilthError | Problem) -> None:
        said = {}
        for code in LANGUAGES:
            with speaking(code):
                said[code] = _problem(error)
        write_whole(self.root / id / _PROBLEM, json.dumps(said, ensure_ascii=False, default=str).encode())
        self._end(id, FAILED)

    def _end(self, id: str, state: str) -> None:
        folder = self.root / id
        shutil.rmtree(folder / _SENT, ignore_errors=True)
        if state != DONE:
            shutil.rmtree(folder / _FILES, ignore_errors=True)
        self._own.pop(id).note(state=state)

    def get(self, id: str) -> Job:
        """The job of that id.

        Raises
        ------
        Problem
            404 if there is none.
        """
        folder = self.root / id
        try:
            if not id.isalnum():
                raise FileNotFoundError(id)
            about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise Problem(404, "WEB-NO-JOB", id=id[:40]) from None
        job = Job(id, folder, about, tuple(_events(folder)))
        if not job.over and id not in self._own and self._is_lost(id):
            job = Job(id, folder, about, tuple(_events(folder)))
            if not job.over:
                self._own[id] = _progress(folder)
                self._failed(id, Problem(500, "WEB-JOB-LOST"))
                job = Job(id, folder, about, tuple(_events(folder)))
        return job

    def _is_lost(self, id: str) -> bool:
        try:
            with FileLock(self._beside(id), timeout=0):
                return True
        except Timeout:
            return False

    def listed(self) -> list[Job]:
        """All of them, newest first."""
        found = []
        for folder in self.root.glob("*/"):
            with suppress(Problem):
                found.append(self.get(folder.name))
        return sorted(found, key=lambda one: (one.at(QUEUED) or "", one.id), reverse=True)

    def cancel(self, job: Job) -> Job:
        """Ask for the end of a job; of one that is over, take its folder away. The job as it was then."""
        if job.over:
            self._remove(job.id)
            return job
        (job.folder / _CANCEL).touch()
        if (progress := self._own.get(job.id)) is not None:
            progress.cancelled.set()
        return self.get(job.id)

    def stop(self, job: Job) -> Job:
        """Have a job end with the best that it has so far. The job as it is then.

        Raises
        ------
        Problem
            409 where its kind of work has no best so far.
        """
        if job.about["kind"] not in HAVING_A_BEST:
            raise Problem(409, "WEB-JOB-NO-BEST", kind=job.about["kind"])
        if not job.over:
            (job.folder / _ENOUGH).touch()
        return self.get(job.id)

    def sweep(self) -> None:
        """Take away jobs that were over long ago."""
        before = datetime.fromtimestamp(time.time() - KEPT_S, UTC).isoformat()
        for job in self.listed():
            ended = job.at(*OVER)
            if ended is not None and ended < before:
                self._remove(job.id)

    def close(self) -> None:
        """Let nothing new begin, and ask for the end of what is worked at."""
        for progress in list(self._own.values()):
            progress.cancelled.set()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def events(self, job: Job, after: int = 0) -> Iterator[Event]:
        """What has happened to a job since the event of that number."""
        yield from (one for one in _events(job.folder) if one.number > after)

    def _remove(self, id: str) -> None:
        shutil.rmtree(self.root / id, ignore_errors=True)
        self._beside(id).unlink(missing_ok=True)

    def _beside(self, id: str) -> Path:
        return self.root / f"{id}.lock"


def _progress(folder: Path) -> Progress:
    return Progress(folder / _EVENTS, folder / _CANCEL, folder / _ENOUGH)


def _events(folder: Path) -> Iterator[Event]:
    try:
        lines = (folder / _EVENTS).read_bytes().split(b"\n")[:-1]  # what is half written has no end yet
    except OSError:
        return
    for number, line in enumerate(lines, start=1):
        with suppress(ValueError):
            yield Event(number, json.loads(line))


def _problem(error: TilthError | Problem) -> dict[str, Any]:
    if isinstance(error, TilthError):
        return body_of(status_of(error), error.code, error.said, error.remedy)
    code, values = error.code, error.values
    return body_of(error.status, code, message(code, **values), message(code, "remedy", **values))


def _told(found: Any) -> bytes:
    from tilth.web.answers import as_json

    return as_json(found)
