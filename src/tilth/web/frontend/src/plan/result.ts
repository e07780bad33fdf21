/** What a solved plan comes to: value and proof, prices in words, tables by treatment, crop, year and place. */

import { count } from "../area";
import { send } from "../api";
import { type Child, h } from "../dom";
import { exactly, inUnit, unitName } from "../parts/areas";
import { tile } from "../parts/bits";
import { type Job, jobButton } from "../parts/job";
import { type Column, table } from "../parts/table";
import { named, t } from "../words";
import { about, aimText, amount, besideArea, type Demand, figure, gapText, type Group, groupLabel, groupTitle, placeName, type Plan, type PlanFile, planPath, type PricedDemand, quantity, shownAs, type Solution, unitWord, worded } from "./record";

/** Tables of so many rows are folded. */
const LONG = 24;

export function tiles(plan: Plan, found: Solution): HTMLElement {
  const money = found.rows.find((row) => !row.at_least && row.unit.endsWith("yuan") && !Object.keys(row.where).length);
  return h(
    "div",
    { class: "tiles" },
    tile(aimText(found.aim), figure(found.value), { title: String(found.value), notes: [t("plan.closing.bound") + " " + figure(found.bound)] }),
    tile(t("plan.gap"), gapText(found.gap), {
      state: found.gap <= found.gap_asked ? "good" : "warn",
      notes: [t("plan.proof.said", { gap: gapText(found.gap) }), t(`plan.proof.${found.proof}`)],
    }),
    money && tile(quantity(money.column), figure(money.used), { notes: [t("plan.tile.money", { used: figure(money.used), limit: `${figure(money.limit)} ${unitWord(money.unit)}` })] }),
    tile(t("plan.units"), count(plan.units), { notes: [t("plan.second", { seconds: found.seconds.toFixed(1) })] }),
  );
}

export function pricesSection(plan: Plan, found: Solution): HTMLElement {
  const columns = columnsOf(plan);
  return h(
    "section",
    { "aria-labelledby": "plan-prices" },
    h("h2", { id: "plan-prices" }, t("plan.prices")),
    h("ul", { class: "said" }, found.said.map((line) => h("li", null, worded(line, columns)))),
  );
}

export function askedSection(plan: Plan): HTMLElement {
  const columns = columnsOf(plan);
  const [head, ...lines] = plan.problem;
  const aside = Object.values(plan.quarantined).reduce((sum, one) => sum + one, 0);
  return h(
    "section",
    { class: "first", "aria-labelledby": "plan-asked" },
    h("h2", { id: "plan-asked" }, t("plan.asked")),
    h("p", null, head),
    h("ul", { class: "said" }, lines.map((line) => h("li", null, worded(line.trim(), columns)))),
    h("p", { class: "quiet" }, t("plan.sources", { units: count(plan.units), options: count(plan.options), files: plan.sources.map(([name]) => name).join(", ") })),
    aside > 0 && h("p", { class: "note" }, t("plan.aside", { count: count(aside) })),
  );
}

export function columnsOf(plan: Plan): string[] {
  return [...new Set([...plan.quantities, ...plan.rows.map((row) => row.column)])];
}

/** A table for treatment, crop, year of start, and each label that the units have. */
export function groupSections(plan: Plan, found: Solution): Child[] {
  return Object.entries(found.groups).map(([by, rows]) => {
    const id = `plan-by-${by}`;
    const shown = groupTable(plan, by, rows, found.totals);
    return h(
      "section",
      { "aria-labelledby": id },
      h("h2", { id }, groupTitle(by)),
      rows.length > LONG ? h("details", { class: "about" }, h("summary", null, `${groupTitle(by)} (${count(rows.length)})`), shown) : shown,
    );
  });
}

export function groupColumns<T>(plan: Pick<Plan, "quantities">, by: string, of: (row: T) => Group, name: (row: T) => string, known: boolean): Column<T>[] {
  return [
    { label: groupLabel(by), names: true, cell: name },
    { label: t("plan.units"), number: true, cell: (row) => count(of(row).units) },
    ...(known ? [{ label: `${t("plan.area")} (${unitName()})`, number: true, cell: (row: T) => inUnit(of(row).area_dm2), title: (row: T) => exactly(of(row).area_dm2) }] : []),
    ...besideArea(plan.quantities, known).map((column) => ({ label: quantity(column), number: true, cell: (row: T) => amount(column, of(row).totals[column]) })),
  ];
}

