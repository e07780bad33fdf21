/** Limits of a plan, each with a slider and a field; limits of one kind (a budget each year) move together as well. */

import { type Child, fill, freshId, h } from "../dom";
import { parseNumber } from "../number";
import { textField } from "../parts/field";
import { named, t } from "../words";
import { about, amount, type Demand, quantity, shownAs, unitWord } from "./record";

const STEPS = 200;
const MOST_SHOWN = 60;

export interface Limits {
  element: HTMLElement;
  /** Those that are not as in the plan, by number. */
  changed: () => Record<string, number>;
  /** Is one of them no number? */
  wrong: () => boolean;
  reset: () => void;
}

export function limitsForm(rows: readonly Demand[], used: ReadonlyMap<number, number>, changed: () => void): Limits {
  const values = new Map<number, number | null>();
  const families = familiesOf(rows);
  const together = new Set(families.flatMap((one) => one.rows));
  const alone = rows.filter((one) => !together.has(one) && !Object.keys(one.where).length);
  const single = rows.filter((one) => !alone.includes(one));
  const place = h("div", { class: "limits" });
  const more = h("div", { class: "limits" });
  let wanted = "";
  const set = (row: Demand, value: number | null): void => {
    if (value === row.limit) values.delete(row.number);
    else values.set(row.number, value);
  };
  const one = (row: Demand): HTMLElement =>
    slider({
      name: rowName(row), base: row.limit, start: values.get(row.number) ?? row.limit, size: Math.abs(row.limit) || Math.max(Math.abs(used.get(row.number) ?? 0), 1),
      scale: shownAs(row.unit), whole: Number.isInteger(row.limit), unit: unitWord(row.unit), told: (value) => `${amount(row.column, value)} ${unitWord(row.unit)}`.trim(),
      take: (value) => {
        set(row, value);
        changed();
      },
    });
  const family = (own: Family): HTMLElement =>
    slider({
      name: own.name, base: 100, start: own.share(values), size: 100, scale: 1, whole: false, unit: "%", told: (value) => `${value} %`,
      take: (value) => {
        for (const row of own.rows) set(row, value === null ? null : scaled(row, value / 100));
        drawMore();
        changed();
      },
    });
  const drawMore = (): void => {
    const found = single.filter((row) => !wanted || about(row).toLowerCase().includes(wanted.toLowerCase()));
    fill(more, found.slice(0, MOST_SHOWN).map(one), found.length > MOST_SHOWN && h("p", { class: "quiet" }, t("more.left", { count: found.length - MOST_SHOWN })));
  };
  const draw = (): void => {
    fill(place, families.map(family), alone.map(one));
    drawMore();
  };
  draw();
  const details: Child = single.length > 0 && h(
    "details",
    { open: !alone.length && !families.length },
    h("summary", null, t("plan.limits.more", { count: single.length })),
    single.length > 8 &&
      textField(t("plan.limits.find"), "", (text) => {
        wanted = text;
        drawMore();
      }),
    more,
  );
  return {
    element: h("div", { class: "limits-all" }, place, details, !rows.length && h("p", { class: "quiet" }, t("plan.limits.none"))),
    changed: () => Object.fromEntries([...values].filter((pair): pair is [number, number] => pair[1] !== null).map(([number, value]) => [String(number), value])),
    wrong: () => [...values.values()].includes(null),
    reset: () => {
      values.clear();
      draw();
      changed();
    },
  };
}

function rowName(row: Demand): string {
  return `${about(row)} ${t(row.at_least ? "plan.least" : "plan.most")}`;
}

/** Limits that differ only in their year, township or other group. */
interface Family {
  name: string;
  rows: Demand[];
  share: (values: ReadonlyMap<number, number | null>) => number;
}

