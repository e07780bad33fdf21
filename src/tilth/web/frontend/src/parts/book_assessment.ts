/** A year of the book tested by every invariant and rule. */

import { count } from "../area";
import { get } from "../api";
import { type Child, h } from "../dom";
import { regionName, state } from "../store";
import { named, t } from "../words";
import { exactly, inUnit, unitName } from "./areas";
import { said } from "./said";
import { table } from "./table";

export interface Assessment {
  region: string;
  year: number;
  rules: string;
  rules_version: string;
  pass: number;
  fail: number;
  not_assessed: number;
  tests: Test[];
}

export interface Test {
  invariant: string;
  region: string;
  outcome: string;
  found: number | null;
  wanted: number | null;
  difference: number | null;
  unit: string;
  rule: string;
  rule_version: string;
  confidence: string;
  about: string;
}

interface Rules {
  rules: { id: string; title: string; title_zh: string }[];
}

const ORDER = ["fail", "not_assessed", "pass"];
const COLOURS: Record<string, string> = { pass: "good", fail: "bad" };
/** Longer explanations are folded. [letters] */
const LONG = 140;

export async function assessment(): Promise<Child> {
  if (!state.year) return h("p", { class: "note" }, t("no.survey"));
  const [found, titles] = await Promise.all([get<Assessment>("/ledger/assessment", { year: state.year, region: state.region }), ruleTitles()]);
  return [h("p", { class: "lead" }, assessed(found)), testTable(found.tests, titles)];
}

/** How a year stands, in one sentence. */
export function assessed(found: Assessment): string {
  return t("assess.lead", {
    region: regionName(found.region || state.region),
    year: found.year || state.year,
    rules: `${found.rules} ${found.rules_version}`,
    pass: found.tests.filter((one) => one.outcome === "pass").length,
    fail: found.fail,
    open: found.not_assessed,
  });
}

/** What rules are called; nothing where they may not be looked at. */
export async function ruleTitles(): Promise<Map<string, string>> {
  const found = await get<Rules>("/ledger/rules").catch(() => ({ rules: [] }));
  return new Map(found.rules.map((one) => [one.id, state.language === "zh" ? one.title_zh || one.title : one.title]));
}

export function testTable(all: readonly Test[], titles: ReadonlyMap<string, string>): HTMLElement {
  const tests = [...all].sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
  const figure = (one: Test, value: number | null): string => (value === null ? "–" : one.unit === "dm2" ? inUnit(value) : count(value));
  const number = (label: string, of: (one: Test) => number | null) => ({
    label: `${label} (${unitName()})`,
    number: true,
    cell: (one: Test) => [figure(one, of(one)), one.unit !== "dm2" && of(one) !== null && h("span", { class: "quiet" }, ` ${named("unitof", one.unit)}`)],
    title: (one: Test) => (one.unit === "dm2" ? exactly(of(one)) : undefined),
  });
  const several = new Set(tests.map((one) => one.region)).size > 1;
  return table<Test>(
    [
      {
        label: t("assess.test"),
        names: true,
        cell: (one) => [
          h("span", { class: "test-title" }, titles.get(one.rule) ?? one.rule),
          h("span", { class: "quiet nowrap" }, ` ${one.invariant} · ${one.rule} ${one.rule_version}`),
        ],
      },
      { label: t("check.outcome"), cell: (one) => h("span", { class: `mark ${COLOURS[one.outcome] ?? ""}` }, named("outcome", one.outcome)) },
      ...(several ? [{ label: t("region"), cell: (one: Test) => regionName(one.region) }] : []),
      number(t("assess.found"), (one) => one.found),
      number(t("assess.wanted"), (one) => one.wanted),
      number(t("assess.difference"), (one) => one.difference),
      { label: t("assess.sure"), cell: (one) => named("confidence", one.confidence) },
      { label: t("assess.about"), cell: (one) => about(one.about) },
    ],
    tests,
    { caption: t("ledger.tab.assessment"), hideCaption: true, dense: true },
  );
}

function about(text: string): HTMLElement {
  if (text.length <= LONG) return h("span", { class: "about" }, said(text));
  const cut = text.slice(0, LONG).replace(/[\s,，;；][^\s,，;；]*$/, "");
  return h("details", { class: "about" }, h("summary", null, said(`${cut} …`)), h("p", null, said(text)));
}
