/** Flows from classes to classes, drawn by hand: two columns of blocks, ribbons between them. */

import { h, s } from "../dom";

export interface Flow {
  from: string;
  to: string;
  value: number;
}

export interface SankeyOptions {
  label: string;
  name: (code: string) => string;
  colour: (code: string) => string;
  said: (value: number) => string;
  href: (flow: Flow) => string | null;
}

interface Block {
  code: string;
  value: number;
  y: number;
  height: number;
  used: number;
}

const WIDTH = 900;
const LEFT = 265;
const RIGHT = WIDTH - 265;
/** Letters of a name that fit beside its block; Chinese ones are twice as wide. */
const FITS = 26;
const BLOCK = 12;
const GAP = 7;

export function sankey(flows: readonly Flow[], options: SankeyOptions): HTMLElement {
  const height = Math.max(260, 22 * Math.max(sides(flows, "from").size, sides(flows, "to").size) + 120);
  const [left, right] = [blocks(flows, "from", height), blocks(flows, "to", height)];
  const order = (all: Block[], code: string): number => all.findIndex((one) => one.code === code);
  const sorted = [...flows].sort((a, b) => order(left, a.from) - order(left, b.from) || order(right, a.to) - order(right, b.to));
  const ribbons = sorted.map((flow) => {
    const [a, b] = [left[order(left, flow.from)] as Block, right[order(right, flow.to)] as Block];
    const [ha, hb] = [(flow.value / a.value) * a.height, (flow.value / b.value) * b.height];
    const path = ribbon(a.y + a.used, ha, b.y + b.used, hb);
    a.used += ha;
    b.used += hb;
    const said = `${options.name(flow.from)} → ${options.name(flow.to)}: ${options.said(flow.value)}`;
    const drawn = s("path", { d: path, fill: options.colour(flow.from), class: "ribbon" }, s("title", null, said));
    const href = options.href(flow);
    return href ? s("a", { href, "aria-label": said }, drawn) : drawn;
  });
  return h(
    "div",
    { class: "sankey" },
    s(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${height}`, role: "group", "aria-label": options.label },
      ribbons,
      left.map((one) => block(one, LEFT - BLOCK, "end", options)),
      right.map((one) => block(one, RIGHT, "start", options)),
    ),
  );
}

function sides(flows: readonly Flow[], side: "from" | "to"): Map<string, number> {
  const sums = new Map<string, number>();
  for (const flow of flows) sums.set(flow[side], (sums.get(flow[side]) ?? 0) + flow.value);
  return sums;
}

/** Blocks of one side, the largest first, as high as what flows through them; very small ones can still be read. */
function blocks(flows: readonly Flow[], side: "from" | "to", height: number): Block[] {
  const sums = [...sides(flows, side)].sort((a, b) => b[1] - a[1]);
  const whole = sums.reduce((sum, [, value]) => sum + value, 0) || 1;
  const least = 8;
  const free = Math.max(0, height - sums.length * (GAP + least));
  let y = 0;
  return sums.map(([code, value]) => {
    const one = { code, value, y, height: least + (value / whole) * free, used: 0 };
    y += one.height + GAP;
    return one;
  });
}

function ribbon(y1: number, h1: number, y2: number, h2: number): string {
  const middle = (LEFT + RIGHT) / 2;
  return (
    `M${LEFT},${y1}C${middle},${y1} ${middle},${y2} ${RIGHT},${y2}` +
    `L${RIGHT},${y2 + h2}C${middle},${y2 + h2} ${middle},${y1 + h1} ${LEFT},${y1 + h1}Z`
  );
}

function block(one: Block, x: number, anchor: "start" | "end", options: SankeyOptions): SVGElement {
  const textX = anchor === "end" ? x - 8 : x + BLOCK + 8;
  return s(
    "g",
    null,
    s("rect", { x, y: one.y, width: BLOCK, height: one.height, fill: options.colour(one.code), class: "sankey-block" }),
    s(
      "text",
      { x: textX, y: one.y + one.height / 2 + 4, "text-anchor": anchor, class: "sankey-text" },
      fitted(options.name(one.code)),
      s("title", null, options.name(one.code)),
      s("tspan", { class: "sankey-value" }, `  ${options.said(one.value)}`),
    ),
  );
}

function fitted(name: string): string {
  let wide = 0;
  for (const [at, letter] of [...name].entries()) {
    wide += letter > "\u2e80" ? 2 : 1;
    if (wide > FITS) return `${[...name].slice(0, at).join("")}…`;
  }
  return name;
}
