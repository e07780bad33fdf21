/** The entries of the book, newest first, each with its lines and what is done about it. */

import { count } from "../area";
import { get } from "../api";
import { freshId, h } from "../dom";
import type { Visit } from "../page";
import { go, link } from "../router";
import { may, state } from "../store";
import type { Paged } from "../types";
import { named, t } from "../words";
import { exactly, inUnit, unitName } from "./areas";
import { ALL_KINDS, type Entry, lineList } from "./book";
import { selectField } from "./field";
import { paged } from "./paged";
import { facts } from "./parcel";
import { table } from "./table";

export function entries(visit: Visit): HTMLElement {
  const asked = visit.place.query;
  const [sinceId, untilId] = [freshId("since"), freshId("until")];
  const kinds = [{ value: "", label: t("all") }, ...ALL_KINDS.map((one) => ({ value: one as string, label: named("entrykind", one) }))];
  let kind = asked.get("kind") ?? "";
  const since = h("input", { id: sinceId, type: "date", value: asked.get("since") ?? "" });
  const until = h("input", { id: untilId, type: "date", value: asked.get("until") ?? "" });
  const filter = (event: Event): void => {
    event.preventDefault();
    void go(link("/ledger/entries", { kind, since: since.value, until: until.value }));
  };
  const query = { region: state.region, kind: asked.get("kind"), since: asked.get("since"), until: asked.get("until") };
  return h(
    "div",
    null,
    h(
      "form",
      { class: "bar", onsubmit: filter },
      selectField(t("ledger.kind"), kind, kinds, (chosen) => (kind = chosen)),
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
      { label: t("ledger.entry"), names: true, cell: entryDetails },
      { label: t("ledger.number"), number: true, cell: (one) => count(one.number) },
      { label: t("ledger.kind"), cell: (one) => h("span", { title: one.kind }, named("entrykind", one.kind)) },
      { label: t("ledger.phase"), cell: (one) => named("phase", one.phase) },
      { label: t("ledger.posting"), cell: (one) => h("span", { class: "nowrap" }, one.posting_date) },
      { label: t("ledger.evidence"), cell: (one) => h("span", { class: one.evidence.length < 24 ? "nowrap" : null }, one.evidence) },
      { label: t("ledger.author"), cell: (one) => one.author },
      { label: `${t("standing.area")} (${unitName()})`, number: true, cell: (one) => inUnit(turned(one)), title: (one) => exactly(turned(one)) },
    ],
    entries,
    { caption: t("ledger.tab.entries"), hideCaption: true, dense: true, empty: t("ledger.noentries") },
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
      [t("ledger.act"), one.act_date],
      one.geometry !== "" && [t("form.geometry"), one.geometry],
      one.links.length > 0 && [t("ledger.links"), one.links.join(", ")],
      one.settles !== "" && [t("form.settles"), one.settles],
      one.reverses !== "" && [t("form.reverses"), one.reverses],
      one.expires !== null && [t("ledger.expires"), one.expires],
      [t("ledger.digest"), h("code", { title: one.digest }, one.digest.slice(0, 16))],
    ]),
    lineList(one.lines),
    may("submit") &&
      one.phase === "post" &&
      one.kind !== "OPENING" &&
      new Set(one.lines.map((line) => line.region)).size === 1 &&
      h("p", { class: "noprint" }, h("a", { href: link("/ledger/new", { reverse: one.id, region: one.lines[0]?.region ?? state.region }) }, t("ledger.reverse"))),
  );
}
