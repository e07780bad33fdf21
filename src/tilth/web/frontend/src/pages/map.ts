/** The county on a map; a click tells what a parcel is and where that is written. */

import { Refused } from "../api";
import { fill, freshId, h } from "../dom";
import { type By, BYS, className, labelOf, type MapLayer, type MapRecord, mapRecord, readyMap, surveyLayer } from "../map/record";
import { layerColour, legendOf } from "../map/style";
import type { MapView, ParcelOnMap } from "../map/view";
import type { Page, Visit } from "../page";
import { exactly, inUnit, unitName } from "../parts/areas";
import { finder } from "../parts/finder";
import { parcelPanel, parcelRecord } from "../parts/parcel";
import { problemBox } from "../parts/problem";
import { choose } from "../parts/switches";
import { table } from "../parts/table";
import { note } from "../router";
import { state } from "../store";
import { named, t } from "../words";
import { noSurvey } from "../parts/bits";
import { count } from "../area";

export const page: Page = { path: "map", word: "map.title", order: 20, wide: true, show };

const MOST_ROWS = 60;
let by: By = "class";
const shownLayers = new Set<string>();

async function show(visit: Visit): Promise<Node> {
  if (!state.year) return h("div", { class: "pad" }, noSurvey("map.title"));
  const [first, views] = await Promise.all([mapRecord(), import("../map/view")]);
  const survey = surveyLayer(first, state.year);
  if (survey && !(survey.ready && first.bounds)) return preparing(visit, views);
  return shown(visit, first, views);
}

type Views = typeof import("../map/view");

/** The server makes its tiles once after an import; meanwhile the page says how far it is. */
function preparing(visit: Visit, views: Views): HTMLElement {
  const bar = h("progress", { max: 1, "aria-label": t("map.preparing") });
  const said = h("p", { class: "quiet" });
  const place = h("div", { class: "pad" }, h("h1", null, t("map.title")), h("p", { class: "lead", role: "status" }, t("map.preparing")), bar, said);
  const outer = h("div", null, place);
  let here = true;
  visit.onLeave(() => {
    here = false;
  });
  const waiting = (progress: MapLayer["progress"]): boolean => {
    if (progress?.total) {
      bar.value = progress.done / progress.total;
      fill(said, `${progress.doing}: ${count(progress.done)} / ${count(progress.total)}`);
    }
    return here;
  };
  readyMap(state.year, waiting).then(
    (record) => record && here && outer.replaceChildren(shown(visit, record, views)),
    (error: unknown) => here && fill(place, h("h1", null, t("map.title")), problemBox(error)),
  );
  return outer;
}

function shown(visit: Visit, record: MapRecord, views: Views): HTMLElement {
  const canvas = h("div", { class: "canvas", id: "map" });
  const panel = h("div", { class: "panel-parcel", "aria-live": "polite" });
  const inView = h("div", null);
  const asked = BYS.find((one) => one === visit.place.query.get("by"));
  by = asked ?? by;
  let view: MapView | null = null;

  const choosing = async (parcel: string, fit: boolean): Promise<void> => {
    note({ parcel });
    view?.choose(parcel);
    fill(panel, h("p", { class: "wait" }, t("wait")));
    try {
      const found = await parcelRecord(state.year, parcel);
      fill(panel, parcelPanel(found, record));
      view?.shapes("chosen", found.geometry, "#0b57d0", 0.05);
      if (fit) view?.fit(views.boundsOf(found.geometry));
    } catch (error) {
      fill(panel, problemBox(error));
      if (!(error instanceof Refused)) throw error;
    }
  };

  const side = h(
    "aside",
    { class: "side", "aria-label": t("map.options") },
    h("h1", { class: "side-title" }, t("map.title")),
    controls(record, (chosen) => {
      by = chosen;
      note({ by });
      view?.colourBy(by);
    }, (layer, on) => view?.toggle(layer, on)),
    finder(t("map.find"), (parcel) => void choosing(parcel, true)),
    panel,
    h("section", { "aria-labelledby": "in-view" }, h("h2", { id: "in-view" }, t("map.inview")), inView),
  );
  // MapLibre measures its place, so it starts once that is on the page.
  queueMicrotask(() => {
    requestAnimationFrame(() => {
      if (!canvas.isConnected) return;
      view = new views.MapView(canvas, {
        record,
        year: state.year,
        by,
        onPick: (parcel) => {
          if (parcel) void choosing(parcel.parcel_id, false);
          else fill(panel, h("p", { class: "quiet" }, t("map.none")));
        },
        onIdle: () => fill(inView, listed(view?.inView() ?? [], record, (parcel) => void choosing(parcel, false))),
      });
      for (const layer of record.layers) if (shownLayers.has(layer.id)) view.toggle(layer, true);
      const wanted = visit.place.query.get("parcel");
      if (wanted) void choosing(wanted, true);
    });
  });
  visit.onLeave(() => view?.remove());
  return h("div", { class: "mapping" }, h("div", { class: "map-place" }, canvas), side);
}

