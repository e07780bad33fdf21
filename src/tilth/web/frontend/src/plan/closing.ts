/** Value and bound while a plan is solved: two lines that close on each other, drawn by hand. */

import { fill, h, s } from "../dom";
import { t } from "../words";
import { figure, gapText } from "./record";

export interface Step {
  value: number | null;
  bound: number;
  gap: number | null;
  seconds: number;
}

const [WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM] = [560, 190, 84, 14, 12, 30];
const VALUE = "#1d6a3a";
const BOUND = "#b3541e";
/** So many times the gap, or this share of the value, are in sight above and below. */
const [GAPS, SHARE] = [3, 0.02];

export interface Closing {
  element: HTMLElement;
  add: (step: Step) => void;
}

export function closingChart(): Closing {
  const steps: Step[] = [];
  const drawing = h("div", null);
  const said = h("p", { class: "closing-said" }, t("wait"));
  const element = h(
    "figure",
    { class: "closing" },
    drawing,
    h("ul", { class: "chart-key", "aria-label": t("map.legend") }, h("li", null, sample(BOUND, "6 3"), t("plan.closing.bound")), h("li", null, sample(VALUE, ""), t("plan.closing.value"))),
    said,
  );
  const draw = (): void => {
    const last = steps.at(-1);
    if (!last) return;
    fill(drawing, chart(steps));
    const told = { value: figure(last.value), bound: figure(last.bound), gap: gapText(last.gap), seconds: last.seconds.toFixed(1) };
    fill(said, t(last.value === null ? "plan.closing.noplan" : "plan.closing.so", told));
  };
  return {
    element,
    add: (step) => {
      steps.push(step);
      draw();
    },
  };
}

function chart(steps: readonly Step[]): SVGElement {
  const last = steps.at(-1) as Step;
  const [low, high] = sight(steps, last);
  const until = Math.max(last.seconds * 1.06, 0.1);
  const x = (seconds: number): number => LEFT + (seconds / until) * (WIDE - LEFT - RIGHT);
  const y = (value: number): number => {
    const inside = Math.min(high, Math.max(low, value));
    return HIGH - BOTTOM - ((inside - low) / (high - low || 1)) * (HIGH - TOP - BOTTOM);
  };
  const ticks = [low, (low + high) / 2, high];
  const found = steps.filter((one): one is Step & { value: number } => one.value !== null);
  return s(
    "svg",
    { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": t("plan.closing") },
    ticks.map((value) => [
      s("line", { class: "grid", x1: LEFT, x2: WIDE - RIGHT, y1: y(value), y2: y(value) }),
      s("text", { class: "axis", x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, figure(Number(value.toPrecision(5)))),
    ]),
    [0, last.seconds / 2, last.seconds].map((seconds) => s("text", { class: "axis", x: x(seconds), y: HIGH - 12, "text-anchor": "middle" }, seconds.toFixed(until < 10 ? 1 : 0))),
    s("text", { class: "axis", x: WIDE - RIGHT, y: HIGH - 1, "text-anchor": "end" }, t("plan.closing.seconds")),
    s("path", { class: "closing-line", d: stairs(steps.map((one) => [x(one.seconds), y(one.bound)]), x(until)), stroke: BOUND, "stroke-dasharray": "6 3" }),
    found.length > 0 && s("path", { class: "closing-line", d: stairs(found.map((one) => [x(one.seconds), y(one.value)]), x(until)), stroke: VALUE }),
    found.map((one) => s("circle", { cx: x(one.seconds).toFixed(1), cy: y(one.value).toFixed(1), r: 3, fill: VALUE })),
  );
}

/** What is in sight: around the best plan where there is one, else all bounds. */
function sight(steps: readonly Step[], last: Step): [number, number] {
  if (last.value === null) {
    const bounds = steps.map((one) => one.bound);
    return [Math.min(...bounds), Math.max(...bounds)];
  }
  const around = Math.max(GAPS * Math.abs(last.bound - last.value), SHARE * Math.abs(last.value), 1e-9);
  const below = Math.min(...steps.map((one) => one.value ?? Infinity));
  return last.bound >= last.value ? [Math.max(below, last.value - around) - 0.1 * around, last.value + around] : [last.value - around, last.value + 0.3 * around];
}

/** A line that stays until the next step. */
function stairs(points: readonly (readonly [number, number])[], end: number): string {
  const drawn = points.map(([x, y], at) => (at ? `H${x.toFixed(1)}V${y.toFixed(1)}` : `M${x.toFixed(1)},${y.toFixed(1)}`));
  return `${drawn.join("")}H${end.toFixed(1)}`;
}

function sample(colour: string, dash: string): SVGElement {
  return s("svg", { class: "key", viewBox: "0 0 34 12", "aria-hidden": "true" }, s("line", { x1: 0, x2: 34, y1: 6, y2: 6, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dash || null }));
}

/** An event of the job, where it tells how far the solution is. */
export function stepOf(told: Record<string, unknown>): Step | null {
  const { value, bound, gap, seconds } = told;
  if (typeof bound !== "number" || typeof seconds !== "number") return null;
  return { value: typeof value === "number" ? value : null, bound, gap: typeof gap === "number" ? gap : null, seconds };
}
