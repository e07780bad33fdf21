/** From a total to its parcels: status tables, the flow matrix, the list of changes. */

import { count, levelled } from "../area";
import { get, send } from "../api";
import { type Child, fill, freshId, h } from "../dom";
import { classColour, className, type MapRecord, mapRecord } from "../map/record";
import type { Page, Visit } from "../page";
import { exactly, inUnit, unitName, withUnit } from "../parts/areas";
import { noSurvey, pageHead, printButton } from "../parts/bits";
import { selectField } from "../parts/field";
import { type Job, jobButton } from "../parts/job";
import { paged } from "../parts/paged";
import { findingList } from "../parts/problem";
import { type Flow, sankey } from "../parts/sankey";
import { type Column, table } from "../parts/table";
import { type Tab, tabs } from "../parts/tabs";
import { go, link } from "../router";
import { below, regionName, regionOf, state } from "../store";
import type { Change, Paged, Table, Tables } from "../types";
import { named, t } from "../words";

export const page: Page = { path: "accounts", word: "accounts.title", order: 30, show };

const TABS: readonly Tab[] = [
  { path: "/accounts", word: "accounts.tab.status" },
  { path: "/accounts/flows", word: "accounts.tab.flows" },
  { path: "/accounts/changes", word: "accounts.tab.changes" },
];
/** How many flows the drawing shows; the matrix has all. */
const MOST_FLOWS = 24;
const CHANGE_KINDS = ["class", "attribute", "region", "lost", "gained", "overlap_before", "overlap_after"] as const;
let zeros = false;

function show(visit: Visit): Promise<Node> | Node {
  if (!state.year) return noSurvey("accounts.title");
  switch (visit.place.rest[0]) {
    case "flows":
      return flowsPage(visit);
    case "changes":
      return changesPage(visit);
    case "parcels":
      return parcelsPage(visit);
    default:
      return statusPage(visit);
  }
}

function framed(path: string, lead: string, ...children: Child[]): HTMLElement {
  return h("div", null, pageHead("accounts.title", lead, printButton()), tabs(t("accounts.title"), TABS, path), children);
}

// Status tables

async function statusPage(visit: Visit): Promise<Node> {
  const level = regionOf(state.region)?.level === "township" ? "village" : "township";
  const found = await get<Tables>("/accounts", { year: state.year, level, region: state.region });
  const asked = visit.place.query.get("table");
  const chosen = found.tables.find((one) => one.id === asked) ?? found.tables[0];
  if (!chosen) return framed("/accounts", "", h("p", { class: "empty" }, t("nothing")));
  const [pickId, zeroId] = [freshId("table"), freshId("zeros")];
  const place = h("div", null);
  const draw = (): void => fill(place, statusTable(chosen));
  draw();
  return framed(
    "/accounts",
    t("accounts.lead", { region: regionName(state.region), year: state.year }),
    h(
      "div",
      { class: "bar" },
      h("label", { for: pickId }, t("accounts.table")),
      h(
        "select",
        {
          id: pickId,
          onchange: (event: Event) => void go(link("/accounts", { table: (event.target as HTMLSelectElement).value })),
        },
        found.tables.map((one) => h("option", { value: one.id, selected: one === chosen }, one.title)),
      ),
      h("input", {
        id: zeroId,
        type: "checkbox",
        checked: zeros,
        onchange: (event: Event) => {
          zeros = (event.target as HTMLInputElement).checked;
          draw();
        },
      }),
      h("label", { for: zeroId }, t("accounts.zeros")),
    ),
    h("p", { class: "quiet" }, t("accounts.drill")),
    place,
    h(
      "div",
      { class: "downloads noprint" },
      jobButton(t("job.tables"), () => send<Job>("POST", "/tables", { json: { year: state.year } })),
      jobButton(t("job.yearbook"), () => send<Job>("POST", "/reports", { json: { year: state.year } })),
    ),
    chosen.notes.map((note) => h("p", { class: "quiet" }, note)),
    found.findings.length > 0 && findingList(found.findings, 10),
  );
}

type Row = Table["rows"][number];

function statusTable(one: Table): HTMLElement {
  const inside = new Set([state.region, ...below(state.region).map((each) => each.code)]);
  const byRegion = one.key_columns.length > 1 && one.rows.some((row) => inside.has(row.key[1] as string));
  const rows = byRegion ? one.rows.filter((row) => inside.has(row.key[1] as string)) : one.rows;
  const columns = one.columns.filter((column) => zeros || rows.some((row) => row.dm2[column.code]));
  const classes = one.id === "1" || one.id === "2";
  const keys: Column<Row>[] = one.key_columns
    .map((label, at): Column<Row> => ({ label, names: at === 0, cell: (row) => keyCell(row, at, byRegion) }))
    .filter((_, at) => !(byRegion && at === 1));
  return table<Row>(
    [
      ...keys,
      ...columns.map(
        (column): Column<Row> => ({
          label: classes && /^\d/.test(column.code) ? `${column.code} ${column.name}` : column.name,
          group: column.group,
          number: true,
          cell: (row) => numberCell(row, column.code, classes && byRegion),
          title: (row) => exactly(row.dm2[column.code]),
        }),
      ),
    ],
    rows,
    {
      caption: `${one.title} (${unitName()})`,
      rowClass: (row) => (byRegion && row.key[1] === state.region ? "own" : undefined),
    },
  );
}

