/** Standing: what the region holds, against what it must hold. */

import { levelled } from "../area";
import { get } from "../api";
import { h } from "../dom";
import type { Page, Visit } from "../page";
import { exactly, inUnit, unitName, withUnit } from "../parts/areas";
import { bars } from "../parts/bars";
import { selectField } from "../parts/field";
import { findingList } from "../parts/problem";
import { type Column, table } from "../parts/table";
import { go, link } from "../router";
import { below, regionName, regionOf, state } from "../store";
import type { Finding, StandingRow, Standings, Trend } from "../types";
import { named, t } from "../words";
import { share } from "../area";
import { noSurvey, pageHead, printButton, tile } from "../parts/bits";

export const page: Page = { path: "standing", word: "standing.title", order: 50, show };

async function show(visit: Visit): Promise<Node> {
  if (!state.year) return noSurvey("standing.title");
  const group = visit.place.query.get("group") ?? "";
  if (group in state.groups) return groupPage(group);
  const found = await get<Standings>("/standing", { year: state.year, region: state.region });
  const codes = new Set([state.region, ...below(state.region).map((one) => one.code)]);
  const own = found.rows.find((row) => row.region === state.region);
  const rows = found.rows.filter((row) => codes.has(row.region));
  const findings = found.findings.filter((one) => codes.has(one.parcel) || one.parcel === "");
  const lead = t("standing.lead", { region: regionName(state.region), year: found.year });
  return pageOf(found, lead, t("standing.below", { region: regionName(state.region) }), own ?? null, rows, findings);
}

/** Regions that were named together, of whatever province: first what they hold together. */
async function groupPage(group: string): Promise<Node> {
  const found = await get<Standings>("/standing", { year: state.year, group });
  const together = found.group;
  const rows = [...(together ? [{ ...together, region: "", name: t("standing.together") }] : []), ...found.rows];
  const lead = t("standing.group.lead", { group, count: state.groups[group]?.length ?? 0, year: found.year });
  return pageOf(found, lead, t("standing.members", { group }), together, rows, found.findings, group);
}

function pageOf(
  found: Standings,
  lead: string,
  title: string,
  own: StandingRow | null,
  rows: readonly StandingRow[],
  findings: readonly Finding[],
  group = "",
): Node {
  const measured = rows.filter((row) => row.farmland_task_dm2 && row.farmland_dm2 !== null);
  return h(
    "div",
    null,
    pageHead("standing.title", lead, group === "" && upButton(), printButton()),
    Object.keys(state.groups).length > 0 && groupBar(group),
    own && summary(own),
    h(
      "section",
      { "aria-labelledby": "standing-regions" },
      h("h2", { id: "standing-regions" }, title),
      standingTable(rows, group),
      state.unit === "ha" && h("p", { class: "quiet" }, t("standing.levelled")),
      found.book_on && h("p", { class: "quiet" }, t("standing.book", { on: found.book_on })),
    ),
    measured.length > 1 &&
      h(
        "section",
        null,
        h("h2", null, t("standing.bars")),
        h("p", { class: "quiet" }, t("standing.bars.note")),
        bars(
          measured.map((row) => ({
            label: row.name || row.region,
            value: row.farmland_dm2 as number,
            mark: row.farmland_task_dm2 as number,
            said: `${withUnit(row.farmland_dm2)} · ${share(row.farmland_dm2 as number, row.farmland_task_dm2 as number)}`,
            bad: (row.headroom_dm2 ?? 0) < 0,
          })),
          t("standing.bars"),
        ),
      ),
    own?.quality && quality(own),
    findings.length > 0 && h("section", null, h("h2", null, t("standing.findings")), findingList(findings)),
  );
}

function upButton(): HTMLElement | null {
  const above = regionOf(state.region)?.parent;
  if (!above || !regionOf(above)) return null;
  return h("a", { class: "button", href: link("/standing", { region: above }) }, t("standing.up", { region: regionName(above) }));
}

/** One's own region, or a group of regions. */
function groupBar(chosen: string): HTMLElement {
  const choices = [
    { value: "", label: regionName(state.region) },
    ...Object.entries(state.groups).map(([name, members]) => ({ value: name, label: t("standing.group.of", { group: name, count: members.length }) })),
  ];
  return h("div", { class: "bar noprint" }, selectField(t("standing.group"), chosen, choices, (group) => void go(link("/standing", { group }))));
}

function summary(row: StandingRow): HTMLElement {
  return h(
    "div",
    { class: "tiles" },
    against(t("standing.farmland"), row.farmland_dm2, row.farmland_task_dm2, row.headroom_dm2, row.trend?.farmland),
    against(t("standing.pbf"), row.pbf_dm2, row.pbf_task_dm2, row.pbf_headroom_dm2, null),
    against(t("standing.pbf.farmland"), row.pbf_farmland_dm2, row.pbf_task_dm2, row.pbf_farmland_headroom_dm2, row.trend?.pbf),
    row.book &&
      tile(t("standing.claims"), withUnit(row.book.claims_dm2), {
        title: exactly(row.book.claims_dm2),
        notes: [`${t("standing.pool")}: ${withUnit(row.book.pool_dm2)}`, row.book.cap_left_dm2 !== null && `${t("standing.cap")}: ${withUnit(row.book.cap_left_dm2)}`],
      }),
  );
}

