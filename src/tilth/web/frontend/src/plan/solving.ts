/** Move limits, solve: a scenario is made where they are not those of the plan, and the bound is seen to close. */

import { get, send } from "../api";
import { fill, h } from "../dom";
import { parseNumber } from "../number";
import { textField } from "../parts/field";
import { type Job, jobView } from "../parts/job";
import { problemBox } from "../parts/problem";
import { link } from "../router";
import { t } from "../words";
import { closingChart, stepOf } from "./closing";
import { type Limits, limitsForm } from "./limits";
import { type Plan, planPath, type PlanShort } from "./record";

/** What somebody typed stays while one goes from plan to plan. */
const typed = { gap: "", seconds: "600" };
/** Where a plan was never solved. [%] */
const GAP = 0.1;

export function solvingSection(plan: Plan, all: readonly PlanShort[], again: () => void): HTMLElement {
  const told = h("div", { class: "solving-told" });
  const foot = h("div", null);
  const used = new Map((plan.solution?.rows ?? []).map((row) => [row.number, row.used]));
  let name = freshName(plan.name, all);
  let running = false;
  const limits: Limits = limitsForm(plan.rows, used, () => drawFoot());

  const gapAsked = (): string => typed.gap || String(plan.solution ? Number((plan.solution.gap_asked * 100).toPrecision(6)) : GAP);

  const run = async (): Promise<void> => {
    const gap = parseNumber(gapAsked());
    const seconds = parseNumber(typed.seconds);
    if (gap === null || seconds === null) return;
    const changed = limits.changed();
    const varies = Object.keys(changed).length > 0;
    const target = varies ? name : plan.name;
    const chart = closingChart();
    running = true;
    drawFoot();
    fill(told, h("p", { class: "wait", role: "status" }, t("job.making")));
    try {
      if (varies) await send("POST", planPath(plan.name, "/scenarios"), { json: { name: target, limits: changed } });
      const job = await send<Job>("POST", planPath(target, "/solutions"), { json: { gap: gap / 100, seconds, ...(varies && plan.solution ? { start: plan.name } : {}) } });
      const heard = (event: Record<string, unknown>): void => {
        const step = stepOf(event);
        if (step) chart.add(step);
      };
      const view = jobView(job, (ended) => void over(ended, target, varies, chart), { heard, stops: true });
      fill(told, chart.element, view);
    } catch (error) {
      running = false;
      drawFoot();
      fill(told, problemBox(error));
    }
  };

  const over = async (job: Job, target: string, varies: boolean, chart: ReturnType<typeof closingChart>): Promise<void> => {
    running = false;
    name = freshName(plan.name, [...all, { name: target }]);
    drawFoot();
    if (job.state !== "done") return;
    const found = await get<Plan>(planPath(target)).catch(() => null);
    if (found?.solution) chart.add(found.solution);
    if (!varies) {
      again();
      return;
    }
    told.append(
      h(
        "p",
        { class: "buttons" },
        h("a", { class: "button strong", href: link("/plan/of", { plan: target }) }, t("plan.look", { name: target })),
        plan.solution && h("a", { class: "button", href: link("/plan/compare", { plan: plan.name, with: target }) }, t("plan.compare.with", { name: plan.name })),
      ),
    );
  };

  const drawFoot = (): void => {
    const varies = Object.keys(limits.changed()).length > 0;
    fill(
      foot,
      varies && textField(t("plan.scenario"), name, (text) => (name = text), { maxlength: 80, required: true }),
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "submit", class: "button strong", disabled: running || limits.wrong() }, t(varies ? "plan.solve.limits" : plan.solution ? "plan.solve.again" : "plan.solve")),
        varies && h("button", { type: "button", class: "button", onclick: () => limits.reset() }, t("plan.reset")),
      ),
    );
  };
  drawFoot();
  return h(
    "section",
    { class: "noprint", "aria-labelledby": "plan-limits" },
    h("h2", { id: "plan-limits" }, t("plan.limits")),
    h("p", { class: "quiet" }, t("plan.limits.said")),
    h(
      "div",
      { class: "solving" },
      h(
        "form",
        {
          class: "card",
          onsubmit: (event: Event) => {
            event.preventDefault();
            if (!running && !limits.wrong()) void run();
          },
        },
        limits.element,
        h(
          "div",
          { class: "fields" },
          textField(t("plan.gap.asked"), gapAsked(), (gap) => (typed.gap = gap), { inputmode: "decimal", maxlength: 8 }),
          textField(t("plan.seconds.asked"), typed.seconds, (seconds) => (typed.seconds = seconds), { inputmode: "decimal", maxlength: 6 }),
        ),
        foot,
      ),
      told,
    ),
  );
}

/** A name that no plan has yet. */
function freshName(base: string, all: readonly { name: string }[]): string {
  const taken = new Set(all.map((one) => one.name));
  const stem = base.replace(/-\d+$/, "").slice(0, 70);
  for (let at = 2; ; at += 1) if (!taken.has(`${stem}-${at}`)) return `${stem}-${at}`;
}
