/** The land book: balances, entries, reservations, the form for a new entry, the assessment of the year. */

import { count } from "../area";
import { get, send } from "../api";
import { type Child, fill, freshId, h } from "../dom";
import { className, type MapRecord, mapRecord } from "../map/record";
import type { Page, Visit } from "../page";
import { exactly, inUnit, unitName, withUnit } from "../parts/areas";
import { pageHead, printButton } from "../parts/bits";
import { tell } from "../parts/dialog";
import { entryFile, entryForm } from "../parts/entry_form";
import { type Job, jobButton } from "../parts/job";
import { paged } from "../parts/paged";
import { facts } from "../parts/parcel";
import { problemBox } from "../parts/problem";
import { table } from "../parts/table";
import { type Tab, tabs } from "../parts/tabs";
import { go, link } from "../router";
import { may, regionName, state } from "../store";
import type { Paged } from "../types";
import { named, t } from "../words";

export const page: Page = { path: "ledger", word: "ledger.title", order: 60, show };

const TABS: readonly Tab[] = [
  { path: "/ledger", word: "ledger.tab.balances" },
  { path: "/ledger/entries", word: "ledger.tab.entries" },
  { path: "/ledger/reservations", word: "ledger.tab.reservations" },
  { path: "/ledger/new", word: "ledger.tab.new" },
  { path: "/ledger/assessment", word: "ledger.tab.assessment" },
];
const FAMILIES = ["LAND", "CLAIM", "POOL", "CAP", "EXEMPT", "TRANSFER", "PROTECT", "LDN", "OPENING"] as const;

interface Account {
  region: string;
  name: string;
  pbf: number;
  paddy: number;
  stable: number;
  grade: number;
}

interface Balance extends Account {
  booked_area_dm2: number;
  booked_paddy_dm2: number;
  held_area_dm2: number;
  available_area_dm2: number;
}

interface Line extends Account {
  area_dm2: number;
}

interface Entry {
  number: number;
  id: string;
  digest: string;
  kind: string;
  phase: string;
  act_date: string;
  posting_date: string;
  expires: string | null;
  evidence: string;
  author: string;
  geometry: string;
  links: string[];
  settles: string;
  reverses: string;
  lines: Line[];
}

interface Reservation {
  id: string;
  kind: string;
  posted: string;
  expires: string | null;
  author?: string;
  holds: Line[];
}

interface Assessment {
  rules: string;
  rules_version: string;
  pass: number;
  fail: number;
  not_assessed: number;
  tests: Test[];
}

interface Test {
  invariant: string;
  region: string;
  outcome: string;
  found: number | null;
  wanted: number | null;
  difference: number | null;
  unit: string;
  rule: string;
  rule_version: string;
  confidence: string;
  about: string;
}

function show(visit: Visit): Promise<Node> | Node {
  switch (visit.place.rest[0]) {
    case "entries":
      return entriesPage(visit);
    case "reservations":
      return reservationsPage();
    case "new":
      return newPage();
    case "assessment":
      return assessmentPage();
    default:
      return balancePage(visit);
  }
}

function framed(path: string, ...children: Child[]): HTMLElement {
  return h(
    "div",
    null,
    pageHead("ledger.title", t("ledger.lead", { region: regionName(state.region) }), printButton()),
    tabs(t("ledger.title"), TABS, path),
    children,
  );
}

function accountName(name: string): string {
  const [family = "", member = ""] = name.split(":");
  return member ? `${named("family", family)} · ${named("member", member)}` : named("family", family);
}

/** A class of land by its name. */
function landName(name: string, record: MapRecord | null): string {
  return name.startsWith("LAND:") ? className(record, name.slice(5)) : accountName(name);
}

function marks(one: Account): string {
  return [
    one.pbf && t("mark.pbf"),
    one.stable && t("mark.stable"),
    one.paddy && t("mark.paddy"),
    one.grade && t("mark.grade", { grade: one.grade }),
  ]
    .filter(Boolean)
    .join(", ");
}

// Balances

