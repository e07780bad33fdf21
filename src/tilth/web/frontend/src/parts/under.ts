/** What lies under a footprint, by class and layer: there before any rule is asked. */

import { h } from "../dom";
import { className, type MapRecord } from "../map/record";
import type { LandUnder } from "../types";
import { named, t } from "../words";
import { exactly, inUnit, unitName } from "./areas";
import { table } from "./table";

interface Row {
  what: string;
  count: number;
  area_dm2: number;
}

/** Layers that say where land lies, not what holds on it. */
const PLACES = new Set(["township", "village"]);

export function underView(under: LandUnder, record: MapRecord | null): HTMLElement {
  const rows = under.layers.flatMap((one) => {
    if (one.layer === "parcels") return byClass(one.features, record);
    if (PLACES.has(one.layer) || one.features.length === 0) return [];
    return [{ what: named("kind", one.layer), count: one.features.length, area_dm2: one.area_dm2 }];
  });
  return h(
    "section",
    { class: "under" },
    h("h2", null, t("check.under")),
    table<Row>(
      [
        { label: t("check.under.what"), names: true, cell: (row) => row.what },
        { label: t("check.under.count"), number: true, cell: (row) => String(row.count) },
        { label: `${t("standing.area")} (${unitName()})`, number: true, cell: (row) => inUnit(row.area_dm2), title: (row) => exactly(row.area_dm2) },
      ],
      rows,
      { caption: t("check.under"), hideCaption: true, dense: true },
    ),
  );
}

function byClass(features: LandUnder["layers"][number]["features"], record: MapRecord | null): Row[] {
  const sums = new Map<string, Row>();
  for (const one of features) {
    const code = one.class_code ?? "";
    const held = sums.get(code) ?? { what: className(record, code || "–"), count: 0, area_dm2: 0 };
    sums.set(code, { ...held, count: held.count + 1, area_dm2: held.area_dm2 + one.area_dm2 });
  }
  return [...sums.values()].sort((a, b) => b.area_dm2 - a.area_dm2);
}
