/** The verdict on a footprint: the answer first, then rule by rule, then where. */

import { h } from "../dom";
import { className, type MapRecord } from "../map/record";
import { link } from "../router";
import { regionName } from "../store";
import type { CrossRow, Hit, Outcome, Verdict } from "../types";
import { named, t } from "../words";
import { areaText, exactly, inUnit, unitName } from "./areas";
import { facts } from "./parcel";
import { findingList } from "./problem";
import { said } from "./said";
import { table } from "./table";

const MARKS: Record<string, string> = { pass: "good", warn: "warn", fail: "bad", info: "info", not_assessed: "" };
const ORDER = ["fail", "warn", "info", "not_assessed", "pass"];

export function verdictView(verdict: Verdict, record: MapRecord | null, locate: (hit: Hit) => void): HTMLElement {
  const outcomes = [...verdict.outcomes].sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
  const findings = [...verdict.file_findings, ...verdict.findings];
  return h(
    "div",
    { class: "verdict" },
    h(
      "div",
      { class: `answer ${verdict.clear ? "good" : "bad"}`, role: "status", tabindex: "-1" },
      h("h2", null, `${t("check.verdict")}: ${t(verdict.clear ? "check.clear" : "check.fails")}`),
      h("p", null, said(verdict.said)),
    ),
    facts([
      [t("check.project"), verdict.project],
      [t("check.area"), areaText(verdict.distinct_dm2)],
      [t("check.year"), String(verdict.year)],
      [t("check.act"), verdict.act_date],
      [t("check.rules"), `${verdict.rules.id} ${verdict.rules.version}`],
    ]),
    h("section", null, h("h2", null, t("check.bycase")), outcomeTable(outcomes)),
    verdict.hits.length > 0 && h("section", null, h("h2", null, t("check.hits")), hitTable(verdict, locate)),
    h("section", null, h("h2", null, t("check.ground")), crossTable(verdict.cross, record)),
    findings.length > 0 && h("section", null, h("h2", null, t("check.findings")), findingList(findings)),
  );
}

function outcomeTable(outcomes: readonly Outcome[]): HTMLElement {
  return table<Outcome>(
    [
      {
        label: t("check.outcome"),
        cell: (one) => h("span", { class: `mark ${MARKS[one.outcome] ?? ""}` }, named("outcome", one.outcome)),
      },
      {
        label: t("check.found"),
        names: true,
        cell: (one) => [
          h("p", { class: "rule-title" }, one.title),
          h("p", null, said(one.said)),
          (one.outcome === "fail" || one.outcome === "warn") && one.duty && h("p", null, `${t("check.duty")}: `, said(one.duty)),
          h(
            "details",
            null,
            h("summary", null, `${t("check.source")}: ${one.rule} ${one.version}`),
            h("p", { class: "quiet" }, one.source),
            h("p", { class: "quiet" }, `${t("check.sure")}: ${named("confidence", one.confidence)}`),
          ),
        ],
      },
      { label: `${t("standing.area")} (${unitName()})`, number: true, cell: (one) => (one.area_dm2 ? inUnit(one.area_dm2) : "–"), title: (one) => exactly(one.area_dm2) },
    ],
    outcomes,
    { caption: t("check.bycase"), hideCaption: true },
  );
}

function hitTable(verdict: Verdict, locate: (hit: Hit) => void): HTMLElement {
  const titles = new Map(verdict.outcomes.map((one) => [one.rule, one.title]));
  return table<Hit>(
    [
      { label: t("check.rule"), names: true, cell: (hit) => titles.get(hit.rule) ?? hit.rule },
      { label: t("check.hit.feature"), cell: (hit) => `${named("kind", hit.layer)} ${hit.name || hit.feature_id}` },
      {
        label: t("check.hit.parcels"),
        cell: (hit) =>
          hit.parcel_ids.slice(0, 4).map((id, at) => [
            at > 0 && ", ",
            h("a", { href: link("/map", { parcel: id, year: verdict.year }) }, id),
          ]),
      },
      { label: `${t("standing.area")} (${unitName()})`, number: true, cell: (hit) => inUnit(hit.area_dm2), title: (hit) => exactly(hit.area_dm2) },
      {
        label: t("map.title"),
        number: true,
        screen: true,
        cell: (hit) => h("button", { type: "button", class: "plain noprint", "aria-label": `${t("check.hit.show")}: ${hit.name || hit.feature_id}`, onclick: () => locate(hit) }, t("check.hit.locate")),
      },
    ],
    verdict.hits,
    { caption: t("check.hits"), hideCaption: true, dense: true },
  );
}

/** Summed over what the table does not show. */
function crossTable(cross: readonly CrossRow[], record: MapRecord | null): HTMLElement {
  const sums = new Map<string, CrossRow>();
  for (const row of cross) {
    const key = `${row.class_code} ${row.village} ${row.pbf ? 1 : 0}`;
    const held = sums.get(key);
    if (held) held.area_dm2 += row.area_dm2;
    else sums.set(key, { ...row });
  }
  const rows = [...sums.values()].sort((a, b) => b.area_dm2 - a.area_dm2);
  return table<CrossRow>(
    [
      { label: t("parcel.class"), names: true, cell: (row) => className(record, row.class_code || "–") },
      { label: t("check.village"), cell: (row) => regionName(row.village || row.township || "–") },
      { label: t("check.pbf"), cell: (row) => (row.pbf ? t("yes") : t("no")) },
      { label: `${t("standing.area")} (${unitName()})`, number: true, cell: (row) => inUnit(row.area_dm2), title: (row) => exactly(row.area_dm2) },
    ],
    rows,
    { caption: t("check.ground"), hideCaption: true, dense: true },
  );
}