function against(
  label: string,
  held: number | null,
  task: number | null,
  room: number | null,
  trend: Trend | null | undefined,
): HTMLElement {
  const short = room !== null && room < 0;
  return tile(label, withUnit(held), {
    title: exactly(held),
    state: room === null ? undefined : short ? "bad" : "good",
    badge: room === null ? undefined : t(short ? "standing.unmet" : "standing.met"),
    notes: [
      task === null ? t("standing.notask") : `${t("standing.task")}: ${withUnit(task)}`,
      room !== null && t(short ? "standing.short" : "standing.room", { area: withUnit(Math.abs(room)) }),
      trend && `${t("standing.outlook")}: ${outlook(trend)}`,
    ],
  });
}

function outlook(trend: Trend): string {
  return trend.on ? t("outlook.breaks", { on: trend.on }) : named("outlook", trend.outlook);
}

/** Hectares come levelled from the server, so that columns add up as printed. */
function shown(row: StandingRow, name: string, dm2: number | null): string {
  const hectares = row.ha[name];
  if (dm2 === null) return "–";
  return state.unit === "ha" && hectares !== null && hectares !== undefined ? levelled(hectares) : inUnit(dm2);
}

function standingTable(rows: readonly StandingRow[], group: string): HTMLElement {
  const column = (group: string, label: string, name: string, of: (row: StandingRow) => number | null): Column<StandingRow> => ({
    group,
    label,
    number: true,
    cell: (row) => shown(row, name, of(row)),
    title: (row) => exactly(of(row)),
    cellClass: (row) => (name.endsWith("headroom") && (of(row) ?? 0) < 0 ? "bad" : undefined),
  });
  const [farmland, pbf] = [`${t("standing.farmland")} (${unitName()})`, `${t("standing.pbf")} (${unitName()})`];
  return table<StandingRow>(
    [
      { label: t("region"), names: true, cell: (row) => regionLink(row) },
      column(farmland, t("standing.task"), "farmland_task", (row) => row.farmland_task_dm2),
      column(farmland, t("standing.holds"), "farmland", (row) => row.farmland_dm2),
      column(farmland, t("standing.headroom"), "headroom", (row) => row.headroom_dm2),
      column(pbf, t("standing.task"), "pbf_task", (row) => row.pbf_task_dm2),
      column(pbf, t("standing.holds"), "pbf", (row) => row.pbf_dm2),
      column(pbf, t("standing.pbf.farmland"), "pbf_farmland", (row) => row.pbf_farmland_dm2),
      column(pbf, t("standing.headroom"), "pbf_farmland_headroom", (row) => row.pbf_farmland_headroom_dm2),
      {
        label: `${t("standing.trend")} (${unitName()})`,
        number: true,
        cell: (row) => inUnit(row.trend?.farmland?.a_year_dm2),
        title: (row) => exactly(row.trend?.farmland?.a_year_dm2),
      },
      { label: t("standing.outlook"), cell: (row) => h("span", { class: "outlook" }, row.trend?.farmland ? outlook(row.trend.farmland) : "–") },
    ],
    rows,
    { caption: t("standing.title"), hideCaption: true, rowClass: (row) => (row.region === (group ? "" : state.region) ? "own" : undefined) },
  );
}

function regionLink(row: StandingRow): Node | string {
  const name = row.name || row.region;
  if (!row.region || row.region === state.region || below(row.region).length === 0) return name;
  return h("a", { href: link("/standing", { region: row.region }) }, name);
}

function quality(row: StandingRow): HTMLElement | null {
  if (!row.quality) return null;
  const grades = Object.entries(row.quality.by_grade_dm2)
    .map(([grade, dm2]) => ({ grade, dm2 }))
    .filter((one) => one.dm2 > 0);
  if (row.quality.ungraded_dm2) grades.push({ grade: t("standing.ungraded"), dm2: row.quality.ungraded_dm2 });
  return h(
    "section",
    null,
    h("h2", null, t("standing.quality")),
    h("p", { class: "quiet" }, `${t("standing.grade")}: ${row.quality.mean_grade ?? "–"}`),
    table(
      [
        { label: t("standing.graded"), names: true, cell: (one) => one.grade },
        { label: `${t("standing.area")} (${unitName()})`, number: true, cell: (one) => inUnit(one.dm2), title: (one) => exactly(one.dm2) },
        { label: t("standing.share"), number: true, cell: (one) => [share(one.dm2, row.farmland_dm2 ?? 0), shareBar(one.dm2, row.farmland_dm2 ?? 0)] },
      ],
      grades,
      { caption: t("standing.quality"), hideCaption: true, dense: true },
    ),
  );
}

function shareBar(part: number, whole: number): HTMLElement {
  return h("span", { class: "share", "aria-hidden": "true" }, h("span", { style: `width:${whole ? Math.round((100 * part) / whole) : 0}%` }));
}
