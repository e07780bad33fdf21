"""How smoothly the map of a large workspace moves: headless Chromium pans and zooms while it is traced.

python benchmarks/frames.py WORKSPACE --year 2023 --chromium /usr/bin/chromium

What is told: how long each task of the page's main thread took while the map was moved, how many were longer than 50
and 100 ms; how far apart the frames were that the page drew; and what was transferred for the first view. Without a
graphics card the card's own work is done by processors, in another process: it makes frames late, but is no work of the
page.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from playwright.sync_api import CDPSession, Page, sync_playwright

from serving import tilth

FLAGS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage")
WINDOW = {"width": 1920, "height": 1080}
LONG_MS, TOO_LONG_MS = 50.0, 100.0
CATEGORIES = ("devtools.timeline", "toplevel", "disabled-by-default-devtools.timeline", "blink.user_timing")
#: Frames are drawn by the page as it is told to by the browser: when was it told?
WATCH = """() => {
  window.__frames = [];
  const look = (at) => { window.__frames.push(at); window.__watching = requestAnimationFrame(look); };
  window.__watching = requestAnimationFrame(look);
}"""
STOP = "() => { cancelAnimationFrame(window.__watching); return window.__frames; }"


def traced(session: CDPSession, page: Page) -> Iterator[list[dict[str, Any]]]:
    """Events of a trace, gathered from the first to the second step."""
    events: list[dict[str, Any]] = []
    done: list[bool] = []
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda _: done.append(True))
    session.send("Tracing.start", {"categories": ",".join(CATEGORIES), "transferMode": "ReportEvents"})
    yield events
    session.send("Tracing.end")
    until = time.monotonic() + 120
    while not done and time.monotonic() < until:
        page.wait_for_timeout(50)
    yield events


def idle(page: Page, seconds: float = 60) -> None:
    """Until the map has all that it shows."""
    page.wait_for_selector("#map[data-idle]", timeout=1e3 * seconds, state="attached")


def moves(page: Page) -> dict[str, Any]:
    """What a hand does with the map, by name."""
    x, y = WINDOW["width"] // 2, WINDOW["height"] // 2

    def pan() -> None:
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(60):
            page.mouse.move(x - 8 * step, y - 4 * step)
            page.wait_for_timeout(16)
        page.mouse.up()
        page.wait_for_timeout(1_000)

    def zoom(way: int) -> None:
        page.mouse.move(x, y)
        for _ in range(24):
            page.mouse.wheel(0, -60 * way)
            page.wait_for_timeout(40)
        page.wait_for_timeout(1_500)

    return {
        "pan from afar": pan,
        "zoom in": lambda: zoom(1),
        "pan over parcels": pan,
        "zoom in closer": lambda: zoom(1),
        "pan close by": pan,
        "zoom out": lambda: zoom(-1),
    }


def main_thread(events: list[dict[str, Any]], origin: str) -> tuple[int, int]:
    """Process and thread that draw the page of `origin`."""
    frames = [
        (event["pid"], one.get("url", ""))
        for event in events
        if event["name"] == "TracingStartedInBrowser"
        for one in event["args"].get("data", {}).get("frames", [])
    ]
    pids = {
        one.get("processId")
        for event in events
        if event["name"] == "TracingStartedInBrowser"
        for one in event["args"].get("data", {}).get("frames", [])
        if one.get("url", "").startswith(origin)
    }
    for event in events:
        named = event["name"] == "thread_name" and event["args"].get("name") == "CrRendererMain"
        if named and (event["pid"] in pids or not pids):
            return event["pid"], event["tid"]
    raise SystemExit(f"no page in the trace: {frames}")


def tasks(events: list[dict[str, Any]], thread: tuple[int, int]) -> np.ndarray:
    """How long each task of a thread took. [ms]"""
    names = ("RunTask", "ThreadControllerImpl::RunTask")
    for name in names:
        found = [
            event["dur"] / 1e3
            for event in events
            if event["name"] == name and (event["pid"], event["tid"]) == thread and "dur" in event
        ]
        if found:
            return np.asarray(found)
    return np.zeros(0)


def report(rows: list[Any], first: dict[str, Any], said: list[str], version: str) -> None:
    """Print what was seen."""
    print(
        f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; Chromium {version}, ",
        end="",
    )
    print(f"{WINDOW['width']} × {WINDOW['height']}, drawn without a graphics card")
    print(
        f"First view: {first['seconds']:.1f} s, {first['bytes'] / 1e6:.2f} MB in {first['requests']} answers; ", end=""
    )
    print(f"errors in the console: {len(said)} {said[:3] if said else ''}\n")
    print("| move | tasks | longest ms | p99 ms | > 50 ms | > 100 ms | frames | median ms | p95 ms | > 100 ms |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name, took, frames in [*rows, ("all", *(np.concatenate([one[at] for one in rows]) for at in (1, 2)))]:
        late = np.percentile(took, 99) if len(took) else 0.0
        print(f"| {name} | {len(took):,} | {took.max(initial=0):.0f} | {late:.1f} | ", end="")
        print(f"{(took > LONG_MS).sum()} | {(took > TOO_LONG_MS).sum()} | {len(frames):,} | ", end="")
        middle, high = np.percentile(frames, [50, 95]) if len(frames) else (0.0, 0.0)
        print(f"{middle:.0f} | {high:.0f} | {(frames > TOO_LONG_MS).mean():.1%} |")


def main() -> None:
    """See above."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("workspace")
    given.add_argument("--year", type=int, required=True)
    given.add_argument("--chromium", help="which browser; that of playwright without")
    given.add_argument("--trace", help="write the events there, as the browser's own tools read them")
    asked = given.parse_args()
    rows, first = [], {}
    with tilth(asked.workspace) as ours, sync_playwright() as play:
        client = ours.session()
        while not all(
            one["ready"] for one in client.get("/api/v1/map").json()["layers"] if one["id"] == f"survey-{asked.year}"
        ):
            time.sleep(1)
        browser = play.chromium.launch(executable_path=asked.chromium, args=list(FLAGS))
        version = browser.version
        page = browser.new_context(viewport=WINDOW, locale="en-GB").new_page()
        said: list[str] = []
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        sent = []
        session.on("Network.loadingFinished", lambda told: sent.append(told["encodedDataLength"]))
        begin = time.perf_counter()
        page.goto(f"{ours.url}/map#key={ours.key}")
        idle(page)
        first = {"seconds": time.perf_counter() - begin, "bytes": sum(sent), "requests": len(sent)}
        for name, move in moves(page).items():
            trace = traced(session, page)
            next(trace)
            page.evaluate(WATCH)
            move()
            idle(page, 120)
            frames = np.diff(np.asarray(page.evaluate(STOP)))
            events = next(trace)
            took = tasks(events, main_thread(events, ours.url))
            rows.append((name, took, frames))
            if asked.trace:
                with open(f"{asked.trace}-{len(rows)}.json", "w", encoding="utf-8") as out:
                    json.dump({"traceEvents": events}, out)
            session = page.context.new_cdp_session(page)
        report(rows, first, said, version)
        browser.close()


if __name__ == "__main__":
    main()
