/** Standing: what the region holds, against what it must hold. */

import { levelled } from "../area";
import { get } from "../api";
import { h } from "../dom";
import type { Page } from "../page";
import { exactly, inUnit, unitName, withUnit } from "../parts/areas";
import { bars } from "../parts/bars";
import { findingList } from "../parts/problem";
import { type Column, table } from "../parts/table";
import { link } from "../router";
import { below, regionName, regionOf, state } from "../store";
import type { StandingRow, Standings, Trend } from "../types";
import { named, t } from "../words";
import { share } from "../area";
import { noSurvey, tile } from "../parts/bits";

export const page: Page = { path: "standing", word: "standing.title", order: 50, show };

async function show(): Promise<Node> {
  if (!state.year) return noSurvey("standing.title");
  const found = await get<Standings>("/standing", { year: state.year, region: state.region });
  const codes = new Set([state.region, ...below(state.region).map((one) => one.code)]);
  const own = found.rows.find((row) => row.region === state.region);
  const rows = found.rows.filter((row) => codes.has(row.region));
  const findings = found.findings.filter((one) => codes.has(one.parcel) || one.parcel === "");
  return h(
    "div",
    null,
    heading(found),
    own && summary(own),
    h(
      "section",
      { "aria-labelledby": "standing-regions" },
      h("h2", { id: "standing-regions" }, t("standing.below", { region: regionName(state.region) })),
      standingTable(rows),
    ),
    rows.length > 1 &&
      h(
        "section",
        null,
        h("h2", null, t("standing.bars")),
        h("p", { class: "quiet" }, t("standing.bars.note")),
        bars(
          rows
            .filter((row) => row.farmland_task_dm2)
            .map((row) => ({
              label: row.name || row.region,
              value: row.farmland_dm2,
              mark: row.farmland_task_dm2 as number,
              said: `${withUnit(row.farmland_dm2)} · ${share(row.farmland_dm2, row.farmland_task_dm2 as number)}`,
              bad: (row.headroom_dm2 ?? 0) < 0,
            })),
          t("standing.bars"),
        ),
      ),
    own?.quality && quality(own),
    findings.length > 0 && h("section", null, h("h2", null, t("standing.findings")), findingList(findings)),
  );
}

function heading(found: Standings): HTMLElement {
  const above = regionOf(state.region)?.parent;
  return h(
    "div",
    { class: "title" },
    h(
      "div",
      null,
      h("h1", null, t("standing.title")),
      h("p", { class: "lead" }, t("standing.lead", { region: regionName(state.region), year: found.year })),
    ),
    h(
      "div",
      { class: "tools" },
      above && regionOf(above) && h("a", { class: "button", href: link("/standing", { region: above }) }, t("standing.up", { region: regionName(above) })),
      h("button", { type: "button", class: "button", onclick: () => window.print() }, t("print")),
    ),
  );
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

function standingTable(rows: readonly StandingRow[]): HTMLElement {
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
      { label: t("standing.outlook"), cell: (row) => (row.trend?.farmland ? outlook(row.trend.farmland) : "–") },
    ],
    rows,
    { caption: t("standing.title"), hideCaption: true, rowClass: (row) => (row.region === state.region ? "own" : undefined) },
  );
}

function regionLink(row: StandingRow): Node | string {
  const name = row.name || row.region;
  if (row.region === state.region || below(row.region).length === 0) return name;
  return h("a", { href: link("/standing", { region: row.region }) }, name);
}

function quality(row: StandingRow): HTMLElement | null {
  if (!row.quality) return null;
  const grades = Object.entries(row.quality.by_grade_dm2).map(([grade, dm2]) => ({ grade, dm2 }));
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
        { label: t("standing.share"), number: true, cell: (one) => share(one.dm2, row.farmland_dm2) },
      ],
      grades,
      { caption: t("standing.quality"), hideCaption: true, dense: true },
    ),
  );
}
