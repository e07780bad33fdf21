/** A refusal, shown: what was said, and what to do about it. */

import { Refused } from "../api";
import { h } from "../dom";
import { regionName, regionOf } from "../store";
import type { Finding } from "../types";
import { t } from "../words";
import { said as shown } from "./said";

export function problemBox(error: unknown, again?: () => void): HTMLElement {
  const said = error instanceof Refused ? error.record.title : t("problem.unreachable");
  const remedy = error instanceof Refused ? error.record.detail : t("problem.unreachable.remedy");
  const faults = error instanceof Refused ? (error.record.errors ?? []) : [];
  const findings = error instanceof Refused ? (error.record.findings ?? []) : [];
  return h(
    "div",
    { class: "problem", role: "alert" },
    h("p", { class: "problem-said" }, shown(said)),
    remedy && h("p", null, shown(remedy)),
    faults.length > 0 && h("ul", null, faults.map((one) => h("li", null, `${one.at}: ${one.said}`))),
    findings.length > 0 && h("ul", null, findings.slice(0, 20).map((one) => h("li", null, shown(one.said)))),
    error instanceof Refused && h("p", { class: "quiet" }, error.record.code),
    again && h("button", { type: "button", class: "button", onclick: again }, t("again")),
  );
}

/** Findings of a check, those that break a rule first. */
export function findingList(findings: readonly Finding[], most = 50): HTMLElement {
  const order = [...findings].sort((a, b) => Number(b.severity === "breaks") - Number(a.severity === "breaks"));
  return h(
    "ul",
    { class: "findings" },
    order.slice(0, most).map((one) =>
      h(
        "li",
        { class: one.severity === "breaks" ? "breaks" : "odd" },
        h("span", { class: `mark ${one.severity === "breaks" ? "bad" : "warn"}` }, t(one.severity === "breaks" ? "breaks" : "odd")),
        h("div", null, h("p", null, regionOf(one.parcel) && h("strong", null, `${regionName(one.parcel)}: `), shown(one.said)), one.remedy && h("p", { class: "quiet" }, shown(one.remedy))),
      ),
    ),
    findings.length > most && h("li", null, t("more.left", { count: findings.length - most })),
  );
}
