/** What the server says of its maps: extent, layers, legend. */

import { get } from "../api";
import { state } from "../store";

export interface LegendItem {
  code: string | number;
  label: string;
  label_zh?: string;
  colour: string;
}

export interface MapLayer {
  id: string;
  kind: string;
  label: string;
  year: number | null;
  tiles: string;
  /** Name of the layer inside its tiles. */
  source_layer: string;
  minzoom: number | null;
  maxzoom: number;
  count: number;
  ready: boolean;
  progress: { doing: string; done: number; total: number } | null;
}

export interface MapRecord {
  bounds: [number, number, number, number] | null;
  center: [number, number] | null;
  years: number[];
  ready: boolean;
  layers: MapLayer[];
  overview: { tiles: string; minzoom: number; maxzoom: number | null } | null;
  legend: Record<string, LegendItem[]>;
}

export type By = "class" | "pbf" | "quality";
export const BYS: readonly By[] = ["class", "pbf", "quality"];

/** How often to ask while the server prepares its tiles. [ms] */
const ASK_AGAIN = 700;
let kept: { language: string; record: Promise<MapRecord> } | null = null;

/** Asked once for each language, and again for as long as the server prepares something. */
export function mapRecord(): Promise<MapRecord> {
  if (kept?.language === state.language) return kept.record;
  const record = get<MapRecord>("/map");
  const mine = { language: state.language as string, record };
  kept = mine;
  const forget = (): void => {
    if (kept === mine) kept = null;
  };
  record.then((found) => found.ready || forget(), forget);
  return record;
}

/** Forget what is known: surveys or layers have changed. */
export function forgetMap(): void {
  kept = null;
}

/** The record once the parcels of `year` can be drawn; `waiting` hears how far the server is. */
export async function readyMap(year: number, waiting: (progress: MapLayer["progress"]) => boolean): Promise<MapRecord | null> {
  for (;;) {
    const record = await mapRecord();
    const survey = surveyLayer(record, year);
    if (!survey || (survey.ready && record.bounds)) return record;
    if (!waiting(survey.progress)) return null;
    await new Promise((resolve) => window.setTimeout(resolve, ASK_AGAIN));
  }
}

export function labelOf(item: Pick<LegendItem, "label" | "label_zh">): string {
  return state.language === "zh" && item.label_zh ? item.label_zh : item.label;
}

type Named = Pick<LegendItem, "label" | "label_zh" | "colour">;
let classes = new Map<string, Named>();

/** Learn what the classes of the surveys are called; the legend knows only those that a map shows, once it is ready. */
export async function learnClasses(): Promise<void> {
  const found = await get<({ code: string } & Named)[]>("/classes").catch(() => []);
  classes = new Map(found.map((one) => [one.code, one]));
}

/** The name of a class, with its code. */
export function className(record: MapRecord | null, code: string): string {
  const found = record?.legend["class"]?.find((one) => String(one.code) === code && one.label !== code) ?? classes.get(code);
  return found ? `${code} ${labelOf(found)}` : code;
}

export function classColour(record: MapRecord | null, code: string): string {
  const all = record?.legend["class"] ?? [];
  const exact = all.find((one) => String(one.code) === code) ?? classes.get(code);
  return (exact ?? all.find((one) => String(one.code) === code.slice(0, 2)) ?? classes.get(code.slice(0, 2)))?.colour ?? "#9aa5a0";
}

/** The layer that holds the parcels of a year. */
export function surveyLayer(record: MapRecord, year: number): MapLayer | undefined {
  return record.layers.find((one) => one.id === `survey-${year}`);
}
