/** The records that the server answers with on soil. */

import { decimal } from "../area";
import { state } from "../store";
import type { Finding } from "../types";

export interface LegendStep {
  colour: string;
  label: string;
}

export interface Quantity {
  id: string;
  label: string;
  unit: string;
  legend: LegendStep[];
}

export interface MapShort {
  name: string;
  made_at: string;
  samples: number | null;
  year: number | null;
  parcels: number;
  outside_applicability: number | null;
  validated: boolean;
  made_from: { samples?: string; rasters?: string[] };
}

export interface ClassArea {
  class: string;
  area_dm2: number;
  /** To 0.01 ha, levelled so that the classes add up. */
  ha: number;
  low_dm2: number;
  high_dm2: number;
  share_pct: string;
}

export interface Score {
  method: string;
  r2: number;
  rmse: number;
  rmse_ds_m: number;
}

export interface Trial {
  samples: number;
  places: number;
  blocks: { number: number; folds: number; side_m: number };
  scores: Score[];
  differences: { baseline: string; rmse: number; rmse_low: number; rmse_high: number }[];
  coverage_90: { overall: number; by_found: number[] };
  outside_applicability: number;
  random_split_flatters: Score[];
}

export interface SoilMap extends MapShort {
  bounds: [number, number, number, number];
  tiles: string;
  maxzoom: number;
  classes: string[];
  quantities: Quantity[];
  areas: { method: string; said: string; total_dm2: number; rows: ClassArea[] } | null;
  validation: Trial | null;
  files: { name: string; bytes: number }[];
}

export interface ParcelSoil {
  map: string;
  parcel_id: string;
  area_dm2: number;
  mapped_share: number;
  outside_share: number;
  class: string | null;
  classes: { class: string; probability: number | null; area_dm2: number }[];
  ece_ds_m: Record<"mean" | "lower" | "median" | "upper", number> | null;
}

export interface YearOfSalt {
  year: number;
  ece_ds_m: number | null;
  low_ds_m: number | null;
  high_ds_m: number | null;
}

export interface SaltOption {
  id: string;
  name: string;
  allowed: boolean;
  excluded: { rule: string; said: string }[];
  income_yuan_ha: number | null;
  cost_yuan_ha: number;
  invest_yuan_ha: number;
  relative_yield: number | null;
  water_mm: number | null;
  salt_end_ds_m: number | null;
  risk: number | null;
  series: YearOfSalt[];
}

export interface ParcelOptions {
  parcel_id: string;
  years: number;
  target: number;
  ground: { texture: string; groundwater_depth_m: number; groundwater_ec_ds_m: number; outlet: boolean; water: boolean };
  start_ds_m: Record<"lower" | "median" | "upper", number>;
  options: SaltOption[];
  best: string | null;
  not_counted: string[];
}

export interface SaltFacts {
  weather: { years: number[]; zones: string[] } | null;
  ground: number | null;
  textures: string[];
  crops: { id: string; name: string }[];
}

export interface SampleShort {
  id: string;
  label: string;
  file: string;
  rows_in: number;
  rows_stored: number;
  rows_quarantined: number;
  crs: string;
}

export interface SamplePoint {
  source_row: number;
  sample_id: string;
  top_cm: number | null;
  bottom_cm: number | null;
  ece_ds_m: number | null;
  ece_method: string | null;
  colour: string;
}

export interface SampleSet extends SampleShort {
  placed: number;
  figures: { column: string; n: number; least: number; median: number; most: number }[];
  conversions_made: { column: string; unit: string; method: string; rows: number; stated: string; value: number }[];
  quarantine: { source_row: number; code: string; reason: string }[];
  points: GeoJSON.FeatureCollection<GeoJSON.Point, SamplePoint>;
  points_left_out: number;
  legend: LegendStep[];
  findings: Finding[];
}

export interface Raster {
  name: string;
  bands: string[];
  width: number;
  height: number;
  cell_m: number;
  crs: string;
}

/** A number with so many digits behind the point. */
export function num(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return decimal(BigInt(Math.round(value * 10 ** digits)), digits);
}

export function percent(share: number | null | undefined, digits = 0): string {
  return share === null || share === undefined ? "–" : `${num(share * 100, digits)} %`;
}

/** Money and water by the unit of area that the reader chose; square metres are too small for either. */
export function perArea(by_hectare: number | null | undefined): string {
  return num(by_hectare === null || by_hectare === undefined ? null : state.unit === "mu" ? by_hectare / 15 : by_hectare);
}

export function nameOf(set: SampleShort): string {
  return `${set.label || set.file} (${set.id.slice(0, 8)})`;
}
