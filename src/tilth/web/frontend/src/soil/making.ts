/** Bring in what a map is made of, make it, and try how near it comes. */

import { count } from "../area";
import { get, send } from "../api";
import { fill, h } from "../dom";
import type { Visit } from "../page";
import { tell } from "../parts/dialog";
import { checkField, selectField, textField } from "../parts/field";
import { type Job, jobView } from "../parts/job";
import { problemBox } from "../parts/problem";
import { table } from "../parts/table";
import { asOne, dropZone } from "../parts/upload";
import { go, link } from "../router";
import { may, state } from "../store";
import { t } from "../words";
import { trialTable } from "./quality";
import { type MapShort, nameOf, type Raster, type SaltFacts, type SampleShort, type Trial } from "./record";

type Bring = "samples" | "raster" | "weather" | "ground";
const BRINGS: readonly Bring[] = ["samples", "raster", "weather", "ground"];
const EXTRACTS = ["1:5", "1:2.5", "1:2", "1:1", "paste"] as const;
const OWN = "own";

interface Scheme {
  id: string;
  title: string;
  metrics: string[];
}

const given = {
  samples: "", scheme: "fao-salinity", bounds: "2, 4, 8, 16", name: "", depth: "", drawn: false, parcels: true, off: new Set<string>(),
};
const seen = new Set<string>();
const bring = { what: "samples" as Bring, extract: "", unit: "", crs: "", label: "", name: "" };

export async function makingPage(visit: Visit, maps: readonly MapShort[], sets: readonly SampleShort[]): Promise<HTMLElement> {
  if (!may("edit")) return h("p", { class: "note" }, t("soil.form.norights"));
  const [rasters, salt, schemes] = await Promise.all([get<Raster[]>("/soil/rasters"), get<SaltFacts>("/soil/salt"), get<Scheme[]>("/soil/schemes")]);
  const again = (): void => void go(link("/soil/make", { map: visit.place.query.get("map") }), true);
  const wanted = visit.place.query.get("map");
  given.name = wanted ?? (given.name || "salinity");
  if (wanted) given.samples = sets.find((one) => maps.find((map) => map.name === wanted)?.made_from.samples?.includes(one.id.slice(0, 12)))?.id ?? given.samples;
  return h(
    "div",
    { class: "soil-make" },
    sets.length && rasters.length ? form(sets, rasters, schemes) : h("p", { class: "note" }, t("soil.form.missing")),
    bringIn(again),
    rasterTable(rasters),
    h(
      "section",
      null,
      h("h2", null, t("soil.salt.facts")),
      h("p", null, salt.weather ? t("soil.weather.known", { years: salt.weather.years.join(", ") }) : t("soil.weather.none")),
      h("p", null, salt.ground === null ? t("soil.ground.none") : t("soil.ground.known", { rows: count(salt.ground) })),
    ),
  );
}

function form(sets: readonly SampleShort[], rasters: readonly Raster[], schemes: readonly Scheme[]): HTMLElement {
  const told = h("div", { class: "job-place" });
  const fields = h("div", { class: "fields" });
  if (!sets.some((one) => one.id === given.samples)) given.samples = (sets[0] as SampleShort).id;
  for (const [at, one] of rasters.entries()) {
    const before = rasters.slice(0, at).some((other) => other.bands.some((band) => one.bands.includes(band)));
    if (before && !seen.has(one.name)) given.off.add(one.name); // a series of years: one of them at most
    seen.add(one.name);
  }
  const usable = schemes.filter((one) => one.metrics.length === 1 && one.metrics[0] === "ece_ds_m");
  const draw = (): void =>
    fill(
      fields,
      selectField(t("soil.form.samples"), given.samples, sets.map((one) => ({ value: one.id, label: nameOf(one) })), (id) => (given.samples = id)),
      textField(t("soil.form.name"), given.name, (name) => (given.name = name), { maxlength: 60 }),
      selectField(
        t("soil.form.scheme"),
        given.scheme,
        [...usable.map((one) => ({ value: one.id, label: one.title })), { value: OWN, label: t("soil.form.bounds") }],
        (scheme) => {
          given.scheme = scheme;
          draw();
        },
      ),
      given.scheme === OWN && textField(t("soil.form.limits"), given.bounds, (bounds) => (given.bounds = bounds), { inputmode: "decimal" }),
      textField(t("soil.form.depth"), given.depth, (depth) => (given.depth = depth), { inputmode: "decimal", maxlength: 6 }, { hint: t("soil.form.depth.hint") }),
      h(
        "fieldset",
        { class: "more" },
        h("legend", null, t("soil.form.rasters")),
        rasters.map((one) =>
          checkField(`${one.name}: ${one.bands.join(", ")}`, !given.off.has(one.name), (on) => {
            given.off[on ? "delete" : "add"](one.name);
          }),
        ),
      ),
      state.year > 0 && checkField(t("soil.form.parcels", { year: state.year }), given.parcels, (parcels) => (given.parcels = parcels)),
      checkField(t("soil.form.drawn"), given.drawn, (drawn) => (given.drawn = drawn)),
    );
  draw();
  const chosen = (): string[] => rasters.map((one) => one.name).filter((name) => !given.off.has(name));
  const follow = (begin: Promise<Job>, over: (job: Job) => void): void => {
    fill(told, h("p", { class: "wait", role: "status" }, t("job.making")));
    begin.then(
      (job) => fill(told, jobView(job, (ended) => ended.state === "done" && over(ended))),
      (error: unknown) => fill(told, problemBox(error)),
    );
  };
  const make = (event: Event): void => {
    event.preventDefault();
    const limits = given.bounds.split(/[,，、\s]+/).filter(Boolean).map(Number);
    const json = {
      samples: given.samples, rasters: chosen(), name: given.name || "salinity", drawn: given.drawn,
      ...(given.scheme === OWN ? { bounds: limits } : { scheme: given.scheme }),
      ...(given.parcels && state.year ? { year: state.year } : {}),
      ...(given.depth ? { depth: Number(given.depth) } : {}),
    };
    follow(send<Job>("POST", "/soil/maps", { json }), () => {
      told.append(h("p", null, h("a", { class: "button strong", href: link("/soil", { map: json.name }) }, t("soil.form.open"))));
    });
  };
  const trial = (): void => {
    const shown = h("div", null);
    const attempt = get<MapShort[]>("/soil/maps").then((maps) => {
      const kept = maps.some((one) => one.name === given.name) ? { map: given.name } : {};
      return send<Job>("POST", "/soil/validations", { json: { samples: given.samples, rasters: chosen(), ...kept } });
    });
    follow(attempt, (job) => {
      told.append(shown);
      get<Trial>(`/jobs/${job.id}/result`).then(
        (found) => fill(shown, h("h3", null, t("soil.trial")), trialTable(found)),
        (error: unknown) => fill(shown, problemBox(error)),
      );
    });
  };
  return h(
    "section",
    { class: "first", "aria-labelledby": "soil-form" },
    h("h2", { id: "soil-form" }, t("soil.form")),
    h(
      "form",
      { class: "entry-form", onsubmit: make },
      fields,
      h("div", { class: "buttons" }, h("button", { type: "submit", class: "button strong" }, t("soil.form.map")), h("button", { type: "button", class: "button", onclick: trial }, t("soil.form.try"))),
      h("p", { class: "quiet" }, t("soil.form.try.keep")),
    ),
    told,
  );
}