async function balancePage(visit: Visit): Promise<Node> {
  const date = visit.place.query.get("date");
  const [found, record] = await Promise.all([
    get<Balance[]>("/ledger/balance", { region: state.region, date }),
    mapRecord().catch(() => null),
  ]);
  const asked = visit.place.query.get("family") ?? "";
  const families = FAMILIES.filter((family) => found.some((one) => one.name.startsWith(family)));
  const chosen = families.find((one) => one === asked) ?? families[0];
  const [dateId, familyId] = [freshId("date"), freshId("family")];
  const again = (some: Record<string, string | null>): void => void go(link("/ledger", { date, family: chosen, ...some }));
  const rows = found.filter((one) => one.name.split(":")[0] === chosen);
  return framed(
    "/ledger",
    h(
      "div",
      { class: "bar" },
      h("label", { for: familyId }, t("ledger.family")),
      h(
        "select",
        { id: familyId, onchange: (event: Event) => again({ family: (event.target as HTMLSelectElement).value }) },
        families.map((one) => h("option", { value: one, selected: one === chosen }, named("family", one))),
      ),
      h("label", { for: dateId }, t("ledger.date")),
      h("input", { id: dateId, type: "date", value: date ?? "", onchange: (event: Event) => again({ date: (event.target as HTMLInputElement).value || null }) }),
    ),
    balanceTable(rows, record),
    state.year > 0 &&
      h(
        "div",
        { class: "downloads noprint" },
        jobButton(t("job.statement"), () =>
          send<Job>("POST", "/statements", { query: { region: state.region }, json: { year: state.year } }),
        ),
      ),
  );
}

/** Each account with its sum, then by what marks its land. */
function withSums(rows: readonly Balance[]): (Balance & { whole?: boolean })[] {
  const accounts = new Map<string, Balance[]>();
  for (const row of rows) {
    const key = `${row.region} ${row.name}`;
    accounts.set(key, [...(accounts.get(key) ?? []), row]);
  }
  return [...accounts.values()].flatMap((some) => {
    const [first] = some;
    if (!first || some.length === 1) return some;
    const sum = (of: (row: Balance) => number): number => some.reduce((all, row) => all + of(row), 0);
    const whole = {
      ...first,
      pbf: 0,
      paddy: 0,
      stable: 0,
      grade: 0,
      booked_area_dm2: sum((row) => row.booked_area_dm2),
      booked_paddy_dm2: sum((row) => row.booked_paddy_dm2),
      held_area_dm2: sum((row) => row.held_area_dm2),
      available_area_dm2: sum((row) => row.available_area_dm2),
      whole: true,
    };
    return [whole, ...some];
  });
}

function balanceTable(plain: readonly Balance[], record: MapRecord | null): HTMLElement {
  const rows = withSums(plain);
  type Row = Balance & { whole?: boolean };
  const number = (label: string, of: (row: Balance) => number) => ({
    label: `${label} (${unitName()})`,
    number: true,
    cell: (row: Balance) => inUnit(of(row)),
    title: (row: Balance) => exactly(of(row)),
  });
  const several = new Set(rows.map((row) => row.region)).size > 1;
  return table<Row>(
    [
      ...(several ? [{ label: t("region"), cell: (row: Balance) => regionName(row.region) }] : []),
      { label: t("ledger.account"), names: true, cell: (row) => h("span", { title: row.name }, landName(row.name, record)) },
      { label: t("ledger.marks"), cell: (row) => (row.whole ? t("total") : marks(row)) },
      number(t("ledger.booked"), (row) => row.booked_area_dm2),
      number(t("ledger.held"), (row) => row.held_area_dm2),
      number(t("ledger.available"), (row) => row.available_area_dm2),
      number(t("ledger.paddy"), (row) => row.booked_paddy_dm2),
    ],
    rows,
    { caption: t("ledger.tab.balances"), hideCaption: true, dense: true, rowClass: (row) => (row.whole ? "own" : undefined) },
  );
}

// Entries