function keyCell(row: Row, at: number, byRegion: boolean): Child {
  const [name = "", code = ""] = row.key;
  if (at === 0 && byRegion && code !== state.region && below(code).length) {
    return h("a", { href: link("/accounts", { region: code, table: new URLSearchParams(location.search).get("table") }) }, name);
  }
  return row.key[at] ?? "";
}

function numberCell(row: Row, code: string, drill: boolean): Child {
  const dm2 = row.dm2[code] ?? 0;
  const shown = state.unit === "ha" ? levelled(row.ha[code] ?? 0) : inUnit(dm2);
  if (!dm2) return h("span", { class: "zero" }, "–");
  if (!drill || !/^\d/.test(code)) return shown;
  return h("a", { class: "in-cell", href: link("/accounts/parcels", { region: row.key[1] as string, class: code }) }, shown);
}

// Flows

function spanOf(visit: Visit): { from: number; to: number } | null {
  const years = [...(state.workspace?.years ?? [])].sort((a, b) => a - b);
  const to = Number(visit.place.query.get("to")) || state.year;
  const before = years.filter((year) => year < to);
  const from = Number(visit.place.query.get("from")) || before.at(-1) || 0;
  if (from && years.includes(from) && from < to) return { from, to };
  return years.length > 1 ? { from: years.at(-2) as number, to: years.at(-1) as number } : null;
}

async function flowsPage(visit: Visit): Promise<Node> {
  const span = spanOf(visit);
  if (!span) return framed("/accounts/flows", "", h("p", { class: "note" }, t("accounts.one.year")));
  const [found, record] = await Promise.all([
    get<Tables>("/flows", { from: span.from, to: span.to, region: state.region }),
    mapRecord().catch(() => null),
  ]);
  const matrix = found.tables.find((one) => one.id === "matrix");
  const others = found.tables.filter((one) => one !== matrix);
  const pickId = freshId("table");
  const rest = h("div", null);
  const drawOther = (id: string): void => {
    const one = others.find((each) => each.id === id) ?? others[0];
    fill(rest, one && plainTable(one));
  };
  drawOther("");
  return framed(
    "/accounts/flows",
    t("accounts.flows.lead", { region: regionName(state.region), ...span }),
    yearsBar(span, "/accounts/flows"),
    matrix && [
      h(
        "section",
        null,
        h("h2", null, t("accounts.sankey")),
        h("p", { class: "quiet" }, t("accounts.sankey.note", span)),
        flowDrawing(matrix, span, record),
      ),
      flowList(matrix),
      h(
        "section",
        { class: "onscreen" },
        h("h2", null, t("accounts.matrix")),
        h("p", { class: "quiet" }, t("accounts.matrix.note", span)),
        matrixTable(matrix, span),
      ),
    ],
    others.length > 0 &&
      h(
        "section",
        null,
        h(
          "div",
          { class: "bar" },
          h("label", { for: pickId }, t("accounts.table")),
          h(
            "select",
            { id: pickId, onchange: (event: Event) => drawOther((event.target as HTMLSelectElement).value) },
            others.map((one) => h("option", { value: one.id }, one.title)),
          ),
        ),
        rest,
      ),
    found.findings.length > 0 && findingList(found.findings, 10),
  );
}

function yearsBar(span: { from: number; to: number }, path: string): HTMLElement {
  const years = [...(state.workspace?.years ?? [])].sort((a, b) => a - b);
  const [fromId, toId] = [freshId("from"), freshId("to")];
  const select = (id: string, chosen: number, of: (year: number) => Record<string, number>): HTMLElement =>
    h(
      "select",
      { id, onchange: (event: Event) => void go(link(path, of(Number((event.target as HTMLSelectElement).value)))) },
      years.map((year) => h("option", { value: year, selected: year === chosen }, String(year))),
    );
  return h(
    "div",
    { class: "bar" },
    h("label", { for: fromId }, t("accounts.from")),
    select(fromId, span.from, (year) => ({ from: year, to: Math.max(span.to, year) })),
    h("label", { for: toId }, t("accounts.to")),
    select(toId, span.to, (year) => ({ from: Math.min(span.from, year), to: year })),
  );
}

