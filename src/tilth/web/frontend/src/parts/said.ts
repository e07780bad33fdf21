/** Sentences of the server as pages show them: areas in the reader's unit, and commands that lead to their page. */

import { parseArea } from "../area";
import { type Child, h } from "../dom";
import { link } from "../router";
import { state } from "../store";
import { exactly, withUnit } from "./areas";

/** What a command of the command line does is done on this page. */
const PAGES: readonly (readonly [RegExp, string, Record<string, string>?])[] = [
  [/^accounts/, "/accounts"],
  [/^flows/, "/accounts/flows"],
  [/^standing/, "/standing"],
  [/^validate/, "/admin/findings"],
  [/^repair|^use|^import|^report/, "/admin"],
  [/^ledger post --from-flows/, "/ledger/acts/flow-entries"],
  [/^ledger post/, "/ledger/new"],
  [/^ledger accept/, "/ledger/acts/accept"],
  [/^ledger settle/, "/ledger/acts/settle"],
  [/^ledger transfer/, "/ledger/acts/transfer"],
  [/^ledger expire/, "/ledger/acts/expire"],
  [/^ledger close/, "/ledger/acts/close"],
  [/^ledger follow-up/, "/ledger/acts/follow-up"],
  [/^ledger (verify|replay)/, "/ledger/acts/verify"],
  [/^ledger assess/, "/ledger/assessment"],
  [/^ledger reservations/, "/ledger/reservations"],
  [/^ledger statement/, "/ledger"],
  [/^ledger balance/, "/ledger", { family: "CLAIM" }],
  [/^user/, "/admin/people"],
];
const COMMAND =
  "tilth ((?:ledger (?:post --from-flows|post|accept|settle|transfer|expire|close|follow-up|verify|replay|assess|reservations|statement|balance)" +
  "|accounts(?: --table \\w+)?|flows|standing|validate|repair|import(?: [a-z]+)?|use|report|user)\\b)";
/** An area to 0.01 m² as messages print it. */
const AREA = "(?:^|(?<=[^\\d.,]))([-\u2212]?\\d{1,3}(?:,\\d{3})*\\.\\d\\d) (?:m²|平方米)";

export function said(text: string): Child[] {
  const parts: Child[] = [];
  let at = 0;
  for (const found of text.matchAll(new RegExp(`${COMMAND}|${AREA}`, "g"))) {
    const shown = found[1] === undefined ? areaOf(found[2] ?? "") : commandOf(found[0], found[1]);
    if (shown === null) continue;
    parts.push(text.slice(at, found.index), shown);
    at = found.index + found[0].length;
  }
  return [...parts, text.slice(at)];
}

function areaOf(typed: string): Child {
  const dm2 = parseArea(typed, "m2");
  if (dm2 === null || state.unit === "m2" || Math.abs(dm2) === 1) return null;
  return h("span", { class: "area", title: exactly(dm2) ?? null }, withUnit(dm2));
}

function commandOf(whole: string, command: string): Child {
  const page = PAGES.find(([pattern]) => pattern.test(command));
  if (!page) return null;
  const table = /--table (\w+)/.exec(command)?.[1];
  return h("a", { href: link(page[1], { ...page[2], ...(table ? { table } : {}) }) }, h("code", null, whole));
}