function entriesPage(visit: Visit): HTMLElement {
  const asked = visit.place.query;
  const [kindId, sinceId, untilId] = [freshId("kind"), freshId("since"), freshId("until")];
  const kind = h("input", { id: kindId, value: asked.get("kind") ?? "", list: "entry-kinds", size: 14 });
  const since = h("input", { id: sinceId, type: "date", value: asked.get("since") ?? "" });
  const until = h("input", { id: untilId, type: "date", value: asked.get("until") ?? "" });
  const filter = (event: Event): void => {
    event.preventDefault();
    void go(link("/ledger/entries", { kind: kind.value.trim().toUpperCase(), since: since.value, until: until.value }));
  };
  const query = { region: state.region, kind: asked.get("kind"), since: asked.get("since"), until: asked.get("until") };
  return framed(
    "/ledger/entries",
    h(
      "form",
      { class: "bar", onsubmit: filter },
      h("label", { for: kindId }, t("ledger.kind")),
      kind,
      h("label", { for: sinceId }, t("ledger.since")),
      since,
      h("label", { for: untilId }, t("ledger.until")),
      until,
      h("button", { type: "submit", class: "button" }, t("ledger.filter")),
    ),
    paged<Entry>((cursor) => get<Paged<Entry>>("/ledger/entries", { ...query, cursor, limit: 50 }), entryTable),
  );
}

function entryTable(entries: readonly Entry[]): HTMLElement {
  return table<Entry>(
    [
      { label: t("ledger.number"), number: true, cell: (one) => count(one.number) },
      { label: t("ledger.entry"), names: true, cell: entryDetails },
      { label: t("ledger.kind"), cell: (one) => h("span", { title: one.kind }, named("entrykind", one.kind)) },
      { label: t("ledger.phase"), cell: (one) => named("phase", one.phase) },
      { label: t("ledger.posting"), cell: (one) => h("span", { class: "nowrap" }, one.posting_date) },
      { label: t("ledger.act"), cell: (one) => h("span", { class: "nowrap" }, one.act_date) },
      { label: t("ledger.evidence"), cell: (one) => one.evidence },
      { label: t("ledger.author"), cell: (one) => one.author },
      { label: `${t("standing.area")} (${unitName()})`, number: true, cell: (one) => inUnit(turned(one)), title: (one) => exactly(turned(one)) },
    ],
    entries,
    { caption: t("ledger.tab.entries"), hideCaption: true, dense: true },
  );
}

/** What an entry moves: the sum of what its lines add. */
function turned(one: Entry): number {
  return one.lines.reduce((sum, line) => sum + Math.max(0, line.area_dm2), 0);
}

function entryDetails(one: Entry): HTMLElement {
  return h(
    "details",
    { class: "entry" },
    h("summary", null, one.id),
    facts([
      one.geometry !== "" && [t("form.geometry"), one.geometry],
      one.links.length > 0 && [t("ledger.links"), one.links.join(", ")],
      one.settles !== "" && [t("form.settles"), one.settles],
      one.expires !== null && [t("ledger.expires"), one.expires],
      [t("ledger.digest"), h("code", { title: one.digest }, one.digest.slice(0, 16))],
    ]),
    lineList(one.lines),
  );
}

function lineList(lines: readonly Line[]): HTMLElement {
  return h(
    "ul",
    { class: "entry-lines" },
    lines.map((line) =>
      h(
        "li",
        null,
        h("span", { title: line.name }, [accountName(line.name), marks(line)].filter(Boolean).join(", ")),
        h("span", { class: "number", title: exactly(line.area_dm2) ?? null }, withUnit(line.area_dm2)),
      ),
    ),
  );
}

// Reservations

async function reservationsPage(): Promise<Node> {
  const found = await get<Reservation[]>("/ledger/reservations", { region: state.region });
  return framed(
    "/ledger/reservations",
    h("p", { class: "quiet" }, t("ledger.reservations.lead")),
    table<Reservation>(
      [
        { label: t("ledger.entry"), names: true, cell: (one) => one.id },
        { label: t("ledger.kind"), cell: (one) => named("entrykind", one.kind) },
        { label: t("ledger.posting"), cell: (one) => one.posted },
        { label: t("ledger.expires"), cell: (one) => one.expires ?? "–" },
        { label: t("ledger.author"), cell: (one) => one.author ?? "" },
        { label: t("ledger.holds"), cell: (one) => lineList(one.holds) },
        {
          label: t("ledger.void"),
          cell: (one) =>
            (may("submit") || may("decide")) &&
            h("button", { type: "button", class: "button danger", "aria-label": `${t("ledger.void")}: ${one.id}`, onclick: () => voiding(one.id) }, t("ledger.void")),
        },
      ],
      found,
      { caption: t("ledger.tab.reservations"), hideCaption: true, empty: t("ledger.noreservations") },
    ),
  );
}

