/** What was found beside maps: zones, trends, candidate land, places to sample; a list of them, and one opened. */

import { count } from "../area";
import { get } from "../api";
import { type Child, h } from "../dom";
import type { Visit } from "../page";
import { areaText, exactly, inUnit, unitName } from "../parts/areas";
import { isOver, type Job, jobView } from "../parts/job";
import { facts } from "../parts/parcel";
import { choose } from "../parts/switches";
import { type Column, table } from "../parts/table";
import { go, link } from "../router";
import { may } from "../store";
import type { Finding } from "../types";
import { named, t } from "../words";
import { steps } from "./mapping";
import { type LegendStep, type MapShort, num, percent, type SampleShort } from "./record";
import { resultForm } from "./results_form";

export const KINDS = ["zones", "trends", "candidates", "next-samples"] as const;
export type Kind = (typeof KINDS)[number];
const JOBS: Record<Kind, string> = { zones: "soil-zones", trends: "soil-trend", candidates: "soil-candidates", "next-samples": "soil-next-samples" };
/** More rows than these are in the files. */
const ROWS = 200;

interface Short {
  name: string;
  made_at: string;
  year?: number | null;
  years?: number[];
  total_dm2?: number;
  usable_dm2?: number;
}

interface DriverLine {
  name: string;
  median: number | null;
  least: number | null;
  most: number | null;
  kind: string;
  share: number | null;
  known: number;
}

interface Zone {
  zone: string;
  area_dm2: number;
  share_pct: string;
  units: number;
  pieces: number;
  moved: number;
  classes: { class: string; area_dm2: number }[];
  salinity: { class: string; area_dm2: number }[];
  drivers: DriverLine[];
  measures: { treatment: string; name: string; why: string[]; forbidden: string[] }[];
}

interface Opened extends Short {
  kind: Kind;
  picture: string | null;
  legend: LegendStep[];
  files: { name: string; bytes: number }[];
  findings?: Finding[];
}

interface Zones extends Opened {
  rule: string[];
  zones: Zone[];
}

interface TrendRow {
  trend: string;
  area_dm2: number;
  cells?: number;
  parcels?: number;
}

interface Trend extends Opened {
  band: string;
  tests: number;
  false_discovery_rate: number;
  cells: TrendRow[];
  parcels: { year: number; rows: TrendRow[]; salinising: { parcel_id: string; area_dm2: number; slope: number; p: number }[] } | null;
}

interface Candidate {
  parcel_id: string;
  kind: string;
  area_dm2: number;
  usable_dm2: number;
  verdict: string;
  score: number | null;
  grade: string;
  water_m3: number | null;
}

type KindRow = { kind: string; parcels: number; area_dm2: number; usable: number } & Record<string, number | string>;

interface Candidates extends Opened {
  candidates: number;
  /** Of each kind the area by what takes it out stands under that reason, by `excluded_by`. */
  kinds: KindRow[];
  excluded_by: string[];
  parcels: Candidate[];
}

interface Place {
  number: number;
  day: number;
  order: number;
  lon: number;
  lat: number;
  parcel: string;
}

interface NextSamples extends Opened {
  said: string;
  places: Place[];
  days: { day: number; places: number; km: number }[];
}

function kindOf(asked: string | null): Kind {
  return KINDS.find((one) => one === asked) ?? "zones";
}

