/** Plan: which parcel gets what under money, water and targets, with the proof, scenarios, and two of them side by side. */

import { get, Refused } from "../api";
import { type Child, h } from "../dom";
import type { Page, Visit } from "../page";
import { pageHead, printButton } from "../parts/bits";
import { selectField } from "../parts/field";
import { type Tab, tabs } from "../parts/tabs";
import { comparingPage } from "../plan/comparing";
import { makingForm, planTable } from "../plan/making";
import { mapSection } from "../plan/mapping";
import { questionsSection } from "../plan/questions";
import { learnNames, type Plan, planPath, type PlanShort } from "../plan/record";
import { askedSection, demandsSection, filesSection, groupSections, pricesSection, tiles } from "../plan/result";
import { solvingSection } from "../plan/solving";
import { go, link } from "../router";
import { may, state } from "../store";
import { t } from "../words";

export const page: Page = { path: "plan", word: "plan.title", order: 60, show };

const TABS: readonly Tab[] = [
  { path: "/plan", word: "plan.all" },
  { path: "/plan/of", word: "plan.which" },
  { path: "/plan/compare", word: "plan.compare" },
  { path: "/plan/new", word: "plan.new" },
];

async function show(visit: Visit): Promise<Node> {
  const part = visit.place.rest[0];
  const path = TABS.find((one) => one.path === `/plan/${part}`)?.path ?? "/plan";
  const head = [pageHead("plan.title", t("plan.lead"), printButton()), tabs(t("plan.parts"), TABS, path)];
  let all: PlanShort[];
  try {
    all = await get<PlanShort[]>("/plans");
  } catch (error) {
    if (error instanceof Refused && error.status === 403) return h("div", null, head, h("p", { class: "note" }, t("plan.norights")));
    throw error;
  }
  return h("div", null, head, await inner(visit, path, all));
}

async function inner(visit: Visit, path: string, all: readonly PlanShort[]): Promise<Child> {
  if (path === "/plan/new") return makingForm();
  if (path === "/plan/compare") return comparingPage(visit, all, state.year);
  const wanted = visit.place.query.get("plan");
  const chosen = all.find((one) => one.name === wanted) ?? all[0];
  if (path === "/plan" || !chosen) return planTable(all);
  const plan = await get<Plan>(planPath(chosen.name), state.year ? { year: state.year } : {});
  learnNames(plan);
  return onePlan(visit, plan, all);
}

function onePlan(visit: Visit, plan: Plan, all: readonly PlanShort[]): Child {
  const found = plan.solution;
  return h(
    "div",
    { class: "one-plan" },
    h(
      "div",
      { class: "bar" },
      selectField(t("plan.which"), plan.name, all.map((one) => ({ value: one.name, label: one.name })), (name) => void go(link("/plan/of", { plan: name }))),
      plan.varies && h("p", null, `${t("plan.from")} `, h("a", { href: link("/plan/of", { plan: plan.varies.plan }) }, plan.varies.plan)),
    ),
    found ? tiles(plan, found) : h("p", { class: "note" }, t("plan.result.none")),
    askedSection(plan),
    may("edit") && solvingSection(plan, all, () => void go(link("/plan/of", { plan: plan.name }), true)),
    found && [pricesSection(plan, found), mapSection(visit, plan, found), groupSections(plan, found), demandsSection(found), questionsSection(plan)],
    filesSection(plan),
  );
}
