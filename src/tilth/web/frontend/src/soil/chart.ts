/** Salt through time: a line for each option with the band around it, drawn by hand. */

import { h, s } from "../dom";
import { table } from "../parts/table";
import { t } from "../words";
import type { ParcelOptions, SaltOption } from "./record";
import { num } from "./record";

/** Told apart by colour, and by dashes where colours are not seen. */
export const LINES = [
  { colour: "#8a3b12", dash: "" },
  { colour: "#0b57d0", dash: "7 3" },
  { colour: "#1d6a3a", dash: "2 3" },
  { colour: "#6a1b9a", dash: "10 3 2 3" },
] as const;
export const MOST_LINES = LINES.length;

const HEIGHT = 300;
const LEFT = 46;
const RIGHT = 14;
const TOP = 30;
const BOTTOM = 36;
const NARROW = 700;

interface Point {
  x: number;
  mean: number;
  low: number;
  high: number;
}

export function saltChart(told: ParcelOptions, shown: readonly SaltOption[]): HTMLElement {
  const wide = window.innerWidth < NARROW ? 400 : 760; // drawn as wide as it is shown, so that letters keep their size
  const lines = shown.map((one) => ({ one, points: pointsOf(told, one) }));
  const most = Math.max(1, ...lines.flatMap((line) => line.points.map((point) => point.high)));
  const step = stepOf(most);
  const top = Math.ceil(most / step) * step;
  const x = (year: number): number => LEFT + (year / told.years) * (wide - LEFT - RIGHT);
  const y = (ece: number): number => HEIGHT - BOTTOM - (ece / top) * (HEIGHT - TOP - BOTTOM);
  const every = Math.max(1, Math.ceil(told.years / (wide < 500 ? 6 : 12)));
  return h(
    "figure",
    { class: "salt-chart" },
    s(
      "svg",
      { viewBox: `0 0 ${wide} ${HEIGHT}`, role: "img", "aria-label": `${t("soil.chart")}: ${shown.map((one) => one.name).join(", ")}` },
      Array.from({ length: Math.round(top / step) + 1 }, (_, at) => at * step).map((ece) => [
        s("line", { class: "grid", x1: LEFT, x2: wide - RIGHT, y1: y(ece), y2: y(ece) }),
        s("text", { class: "axis", x: LEFT - 7, y: y(ece) + 4, "text-anchor": "end" }, num(ece, step < 1 ? 1 : 0)),
      ]),
      s("text", { class: "axis", x: 4, y: 12 }, "ECe (dS/m)"),
      Array.from({ length: told.years + 1 }, (_, year) => year)
        .filter((year) => year % every === 0)
        .map((year) => s("text", { class: "axis", x: x(year), y: HEIGHT - BOTTOM + 17, "text-anchor": "middle" }, year ? String(year) : t("soil.chart.start"))),
      s("text", { class: "axis", x: (LEFT + wide - RIGHT) / 2, y: HEIGHT - 3, "text-anchor": "middle" }, t("soil.chart.year")),
      lines.map(({ points }, at) => s("path", { class: "salt-band", d: band(points, x, y), fill: LINES[at]?.colour ?? "#555" })),
      lines.map(({ one, points }, at) => [
        s(
          "path",
          { class: "salt-line", d: path(points.map((point) => [x(point.x), y(point.mean)])), stroke: LINES[at]?.colour ?? "#555", "stroke-dasharray": LINES[at]?.dash || null },
          s("title", null, one.name),
        ),
      ]),
    ),
    h(
      "ul",
      { class: "chart-key", "aria-label": t("map.legend") },
      shown.map((one, at) => h("li", null, sample(at), one.name)),
    ),
    h("figcaption", { class: "quiet" }, t("soil.chart.said")),
    h("details", null, h("summary", null, t("soil.chart.table")), asTable(told, shown)),
  );
}

/** The stroke of the line at a place of the chart. */
function sample(at: number): SVGElement {
  const line = LINES[at] ?? LINES[0];
  return s(
    "svg",
    { class: "key", viewBox: "0 0 34 12", "aria-hidden": "true" },
    s("rect", { class: "salt-band", width: 34, height: 12, fill: line.colour }),
    s("line", { x1: 0, x2: 34, y1: 6, y2: 6, stroke: line.colour, "stroke-width": 2.5, "stroke-dasharray": line.dash || null }),
  );
}

function pointsOf(told: ParcelOptions, one: SaltOption): Point[] {
  const { lower, median, upper } = told.start_ds_m;
  const years = one.series.map((each) => ({
    x: each.year,
    mean: each.ece_ds_m,
    low: each.low_ds_m ?? each.ece_ds_m,
    high: each.high_ds_m ?? each.ece_ds_m,
  }));
  return [{ x: 0, mean: median, low: lower, high: upper }, ...years].filter((each): each is Point => each.mean !== null && each.low !== null && each.high !== null);
}

function path(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");
}

function band(points: readonly Point[], x: (year: number) => number, y: (ece: number) => number): string {
  const there = points.map((point) => [x(point.x), y(point.high)] as const);
  const back = [...points].reverse().map((point) => [x(point.x), y(point.low)] as const);
  return points.length ? `${path([...there, ...back])}Z` : "";
}

/** A round step that makes four to eight lines. */
function stepOf(most: number): number {
  const rough = most / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10) * power;
}

function asTable(told: ParcelOptions, shown: readonly SaltOption[]): HTMLElement {
  const years = Array.from({ length: told.years }, (_, at) => at);
  return table<number>(
    [
      { label: t("soil.chart.year"), names: true, cell: (at) => String(at + 1) },
      ...shown.map((one) => ({
        label: `${one.name} (dS/m)`,
        number: true,
        cell: (at: number) => {
          const year = one.series[at];
          if (!year) return "–";
          return t("soil.chart.band", { mean: num(year.ece_ds_m, 1), low: num(year.low_ds_m, 1), high: num(year.high_ds_m, 1) });
        },
      })),
    ],
    years,
    { caption: t("soil.chart"), hideCaption: true, dense: true },
  );
}