export async function resultsPage(visit: Visit, maps: readonly MapShort[], sets: readonly SampleShort[]): Promise<HTMLElement> {
  const kind = kindOf(visit.place.query.get("kind"));
  const all = await get<Short[]>(`/soil/results/${kind}`);
  const name = all.find((one) => one.name === visit.place.query.get("name"))?.name ?? all[0]?.name;
  const open = name === undefined ? null : await get<Opened>(`/soil/results/${kind}/${encodeURIComponent(name)}`);
  const again = (): void => void go(link("/soil/results", { kind, name: null }), true);
  const running = (await get<Job[]>("/jobs")).filter((job) => job.kind === JOBS[kind] && !isOver(job));
  return h(
    "div",
    { class: "soil-results" },
    choose<Kind>(t("soil.results.kinds"), KINDS.map((one) => ({ value: one, label: t(`soil.results.${one}`) })), kind, (chosen) => {
      void go(link("/soil/results", { kind: chosen }));
    }),
    h("p", { class: "quiet" }, t(`soil.results.${kind}.lead`)),
    running.length > 0 &&
      h(
        "section",
        { class: "noprint", "aria-labelledby": "soil-running" },
        h("h2", { id: "soil-running" }, t("soil.results.running")),
        running.map((job) => jobView(job, (ended) => ended.state === "done" && again())),
      ),
    list(kind, all, name),
    open && result(open),
    may("edit") ? await resultForm(kind, maps, sets, (made) => void go(link("/soil/results", { kind, name: made }), true)) : null,
  );
}

function list(kind: Kind, all: readonly Short[], open: string | undefined): HTMLElement {
  const columns: Column<Short>[] = [
    { label: t("soil.results.name"), names: true, cell: (one) => h("a", { href: link("/soil/results", { kind, name: one.name }), "aria-current": one.name === open ? "true" : null }, one.name) },
    { label: t("soil.results.made"), cell: (one) => one.made_at.slice(0, 16).replace("T", " ") },
    ...(all.some((one) => one.years?.length || one.year) ? [{ label: t("soil.results.year"), cell: (one: Short) => (one.years?.length ? `${one.years[0]}–${one.years.at(-1)}` : (one.year ?? "–")) }] : []),
  ];
  if (kind === "zones" || kind === "candidates") columns.push({ label: `${t("soil.areas.area")} (${unitName()})`, number: true, cell: (one) => inUnit(one.total_dm2), title: (one) => exactly(one.total_dm2) });
  return h(
    "section",
    { "aria-labelledby": "soil-finished" },
    h("h2", { id: "soil-finished" }, t("soil.results.finished")),
    table<Short>(columns, all, { caption: t("soil.results.finished"), hideCaption: true, empty: t("soil.results.none") }),
  );
}

function fileOf(one: Opened, file: string): string {
  return `/api/v1/soil/results/${one.kind}/${encodeURIComponent(one.name)}/files/${encodeURIComponent(file)}`;
}

function picture(one: Opened, file: string | null, alt: string): Child {
  if (!file || !one.files.some((held) => held.name === file)) return null;
  return h("img", { class: "soil-picture", src: fileOf(one, file), alt, loading: "lazy" });
}

function result(one: Opened): HTMLElement {
  const told: Record<Kind, () => Child> = {
    zones: () => zones(one as Zones),
    trends: () => trend(one as Trend),
    candidates: () => candidates(one as Candidates),
    "next-samples": () => places(one as NextSamples),
  };
  return h(
    "section",
    { "aria-labelledby": "soil-result" },
    h("h2", { id: "soil-result" }, t("soil.results.one", { kind: t(`soil.results.${one.kind}`), name: one.name })),
    (one.findings ?? []).map((each) => h("p", { class: "note" }, each.said)),
    picture(one, one.picture, t("soil.results.picture", { kind: t(`soil.results.${one.kind}`), name: one.name })),
    steps(one.legend),
    told[one.kind](),
    h(
      "details",
      { class: "noprint" },
      h("summary", null, t("soil.results.files")),
      h("ul", { class: "files" }, one.files.map((file) => h("li", null, h("a", { href: fileOf(one, file.name), download: file.name }, file.name)))),
    ),
  );
}

function area<T extends { area_dm2: number }>(): Column<T> {
  return { label: `${t("soil.areas.area")} (${unitName()})`, number: true, cell: (one) => inUnit(one.area_dm2), title: (one) => exactly(one.area_dm2) };
}

