/** Where we are: the path names the page, the query what it looks at. One listener draws. */

import { mayLeave } from "./guard";
import { state } from "./store";

export interface Place {
  page: string;
  rest: string[];
  query: URLSearchParams;
}

let draw: () => void = () => undefined;
let shown = "";

export function here(): Place {
  const [page = "", ...rest] = location.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  return { page: page || "today", rest, query: new URLSearchParams(location.search) };
}

/** The address of a page; region and year go along. */
export function link(path: string, query: Record<string, string | number | null | undefined> = {}): string {
  const asked = new URLSearchParams();
  const whole: typeof query = { region: state.region, year: state.year || null, ...query };
  for (const [name, value] of Object.entries(whole)) {
    if (value !== null && value !== undefined && value !== "") asked.set(name, String(value));
  }
  return `${path}?${asked.toString()}`;
}

/** Go there, if nothing unsaved holds us. */
export async function go(target: string, replace = false): Promise<void> {
  if (!(await mayLeave())) return;
  show(target, replace);
}

/** Change the address without leaving the page. */
export function show(target: string, replace = false): void {
  history[replace ? "replaceState" : "pushState"](null, "", target);
  shown = target;
  draw();
}

/** Note in the address what the page shows now; nothing is drawn again. */
export function note(query: Record<string, string | null>): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(query)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  shown = url.pathname + url.search;
  history.replaceState(null, "", shown);
}

export function start(drawPage: () => void): void {
  draw = drawPage;
  shown = location.pathname + location.search;
  window.addEventListener("popstate", () => {
    const wanted = location.pathname + location.search;
    if (wanted === shown) return;
    void mayLeave().then((free) => {
      if (!free) history.pushState(null, "", shown);
      else {
        shown = wanted;
        draw();
      }
    });
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const anchor = (event.target as Element | null)?.closest?.("a[href^='/']");
    const href = anchor?.getAttribute("href");
    if (!href || href.startsWith("/api/") || anchor?.hasAttribute("download") || anchor?.hasAttribute("target")) return;
    event.preventDefault();
    void go(href);
  });
}
