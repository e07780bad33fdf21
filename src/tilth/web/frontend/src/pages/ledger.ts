/** The land book: balances, entries, reservations, what can be done in it, the assessment of the year. */

import { get } from "../api";
import { type Child, h } from "../dom";
import type { Page, Visit } from "../page";
import { actsPage } from "../parts/acts";
import { pageHead, printButton } from "../parts/bits";
import type { Balance } from "../parts/book";
import { assessment } from "../parts/book_assessment";
import { balances } from "../parts/book_balances";
import { entries } from "../parts/book_entries";
import { reservations } from "../parts/book_reservations";
import { entryFile, entryForm, fillIn } from "../parts/entry_form";
import { type Tab, tabs } from "../parts/tabs";
import { go, link } from "../router";
import { may, regionName, state } from "../store";
import { t } from "../words";

export const page: Page = { path: "ledger", word: "ledger.title", order: 60, show };

const TABS: readonly Tab[] = [
  { path: "/ledger", word: "ledger.tab.balances" },
  { path: "/ledger/entries", word: "ledger.tab.entries" },
  { path: "/ledger/reservations", word: "ledger.tab.reservations" },
  { path: "/ledger/new", word: "ledger.tab.new" },
  { path: "/ledger/acts", word: "ledger.tab.acts" },
  { path: "/ledger/assessment", word: "ledger.tab.assessment" },
];

async function show(visit: Visit): Promise<Node> {
  switch (visit.place.rest[0]) {
    case "entries":
      return framed("/ledger/entries", entries(visit));
    case "reservations":
      return framed("/ledger/reservations", await reservations());
    case "new":
      return framed("/ledger/new", await newEntry(visit));
    case "acts":
      return framed("/ledger/acts", await actsPage(visit));
    case "assessment":
      return framed("/ledger/assessment", await assessment());
    default:
      return framed("/ledger", await balances(visit));
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

/** An entry of one's own, or one that begins as another: to post what is reserved, or to take an entry back. */
async function newEntry(visit: Visit): Promise<Child> {
  if (!may("submit")) return h("p", { class: "note" }, t("form.notallowed"));
  const known = await get<Balance[]>("/ledger/balance", { region: state.region }).catch(() => []);
  const accounts = [...new Set(known.map((one) => one.name))].sort();
  const done = (reserved: boolean): void => void go(link(reserved ? "/ledger/reservations" : "/ledger/entries"));
  await fillIn(visit.place.query);
  return [entryForm(accounts, done), entryFile(() => done(false))];
}
