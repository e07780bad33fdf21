/** A plan on the map: coloured by what is chosen, with a legend, and one parcel's options with the reason. */

import { count } from "../area";
import { get, Refused } from "../api";
import { type Child, fill, freshId, h } from "../dom";
import { readyMap } from "../map/record";
import { showPicture } from "../map/overlay";
import type { MapView } from "../map/view";
import type { Visit } from "../page";
import { withUnit } from "../parts/areas";
import { finder } from "../parts/finder";
import { parcelRecord } from "../parts/parcel";
import { problemBox } from "../parts/problem";
import { choose } from "../parts/switches";
import { table } from "../parts/table";
import { note } from "../router";
import { t } from "../words";
import { forcing } from "./questions";
import { aimText, amount, figure, type LegendRow, optionName, placeName, type Plan, planPath, quantity, type Solution, tilesOf, type Unit, type UnitOption, whereText, worded } from "./record";

const MAXZOOM = 18;
/** A parcel is shown with the land around it. */
const NEAR = 15;
type By = "treatment" | "crop" | "start";
let by: By = "treatment";

export interface Layer<V extends string> {
  value: V;
  label: string;
  tiles: string;
  legend: Child;
}

export function mapSection(visit: Visit, plan: Plan, found: Solution): HTMLElement {
  const head = h("h2", { id: "plan-map" }, t("plan.map"));
  const { survey } = plan;
  if (!survey) return h("section", { "aria-labelledby": "plan-map" }, head, h("p", { class: "quiet" }, t("plan.map.none")));
  const bys = Object.keys(found.legends) as By[];
  const asked = visit.place.query.get("by") as By | null;
  if (asked && bys.includes(asked)) by = asked;
  if (!bys.includes(by)) by = "treatment";
  const layers = bys.map((one) => ({
    value: one,
    label: t(`plan.by.${one}`),
    tiles: tilesOf(plan.name, one, survey.year),
    legend: legendOf(found, one),
  }));
  const some = survey.units < plan.units && h("p", { class: "quiet" }, t("plan.map.some", { parcels: count(survey.units), units: count(plan.units), year: survey.year }));
  return h(
    "section",
    { "aria-labelledby": "plan-map" },
    head,
    some,
    pictureMap<By>(visit, survey.year, t("plan.map"), layers, by, (chosen) => {
      by = chosen;
      note({ by });
    }, (parcel) => unitPanel(plan.name, parcel)),
  );
}

/** Treatments that are chosen, with the land they get. */
function legendOf(found: Solution, which: By): HTMLElement {
  const held = new Map((found.groups[which] ?? []).map((one) => [String(one[which]), one]));
  return legendList(
    (found.legends[which] ?? []).filter((one) => held.has(one.name)).map((one) => {
      const group = held.get(one.name);
      const told = group?.area_dm2 === null || group === undefined ? count(group?.units ?? 0) : withUnit(group.area_dm2);
      return { colour: one.colour, name: `${placeName(which, one.name)} · ${told}` };
    }),
  );
}

export function legendList(rows: readonly LegendRow[]): HTMLElement {
  return h("ul", { class: "legend plan-legend", "aria-label": t("map.legend") }, rows.map((one) => h("li", null, h("span", { class: "swatch", style: `background:${one.colour}` }), one.name)));
}

