/** Ask for zones, a trend, candidate land or places to sample; the server works at it as a job. */

import { get, send } from "../api";
import { type Child, fill, freshId, h } from "../dom";
import { checkField, selectField, textField } from "../parts/field";
import { type Job, jobView } from "../parts/job";
import { problemBox } from "../parts/problem";
import { state } from "../store";
import { t } from "../words";
import { type MapShort, nameOf, type Raster, type SampleShort } from "./record";
import type { Kind } from "./results";

const given = {
  name: "", chosen: new Set<string>(), columns: "", kinds: "", zones: "", least: "", map: "", band: "", saltier: "higher", parcels: true,
  steepest: "4", water: "", count: "30", design: "latin", samples: "", day: "10",
};
/** Columns of every survey that may drive salt, or be asked for as kinds. */
const COLUMNS = ["class_code", "slope_grade", "farmland_form", "planting", "grade15", "quality_grade", "tenure", "region_code", "area_dm2", "linear_width_m"];
const DEFAULT: Record<Kind, string> = { zones: "zones", trends: "trend", candidates: "candidates", "next-samples": "next-samples" };

export async function resultForm(kind: Kind, maps: readonly MapShort[], sets: readonly SampleShort[], made: (name: string) => void): Promise<HTMLElement> {
  const rasters = await get<Raster[]>("/soil/rasters");
  const told = h("div", { class: "job-place" });
  const fields = h("div", { class: "fields" });
  const draw = (): void => fill(fields, nameField(kind), own(kind, maps, sets, draw), rasterFields(kind, rasters), surveyField(kind));
  const ask = (event: Event): void => {
    event.preventDefault();
    const json = asked(kind);
    fill(told, h("p", { class: "wait", role: "status" }, t("job.making")));
    send<Job>("POST", `/soil/${kind}`, { json }).then(
      (job) => fill(told, jobView(job, (ended) => ended.state === "done" && made(json.name))),
      (error: unknown) => fill(told, problemBox(error)),
    );
  };
  draw();
  return h(
    "section",
    { class: "soil-make noprint", "aria-labelledby": "soil-ask" },
    h("h2", { id: "soil-ask" }, t(kind === "zones" ? "soil.ask.draw" : `soil.ask.${kind}`)),
    h("form", { class: "entry-form", onsubmit: ask }, fields, h("div", { class: "buttons" }, h("button", { type: "submit", class: "button strong" }, t("soil.ask.begin")))),
    told,
  );
}

function nameField(kind: Kind): HTMLElement {
  return textField(t("soil.form.name"), given.name || DEFAULT[kind], (name) => (given.name = name), { maxlength: 60 });
}

function number(label: string, value: string, take: (value: string) => void): HTMLElement {
  return textField(label, value, take, { inputmode: "decimal", maxlength: 10 });
}

function own(kind: Kind, maps: readonly MapShort[], sets: readonly SampleShort[], draw: () => void): Child {
  if (kind === "zones")
    return [
      columnsField(),
      textField(t("soil.ask.kinds"), given.kinds, (kinds) => (given.kinds = kinds), { maxlength: 200 }),
      number(t("soil.ask.zones"), given.zones, (zones) => (given.zones = zones)),
      number(t("soil.ask.least"), given.least, (least) => (given.least = least)),
      mapField(maps, t("soil.ask.map"), true),
    ];
  if (kind === "trends")
    return [
      textField(t("soil.ask.band"), given.band, (band) => (given.band = band), { maxlength: 100 }),
      selectField(t("soil.ask.saltier"), given.saltier, ["higher", "lower"].map((one) => ({ value: one, label: t(`soil.ask.saltier.${one as "higher" | "lower"}`) })), (one) => (given.saltier = one)),
    ];
  if (kind === "candidates") return [number(t("soil.ask.steepest"), given.steepest, (steepest) => (given.steepest = steepest)), number(t("soil.ask.water"), given.water, (water) => (given.water = water))];
  return [
    number(t("soil.ask.count"), given.count, (count) => (given.count = count)),
    number(t("soil.ask.day"), given.day, (day) => (given.day = day)),
    selectField(t("soil.ask.design"), given.design, ["latin", "uncertainty"].map((one) => ({ value: one, label: t(`soil.ask.design.${one as "latin" | "uncertainty"}`) })), (design) => {
      given.design = design;
      draw();
    }),
    given.design === "uncertainty" && [
      mapField(maps, t("soil.ask.unsure"), false),
      selectField(t("soil.ask.samples"), given.samples, [{ value: "", label: t("soil.points.none") }, ...sets.map((one) => ({ value: one.id, label: nameOf(one) }))], (id) => (given.samples = id)),
    ],
  ];
}

