/** What is wrong with a year's survey, finding by finding. */

import { count } from "../area";
import { get } from "../api";
import { h } from "../dom";
import type { Visit } from "../page";
import { go, link } from "../router";
import { state } from "../store";
import type { Finding, Paged } from "../types";
import { t } from "../words";
import { selectField } from "./field";
import { paged } from "./paged";
import { table } from "./table";

type FindingPage = Paged<Finding> & {
  count: number;
  rows_in: number;
  rows_stored: number;
  rows_quarantined: number;
  codes: Record<string, number>;
};

export async function findingsPage(visit: Visit): Promise<Node> {
  if (!state.year) return h("p", { class: "note" }, t("no.survey"));
  const code = visit.place.query.get("code");
  return paged<Finding>(
    (cursor) => get<FindingPage>("/validate", { year: state.year, region: state.region, code, cursor, limit: 100 }),
    (items, page) => {
      const first = page as FindingPage;
      const choices = [
        { value: "", label: t("all") },
        ...Object.entries(first.codes).map(([one, many]) => ({ value: one, label: `${one} (${count(many)})` })),
      ];
      return h(
        "div",
        null,
        h("p", { class: "lead" }, t("findings.lead", {
          year: state.year,
          count: count(first.count),
          in: count(first.rows_in),
          stored: count(first.rows_stored),
          quarantined: count(first.rows_quarantined),
        })),
        h("div", { class: "bar" }, selectField(t("findings.code"), code ?? "", choices, (chosen) => void go(link("/admin/findings", { code: chosen })))),
        table<Finding>(
          [
            { label: t("findings.code"), names: true, cell: (one) => [h("span", { class: `mark ${one.severity === "breaks" ? "bad" : "warn"}` }, t(one.severity === "breaks" ? "breaks" : "odd")), ` ${one.code}`] },
            { label: t("check.found"), cell: (one) => [h("p", null, one.said), h("p", { class: "quiet" }, one.remedy)] },
            { label: t("parcel"), cell: (one) => (one.parcel ? h("a", { href: link("/map", { parcel: one.parcel }) }, one.parcel) : "–") },
            { label: t("parcel.file"), cell: (one) => one.file || "–" },
            { label: t("findings.row"), number: true, cell: (one) => (one.row === null ? "–" : count(one.row)) },
          ],
          items,
          { caption: t("admin.tab.findings"), hideCaption: true, empty: t("findings.fine") },
        ),
      );
    },
  );
}