function classFlows(matrix: Table): Flow[] {
  const codes = new Set(matrix.rows.map((row) => row.key[0] as string));
  return matrix.rows
    .filter((row) => row.key[0] !== "total")
    .flatMap((row) =>
      matrix.columns
        .filter((column) => column.group && codes.has(column.code) && column.code !== row.key[0] && (row.dm2[column.code] ?? 0) > 0)
        .map((column) => ({ from: row.key[0] as string, to: column.code, value: row.dm2[column.code] as number })),
    )
    .sort((a, b) => b.value - a.value);
}

function flowDrawing(matrix: Table, span: { from: number; to: number }, record: MapRecord | null): HTMLElement {
  const names = new Map(matrix.rows.map((row) => [row.key[0] as string, row.key[1] as string]));
  const flows = classFlows(matrix);
  if (!flows.length) return h("p", { class: "empty" }, t("nothing"));
  return sankey(flows.slice(0, MOST_FLOWS), {
    label: t("accounts.sankey"),
    name: (code) => `${code} ${names.get(code) ?? ""}`.trim(),
    colour: (code) => classColour(record, code),
    said: withUnit,
    href: (flow) => link("/accounts/changes", { ...span, old_class: flow.from, new_class: flow.to }),
  });
}

/** On paper the matrix would be cut at the edge of the sheet: there its cells that are changes stand one below the other. */
function flowList(matrix: Table): HTMLElement {
  const names = new Map(matrix.rows.map((row) => [row.key[0] as string, `${row.key[0]} ${row.key[1]}`]));
  const flows = classFlows(matrix);
  return h(
    "section",
    { class: "printonly" },
    h("h2", null, t("accounts.flowlist")),
    table<Flow>(
      [
        { label: t("change.old.class"), names: true, cell: (one) => names.get(one.from) ?? one.from },
        { label: t("change.new.class"), cell: (one) => names.get(one.to) ?? one.to },
        { label: `${t("standing.area")} (${unitName()})`, number: true, cell: (one) => inUnit(one.value) },
      ],
      flows,
      { caption: t("accounts.flowlist"), hideCaption: true, dense: true },
    ),
    h("p", { class: "quiet" }, t("accounts.flowlist.note")),
  );
}

function matrixTable(matrix: Table, span: { from: number; to: number }): HTMLElement {
  const classes = new Set(matrix.rows.map((row) => row.key[0] as string));
  const made = table<Row>(
    [
      { label: t("accounts.class"), names: true, cell: (row) => (row.key[0] === "total" ? row.key[1] : row.key.join(" ")) },
      ...matrix.columns.map(
        (column): Column<Row> => ({
          label: classes.has(column.code) ? `${column.code} ${column.name}` : column.name,
          group: column.group,
          number: true,
          title: (row) => exactly(row.dm2[column.code]),
          cellClass: (row) => (row.key[0] === column.code ? "same" : undefined),
          cell: (row) => {
            const dm2 = row.dm2[column.code] ?? 0;
            if (!dm2) return h("span", { class: "zero" }, "·");
            const shown = inUnit(dm2);
            if (!classes.has(column.code) || !classes.has(row.key[0] as string) || row.key[0] === "total" || row.key[0] === column.code) return shown;
            return h("a", { class: "in-cell", href: link("/accounts/changes", { ...span, old_class: row.key[0], new_class: column.code }) }, shown);
          },
        }),
      ),
    ],
    matrix.rows,
    { caption: `${matrix.title} (${unitName()})`, dense: true },
  );
  made.classList.add("tall", "pinned");
  return made;
}

function plainTable(one: Table): HTMLElement {
  const columns = one.columns.filter((column) => one.rows.some((row) => row.dm2[column.code]));
  const keys = one.key_columns.length === 2 ? [codeAndName(one)] : one.key_columns.map((label, at): Column<Row> => ({ label, names: at === 0, cell: (row) => row.key[at] ?? "" }));
  const made = table<Row>(
    [
      ...keys,
      ...columns.map(
        (column): Column<Row> => ({
          label: column.name,
          group: column.group,
          number: true,
          cell: (row) => (row.dm2[column.code] ? inUnit(row.dm2[column.code]) : h("span", { class: "zero" }, "–")),
          title: (row) => exactly(row.dm2[column.code]),
        }),
      ),
    ],
    one.rows,
    { caption: `${one.title} (${unitName()})`, dense: true },
  );
  made.classList.add("tall", "pinned");
  return made;
}

/** A row that has a code and a name; only codes of classes say more than the name. */
function codeAndName(one: Table): Column<Row> {
  return {
    label: one.key_columns[1] as string,
    names: true,
    cell: ({ key: [code = "", name = ""] }) => (/^\d/.test(code) && code !== name ? `${code} ${name}` : name || code),
  };
}

// Changes

