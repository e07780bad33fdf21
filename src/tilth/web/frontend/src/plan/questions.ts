/** Questions to a solved plan: a parcel forced, quantities that turn out otherwise, what more of another quantity costs. */

import { count } from "../area";
import { get, send } from "../api";
import { type Child, fill, h } from "../dom";
import { parseNumber } from "../number";
import { selectField, textField } from "../parts/field";
import { type Job, jobButton } from "../parts/job";
import { problemBox } from "../parts/problem";
import { table } from "../parts/table";
import { may } from "../store";
import { t } from "../words";
import { aimText, amount, figure, gapText, isSmaller, placeName, type Plan, planPath, quantity, shownAs, type Unit, worded } from "./record";
import { columnsOf } from "./result";

interface Forced {
  lost: number;
  lost_at_least: number;
  lost_at_most: number;
  changed: unknown[];
}

interface SensitivityCase {
  column: string;
  case: string;
  value: number | null;
  gap: number | null;
  changed: number | null;
  refused: string | null;
  kept_value: number;
  kept_fails: string[];
}

interface FrontierPoint {
  point: number;
  other: number;
  value: number;
  gap: number;
  price: number;
  changed: number;
}

/** Begins a job, and shows what it gave. */
function asking<T>(label: string, begin: () => Promise<Job>, view: (found: T) => Child): HTMLElement {
  const shown = h("div", null);
  const button = jobButton(label, begin, (job) => {
    if (job.state !== "done") return;
    get<T>(`/jobs/${job.id}/result`).then((found) => fill(shown, view(found)), (error: unknown) => fill(shown, problemBox(error)));
  });
  return h("div", null, button, shown);
}

/** What is lost when a parcel must have another treatment. */
export function forcing(plan: string, told: Unit): Child {
  const own = told.options.find((one) => one.chosen)?.treatment;
  const others = [...new Set(told.options.filter((one) => one.allowed).map((one) => one.treatment))].filter((one) => one !== own);
  if (!others.length) return null;
  let chosen = others[0] as string;
  return h(
    "details",
    { class: "noprint" },
    h("summary", null, t("plan.force")),
    selectField(t("plan.force.choose"), chosen, others.map((one) => ({ value: one, label: placeName("treatment", one) })), (treatment) => (chosen = treatment)),
    asking<Forced>(
      t("plan.force.run"),
      () => send<Job>("POST", planPath(plan, "/forcings"), { json: { unit: told.unit, treatment: chosen } }),
      (found) =>
        h("p", { class: "forced", role: "status" }, t("plan.force.lost", {
          unit: told.unit, treatment: placeName("treatment", chosen), lost: figure(found.lost), least: figure(found.lost_at_least), most: figure(found.lost_at_most),
          count: count(found.changed.length), aim: aimText(told.aim),
        })),
    ),
  );
}

export function questionsSection(plan: Plan): HTMLElement {
  return h(
    "section",
    { class: "noprint", "aria-labelledby": "plan-what" },
    h("h2", { id: "plan-what" }, t("plan.what")),
    h("p", { class: "quiet" }, t("plan.what.said")),
    sensitivity(plan),
    may("edit") && frontier(plan),
  );
}

function sensitivity(plan: Plan): HTMLElement {
  const names = plan.quantities.map((one) => ({ value: one, label: quantity(one) }));
  let column = plan.quantities.find((one) => one.startsWith("cost")) ?? (plan.quantities[0] as string);
  let times = "0.8, 1.2";
  const columns = columnsOf(plan);
  return h(
    "details",
    null,
    h("summary", null, t("plan.sense")),
    h(
      "div",
      { class: "fields" },
      selectField(t("plan.sense.column"), column, names, (chosen) => (column = chosen)),
      textField(t("plan.sense.factors"), times, (typed) => (times = typed), { inputmode: "decimal", maxlength: 60 }),
    ),
    asking<{ value: number; cases: SensitivityCase[] }>(
      t("plan.run"),
      () => {
        const factors = times.split(/[,，、;\s]+/).map(parseNumber).filter((one): one is number => one !== null);
        return send<Job>("POST", planPath(plan.name, "/sensitivities"), { json: { factors: { [column]: factors } } });
      },
      (found) =>
        table<SensitivityCase>(
          [
            { label: t("plan.sense.case"), names: true, cell: (one) => `${quantity(one.column)} × ${one.case}` },
            { label: t("plan.sense.value"), number: true, cell: (one) => (one.value === null ? worded(one.refused ?? "", columns) : figure(one.value)) },
            { label: t("plan.gap"), number: true, cell: (one) => gapText(one.gap) },
            { label: t("plan.sense.changed"), number: true, cell: (one) => (one.changed === null ? "–" : count(one.changed)) },
            { label: t("plan.sense.kept"), number: true, cell: (one) => figure(one.kept_value) },
            { label: t("plan.sense.fails"), cell: (one) => one.kept_fails.map((said) => worded(said, columns)).join("; ") || "–" },
          ],
          found.cases,
          { caption: t("plan.sense"), hideCaption: true },
        ),
    ),
  );
}

function frontier(plan: Plan): Child {
  const others = plan.quantities.filter((one) => !(one in plan.aim));
  if (!others.length || isSmaller(plan.aim)) return null;
  let against = others.find((one) => one.startsWith("grain")) ?? (others[0] as string);
  let way: "against" | "least" = "against";
  let points = "5";
  return h(
    "details",
    null,
    h("summary", null, t("plan.front")),
    h(
      "div",
      { class: "fields" },
      selectField(t("plan.front.against"), against, others.map((one) => ({ value: one, label: quantity(one) })), (chosen) => (against = chosen)),
      selectField<"against" | "least">(t("plan.front.way"), way, [{ value: "against", label: t("plan.front.more") }, { value: "least", label: t("plan.front.less") }], (chosen) => (way = chosen)),
      textField(t("plan.front.points"), points, (typed) => (points = typed), { inputmode: "numeric", maxlength: 2 }),
    ),
    asking<{ points: FrontierPoint[] }>(
      t("plan.run"),
      () => send<Job>("POST", planPath(plan.name, "/frontiers"), { json: { [way]: [against], points: Math.max(2, parseNumber(points) ?? 5) } }),
      (found) =>
        table<FrontierPoint>(
          [
            { label: t("plan.front.row"), names: true, cell: (one) => String(one.point + 1) },
            { label: quantity(against), number: true, cell: (one) => amount(against, one.other) },
            { label: aimText(plan.aim), number: true, cell: (one) => figure(one.value) },
            { label: t("plan.gap"), number: true, cell: (one) => gapText(one.gap) },
            { label: t("plan.price"), number: true, cell: (one) => figure(one.price * shownAs(against.endsWith("_dm2") ? "dm2" : "")) },
            { label: t("plan.sense.changed"), number: true, cell: (one) => count(one.changed) },
          ],
          found.points,
          { caption: t("plan.front"), hideCaption: true },
        ),
    ),
  );
}