/** Names are offered as they are typed, each after those that stand there already. */
function columnsField(): HTMLElement {
  const id = freshId("columns");
  const offered = h("datalist", { id });
  const offer = (): void => {
    const before = given.columns.replace(/[^,，、\s]*$/, "");
    const taken = words(before);
    fill(offered, COLUMNS.filter((one) => !taken.includes(one)).map((one) => h("option", { value: before + one })));
  };
  offer();
  const field = textField(t("soil.ask.columns"), given.columns, (columns) => {
    given.columns = columns;
    offer();
  }, { maxlength: 200, list: id }, { hint: t("soil.ask.columns.hint") });
  field.append(offered);
  return field;
}

function mapField(maps: readonly MapShort[], label: string, none: boolean): HTMLElement {
  const first = none ? [{ value: "", label: t("soil.ask.nomap") }] : [];
  if (!none && !given.map) given.map = maps[0]?.name ?? "";
  return selectField(label, given.map, [...first, ...maps.map((one) => ({ value: one.name, label: one.name }))], (map) => (given.map = map));
}

function rasterFields(kind: Kind, rasters: readonly Raster[]): Child {
  if (kind === "next-samples" && given.design === "uncertainty") return null;
  if (!rasters.length) return h("p", { class: "note" }, t("soil.rasters.none"));
  return h(
    "fieldset",
    { class: "more" },
    h("legend", null, t(kind === "trends" ? "soil.ask.yearly" : "soil.ask.rasters")),
    rasters.map((one) => checkField(`${one.name}: ${one.bands.join(", ")}`, given.chosen.has(one.name), (on) => void given.chosen[on ? "add" : "delete"](one.name))),
  );
}

function surveyField(kind: Kind): Child {
  if (!state.year || kind === "candidates") return null;
  return kind === "zones" ? h("p", { class: "quiet" }, t("soil.ask.year", { year: state.year })) : checkField(t(kind === "trends" ? "soil.ask.tested" : "soil.ask.only", { year: state.year }), given.parcels, (parcels) => (given.parcels = parcels));
}

function words(text: string): string[] {
  return text.split(/[,，、\s]+/).filter(Boolean);
}

function asked(kind: Kind): { name: string } & Record<string, unknown> {
  const name = given.name || DEFAULT[kind];
  const rasters = [...given.chosen];
  const year = given.parcels && state.year ? state.year : null;
  const some = (text: string): number | null => (text.trim() ? Number(text) : null);
  if (kind === "zones")
    return { name, rasters, year: state.year || null, columns: words(given.columns), kinds: words(given.kinds), zones: some(given.zones), least_ha: some(given.least) ?? 0, map: given.map || null };
  if (kind === "trends") return { name, rasters, band: given.band, saltier: given.saltier, survey: year };
  if (kind === "candidates") return { name, rasters, year: state.year, steepest: some(given.steepest) ?? 4, water_m3_ha: some(given.water) };
  const design = given.design === "uncertainty" ? { design: given.design, map: given.map || "salinity", samples: given.samples || null } : { design: given.design, rasters };
  return { name, count: some(given.count) ?? 0, per_day: some(given.day) ?? 10, year, ...design };
}
