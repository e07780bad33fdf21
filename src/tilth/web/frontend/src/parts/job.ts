/** Long work: begun with a button, followed as it happens, its files at the end. */

import { count } from "../area";
import { get, send } from "../api";
import { fill, h } from "../dom";
import type { ProblemRecord } from "../types";
import { named, t } from "../words";
import { Refused } from "../api";
import { problemBox } from "./problem";

export interface Job {
  id: string;
  kind: string;
  by: string;
  region: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  asked_at: string | null;
  ended_at: string | null;
  stopping: boolean;
  progress: { title: string; done: number; total: number | null } | null;
  problem: ProblemRecord | null;
  files: { name: string; bytes: number }[];
}

const OVER = new Set(["done", "failed", "cancelled"]);

export function isOver(job: Job): boolean {
  return OVER.has(job.state);
}

export function jobMark(job: Job): HTMLElement {
  const colour = { done: "good", failed: "bad", running: "info" }[job.state as string] ?? "";
  return h("span", { class: `mark ${colour}` }, named("job.state", job.state));
}

export function jobFiles(job: Job): HTMLElement | null {
  if (!job.files.length) return null;
  return h(
    "ul",
    { class: "files" },
    job.files.map((file) => {
      const path = file.name.split("/").map(encodeURIComponent).join("/");
      return h("li", null, h("a", { href: `/api/v1/jobs/${job.id}/files/${path}`, download: file.name.split("/").at(-1) ?? "" }, file.name), h("span", { class: "quiet" }, ` ${size(file.bytes)}`));
    }),
  );
}

function size(bytes: number): string {
  return bytes < 1024 * 1024 ? `${count(Math.ceil(bytes / 1024))} KB` : `${count(Math.ceil(bytes / 1024 / 1024))} MB`;
}

export interface Following {
  /** Hears what the work says of itself while it goes on. */
  heard?: (told: Record<string, unknown>) => void;
  /** It can be ended with the best that it has so far. */
  stops?: boolean;
}

/** Follow a job until it is over. The stream of events tells when to look; without one, a clock does. */
export function jobView(first: Job, over: (job: Job) => void = () => undefined, following: Following = {}): HTMLElement {
  const place = h("div", { class: "job", role: "status" });
  const bar = h("progress", { "aria-label": named("job.kind", first.kind) });
  let source: EventSource | null = null;
  let ended = false;
  let looking = false;

  const state = h("p");
  const said = h("p", { class: "quiet" });
  const ending = h("p", { class: "quiet" });
  const rest = h("div");
  const enough = h("button", { type: "button", class: "button strong", onclick: () => stop() }, t("job.stop"));
  const cancel = h("button", { type: "button", class: "button", onclick: () => void send("DELETE", `/jobs/${first.id}`).then(look, look) }, t("job.cancel"));
  // Buttons stay where they are while the work speaks, or they would lose the focus, and a click that is half done.
  const running = [bar, said, h("div", { class: "buttons" }, following.stops && enough, cancel), ending];
  fill(place, state, running, rest);

  const draw = (job: Job): void => {
    const progress = job.progress;
    if (progress?.total) {
      bar.max = progress.total;
      bar.value = progress.done;
    } else bar.removeAttribute("value");
    fill(state, `${named("job.kind", job.kind)} `, jobMark(job));
    fill(said, progress && (progress.total ? `${progress.title}: ${count(progress.done)} / ${count(progress.total)}` : progress.title));
    if (job.stopping) sayStopping();
    if (isOver(job)) for (const one of running) one.remove();
    fill(rest, job.problem && problemBox(new Refused(job.problem.status, job.problem)), jobFiles(job));
  };

  const sayStopping = (): void => {
    enough.disabled = true;
    fill(enough, t("job.stopping"));
    fill(ending, t("job.stopping.said"));
  };

  /** Said at once: the work may be in a long step that it ends first. */
  const stop = (): void => {
    sayStopping();
    send("POST", `/jobs/${first.id}/stop`).then(look, look);
  };

  const look = async (): Promise<void> => {
    if (looking || ended) return;
    looking = true;
    try {
      const job = await get<Job>(`/jobs/${first.id}`);
      draw(job);
      if (isOver(job)) {
        ended = true;
        source?.close();
        over(job);
      }
    } catch (error) {
      ended = true;
      source?.close();
      fill(place, problemBox(error));
    } finally {
      looking = false;
    }
  };

  draw(first);
  source = new EventSource(`/api/v1/jobs/${first.id}/events`);
  for (const kind of ["state", "progress"]) {
    source.addEventListener(kind, (event) => {
      following.heard?.(JSON.parse(event.data as string) as Record<string, unknown>);
      void look();
    });
  }
  source.addEventListener("error", () => {
    source?.close();
    const clock = window.setInterval(() => (ended || !place.isConnected ? window.clearInterval(clock) : void look()), 1000);
    void look();
  });
  return place;
}

/** A button that begins a job and shows beside it what becomes of it. */
export function jobButton(label: string, begin: () => Promise<Job>, over: (job: Job) => void = () => undefined): HTMLElement {
  const place = h("div", { class: "job-place" });
  const button = h("button", { type: "button", class: "button" }, label);
  button.addEventListener("click", () => {
    button.disabled = true;
    fill(place, h("p", { class: "wait", role: "status" }, t("job.making")));
    begin().then(
      (job) =>
        fill(
          place,
          jobView(job, (ended) => {
            button.disabled = false;
            over(ended);
          }),
        ),
      (error: unknown) => {
        button.disabled = false;
        fill(place, problemBox(error));
      },
    );
  });
  return h("div", { class: "job-button" }, button, place);
}
