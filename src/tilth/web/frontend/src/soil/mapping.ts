/** A finished map beside one parcel's chances; below them its options, the area of each class and the validation. */

import { get, Refused } from "../api";
import { fill, freshId, h } from "../dom";
import { className, type MapRecord, readyMap } from "../map/record";
import type { MapView } from "../map/view";
import type { Visit } from "../page";
import { areaText } from "../parts/areas";
import { selectField } from "../parts/field";
import { finder } from "../parts/finder";
import { facts, parcelRecord } from "../parts/parcel";
import { problemBox } from "../parts/problem";
import { choose } from "../parts/switches";
import { table } from "../parts/table";
import { go, link, note } from "../router";
import { may, state } from "../store";
import { t } from "../words";
import { showQuantity, showSamples } from "./layer";
import { optionsSection } from "./options";
import { areasSection, trialSection } from "./quality";
import { type LegendStep, type MapShort, nameOf, num, type ParcelSoil, percent, type SaltFacts, type SampleSet, type SampleShort, type SoilMap } from "./record";

const BYS = ["mean", "width", "class", "applicability"] as const;
/** A parcel is shown with the land around it. */
const NEAR = 15;
let by = "mean";

export async function mappingPage(visit: Visit, maps: readonly MapShort[], sets: readonly SampleShort[]): Promise<HTMLElement> {
  const wanted = visit.place.query.get("map");
  const name = maps.find((one) => one.name === wanted)?.name ?? (maps[0] as MapShort).name;
  const [soil, salt, views] = await Promise.all([
    get<SoilMap>(`/soil/maps/${encodeURIComponent(name)}`),
    get<SaltFacts>("/soil/salt"),
    import("../map/view"),
  ]);
  const asked = visit.place.query.get("by");
  if (asked && soil.quantities.some((one) => one.id === asked)) by = asked;
  if (!soil.quantities.some((one) => one.id === by)) by = "mean";

  const canvas = h("div", { class: "canvas", id: "map" });
  const waiting = h("p", { class: "map-wait", role: "status" }, t("map.preparing"));
  const panel = h("div", { class: "panel-parcel", "aria-live": "polite" }, h("p", { class: "quiet" }, t("soil.pick")));
  const below = h("div", null);
  let view: MapView | null = null;
  let record: MapRecord | null = null;
  let here = true;

  const choosing = async (parcel: string, fit: boolean): Promise<void> => {
    note({ parcel });
    view?.choose(parcel);
    fill(panel, h("p", { class: "wait", role: "status" }, t("wait")));
    fill(below);
    try {
      const year = state.year;
      const [land, told] = await Promise.all([
        parcelRecord(year, parcel),
        get<ParcelSoil>(`/soil/parcels/${year}/${encodeURIComponent(parcel)}`, { map: soil.name }),
      ]);
      if (!here) return;
      fill(panel, parcelSoil(told, className(record, land.class_code)));
      view?.shapes("chosen", land.geometry, "#0b57d0", 0);
      if (fit) view?.fit(views.boundsOf(land.geometry), NEAR);
      if (told.ece_ds_m) fill(below, optionsSection(parcel, year, soil.name, salt));
    } catch (error) {
      fill(panel, problemBox(error));
      if (!(error instanceof Refused)) throw error;
    }
  };

  const side = h(
    "div",
    { class: "soil-side" },
    maps.length > 1
      ? selectField(t("soil.which"), soil.name, maps.map((one) => ({ value: one.name, label: one.name })), (chosen) => {
          void go(link("/soil", { map: chosen, by, parcel: null }));
        })
      : h("p", null, h("strong", null, soil.name)),
    h("p", { class: "quiet" }, t("soil.made", { samples: soil.samples ?? "–", when: soil.made_at.slice(0, 16).replace("T", " ") })),
    controls(soil, sets, (chosen) => {
      by = chosen;
      note({ by });
      if (view) showQuantity(view, soil, by);
    }, (set) => view && showSamples(view, set)),
    finder(t("soil.find"), (parcel) => void choosing(parcel, true)),
    panel,
    soil.files.length > 0 &&
      h(
        "details",
        { class: "noprint" },
        h("summary", null, t("soil.files")),
        h("ul", { class: "files" }, soil.files.map((one) => h("li", null, h("a", { href: `/api/v1/soil/maps/${encodeURIComponent(soil.name)}/files/${one.name}`, download: one.name }, one.name)))),
      ),
  );

  requestAnimationFrame(() => {
    readyMap(state.year, () => here).then(
      (ready) => {
        if (!ready || !here || !canvas.isConnected) return;
        waiting.remove();
        record = ready;
        view = new views.MapView(canvas, {
          record: ready,
          year: state.year,
          by: "class",
          faint: true,
          onPick: (parcel) => {
            if (parcel) void choosing(parcel.parcel_id, false);
            else fill(panel, h("p", { class: "quiet" }, t("map.none")));
          },
        });
        showQuantity(view, soil, by);
        view.fit(soil.bounds);
        const parcel = visit.place.query.get("parcel");
        if (parcel) void choosing(parcel, true);
      },
      (error: unknown) => fill(waiting, problemBox(error)),
    );
  });
  visit.onLeave(() => {
    here = false;
    view?.remove();
  });
  const tryIt = may("edit") ? h("p", { class: "noprint" }, h("a", { href: link("/soil/make", { map: soil.name }) }, t("soil.form.try"))) : null;
  return h(
    "div",
    null,
    h("div", { class: "soil-map" }, h("div", { class: "map-place", role: "group", "aria-label": t("soil.mapcanvas") }, canvas, waiting), side),
    below,
    areasSection(soil),
    trialSection(soil.validation, tryIt),
  );
}