function familiesOf(rows: readonly Demand[]): Family[] {
  const held = new Map<string, Demand[]>();
  for (const row of rows) {
    const labels = Object.keys(row.where);
    const last = labels.at(-1);
    if (last === undefined) continue;
    const rest = labels.slice(0, -1).map((label) => `${label}=${row.where[label] ?? ""}`);
    const key = [row.column, row.at_least, last, ...rest].join("\n");
    held.set(key, [...(held.get(key) ?? []), row]);
  }
  return [...held.values()].filter((own) => own.length > 1).map((own) => {
    const first = own[0] as Demand;
    const labels = Object.keys(first.where);
    const rest = Object.fromEntries(labels.slice(0, -1).map((label) => [label, first.where[label] ?? ""]));
    const each = t("plan.limit.each", { label: named("plan.label", labels.at(-1) ?? ""), count: own.length });
    return {
      name: `${Object.keys(rest).length ? about({ column: first.column, where: rest }) : quantity(first.column)} ${t(first.at_least ? "plan.least" : "plan.most")}${each}`,
      rows: own,
      share: (values) => {
        const shares = own.map((row) => (row.limit ? (values.get(row.number) ?? row.limit) / row.limit : 1));
        return Math.round((shares.reduce((sum, share) => sum + share, 0) / own.length) * 1000) / 10;
      },
    };
  });
}

function scaled(row: Demand, share: number): number {
  const value = row.limit * share;
  return Number.isInteger(row.limit) ? Math.round(value) : value;
}

interface Slider {
  name: string;
  /** As it is in the plan. */
  base: number;
  start: number;
  /** Half of the way that the slider goes. */
  size: number;
  /** So many of what is kept make one of what is shown. */
  scale: number;
  whole: boolean;
  unit: string;
  told: (value: number) => string;
  take: (value: number | null) => void;
}

function slider(one: Slider): HTMLElement {
  const { base, size, scale } = one;
  const step = stepOf(size / scale);
  const middle = Math.round(base / scale / step) * step;
  const id = freshId("limit");
  const hint = h("span", { id: `${id}-hint`, class: "hint" });
  const way = Math.ceil(size / scale / step) * step;
  const range = h("input", {
    type: "range", min: plain(middle - way), max: plain(middle + way), step: plain(step), value: plain(one.start / scale),
    "aria-label": t("plan.limit.slider", { what: one.name }), "aria-describedby": `${id}-hint`,
  });
  const field = h("input", { id, value: plain(one.start / scale), inputmode: "decimal", autocomplete: "off", maxlength: 24, "aria-describedby": `${id}-hint` });
  const kept = (shown: number): number => (one.whole ? Math.round(shown * scale) : shown * scale);
  const tell = (value: number | null): void => {
    range.setAttribute("aria-valuetext", value === null ? "" : one.told(value));
    field.toggleAttribute("aria-invalid", value === null);
    hint.className = value === null ? "wrong" : "hint";
    if (value === null) fill(hint, t("plan.limit.wrong"));
    else if (value === base) fill(hint, t("plan.limit.same", { limit: one.told(base) }));
    else fill(hint, base ? t("plan.limit.change", { change: `${Math.round((value / base) * 1000) / 10} %`, limit: one.told(base) }) : one.told(base));
  };
  range.addEventListener("input", () => {
    const at = Number(range.value);
    const value = Math.abs(at - middle) < step / 2 ? base : kept(at);
    field.value = plain(value / scale);
    tell(value);
    one.take(value);
  });
  field.addEventListener("input", () => {
    const typed = parseNumber(field.value);
    const value = typed === null ? null : plain(base / scale) === plain(typed) ? base : kept(typed);
    if (typed !== null) range.value = String(typed);
    tell(value);
    one.take(value);
  });
  tell(one.start);
  return h(
    "div",
    { class: "limit" },
    h("label", { for: id }, one.name),
    h("div", { class: "limit-row" }, range, field, h("span", { class: "unit" }, one.unit)),
    hint,
  );
}

/** A round step that makes about two hundred of the slider's way. */
function stepOf(size: number): number {
  const rough = (2 * size) / STEPS;
  const power = 10 ** Math.floor(Math.log10(rough));
  return Number(([1, 2, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10) * power);
}

function plain(value: number): string {
  return String(Number(value.toPrecision(10)));
}