function zones(one: Zones): Child {
  const language = one.picture?.endsWith("-zh.png") ? "zh" : "en";
  return [
    one.rule.map((said) => h("p", { class: "quiet" }, said)),
    table<Zone>(
      [
        { label: t("soil.zones.zone"), names: true, cell: (zone) => zone.zone },
        area<Zone>(),
        { label: `${t("soil.areas.share")} (%)`, number: true, cell: (zone) => zone.share_pct },
        { label: t("soil.zones.units"), number: true, cell: (zone) => count(zone.units) },
        { label: t("soil.zones.pieces"), number: true, cell: (zone) => count(zone.pieces) },
        { label: t("soil.zones.moved"), number: true, cell: (zone) => count(zone.moved) },
      ],
      one.zones,
      { caption: t("soil.results.zones") },
    ),
    one.zones.map((zone) => sheet(one, zone, language)),
  ];
}

function sheet(one: Zones, zone: Zone, language: string): HTMLElement {
  const range = (line: DriverLine): string =>
    line.median === null ? `${line.kind || "–"}${line.share === null ? "" : ` (${percent(line.share)})`}` : `${num(line.median, 2)} (${num(line.least, 2)} – ${num(line.most, 2)})`;
  return h(
    "details",
    { class: "zone-sheet" },
    h("summary", null, t("soil.zones.sheet", { zone: zone.zone })),
    picture(one, `zone-${zone.zone}-${language}.png`, t("soil.zones.sheet", { zone: zone.zone })),
    table<DriverLine>(
      [
        { label: t("soil.zones.driver"), names: true, cell: (line) => line.name },
        { label: t("soil.zones.range"), number: true, cell: range },
        { label: t("soil.zones.known"), number: true, cell: (line) => percent(line.known, 1) },
      ],
      zone.drivers,
      { caption: t("soil.zones.drivers") },
    ),
    zone.classes.length > 0 && table([{ label: t("soil.zones.land"), names: true, cell: (row) => row.class }, area<Zone["classes"][number]>()], zone.classes, { caption: t("soil.zones.land") }),
    zone.salinity.length > 0 && table([{ label: t("soil.areas.class"), names: true, cell: (row) => row.class }, area<Zone["salinity"][number]>()], zone.salinity, { caption: t("soil.zones.salinity") }),
    zone.measures.length > 0 &&
      table<Zone["measures"][number]>(
        [
          { label: t("soil.zones.measure"), names: true, cell: (row) => row.name },
          { label: t("soil.zones.why"), cell: (row) => row.why.join("; ") },
          { label: t("soil.zones.forbidden"), cell: (row) => row.forbidden.join(", ") || "–" },
        ],
        zone.measures,
        { caption: t("soil.zones.measures") },
      ),
  );
}

function trend(one: Trend): Child {
  const way = (row: TrendRow): string => named("soil.trend.way", row.trend);
  return [
    h("p", { class: "quiet" }, t("soil.trend.said", { band: one.band, tests: count(one.tests), rate: percent(one.false_discovery_rate) })),
    table<TrendRow>(
      [{ label: t("soil.trend.way"), names: true, cell: way }, { label: t("soil.trend.cells"), number: true, cell: (row) => count(row.cells ?? 0) }, area<TrendRow>()],
      one.cells,
      { caption: t("soil.trend.ground") },
    ),
    one.parcels && [
      table<TrendRow>(
        [{ label: t("soil.trend.way"), names: true, cell: way }, { label: t("soil.trend.parcels"), number: true, cell: (row) => count(row.parcels ?? 0) }, area<TrendRow>()],
        one.parcels.rows,
        { caption: t("soil.trend.survey", { year: one.parcels.year }) },
      ),
      table(
        [
          { label: t("soil.results.parcel"), names: true, cell: (row) => row.parcel_id },
          area<{ parcel_id: string; area_dm2: number; slope: number; p: number }>(),
          { label: t("soil.trend.slope"), number: true, cell: (row) => num(row.slope, 4) },
          { label: "p", number: true, cell: (row) => num(row.p, 5) },
        ],
        one.parcels.salinising.slice(0, ROWS),
        { caption: t("soil.trend.worse"), empty: t("soil.trend.noworse") },
      ),
      more(one.parcels.salinising.length),
    ],
  ];
}

