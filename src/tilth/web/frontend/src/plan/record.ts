/** The records that the server answers with on plans, and how their figures and quantities are written. */

import { count, decimal } from "../area";
import { inUnit, unitName } from "../parts/areas";
import { regionName, state } from "../store";
import { named, t } from "../words";

export interface PlanShort {
  name: string;
  title: string;
  version: string;
  made_at: string;
  units: number;
  options: number;
  varies: { plan: string; limits: Record<string, number | string> } | null;
  solution: { value: number; bound: number; gap: number; seconds: number; made_at: string; aim: Record<string, number> } | null;
}

export interface Demand {
  number: number;
  column: string;
  at_least: boolean;
  unit: string;
  limit: number;
  where: Record<string, string>;
  said: string;
}

export interface PricedDemand extends Demand {
  used: number;
  price: number;
}

export interface Group {
  units: number;
  area_dm2: number | null;
  totals: Record<string, number>;
  [by: string]: unknown;
}

export interface LegendRow {
  name: string;
  colour: string;
}

export interface Solution {
  aim: Record<string, number>;
  value: number;
  bound: number;
  gap: number;
  gap_asked: number;
  seconds: number;
  proof: "prices" | "branching";
  made_at: string;
  rows: PricedDemand[];
  said: string[];
  totals: Group;
  groups: Record<string, Group[]>;
  legends: Record<string, LegendRow[]>;
  files: PlanFile[];
}

export interface PlanFile {
  name: string;
  bytes: number;
}

export interface Plan extends Omit<PlanShort, "solution"> {
  rows_in: number;
  quarantined: Record<string, number>;
  sources: [name: string, sha256: string][];
  aim: Record<string, number>;
  problem: string[];
  quantities: string[];
  rows: Demand[];
  inputs: PlanFile[];
  /** What treatments, crops and labels are called, by what they are. */
  names: Record<string, Record<string, string>>;
  survey: { year: number; units: number } | null;
  solution: Solution | null;
}

export interface UnitOption {
  treatment: string;
  crop: string | null;
  start: number | null;
  amounts: Record<string, number>;
  brings: number;
  left: number;
  allowed: boolean;
  chosen: boolean;
}

export interface Unit {
  unit: string;
  labels: Record<string, string>;
  aim: Record<string, number>;
  options: UnitOption[];
  prices: { number: number; price: number; unit: string; said: string }[];
  why: string;
}

export interface Comparison {
  plans: { name: string; title: string; aim: Record<string, number>; value: number; bound: number; gap: number; seconds: number }[];
  rows: { column: string; at_least: boolean; unit: string; where: Record<string, string>; limit: Pair; used: Pair; price: Pair }[];
  groups: Record<string, { plans: [Group | null, Group | null]; [by: string]: unknown }[]>;
  units_same: number;
  units_differ: number;
  units_alone: [number, number];
  differ_dm2: number | null;
  moves: { before: string; after: string; units: number; area_dm2: number | null }[];
}

export type Pair = [number | null, number | null];

const UNITS = ["ds_m", "wan_yuan", "wan_m3", "yuan", "days", "dm2", "m3", "kg", "ha", "mu", "m2", "t"];

/** A figure of a plan: large ones whole, small ones to four digits. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 53) return count(value);
  const digits = Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value) || 1))));
  return decimal(BigInt(Math.round(value * 10 ** digits)), digits);
}

/** A share to two digits that count: small gaps are told as well as large ones. */
export function gapText(gap: number | null | undefined): string {
  if (gap === null || gap === undefined || !Number.isFinite(gap)) return "–";
  return `${gap === 0 ? "0" : Number((gap * 100).toPrecision(2)).toString()} %`;
}

/** How many of a quantity's unit make one as it is shown: land in 0.01 m² is shown in the reader's unit. */
export function shownAs(unit: string): number {
  return unit === "dm2" ? { m2: 100, ha: 1e6, mu: 1e6 / 15 }[state.unit] : 1;
}

/** The figure of a quantity, land in the reader's unit. */
export function amount(column: string, value: number | null | undefined): string {
  const unit = parts(column)[1];
  if (unit !== "dm2" || value === null || value === undefined) return figure(value);
  return Number.isInteger(value) ? inUnit(value) : figure(value / shownAs(unit));
}

function parts(column: string): [stem: string, unit: string] {
  const unit = UNITS.find((one) => column.endsWith(`_${one}`));
  return unit ? [column.slice(0, -unit.length - 1), unit] : [column, ""];
}

export function unitWord(unit: string): string {
  return unit === "dm2" ? unitName() : unit ? named("plan.unit", unit) : "";
}

let names: Plan["names"] = {};

/** Learn what a plan calls its treatments, crops and places. */
export function learnNames(plan: Pick<Plan, "names">): void {
  names = plan.names;
}

/** What a treatment, crop, year or place is called. */
export function placeName(by: string, value: string): string {
  const own = names[by]?.[value];
  if (own) return own;
  if (by === "treatment" && value.includes(" / ")) return kindName(value);
  if (by === "start" && value === "0") return t("plan.start.never");
  if (value === "yes" || value === "no") return t(`plan.is.${value}`);
  return ["region", "township", "village"].includes(by) ? regionName(value) : value;
}

