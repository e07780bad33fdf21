/** Check a footprint: drop a file, or draw it; the verdict comes at once, and what lies under a drawing before it. */

import { send } from "../api";
import { type Child, fill, h } from "../dom";
import type { Drawing } from "../map/drawing";
import { type MapRecord, mapRecord, readyMap } from "../map/record";
import type { MapView } from "../map/view";
import type { Page, Visit } from "../page";
import { noSurvey, pageHead, printButton } from "../parts/bits";
import { problemBox } from "../parts/problem";
import { underView } from "../parts/under";
import { asOne, dropZone } from "../parts/upload";
import { verdictView } from "../parts/verdict";
import { state } from "../store";
import type { Hit, LandUnder, Verdict } from "../types";
import { t } from "../words";

export const page: Page = { path: "check", word: "check.title", order: 40, show };

/** The last verdict stays while one looks at a parcel and comes back. */
let last: { verdict: Verdict; language: string } | null = null;
let lastSent: File | null = null;

async function show(visit: Visit): Promise<Node> {
  if (!state.year) return noSurvey("check.title");
  const [record, views, drawings] = await Promise.all([
    mapRecord().catch(() => null),
    import("../map/view"),
    import("../map/drawing"),
  ]);
  const told = h("div", null);
  const ways = h("div", { class: "noprint" });
  const place = h("div", { class: "canvas", id: "map" });
  const waiting = h("p", { class: "map-wait", role: "status" }, t("map.preparing"));
  let here = true;
  let view: MapView | null = null;
  let drawing: Drawing | null = null;

  const run = async (file: File, drawn?: GeoJSON.FeatureCollection): Promise<void> => {
    lastSent = file;
    const waits = h("p", { class: "wait", role: "status" }, t("check.running", { year: state.year }));
    const ground = h("div", null);
    fill(told, waits, ground);
    if (drawn) {
      send<LandUnder>("POST", "/checks/areas", { query: { year: state.year }, json: drawn }).then(
        (under) => fill(ground, underView(under, record)),
        () => undefined, // the verdict says what is wrong
      );
    }
    const form = new FormData();
    form.set("file", file, file.name);
    try {
      const verdict = await send<Verdict>("POST", "/checks", { query: { year: state.year }, form });
      last = { verdict, language: state.language };
      present(verdict);
      told.querySelector<HTMLElement>(".answer")?.focus();
    } catch (error) {
      fill(told, problemBox(error, () => void run(file)));
    }
  };

  const present = (verdict: Verdict): void => {
    fill(told, verdictView(verdict, record, locate));
    if (!view) return;
    view.shapes("footprint", verdict.plots_geojson, "#0b57d0", 0.12);
    view.shapes("hits", breaking(verdict), "#b3261e", 0.35);
    view.fit(views.boundsOf(verdict.plots_geojson));
  };

  const locate = (hit: Hit): void => {
    const found = last?.verdict.hits_geojson.features.find((one) => one.properties?.["id"] === hit.id);
    view?.fit(views.boundsOf(found));
    place.scrollIntoView({ block: "nearest" });
  };

  const take = async (files: File[]): Promise<void> => {
    const one = await asOne(files);
    if (one) await run(one);
    else fill(told, h("p", { class: "note", role: "alert" }, t("check.partial")));
  };

  const offer = (): void => {
    drawing?.stop();
    drawing = null;
    fill(
      ways,
      dropZone(t("check.drop"), t("check.kinds"), (files) => void take(files)),
      record && h("button", { type: "button", class: "button", disabled: view === null, onclick: draw }, t("check.draw")),
    );
  };

  const draw = (): void => {
    if (!view) return;
    const corners = h("p", { "aria-live": "polite" });
    const finish = h("button", { type: "button", class: "button strong", disabled: true, onclick: () => drawing?.finish() }, t("check.finish"));
    fill(
      ways,
      h(
        "div",
        { class: "drop" },
        h("p", null, t("check.drawing")),
        corners,
        h(
          "div",
          { class: "buttons" },
          finish,
          h("button", { type: "button", class: "button", onclick: () => drawing?.back() }, t("check.back")),
          h("button", { type: "button", class: "button", onclick: offer }, t("check.stop")),
        ),
      ),
    );
    drawing = new drawings.Drawing(
      view,
      (many, closed) => {
        fill(corners, t("check.corners", { count: many }));
        finish.disabled = !closed;
      },
      (polygon) => {
        offer();
        const drawn = collection(polygon);
        void run(asFile(drawn), drawn);
      },
    );
    view.map.getCanvas().focus();
  };

  offer();
  const open = (ready: MapRecord): void => {
    if (!here || !place.isConnected) return;
    waiting.remove();
    view = new views.MapView(place, { record: ready, year: state.year, by: "class", faint: true });
    if (last) present(last.verdict);
    if (!drawing) offer();
  };
  if (record) {
    requestAnimationFrame(() => {
      readyMap(state.year, () => here).then((ready) => ready && open(ready), () => undefined);
    });
  }
  visit.onLeave(() => {
    here = false;
    view?.remove();
  });
  if (last && lastSent && (last.language !== state.language || last.verdict.year !== state.year)) void run(lastSent);
  else if (last) fill(told, verdictView(last.verdict, record, locate));
  const map: Child = record && h("div", { class: "map-place check-map", role: "group", "aria-label": t("check.map") }, place, waiting);
  return h("div", null, pageHead("check.title", t("check.lead"), printButton()), h("div", { class: "checking" }, h("div", null, ways, told), map));
}

function breaking(verdict: Verdict): GeoJSON.FeatureCollection {
  const bad = new Set(verdict.outcomes.filter((one) => one.outcome === "fail" || one.outcome === "warn").map((one) => one.rule));
  const features = verdict.hits_geojson.features.filter((one) => bad.has(String(one.properties?.["rule"])));
  return { type: "FeatureCollection", features };
}

/** Drawn over parcels that stand in CGCS2000, so in its longitude and latitude (EPSG:4490). */
function collection(polygon: GeoJSON.Polygon): GeoJSON.FeatureCollection {
  const crs = { type: "name", properties: { name: "urn:ogc:def:crs:EPSG::4490" } };
  return { type: "FeatureCollection", ...{ crs }, features: [{ type: "Feature", properties: {}, geometry: polygon }] };
}

function asFile(drawn: GeoJSON.FeatureCollection): File {
  return new File([JSON.stringify(drawn)], `${t("check.drawn")}.geojson`, { type: "application/geo+json" });
}