function candidates(one: Candidates): Child {
  const sum = (of: string): number => one.kinds.reduce((total, row) => total + Number(row[of]), 0);
  const figures = ["parcels", "area_dm2", "usable", ...one.excluded_by];
  const total = { kind: t("total"), ...Object.fromEntries(figures.map((of) => [of, sum(of)])) } as KindRow;
  const size = (label: string, of: string): Column<KindRow> => ({
    label: `${label} (${unitName()})`, number: true, cell: (row) => inUnit(Number(row[of])), title: (row) => exactly(Number(row[of])),
  });
  return [
    facts([
      [t("soil.candidates.count"), count(one.candidates)],
      [t("soil.areas.area"), areaText(one.total_dm2)],
      [t("soil.candidates.usable"), areaText(one.usable_dm2)],
    ]),
    table<KindRow>(
      [
        { label: t("soil.candidates.kind"), names: true, cell: (row) => (row === total ? row.kind : named("soil.candidates.kind", row.kind)) },
        { label: t("soil.trend.parcels"), number: true, cell: (row) => count(row.parcels) },
        size(t("soil.areas.area"), "area_dm2"),
        ...one.excluded_by.map((why) => size(named("soil.candidates.out", why), why)),
        size(t("soil.candidates.usable"), "usable"),
      ],
      [...one.kinds, total],
      { caption: t("soil.candidates.kinds"), rowClass: (row) => (row === total ? "own" : undefined) },
    ),
    table<Candidate>(
      [
        { label: t("soil.results.parcel"), names: true, cell: (row) => row.parcel_id },
        { label: t("soil.candidates.kind"), cell: (row) => named("soil.candidates.kind", row.kind) },
        area<Candidate>(),
        { label: `${t("soil.candidates.usable")} (${unitName()})`, number: true, cell: (row) => inUnit(row.usable_dm2), title: (row) => exactly(row.usable_dm2) },
        { label: t("soil.candidates.score"), number: true, cell: (row) => num(row.score, 2) },
        { label: t("soil.candidates.water"), number: true, cell: (row) => num(row.water_m3) },
      ],
      one.parcels.slice(0, ROWS),
      { caption: t("soil.candidates.parcels") },
    ),
    more(one.parcels.length),
  ];
}

function places(one: NextSamples): Child {
  return [
    h("p", { class: "quiet" }, one.said),
    table<NextSamples["days"][number]>(
      [
        { label: t("soil.places.day"), names: true, cell: (row) => String(row.day) },
        { label: t("soil.places.places"), number: true, cell: (row) => count(row.places) },
        { label: t("soil.places.km"), number: true, cell: (row) => num(row.km, 1) },
      ],
      one.days,
      { caption: t("soil.places.days") },
    ),
    table<Place>(
      [
        { label: t("soil.places.number"), names: true, cell: (row) => String(row.number) },
        { label: t("soil.places.day"), number: true, cell: (row) => String(row.day) },
        { label: t("soil.places.order"), number: true, cell: (row) => String(row.order) },
        { label: t("soil.places.lon"), number: true, cell: (row) => num(row.lon, 6) },
        { label: t("soil.places.lat"), number: true, cell: (row) => num(row.lat, 6) },
        { label: t("soil.results.parcel"), cell: (row) => row.parcel || "–" },
      ],
      one.places.slice(0, ROWS),
      { caption: t("soil.places.all") },
    ),
    more(one.places.length),
  ];
}

function more(rows: number): Child {
  return rows > ROWS && h("p", { class: "quiet" }, t("soil.results.more", { shown: ROWS, rows: count(rows) }));
}
