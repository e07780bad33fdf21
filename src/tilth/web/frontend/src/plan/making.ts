/** The list of plans, and a new one from files. */

import { count } from "../area";
import { send } from "../api";
import { fill, h } from "../dom";
import { textField } from "../parts/field";
import { type Job, jobView } from "../parts/job";
import { problemBox } from "../parts/problem";
import { table } from "../parts/table";
import { dropZone } from "../parts/upload";
import { go, link } from "../router";
import { may } from "../store";
import { t } from "../words";
import { aimText, figure, gapText, type PlanShort } from "./record";

export function planTable(all: readonly PlanShort[]): HTMLElement {
  return table<PlanShort>(
    [
      { label: t("plan.name"), names: true, cell: (one) => h("a", { href: link("/plan/of", { plan: one.name }) }, one.name) },
      { label: t("plan.state"), cell: (one) => h("span", { class: `mark ${one.solution ? "good" : ""}` }, t(one.solution ? "plan.solved" : "plan.unsolved")) },
      { label: t("plan.value"), number: true, cell: (one) => (one.solution ? figure(one.solution.value) : "–"), title: (one) => (one.solution ? aimText(one.solution.aim) : undefined) },
      { label: t("plan.gap"), number: true, cell: (one) => gapText(one.solution?.gap) },
      { label: t("plan.units"), number: true, cell: (one) => count(one.units) },
      { label: t("plan.options"), number: true, cell: (one) => count(one.options) },
      { label: t("plan.from"), cell: (one) => one.varies?.plan ?? "" },
      { label: t("plan.made"), cell: (one) => one.made_at.slice(0, 16).replace("T", " ") },
    ],
    all,
    { caption: t("plan.all"), hideCaption: true, empty: t("plan.none") },
  );
}

type Part = "options" | "rows" | "units";

export function makingForm(): HTMLElement {
  if (!may("edit")) return h("p", { class: "note" }, t("plan.noedit"));
  const told = h("div", { class: "job-place" });
  const files = new Map<Part, File>();
  let name = "";
  const make = async (event: Event): Promise<void> => {
    event.preventDefault();
    const table = files.get("options");
    if (!table) return fill(told, h("p", { class: "note", role: "alert" }, t("plan.form.nofile")));
    const form = new FormData();
    form.set("file", table, table.name);
    for (const part of ["rows", "units"] as const) {
      const file = files.get(part);
      if (file) form.set(part, file, file.name);
    }
    fill(told, h("p", { class: "wait", role: "status" }, t("job.making")));
    try {
      const job = await send<Job>("POST", "/plans", { query: { name }, form });
      fill(told, jobView(job, (ended) => ended.state === "done" && void go(link("/plan/of", { plan: name }))));
    } catch (error) {
      fill(told, problemBox(error));
    }
  };
  return h(
    "section",
    { class: "first", "aria-labelledby": "plan-form" },
    h("h2", { id: "plan-form" }, t("plan.new")),
    h(
      "form",
      { class: "entry-form", onsubmit: (event: Event) => void make(event) },
      h("div", { class: "fields" }, textField(t("plan.name"), name, (typed) => (name = typed), { maxlength: 80, required: true })),
      h("div", { class: "plan-files" }, picker("options", files), picker("rows", files), picker("units", files)),
      h("div", { class: "buttons" }, h("button", { type: "submit", class: "button strong" }, t("plan.form.make"))),
    ),
    told,
  );
}

function picker(part: Part, files: Map<Part, File>): HTMLElement {
  const said = h("p", { class: "quiet", role: "status" });
  const zone = dropZone(t(`plan.form.${part}`), t(`plan.form.${part}.hint`), ([file]) => {
    if (!file) return;
    files.set(part, file);
    fill(said, file.name);
  });
  return h("div", { "data-part": part }, zone, said);
}
