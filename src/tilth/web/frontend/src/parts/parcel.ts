/** The panel of a parcel: what it is, what it was, and the row of the file that says so. */

import { get, Refused } from "../api";
import { type Child, fill, h } from "../dom";
import { className, type MapRecord } from "../map/record";
import { regionName, state } from "../store";
import type { Finding } from "../types";
import { t } from "../words";
import { areaText } from "./areas";
import { findingList, problemBox } from "./problem";
import { table } from "./table";

export interface ParcelRecord {
  year: number;
  parcel_id: string;
  region: string;
  class_code: string;
  class_name: string;
  farmland: boolean;
  area_dm2: number;
  net_area_dm2: number | null;
  attributes: Record<string, string | number | boolean | null>;
  source: { row: number | null; snapshot: string; files: { name: string; sha256: string; layer: string }[] };
  hash: string;
  geometry: GeoJSON.Geometry;
  findings: Finding[];
}

interface YearOfParcel {
  year: number;
  parcel_id: string;
  class_code: string;
  class_name: string;
  area_dm2: number;
}

export function parcelRecord(year: number, parcel: string): Promise<ParcelRecord> {
  return get<ParcelRecord>(`/parcels/${year}/${encodeURIComponent(parcel)}`);
}

export function parcelPanel(one: ParcelRecord, record: MapRecord | null): HTMLElement {
  const years = h("div", null);
  void fillYears(years, one);
  const file = one.source.files.map((each) => each.name).join(", ");
  return h(
    "section",
    { class: "parcel", "aria-label": t("parcel.panel") },
    h("h2", null, `${t("parcel")} ${one.attributes["parcel_no"] ?? ""}`),
    facts([
      [t("parcel.number"), one.parcel_id],
      [t("parcel.class"), record ? className(record, one.class_code) : `${one.class_code} ${one.class_name}`],
      [t("parcel.area"), areaText(one.area_dm2)],
      one.net_area_dm2 !== null && one.net_area_dm2 !== one.area_dm2 && [t("parcel.net"), areaText(one.net_area_dm2)],
      [t("parcel.region"), `${regionName(one.region)} (${one.region})`],
      present(one.attributes["quality_grade"]) && [t("parcel.grade"), String(one.attributes["quality_grade"])],
    ]),
    h("h3", null, t("parcel.years")),
    years,
    h("h3", null, t("parcel.source")),
    facts([
      [t("parcel.file"), file],
      [t("parcel.row"), one.source.row === null ? "–" : String(one.source.row)],
      [t("parcel.hash"), h("code", { title: one.hash }, one.hash.slice(0, 16))],
    ]),
    one.findings.length > 0 && [h("h3", null, t("parcel.findings")), findingList(one.findings)],
    h(
      "details",
      null,
      h("summary", null, t("parcel.attributes")),
      table(
        [
          { label: t("parcel.field"), names: true, cell: (pair) => pair[0] },
          { label: t("parcel.value"), cell: (pair) => String(pair[1]) },
        ],
        Object.entries(one.attributes).filter(([, value]) => present(value)),
        { caption: t("parcel.attributes"), hideCaption: true, dense: true },
      ),
    ),
  );
}

function present(value: unknown): boolean {
  return value !== null && value !== undefined && value !== "";
}

export function facts(pairs: readonly (readonly [string, Child] | false | null)[]): HTMLElement {
  return h(
    "dl",
    { class: "facts" },
    pairs.map((pair) => pair && h("div", null, h("dt", null, pair[0]), h("dd", null, pair[1]))),
  );
}

async function fillYears(place: HTMLElement, one: ParcelRecord): Promise<void> {
  try {
    const found = await get<{ years: YearOfParcel[] }>(`/parcels/${one.year}/${encodeURIComponent(one.parcel_id)}/years`);
    fill(
      place,
      table(
        [
          { label: t("parcel.year"), names: true, cell: (row) => String(row.year) },
          { label: t("parcel.class"), cell: (row) => `${row.class_code} ${row.class_name}` },
          { label: t("parcel.area"), number: true, cell: (row) => areaText(row.area_dm2) },
        ],
        found.years,
        {
          caption: t("parcel.years"),
          hideCaption: true,
          dense: true,
          rowClass: (row) => (row.year === state.year ? "own" : undefined),
        },
      ),
    );
  } catch (error) {
    if (!(error instanceof Refused && error.status === 404)) fill(place, problemBox(error));
  }
}
