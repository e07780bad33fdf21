/** Records of the land book, and how accounts, marks and lines of it are shown. */

import { h } from "../dom";
import { className, type MapRecord } from "../map/record";
import { named, t } from "../words";
import { exactly, withUnit } from "./areas";

export const KINDS = [
  "NONAG", "AGSTRUCT", "AGFACILITY", "RURALHOUSE", "FARMINFRA", "ECO", "DISASTER", "WATER", "OTHER_EXEMPT",
  "RESTORE", "CHANGE", "UPGRADE", "REPLACE", "SETTLE", "CAP", "REAPPRAISAL", "BOUNDARY", "LAPSE", "PROTECT",
  "OPENING", "REVERSE",
] as const;
/** Kinds that commands of their own post. */
export const ALL_KINDS = [...KINDS, "ACCEPT", "TRANSFER", "GAIN", "LOSS"] as const;

export interface Account {
  region: string;
  name: string;
  pbf: number;
  paddy: number;
  stable: number;
  grade: number;
}

export interface Balance extends Account {
  booked_area_dm2: number;
  booked_paddy_dm2: number;
  held_area_dm2: number;
  available_area_dm2: number;
}

export interface Line extends Account {
  area_dm2: number;
}

export interface Entry {
  number: number;
  id: string;
  digest: string;
  kind: string;
  phase: string;
  act_date: string;
  posting_date: string;
  expires: string | null;
  evidence: string;
  author: string;
  geometry: string;
  links: string[];
  settles: string;
  reverses: string;
  lines: Line[];
}

export interface Reservation {
  id: string;
  kind: string;
  posted: string;
  expires: string | null;
  author?: string;
  holds: Line[];
}

export function accountName(name: string): string {
  const [family = "", member = ""] = name.split(":");
  if (family === "LAND") return `${named("family", family)} · ${className(null, member)}`;
  return member ? `${named("family", family)} · ${named("member", member)}` : named("family", family);
}

/** A class of land by its name. */
export function landName(name: string, record: MapRecord | null): string {
  return name.startsWith("LAND:") ? className(record, name.slice(5)) : accountName(name);
}

export function marks(one: Account): string {
  return [
    one.pbf && t("mark.pbf"),
    one.stable && t("mark.stable"),
    one.paddy && t("mark.paddy"),
    one.grade && t("mark.grade", { grade: one.grade }),
  ]
    .filter(Boolean)
    .join(", ");
}

export function lineList(lines: readonly Line[]): HTMLElement {
  return h(
    "ul",
    { class: "entry-lines" },
    lines.map((line) =>
      h(
        "li",
        null,
        h("span", { title: line.name }, [accountName(line.name), marks(line)].filter(Boolean).join(", ")),
        h("span", { class: "number", title: exactly(line.area_dm2) ?? null }, withUnit(line.area_dm2)),
      ),
    ),
  );
}
