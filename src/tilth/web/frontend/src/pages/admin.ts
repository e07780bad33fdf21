/** The workspace itself: data, findings, jobs, people, tokens, what was done. */

import { get } from "../api";
import { type Child, h } from "../dom";
import type { Page, Visit } from "../page";
import { dataPage } from "../parts/admin_data";
import { findingsPage } from "../parts/admin_findings";
import { accessPage, auditPage, peoplePage } from "../parts/admin_people";
import { pageHead } from "../parts/bits";
import { isOver, type Job, jobFiles, jobMark, jobView } from "../parts/job";
import { tell } from "../parts/dialog";
import { table } from "../parts/table";
import { type Tab, tabs } from "../parts/tabs";
import { send } from "../api";
import { go, link } from "../router";
import { may } from "../store";
import { named, t } from "../words";

export const page: Page = { path: "admin", word: "admin.title", order: 90, show };

const TABS: readonly Tab[] = [
  { path: "/admin", word: "admin.tab.data" },
  { path: "/admin/findings", word: "admin.tab.findings" },
  { path: "/admin/jobs", word: "admin.tab.jobs" },
  { path: "/admin/people", word: "admin.tab.people" },
  { path: "/admin/access", word: "admin.tab.tokens" },
  { path: "/admin/audit", word: "admin.tab.audit" },
];

async function show(visit: Visit): Promise<Node> {
  switch (visit.place.rest[0]) {
    case "findings":
      return framed("/admin/findings", await findingsPage(visit));
    case "jobs":
      return framed("/admin/jobs", await jobsPage());
    case "people":
      return framed("/admin/people", may("administer") ? await peoplePage() : refused());
    case "access":
      return framed("/admin/access", await accessPage());
    case "audit":
      return framed("/admin/audit", may("audit") ? auditPage() : refused());
    default:
      return framed("/admin", await dataPage());
  }
}

function refused(): HTMLElement {
  return h("p", { class: "note" }, t("admin.notallowed"));
}

function framed(path: string, ...children: Child[]): HTMLElement {
  return h("div", null, pageHead("admin.title", t("admin.lead")), tabs(t("admin.title"), TABS, path), children);
}

async function jobsPage(): Promise<Node> {
  const jobs = await get<Job[]>("/jobs");
  const again = (): void => void go(link("/admin/jobs"), true);
  const away = (job: Job): void =>
    void send("DELETE", `/jobs/${job.id}`).then(again, (error: unknown) => tell(error instanceof Error ? error.message : ""));
  return h(
    "div",
    null,
    jobs.filter((job) => !isOver(job)).map((job) => jobView(job, again)),
    table<Job>(
      [
        { label: t("job"), names: true, cell: (job) => named("job.kind", job.kind) },
        { label: t("data.state"), cell: (job) => [jobMark(job), job.problem && h("p", { class: "quiet" }, job.problem.title)] },
        { label: t("job.by"), cell: (job) => job.by },
        { label: t("job.asked"), cell: (job) => when(job.asked_at) },
        { label: t("job.files"), cell: jobFiles },
        {
          label: t("job.remove"),
          screen: true,
          cell: (job) =>
            isOver(job) &&
            h("button", { type: "button", class: "button", "aria-label": `${t("job.remove")}: ${named("job.kind", job.kind)} ${when(job.asked_at)}`, onclick: () => away(job) }, t("job.remove")),
        },
      ],
      jobs.filter(isOver),
      { caption: t("admin.tab.jobs"), hideCaption: true, empty: t("job.none") },
    ),
  );
}

export function when(at: string | null): string {
  return at ? at.slice(0, 16).replace("T", " ") : "–";
}