function controls(record: MapRecord, colour: (by: By) => void, toggle: (layer: MapLayer, on: boolean) => void): HTMLElement {
  const legend = h("div", null);
  const switches = h("div", null);
  const draw = (): void => {
    fill(
      switches,
      choose(t("map.by"), BYS.map((one) => ({ value: one, label: t(`map.by.${one}`) })), by, (chosen) => {
        colour(chosen);
        draw();
      }),
    );
    fill(legend, legendList(record, by));
  };
  draw();
  const layers = record.layers.filter(
    (one) => one.ready && !one.id.startsWith("survey-") && (one.year === null || one.year <= state.year),
  );
  return h(
    "div",
    null,
    switches,
    h("details", { open: window.innerWidth > 860 }, h("summary", null, t("map.legend")), legend),
    layers.length > 0 &&
      h(
        "details",
        null,
        h("summary", null, t("map.layers")),
        h(
          "ul",
          { class: "layers" },
          layers.map((layer) => {
            const id = freshId("layer");
            return h(
              "li",
              null,
              h("input", {
                id,
                type: "checkbox",
                checked: shownLayers.has(layer.id),
                onchange: (event: Event) => {
                  const on = (event.target as HTMLInputElement).checked;
                  shownLayers[on ? "add" : "delete"](layer.id);
                  toggle(layer, on);
                },
              }),
              h("label", { for: id }, h("span", { class: "stroke", style: `border-color:${layerColour(layer.kind)}` }), layerName(layer)),
            );
          }),
        ),
      ),
  );
}

function layerName(layer: MapLayer): string {
  const kind = named("kind", layer.kind);
  const name = layer.label && layer.label !== layer.kind ? layer.label : kind;
  return layer.year ? `${name} ${layer.year}` : name;
}

export function legendList(record: MapRecord, how: By): HTMLElement {
  return h(
    "ul",
    { class: "legend", tabindex: "0", "aria-label": t("map.legend") },
    legendOf(record, how).map((one) =>
      h(
        "li",
        null,
        h("span", { class: "swatch", style: `background:${one.colour}` }),
        how === "class" ? `${one.code} ${labelOf(one)}` : labelOf(one),
      ),
    ),
  );
}

/** What the map shows, as a table: for whoever does not see it, or wants the numbers. */
function listed(parcels: readonly ParcelOnMap[], record: MapRecord, pick: (parcel: string) => void): HTMLElement {
  if (!parcels.length) return h("p", { class: "quiet" }, t("map.inview.far"));
  return h(
    "div",
    null,
    h("p", { class: "quiet" }, t("map.inview.count", { count: count(parcels.length) })),
    table<ParcelOnMap>(
      [
        {
          label: t("parcel.number"),
          names: true,
          cell: (one) => h("button", { type: "button", class: "plain", onclick: () => pick(one.parcel_id) }, one.parcel_id),
        },
        { label: t("parcel.class"), cell: (one) => className(record, one.class_code) },
        { label: `${t("parcel.area")} (${unitName()})`, number: true, cell: (one) => inUnit(one.area_dm2), title: (one) => exactly(one.area_dm2) },
      ],
      parcels.slice(0, MOST_ROWS),
      { caption: t("map.inview"), hideCaption: true, dense: true },
    ),
  );
}