/** A map with several pictures to choose from, beside the legend of the one that is shown and the panel of a parcel. */
export function pictureMap<V extends string>(
  visit: Visit, year: number, label: string, layers: readonly Layer<V>[], first: V, chose: (value: V) => void, panelOf: (parcel: string) => Promise<HTMLElement>,
): HTMLElement {
  const canvas = h("div", { class: "canvas", id: "map" });
  const waiting = h("p", { class: "map-wait", role: "status" }, t("map.preparing"));
  const panel = h("div", { class: "panel-parcel", "aria-live": "polite" }, h("p", { class: "quiet noprint" }, t("plan.pick")));
  const controls = h("div", null);
  let shown = layers.find((one) => one.value === first) ?? (layers[0] as Layer<V>);
  let view: MapView | null = null;
  let here = true;
  const draw = (): void => {
    fill(
      controls,
      layers.length > 1 &&
        choose<V>(t("plan.by"), layers, shown.value, (value) => {
          shown = layers.find((one) => one.value === value) ?? shown;
          chose(value);
          if (view) showPicture(view, { tiles: shown.tiles, maxzoom: MAXZOOM });
          draw();
        }),
      shown.legend,
    );
  };
  draw();
  const choosing = async (parcel: string, fit: boolean): Promise<void> => {
    note({ parcel });
    view?.choose(parcel);
    fill(panel, h("p", { class: "wait", role: "status" }, t("wait")));
    try {
      const [land, told, views] = await Promise.all([parcelRecord(year, parcel), panelOf(parcel), import("../map/view")]);
      if (!here) return;
      fill(panel, told);
      view?.shapes("chosen", land.geometry, "#0b57d0", 0);
      if (fit) view?.fit(views.boundsOf(land.geometry), NEAR);
    } catch (error) {
      fill(panel, problemBox(error));
      if (!(error instanceof Refused)) throw error;
    }
  };
  const open = async (): Promise<void> => {
    const [views, record] = await Promise.all([import("../map/view"), readyMap(year, () => here)]);
    if (!record || !here || !canvas.isConnected) return;
    waiting.remove();
    view = new views.MapView(canvas, {
      record,
      year,
      by: "class",
      faint: true,
      onPick: (parcel) => {
        if (parcel) void choosing(parcel.parcel_id, false);
        else fill(panel, h("p", { class: "quiet" }, t("map.none")));
      },
    });
    showPicture(view, { tiles: shown.tiles, maxzoom: MAXZOOM });
    const parcel = visit.place.query.get("parcel");
    if (parcel) void choosing(parcel, true);
  };
  requestAnimationFrame(() => void open().catch((error: unknown) => fill(waiting, problemBox(error))));
  visit.onLeave(() => {
    here = false;
    view?.remove();
  });
  return h(
    "div",
    { class: "soil-map plan-map" },
    h("div", { class: "map-place", role: "group", "aria-label": label }, canvas, waiting),
    h("div", { class: "soil-side" }, controls, finder(t("plan.find"), (parcel) => void choosing(parcel, true)), panel),
  );
}

export async function unitPanel(plan: string, parcel: string): Promise<HTMLElement> {
  try {
    return unitView(plan, await get<Unit>(planPath(plan, `/units/${encodeURIComponent(parcel)}`)));
  } catch (error) {
    if (error instanceof Refused && error.record.code === "PLAN-NO-UNIT") return h("p", { class: "note" }, t("plan.unit.not", { id: parcel }));
    throw error;
  }
}

function unitView(plan: string, told: Unit): HTMLElement {
  const id = freshId("unit");
  const first = told.options[0];
  const columns = Object.keys(first?.amounts ?? {});
  const options = [...told.options].sort((a, b) => Number(b.chosen) - Number(a.chosen) || Number(b.allowed) - Number(a.allowed) || b.left - a.left);
  const best = options.filter((one, at) => one.chosen || options.findIndex((other) => other.treatment === one.treatment) === at);
  const shown = (rows: readonly UnitOption[]): HTMLElement =>
    table<UnitOption>(
      [
        {
          label: t("plan.unit.option"),
          names: true,
          cell: (one) => [optionName(one), one.chosen && [" ", h("span", { class: "mark good" }, t("plan.unit.chosen"))], !one.allowed && [" ", h("span", { class: "mark" }, t("plan.unit.locked"))]],
        },
        { label: t("plan.unit.brings"), number: true, cell: (one) => figure(one.brings) },
        { label: t("plan.unit.left"), number: true, cell: (one) => figure(one.left) },
        ...columns.filter((column) => !(column in told.aim)).map((column) => ({ label: quantity(column), number: true, cell: (one: UnitOption) => amount(column, one.amounts[column]) })),
      ],
      rows,
      { caption: t("plan.unit.options"), dense: true, rowClass: (one) => (one.chosen ? "own" : one.allowed ? undefined : "not-allowed") },
    );
  return h(
    "section",
    { class: "parcel", "aria-labelledby": id },
    h("h2", { id }, t("plan.unit", { id: told.unit })),
    Object.keys(told.labels).length > 0 && h("p", { class: "quiet" }, whereText(told.labels)),
    h("p", null, h("strong", null, `${t("plan.unit.why")}: `), worded(whyText(told), Object.keys(told.aim))),
    shown(best),
    best.length < options.length && h("details", null, h("summary", null, t("plan.unit.all", { count: options.length })), shown(options)),
    h("p", { class: "quiet" }, t("plan.unit.note", { aim: aimText(told.aim) })),
    told.prices.length > 0 &&
      h("details", null, h("summary", null, t("plan.unit.prices")), h("ul", { class: "said" }, told.prices.map((one) => h("li", null, `${worded(one.said, columns)}: ${figure(one.price)}`)))),
    forcing(plan, told),
  );
}

/** The reason, with options as people call them. */
function whyText(told: Unit): string {
  let said = told.why;
  for (const one of told.options) said = said.replace([one.treatment, one.crop, one.start || null].filter(Boolean).join(" / "), optionName(one));
  return said;
}