function bringIn(again: () => void): HTMLElement {
  const told = h("div", null);
  const place = h("div", null);
  const draw = (): void =>
    fill(
      place,
      h(
        "div",
        { class: "fields" },
        selectField<Bring>(t("soil.bring.what"), bring.what, BRINGS.map((one) => ({ value: one, label: t(`soil.bring.${one}`) })), (what) => {
          bring.what = what;
          draw();
        }),
        bring.what === "samples" && [
          selectField(
            t("soil.bring.extract"),
            bring.extract,
            [{ value: "", label: t("soil.bring.extract.file") }, ...EXTRACTS.map((one) => ({ value: one as string, label: one === "paste" ? t("soil.bring.paste") : one }))],
            (extract) => (bring.extract = extract),
          ),
          selectField(
            t("soil.bring.unit"),
            bring.unit,
            [{ value: "", label: t("soil.bring.extract.file") }, ...["dS/m", "mS/cm", "µS/cm"].map((one) => ({ value: one, label: one }))],
            (unit) => (bring.unit = unit),
          ),
          textField(t("soil.bring.crs"), bring.crs, (crs) => (bring.crs = crs), { inputmode: "numeric", placeholder: "4490", maxlength: 40 }),
          textField(t("soil.bring.label"), bring.label, (label) => (bring.label = label), { maxlength: 100 }),
        ],
      ),
      dropZone(t("soil.bring.drop"), t(`soil.bring.${bring.what}.hint`), (files) => void take(files)),
    );
  const take = async (files: File[]): Promise<void> => {
    const file = await asOne(files);
    if (!file) return fill(told, h("p", { class: "note", role: "alert" }, t("check.partial")));
    const body = new FormData();
    body.set("file", file, file.name);
    const query =
      bring.what === "samples"
        ? { extract: bring.extract, unit: bring.unit ? `ec=${bring.unit}` : null, crs: bring.crs, label: bring.label }
        : { name: bring.what === "raster" ? file.name.replace(/\.[^.]+$/, "") : null };
    try {
      const job = await send<Job>("POST", `/imports/${bring.what}`, { query, form: body });
      fill(
        told,
        jobView(job, (ended) => {
          if (ended.state !== "done") return;
          tell(t("import.done"));
          again();
        }),
      );
    } catch (error) {
      fill(told, problemBox(error));
    }
  };
  draw();
  return h("section", { class: "noprint", id: "bring-in", "aria-labelledby": "soil-bring" }, h("h2", { id: "soil-bring" }, t("soil.bring")), place, told);
}

function rasterTable(rasters: readonly Raster[]): HTMLElement {
  return h(
    "section",
    { "aria-labelledby": "soil-rasters" },
    h("h2", { id: "soil-rasters" }, t("soil.rasters")),
    table<Raster>(
      [
        { label: t("soil.rasters.name"), names: true, cell: (one) => one.name },
        { label: t("soil.rasters.bands"), cell: (one) => one.bands.join(", ") },
        { label: t("soil.rasters.size"), number: true, cell: (one) => `${count(one.width)} × ${count(one.height)}` },
        { label: t("soil.rasters.cell"), number: true, cell: (one) => String(one.cell_m) },
        { label: t("soil.rasters.crs"), cell: (one) => one.crs },
      ],
      rasters,
      { caption: t("soil.rasters"), hideCaption: true, empty: t("soil.rasters.none") },
    ),
  );
}
