/** What is wrong with a year's survey, finding by finding. */

import { count } from "../area";
import { get, send } from "../api";
import { type Child, h } from "../dom";
import type { Visit } from "../page";
import { go, link } from "../router";
import { may, regionName, regionOf, state } from "../store";
import type { Finding, Paged } from "../types";
import { t } from "../words";
import { refresh } from "./admin_data";
import { selectField } from "./field";
import { type Job, jobButton } from "./job";
import { paged } from "./paged";
import { said } from "./said";
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
  const list = paged<Finding>(
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
            { label: t("check.found"), cell: (one) => [h("p", null, said(one.said)), h("p", { class: "quiet" }, said(one.remedy))] },
            { label: t("parcel"), cell: where },
            { label: t("parcel.file"), cell: (one) => one.file || "–" },
            { label: t("findings.row"), number: true, cell: (one) => (one.row === null ? "–" : count(one.row)) },
          ],
          items,
          { caption: t("admin.tab.findings"), hideCaption: true, empty: t("findings.fine") },
        ),
      );
    },
  );
  return h("div", null, list, may("edit") && repairPart());
}

/** What can be mended is mended as a new survey; the old one stays. */
function repairPart(): HTMLElement {
  return h(
    "section",
    { class: "noprint" },
    h("h2", null, t("repair.title")),
    h("p", { class: "quiet" }, t("repair.said", { year: state.year })),
    jobButton(t("repair.button"), () => send<Job>("POST", "/repairs", { json: { year: state.year } }), (job) => {
      if (job.state === "done") void refresh();
    }),
  );
}

/** A finding is about a parcel, or about a whole region. */
function where(one: Finding): Child {
  if (!one.parcel) return "–";
  if (regionOf(one.parcel)) return h("a", { href: link("/accounts", { region: one.parcel }) }, regionName(one.parcel));
  return h("a", { href: link("/map", { parcel: one.parcel }) }, one.parcel);
}