function controls(soil: SoilMap, sets: readonly SampleShort[], show: (by: string) => void, samples: (set: SampleSet | null) => void): HTMLElement {
  const switches = h("div", null);
  const legend = h("div", null);
  const others = soil.quantities.filter((one) => !(BYS as readonly string[]).includes(one.id));
  const take = (chosen: string): void => {
    if (!chosen) return;
    show(chosen);
    by = chosen;
    draw();
  };
  const draw = (): void => {
    const shown = soil.quantities.find((one) => one.id === by);
    fill(
      switches,
      choose<string>(t("soil.show"), BYS.map((one) => ({ value: one, label: t(`soil.by.${one}`) })), by, take),
      selectField(
        t("soil.more"),
        others.some((one) => one.id === by) ? by : "",
        [{ value: "", label: t("soil.more.none") }, ...others.map((one) => ({ value: one.id, label: one.label }))],
        take,
      ),
    );
    fill(
      legend,
      shown && h("h2", { class: "legend-name" }, shown.unit ? t("soil.legend", { name: shown.label, unit: shown.unit }) : shown.label),
      shown && steps(shown.legend),
      by === "applicability" && soil.outside_applicability !== null && h("p", { class: "quiet" }, t("soil.outside", { share: percent(soil.outside_applicability, 1) })),
    );
  };
  draw();
  return h(
    "div",
    { class: "soil-controls" },
    switches,
    legend,
    sets.length > 0 &&
      selectField(t("soil.points"), "", [{ value: "", label: t("soil.points.none") }, ...sets.map((one) => ({ value: one.id, label: nameOf(one) }))], (id) => {
        if (!id) samples(null);
        else void get<SampleSet>(`/soil/samples/${id}`).then(samples);
      }),
  );
}

export function steps(legend: readonly LegendStep[]): HTMLElement {
  return h(
    "ul",
    { class: "legend soil-legend", "aria-label": t("map.legend") },
    legend.map((one) => h("li", null, h("span", { class: "swatch", style: `background:${one.colour}` }), one.label)),
  );
}

function parcelSoil(told: ParcelSoil, land: string): HTMLElement {
  const id = freshId("parcel");
  const { ece_ds_m: ece } = told;
  return h(
    "section",
    { class: "parcel", "aria-labelledby": id },
    h("h2", { id }, t("soil.parcel", { id: told.parcel_id })),
    facts([
      [t("soil.parcel.land"), land],
      [t("parcel.area"), areaText(told.area_dm2)],
      ece && [t("soil.parcel.ece"), [t("soil.parcel.mean", { mean: num(ece.mean, 1) }), h("br", null), t("soil.parcel.interval", { low: num(ece.lower, 1), high: num(ece.upper, 1) })]],
    ]),
    !ece && h("p", { class: "note" }, t("soil.parcel.unmapped")),
    told.outside_share > 0 && h("p", { class: "note" }, t("soil.parcel.outside", { share: percent(told.outside_share) })),
    ece && [
      table<ParcelSoil["classes"][number]>(
        [
          { label: t("soil.areas.class"), names: true, cell: (one) => one.class },
          {
            label: t("soil.parcel.chance"),
            number: true,
            cell: (one) => [percent(one.probability), h("span", { class: "share", "aria-hidden": "true" }, h("span", { style: `width:${((one.probability ?? 0) * 100).toFixed(1)}%` }))],
          },
          { label: t("parcel.area"), number: true, cell: (one) => areaText(one.area_dm2) },
        ],
        told.classes,
        { caption: t("soil.parcel.chances"), dense: true, rowClass: (one) => (one.class === told.class ? "own" : undefined) },
      ),
      h("p", { class: "noprint" }, h("a", { href: "#salt-options", onclick: toOptions }, t("soil.parcel.below"))),
    ],
  );
}

function toOptions(event: Event): void {
  event.preventDefault();
  const place = document.getElementById("salt-options");
  place?.setAttribute("tabindex", "-1");
  place?.scrollIntoView();
  place?.focus({ preventScroll: true });
}
