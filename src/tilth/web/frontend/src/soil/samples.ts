/** Sets of samples: where they were taken, how each value was come by, what was noticed and what was set aside. */

import { count } from "../area";
import { get } from "../api";
import { fill, h } from "../dom";
import { readyMap } from "../map/record";
import type { MapView } from "../map/view";
import type { Visit } from "../page";
import { findingList, problemBox } from "../parts/problem";
import { table } from "../parts/table";
import { link } from "../router";
import { state } from "../store";
import { named, t } from "../words";
import { showSamples } from "./layer";
import { steps } from "./mapping";
import { num, type SamplePoint, type SampleSet, type SampleShort } from "./record";

const MOST_ROWS = 100;

export async function samplesPage(visit: Visit, sets: readonly SampleShort[]): Promise<HTMLElement> {
  if (!sets.length) return h("p", { class: "note" }, t("soil.sets.none"));
  const wanted = visit.place.query.get("set");
  const chosen = sets.find((one) => one.id === wanted) ?? (sets[0] as SampleShort);
  const set = await get<SampleSet>(`/soil/samples/${chosen.id}`);
  return h("div", null, setTable(sets, chosen.id), where(visit, set), what(set));
}

function setTable(sets: readonly SampleShort[], chosen: string): HTMLElement {
  return h(
    "section",
    { class: "first", "aria-labelledby": "soil-sets" },
    h("h2", { id: "soil-sets" }, t("soil.sets")),
    table<SampleShort>(
      [
        {
          label: t("soil.bring.label"),
          names: true,
          cell: (one) => h("a", { href: link("/soil/samples", { set: one.id }), "aria-current": one.id === chosen ? "true" : null }, one.label || one.file),
        },
        { label: t("soil.sets.file"), cell: (one) => one.file },
        { label: t("soil.sets.in"), number: true, cell: (one) => count(one.rows_in) },
        { label: t("soil.sets.kept"), number: true, cell: (one) => count(one.rows_stored) },
        { label: t("soil.sets.aside"), number: true, cell: (one) => count(one.rows_quarantined) },
      ],
      sets,
      { caption: t("soil.sets"), hideCaption: true, rowClass: (one) => (one.id === chosen ? "own" : undefined) },
    ),
  );
}

function where(visit: Visit, set: SampleSet): HTMLElement | null {
  if (!set.points.features.length) return h("p", { class: "note" }, t("soil.sets.noplaces"));
  if (!state.year) return null;
  const canvas = h("div", { class: "canvas", id: "map" });
  const waiting = h("p", { class: "map-wait", role: "status" }, t("map.preparing"));
  let here = true;
  let view: MapView | null = null;
  const open = async (): Promise<void> => {
    const [views, record] = await Promise.all([import("../map/view"), readyMap(state.year, () => here)]);
    if (!record || !here || !canvas.isConnected) return;
    waiting.remove();
    view = new views.MapView(canvas, { record, year: state.year, by: "class", faint: true });
    showSamples(view, set);
    view.fit(views.boundsOf(set.points));
  };
  requestAnimationFrame(() => void open().catch((error: unknown) => fill(waiting, problemBox(error))));
  visit.onLeave(() => {
    here = false;
    view?.remove();
  });
  return h(
    "section",
    { "aria-labelledby": "soil-where" },
    h("h2", { id: "soil-where" }, t("soil.sets.map")),
    h("div", { class: "map-place samples-map", role: "group", "aria-label": t("soil.sets.map") }, canvas, waiting),
    h("p", { class: "legend-name" }, t("soil.column.ece_ds_m")),
    steps(set.legend),
  );
}

function what(set: SampleSet): HTMLElement {
  const place = h("div", null);
  const column = (name: string): string => named("soil.column", name);
  fill(
    place,
    set.findings.length > 0 && h("section", null, h("h2", null, t("soil.sets.findings")), findingList(set.findings)),
    h(
      "section",
      null,
      h("h2", null, t("soil.sets.figures")),
      table(
        [
          { label: t("soil.sets.quantity"), names: true, cell: (one) => column(one.column) },
          { label: t("soil.sets.n"), number: true, cell: (one) => count(one.n) },
          { label: t("soil.sets.least"), number: true, cell: (one) => num(one.least, 2) },
          { label: t("soil.sets.median"), number: true, cell: (one) => num(one.median, 2) },
          { label: t("soil.sets.most"), number: true, cell: (one) => num(one.most, 2) },
        ],
        set.figures,
        { caption: t("soil.sets.figures"), hideCaption: true },
      ),
    ),
    h(
      "section",
      null,
      h("h2", null, t("soil.sets.conversions")),
      table(
        [
          { label: t("soil.sets.quantity"), names: true, cell: (one) => column(one.column) },
          { label: t("soil.sets.method"), cell: (one) => methodName(one.method) },
          { label: t("soil.sets.rows"), number: true, cell: (one) => count(one.rows) },
          { label: t("soil.sets.stated"), number: true, cell: (one) => `${one.stated} ${one.unit}` },
          { label: t("soil.sets.value"), number: true, cell: (one) => num(one.value, 3) },
        ],
        set.conversions_made,
        { caption: t("soil.sets.conversions"), hideCaption: true },
      ),
    ),
    set.quarantine.length > 0 &&
      h(
        "section",
        null,
        h("h2", null, t("soil.sets.quarantine")),
        table(
          [
            { label: t("soil.sets.row"), names: true, cell: (one) => String(one.source_row) },
            { label: t("soil.sets.why"), cell: (one) => one.reason },
          ],
          set.quarantine.slice(0, MOST_ROWS),
          { caption: t("soil.sets.quarantine"), hideCaption: true },
        ),
      ),
    set.points.features.length > 0 && h("section", null, h("details", null, h("summary", null, t("soil.sets.points")), pointTable(set))),
  );
  return place;
}

/** What the reader calls it; a conversion by figures is the same in every language. */
function methodName(method: string): string {
  return method ? named("soil.method", method) : "–";
}

/** What the points on the map say, for whoever does not see them. */
function pointTable(set: SampleSet): HTMLElement {
  type Point = GeoJSON.Feature<GeoJSON.Point, SamplePoint>;
  return table<Point>(
    [
      { label: t("soil.sets.n"), names: true, cell: (one) => one.properties.sample_id || String(one.properties.source_row) },
      { label: t("soil.column.ece_ds_m"), number: true, cell: (one) => num(one.properties.ece_ds_m, 2) },
      { label: t("soil.sets.method"), cell: (one) => methodName(one.properties.ece_method ?? "") },
      { label: t("soil.sets.depth"), cell: (one) => (one.properties.top_cm === null ? "–" : `${num(one.properties.top_cm)}–${num(one.properties.bottom_cm)}`) },
      { label: t("soil.sets.place"), cell: (one) => one.geometry.coordinates.slice(0, 2).map((part) => part.toFixed(5)).join(", ") },
    ],
    set.points.features.slice(0, MOST_ROWS),
    { caption: t("soil.sets.points"), hideCaption: true, dense: true },
  );
}
