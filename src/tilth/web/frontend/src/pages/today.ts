/** What needs doing: each thing leads to where it is done. */

import { count } from "../area";
import { get } from "../api";
import { h } from "../dom";
import type { Page } from "../page";
import { exactly, withUnit } from "../parts/areas";
import { pageHead, printButton, tile } from "../parts/bits";
import { said as shown } from "../parts/said";
import { link } from "../router";
import { regionName, state } from "../store";
import type { Standings, StandingRow } from "../types";
import { named, t } from "../words";

export const page: Page = { path: "today", word: "today.title", order: 10, show };

interface Todo {
  kind: "survey" | "finding" | "standing" | "reservation" | "acceptance" | "closing";
  urgent: boolean;
  region: string;
  said: string;
  remedy: string;
  due: string | null;
  count: number;
  about: Record<string, string | number>;
}

interface Today {
  on: string;
  items: Todo[];
  urgent: number;
}

const ORDER = ["survey", "finding", "standing", "reservation", "acceptance", "closing"] as const;

async function show(): Promise<Node> {
  const [found, standings] = await Promise.all([
    get<Today>("/today", { region: state.region }),
    state.year ? get<Standings>("/standing", { year: state.year, region: state.region }).catch(() => null) : null,
  ]);
  const own = standings?.rows.find((row) => row.region === state.region);
  const kinds = ORDER.filter((kind) => found.items.some((one) => one.kind === kind));
  return h(
    "div",
    null,
    pageHead("today.title", t("today.lead", { region: regionName(state.region) }), h("span", { class: "quiet" }, found.on), printButton()),
    h(
      "div",
      { class: "tiles" },
      tile(t("today.urgent"), count(found.urgent), { state: found.urgent ? "bad" : "good" }),
      tile(t("today.open"), count(found.items.length - found.urgent), { state: found.items.length > found.urgent ? "warn" : "good" }),
      own && headroom(t("standing.farmland"), own.farmland_dm2, own.headroom_dm2),
      own && headroom(t("today.pbf"), own.pbf_farmland_dm2, own.pbf_farmland_headroom_dm2),
    ),
    found.items.length === 0 && h("p", { class: "note" }, t("today.nothing")),
    kinds.map((kind) => {
      const items = found.items.filter((one) => one.kind === kind);
      return h("section", null, h("h2", null, `${named("todo", kind)} (${count(items.length)})`), h("ul", { class: "findings" }, items.map(entry)));
    }),
  );
}

function headroom(label: string, held: StandingRow["pbf_dm2"], room: number | null): HTMLElement {
  const short = room !== null && room < 0;
  return tile(label, withUnit(held), {
    title: exactly(held),
    state: room === null ? undefined : short ? "bad" : "good",
    notes: [
      room !== null && t(short ? "standing.short" : "standing.room", { area: withUnit(Math.abs(room)) }),
      h("a", { href: link("/standing") }, t("today.standing", { year: state.year })),
    ],
  });
}

function entry(one: Todo): HTMLElement {
  const [target, query] = where(one);
  return h(
    "li",
    { class: "todo" },
    h("span", { class: `mark ${one.urgent ? "bad" : "warn"}` }, t(one.urgent ? "today.urgent" : "today.open")),
    h(
      "div",
      null,
      h("p", null, one.region && one.region !== state.region && h("strong", null, `${regionName(one.region)}: `), shown(one.said)),
      one.remedy && h("p", { class: "quiet" }, shown(one.remedy)),
      one.due && h("p", { class: "quiet" }, `${t("today.due")}: ${one.due}`),
    ),
    h("a", { class: "button", href: link(target, query), "aria-label": `${t("today.go")}: ${one.said}` }, t("today.go")),
  );
}

/** The page where a thing is done. */
function where(one: Todo): [string, Record<string, string | number | null>] {
  const region = one.region || state.region;
  switch (one.kind) {
    case "finding":
      return ["/admin/findings", { code: one.about["code"] ?? null, year: one.about["year"] ?? state.year }];
    case "standing":
      return ["/standing", { region, year: one.about["year"] ?? state.year }];
    case "reservation":
      return ["/ledger/reservations", { region }];
    case "acceptance":
      return ["/ledger/acts/follow-up", { year: one.about["year"] ?? state.year, region }];
    case "closing":
      return ["/ledger/acts/close", { closing: one.about["year"] ?? state.year, region }];
    default:
      return ["/admin", {}];
  }
}