function groupTable(plan: Plan, by: string, rows: readonly Group[], totals: Group): HTMLElement {
  const total: Group = { ...totals, [by]: t("total") };
  return table<Group>(
    groupColumns<Group>(plan, by, (row) => row, (row) => (row === total ? t("total") : placeName(by, String(row[by]))), totals.area_dm2 !== null),
    [...rows, total],
    { caption: groupTitle(by), hideCaption: true, rowClass: (row) => (row === total ? "own" : undefined) },
  );
}

export function demandsSection(found: Solution): HTMLElement | null {
  if (!found.rows.length) return null;
  const shown = demandTable(found.rows);
  return h(
    "section",
    { "aria-labelledby": "plan-demands" },
    h("h2", { id: "plan-demands" }, t("plan.demands")),
    h("p", { class: "quiet" }, t("plan.price.said", { aim: aimText(found.aim) })),
    found.rows.length > LONG ? h("details", { class: "about" }, h("summary", null, t("plan.demands.all", { count: count(found.rows.length) })), shown) : shown,
  );
}

function demandTable(rows: readonly PricedDemand[]): HTMLElement {
  const room = (row: PricedDemand): number => (row.at_least ? row.used - row.limit : row.limit - row.used);
  return table<PricedDemand>(
    [
      { label: t("plan.demand"), names: true, cell: (row) => demandName(row) },
      { label: t("plan.used"), number: true, cell: (row) => amount(row.column, row.used) },
      { label: t("plan.limit"), number: true, cell: (row) => amount(row.column, row.limit) },
      { label: t("plan.room"), number: true, cell: (row) => amount(row.column, room(row)) },
      { label: t("plan.price"), number: true, cell: (row) => figure(row.price * shownAs(row.unit)) },
      { label: t("plan.number"), number: true, cell: (row) => String(row.number) },
    ],
    rows,
    { caption: t("plan.demands"), hideCaption: true, rowClass: (row) => (row.price > 0 ? "own" : undefined) },
  );
}

export function demandName(row: Pick<Demand, "column" | "where" | "at_least">): string {
  return `${about(row)} ${t(row.at_least ? "plan.least" : "plan.most")}`;
}

export function filesSection(plan: Plan): HTMLElement {
  const size = (bytes: number): string => (bytes < 1 << 20 ? `${count(Math.ceil(bytes / 1024))} KB` : `${count(Math.ceil(bytes / (1 << 20)))} MB`);
  const label = ["zone", "township", "region"].find((one) => plan.solution?.groups[one]);
  const all: PlanFile[] = [...(plan.solution?.files ?? []), ...plan.inputs];
  return h(
    "section",
    { class: "noprint", "aria-labelledby": "plan-files" },
    h("h2", { id: "plan-files" }, t("plan.files")),
    h(
      "ul",
      { class: "files" },
      all.map((file) => {
        const path = file.name.split("/").map(encodeURIComponent).join("/");
        const short = file.name.split("/").at(-1) ?? file.name;
        return h("li", null, h("a", { href: `/api/v1${planPath(plan.name)}/files/${path}`, download: short }, short), h("span", { class: "quiet" }, [fileSaid(short), size(file.bytes)].filter(Boolean).map((one) => ` ${one}`).join(",")));
      }),
    ),
    plan.solution && [document(plan, { kind: "master" }, t("plan.document.master")), label && document(plan, { kind: "special", by: label }, t("plan.document.special", { by: named("plan.label", label) }))],
  );
}

/** What a file of a plan is, by its name. */
function fileSaid(file: string): string {
  const kind = file.replace(/^(plan|frontier|sensitivity)-.*(?=\.\w+$)/, "$1");
  const said = named("plan.file", kind);
  return said === kind ? "" : said;
}

/** Writes a document in the reader's language, and offers its files. */
function document(plan: Plan, json: Record<string, string>, label: string): HTMLElement {
  return jobButton(label, () => send<Job>("POST", planPath(plan.name, "/documents"), { query: { year: plan.survey?.year }, json }));
}