function voiding(id: string): void {
  const [titleId, fieldId] = [freshId("void"), freshId("evidence")];
  const told = h("div", null);
  const field = h("input", { id: fieldId, required: true, maxlength: 200 });
  const box = h(
    "dialog",
    { class: "ask", "aria-labelledby": titleId },
    h("h2", { id: titleId }, t("ledger.void.title", { id })),
    h(
      "form",
      {
        onsubmit: (event: Event) => {
          event.preventDefault();
          send("POST", `/ledger/reservations/${encodeURIComponent(id)}/void`, { json: { evidence: field.value.trim() } }).then(
            () => {
              box.close();
              tell(t("ledger.voided", { id }));
              void go(link("/ledger/reservations"), true);
            },
            (error: unknown) => fill(told, problemBox(error)),
          );
        },
      },
      h("div", { class: "field" }, h("label", { for: fieldId }, t("ledger.void.evidence")), field),
      told,
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "submit", class: "button strong" }, t("ledger.void")),
        h("button", { type: "button", class: "button", onclick: () => box.close() }, t("cancel")),
      ),
    ),
  );
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  field.focus();
}

// A new entry

async function newPage(): Promise<Node> {
  if (!may("submit")) return framed("/ledger/new", h("p", { class: "note" }, t("form.notallowed")));
  const known = await get<Balance[]>("/ledger/balance", { region: state.region }).catch(() => []);
  const accounts = [...new Set(known.map((one) => one.name))].sort();
  const done = (reserved: boolean): void => void go(link(reserved ? "/ledger/reservations" : "/ledger/entries"));
  return framed("/ledger/new", entryForm(accounts, done), entryFile(() => done(false)));
}

// Assessment

async function assessmentPage(): Promise<Node> {
  const found = await get<Assessment>("/ledger/assessment", { year: state.year, region: state.region });
  const order = ["fail", "not_assessed", "pass"];
  const tests = [...found.tests].sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome));
  const passed = found.tests.filter((one) => one.outcome === "pass").length;
  const figure = (one: Test, value: number | null): string =>
    value === null ? "–" : one.unit === "dm2" ? inUnit(value) : count(value);
  const exact = (one: Test, value: number | null): string | undefined => (one.unit === "dm2" ? exactly(value) : undefined);
  return framed(
    "/ledger/assessment",
    h(
      "p",
      { class: "lead" },
      t("assess.lead", {
        region: regionName(state.region),
        year: state.year,
        rules: `${found.rules} ${found.rules_version}`,
        pass: passed,
        fail: found.fail,
        open: found.not_assessed,
      }),
    ),
    table<Test>(
      [
        {
          label: t("check.outcome"),
          cell: (one) => h("span", { class: `mark ${{ pass: "good", fail: "bad" }[one.outcome] ?? ""}` }, named("outcome", one.outcome)),
        },
        { label: t("assess.test"), names: true, cell: (one) => one.invariant },
        { label: t("assess.rule"), cell: (one) => `${one.rule} ${one.rule_version}` },
        { label: t("region"), cell: (one) => regionName(one.region) },
        { label: t("assess.found"), number: true, cell: (one) => figure(one, one.found), title: (one) => exact(one, one.found) },
        { label: t("assess.wanted"), number: true, cell: (one) => figure(one, one.wanted), title: (one) => exact(one, one.wanted) },
        { label: t("assess.difference"), number: true, cell: (one) => figure(one, one.difference), title: (one) => exact(one, one.difference) },
        { label: t("check.sure"), cell: (one) => named("confidence", one.confidence) },
        { label: t("assess.about"), cell: (one) => h("span", { class: "about" }, one.about) },
      ],
      tests,
      { caption: t("ledger.tab.assessment"), hideCaption: true, dense: true },
    ),
  );
}