async function changesPage(visit: Visit): Promise<Node> {
  const span = spanOf(visit);
  if (!span) return framed("/accounts/changes", "", h("p", { class: "note" }, t("accounts.one.year")));
  const record = await mapRecord().catch(() => null);
  const [before, after] = [visit.place.query.get("old_class"), visit.place.query.get("new_class")];
  const kind = visit.place.query.get("kind") ?? "";
  const query = { ...span, old_class: before, new_class: after, kind, region: state.region };
  const kinds = [{ value: "", label: t("all") }, ...CHANGE_KINDS.map((one) => ({ value: one as string, label: named("changekind", one) }))];
  return framed(
    "/accounts/changes",
    t("accounts.changes.lead", span),
    h(
      "div",
      { class: "bar" },
      yearsBar(span, "/accounts/changes"),
      selectField(t("change.kind"), kind, kinds, (chosen) => void go(link("/accounts/changes", { ...span, old_class: before, new_class: after, kind: chosen }))),
    ),
    (before ?? after) &&
      h(
        "p",
        { class: "note" },
        `${before ? className(record, before) : t("change.any")} → ${after ? className(record, after) : t("change.any")} `,
        h("a", { href: link("/accounts/changes", span) }, t("accounts.changes.all")),
      ),
    paged<Change>(
      (cursor) => get<Paged<Change>>("/changes", { ...query, cursor }),
      (changes, first) => [
        h("p", null, t("changes.count", { count: count((first as ChangePage).count), area: withUnit((first as ChangePage).area_dm2) })),
        changeTable(changes, span, record),
      ],
    ),
  );
}

function changeTable(changes: readonly Change[], span: { from: number; to: number }, record: MapRecord | null): HTMLElement {
  const parcel = (id: string, no: string, year: number): Child =>
    id ? h("a", { href: link("/map", { parcel: id, year }), title: id }, no || id) : "–";
  return table<Change>(
    [
      { label: t("change.kind"), names: true, cell: (one) => named("changekind", one.kind) },
      { label: t("region"), cell: (one) => regionName(one.new_region || one.old_region) },
      { label: t("change.old"), cell: (one) => parcel(one.old_parcel, one.old_no, span.from) },
      { label: t("change.old.class"), cell: (one) => (one.old_class ? className(record, one.old_class) : "–") },
      { label: t("change.new"), cell: (one) => parcel(one.new_parcel, one.new_no, span.to) },
      { label: t("change.new.class"), cell: (one) => (one.new_class ? className(record, one.new_class) : "–") },
      { label: `${t("standing.area")} (${unitName()})`, number: true, cell: (one) => inUnit(one.area_dm2), title: (one) => exactly(one.area_dm2) },
      { label: t("change.reason"), cell: (one) => one.reason || "–" },
      { label: t("change.document"), cell: (one) => one.document || "–" },
    ],
    changes,
    { caption: t("accounts.tab.changes"), hideCaption: true, dense: true },
  );
}

type ChangePage = Paged<Change> & { count: number; area_dm2: number };

// Parcels behind a number

interface ParcelRow {
  parcel_id: string;
  parcel_no: string;
  class_code: string;
  region: string;
  area_dm2: number;
  net_area_dm2: number;
}

type ParcelPage = Paged<ParcelRow> & { count: number; net_area_dm2: number };

async function parcelsPage(visit: Visit): Promise<Node> {
  const record = await mapRecord().catch(() => null);
  const asked = visit.place.query.get("class") ?? "";
  return framed(
    "/accounts",
    t("parcels.lead", { region: regionName(state.region), year: state.year, what: asked ? className(record, asked) : t("all") }),
    paged<ParcelRow>(
      (cursor) => get<ParcelPage>("/parcels", { year: state.year, region: state.region, class_code: asked, cursor }),
      (rows, first) => {
        const whole = first as ParcelPage;
        return h(
          "div",
          null,
          h("p", null, t("parcels.count", { count: count(whole.count), area: withUnit(whole.net_area_dm2) })),
          h("p", { class: "quiet" }, t("parcels.net.note")),
          table<ParcelRow>(
            [
              {
                label: t("parcel.number"),
                names: true,
                cell: (one) => h("a", { href: link("/map", { parcel: one.parcel_id }) }, one.parcel_id),
              },
              { label: t("parcel.class"), cell: (one) => className(record, one.class_code) },
              { label: t("parcel.region"), cell: (one) => regionName(one.region) },
              { label: `${t("parcel.area")} (${unitName()})`, number: true, cell: (one) => inUnit(one.area_dm2), title: (one) => exactly(one.area_dm2) },
              { label: `${t("parcel.net")} (${unitName()})`, number: true, cell: (one) => inUnit(one.net_area_dm2), title: (one) => exactly(one.net_area_dm2) },
            ],
            rows,
            { caption: t("accounts.tab.parcels"), hideCaption: true, dense: true },
          ),
        );
      },
    ),
  );
}

