/** What the server says of its maps: extent, layers, legend. */

import { get } from "../api";
import { state } from "../store";

export interface LegendItem {
  code: string;
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
  minzoom: number;
  maxzoom: number;
  count: number;
}

export interface MapRecord {
  bounds: [number, number, number, number];
  center: [number, number];
  years: number[];
  layers: MapLayer[];
  overview: { tiles: string; minzoom: number; maxzoom: number } | null;
  legend: Record<string, LegendItem[]>;
}

export type By = "class" | "pbf" | "quality";
export const BYS: readonly By[] = ["class", "pbf", "quality"];

let kept: { language: string; record: Promise<MapRecord> } | null = null;

/** Asked once for each language, and again with `fresh`. */
export function mapRecord(fresh = false): Promise<MapRecord> {
  if (fresh || kept?.language !== state.language) {
    const record = get<MapRecord>("/map");
    kept = { language: state.language, record };
    record.catch(() => {
      kept = null;
    });
  }
  return (kept as { record: Promise<MapRecord> }).record;
}

export function labelOf(item: LegendItem): string {
  return state.language === "zh" && item.label_zh ? item.label_zh : item.label;
}

/** The name of a class in the legend, with its code. */
export function className(record: MapRecord | null, code: string): string {
  const found = record?.legend["class"]?.find((one) => one.code === code);
  return found ? `${code} ${labelOf(found)}` : code;
}

export function classColour(record: MapRecord | null, code: string): string {
  const all = record?.legend["class"] ?? [];
  return (all.find((one) => one.code === code) ?? all.find((one) => one.code === code.slice(0, 2)))?.colour ?? "#9aa5a0";
}

/** The layer that holds the parcels of a year. */
export function surveyLayer(record: MapRecord, year: number): MapLayer | undefined {
  return record.layers.find((one) => one.id === `survey-${year}`);
}
