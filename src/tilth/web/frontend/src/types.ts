/** The records that the server answers with. Areas are whole numbers of 0.01 m². */

export interface Me {
  known: boolean;
  name?: string;
  /** As the person wants to be called. */
  shown?: string;
  by?: string;
  grants?: { role: string; region: string }[];
  /** By action, the regions in which it is allowed. */
  may?: Record<string, string[]>;
  csrf?: string;
  language: string;
  /** What another service is called that one may sign in at; empty without one. */
  oidc?: string;
}

export interface Stored {
  id: string;
  kind: string;
  year: number | null;
  label: string;
  in_use: boolean;
  used_for: number[];
  rows_in: number;
  rows_stored: number;
  rows_quarantined: number;
  area_dm2: number;
  crs: string;
  sources: string;
  damaged: string;
  stored_at: string;
}

export interface WorkspaceRecord {
  region: string;
  name: string;
  years: number[];
  stored: Stored[];
}

export interface Region {
  code: string;
  name: string;
  level: string;
  parent: string | null;
  depth: number;
}

export interface Finding {
  code: string;
  name: string;
  severity: string;
  file: string;
  layer: string;
  row: number | null;
  parcel: string;
  x: number | null;
  y: number | null;
  said: string;
  remedy: string;
}

export interface Trend {
  by_year_dm2: Record<string, number>;
  a_year_dm2: number;
  outlook: string;
  on: string | null;
  task_dm2: number | null;
}

export interface StandingRow {
  region: string;
  name: string;
  farmland_dm2: number | null;
  farmland_task_dm2: number | null;
  headroom_dm2: number | null;
  pbf_dm2: number | null;
  pbf_task_dm2: number | null;
  pbf_headroom_dm2: number | null;
  pbf_farmland_dm2: number | null;
  pbf_farmland_headroom_dm2: number | null;
  task_year: number | null;
  stable_dm2: number | null;
  ha: Record<string, number | null>;
  quality: { by_grade_dm2: Record<string, number>; mean_grade: string | null; ungraded_dm2: number } | null;
  book: {
    claims_dm2: number;
    pool_dm2: number;
    pool_reserved_dm2: number;
    cap_year: number | null;
    cap_left_dm2: number | null;
    farmland_dm2: number;
  } | null;
  trend: { farmland: Trend | null; pbf: Trend | null } | null;
}

export interface Standings {
  year: number;
  book_on: string | null;
  rows: StandingRow[];
  /** The members of a group together. */
  group: (StandingRow & { missing: Record<string, string[]>; inside_another: string[] }) | null;
  findings: Finding[];
}

export interface Table {
  id: string;
  title: string;
  key_columns: string[];
  columns: { code: string; name: string; group: string | null }[];
  hectares_levelled: boolean;
  rows: { key: string[]; depth: number; dm2: Record<string, number>; ha: Record<string, number> }[];
  notes: string[];
}

export interface Tables {
  tables: Table[];
  findings: Finding[];
}

export interface Change {
  seq: number;
  kind: string;
  old_region: string;
  old_parcel: string;
  old_no: string;
  old_class: string;
  new_region: string;
  new_parcel: string;
  new_no: string;
  new_class: string;
  area_dm2: number;
  old_net_dm2: number;
  new_net_dm2: number;
  reason: string;
  document: string;
}

export interface Paged<T> {
  items: T[];
  next: string | null;
}

export interface Outcome {
  rule: string;
  version: string;
  area_dm2: number;
  source: string;
  confidence: string;
  hits: number;
  contested: number;
  outcome: "pass" | "warn" | "fail" | "info" | "not_assessed";
  title: string;
  said: string;
  duty: string;
}

export interface Hit {
  id: string;
  rule: string;
  layer: string;
  feature_id: string;
  name: string;
  plot_id: string;
  area_dm2: number;
  parcel_ids: string[];
}

export interface CrossRow {
  township: string;
  village: string;
  class_code: string;
  pbf: boolean | null;
  area_dm2: number;
  quality_grade: number | null;
}

export interface Verdict {
  project: string;
  clear: boolean;
  said: string;
  year: number;
  act_date: string;
  crs: string;
  rules: { id: string; version: string };
  area_dm2: number;
  distinct_dm2: number;
  outcomes: Outcome[];
  hits: Hit[];
  cross: CrossRow[];
  findings: Finding[];
  file_findings: Finding[];
  plots_geojson: GeoJSON.FeatureCollection;
  hits_geojson: GeoJSON.FeatureCollection;
}

/** Parcels and features that share ground with a footprint. */
export interface LandUnder {
  area_dm2: number;
  layers: { layer: string; area_dm2: number; features: { id: string; class_code?: string; area_dm2: number }[] }[];
}

export interface ProblemRecord {
  code: string;
  title: string;
  detail: string;
  status: number;
  errors?: { at: string; said: string }[];
  findings?: Finding[];
}