/** What an option is called: treatment, crop, year of start. */
export function optionName(one: { treatment: string; crop: string | null; start: number | null }): string {
  const told = [placeName("treatment", one.treatment), one.crop ? placeName("crop", one.crop) : "", one.start ? String(one.start) : ""];
  return told.filter(Boolean).join(" / ");
}

/** The same of a treatment of the table, which may be a treatment and a crop together. */
export function kindName(kind: string): string {
  const [treatment = "", crop] = kind.split(" / ");
  return crop === undefined ? treatmentName(kind) : `${treatmentName(treatment)} / ${placeName("crop", crop)}`;
}

function treatmentName(treatment: string): string {
  return names["treatment"]?.[treatment] ?? treatment;
}

/** Quantities that are not amounts: their sums say nothing. */
function addsUp(column: string): boolean {
  return parts(column)[1] !== "ds_m";
}

/** The quantities that a table of areas shows beside the area itself, where that is known. */
export function besideArea(quantities: readonly string[], known: boolean): string[] {
  return quantities.filter((one) => addsUp(one) && !(known && parts(one)[0] === "area"));
}

/** What a table by a label is headed. */
export function groupTitle(by: string): string {
  const known = named("plan.group", by);
  return known === by ? t("plan.group.other", { label: named("plan.label", by) }) : known;
}

/** What the first column of a table by a label is headed. */
export function groupLabel(by: string): string {
  const known = named("plan.by", by);
  return known === by ? named("plan.label", by) : known;
}

/** What a quantity is called, with its unit; of one crop or treatment alone, that stands first. In a sentence of the
 * server its unit is that of the table. */
export function quantity(column: string, ofTable = false): string {
  const at = column.indexOf(": ");
  if (at > 0) {
    const only = column.slice(0, at);
    return `${names["treatment"]?.[only] ?? names["crop"]?.[only] ?? only}: ${quantity(column.slice(at + 2), ofTable)}`;
  }
  const [stem, unit] = parts(column);
  const known = named("plan.quantity", stem);
  const name = known === stem ? stem.replaceAll("_", " ") : known;
  return unit ? t("plan.quantity.named", { name, unit: ofTable ? named("plan.unit", unit) : unitWord(unit) }) : name;
}

/** Labels that units may have, as sentences of the server name them. */
const LABELS = "treatment|crop|region|township|village|zone|block|basic|year";

/** A sentence of the server with quantities, units and places as people call them. */
export function worded(given: string, columns: readonly string[]): string {
  const longest = [...columns].sort((a, b) => b.length - a.length);
  const said = given
    .replace(new RegExp(`(?<=[(,（，] ?)(${LABELS}) ([^,()，（）]+)`, "g"), (_, by: string, value: string) => placeText(by, value))
    .replace(new RegExp(`(逐)个? ?(${LABELS})(?!\\w)`, "g"), (_, each: string, by: string) => `${each}${named("plan.label", by)}`)
    .replace(new RegExp(`(每个) ?(${LABELS}) ?(?!\\w)`, "g"), (_, each: string, by: string) => `${each}${named("plan.label", by)}`)
    .replace(new RegExp(`(each) (${LABELS})(?!\\w)`, "g"), (_, each: string, by: string) => `${each} ${named("plan.label", by)}`)
    .replace(/(['“])([^'“”]+)(['”])/g, (_, open: string, kind: string, close: string) => open + kindName(kind) + close)
    .replace(/(?<=(?:\d|\bone|每放宽 1|每少要求 1) )(wan_yuan|wan_m3|yuan|m3|kg|dm2|m2|ds_m|days)(?!\w)/g, (unit) => named("plan.unit", unit));
  if (!longest.length) return said;
  const pattern = new RegExp(`(?<![\\w])(${longest.map((one) => one.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})(?![\\w])`, "g");
  return said.replace(pattern, (column) => quantity(column, true));
}

/** A label and its value: township North. */
function placeText(label: string, value: string): string {
  return `${named("plan.label", label)} ${placeName(label, value)}`;
}

/** Where a demand holds: township North. */
export function whereText(where: Record<string, string>): string {
  return Object.entries(where)
    .map(([label, value]) => placeText(label, value))
    .join(", ");
}

/** What a demand is about: quantity and place, without its limit. */
export function about(one: Pick<Demand, "column" | "where">): string {
  const where = whereText(one.where);
  return where ? `${quantity(one.column)}, ${where}` : quantity(one.column);
}

export function aimText(aim: Record<string, number>): string {
  return Object.keys(aim).map((one) => quantity(one)).join(" + ");
}

/** Is less better? */
export function isSmaller(aim: Record<string, number>): boolean {
  return Object.values(aim).every((weight) => weight <= 0);
}

export function planPath(name: string, rest = ""): string {
  return `/plans/${encodeURIComponent(name)}${rest}`;
}

export function tilesOf(name: string, by: string, year: number, against = ""): string {
  const other = against ? `&against=${encodeURIComponent(against)}` : "";
  return `/api/v1${planPath(name)}/tiles/{z}/{x}/{y}.png?by=${by}&year=${year}${other}`;
}
