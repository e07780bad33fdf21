/** Small pieces that several pages show. */

import { type Child, h } from "../dom";
import { t, type Word } from "../words";

export interface TileOptions {
  title?: string | undefined;
  state?: "good" | "bad" | "warn" | undefined;
  badge?: string | undefined;
  notes?: readonly Child[];
}

/** One figure that matters, with what it means. */
export function tile(label: string, figure: string, options: TileOptions = {}): HTMLElement {
  return h(
    "div",
    { class: `tile ${options.state ?? ""}` },
    h("h2", null, label, options.badge && h("span", { class: `mark ${options.state ?? ""}` }, options.badge)),
    h("p", { class: "figure", title: options.title ?? null }, figure),
    (options.notes ?? []).map((note) => note && h("p", { class: "quiet" }, note)),
  );
}

/** A page that has nothing to show before a survey is there. */
export function noSurvey(word: Word): HTMLElement {
  return h("div", null, h("h1", null, t(word)), h("p", { class: "lead" }, t("no.survey")), h("p", null, t("no.survey.said")));
}

/** The head of a page: name, one sentence, and what can be done with it. */
export function pageHead(word: Word, lead: string, ...tools: Child[]): HTMLElement {
  return h(
    "div",
    { class: "title" },
    h("div", null, h("h1", null, t(word)), lead && h("p", { class: "lead" }, lead)),
    h("div", { class: "tools" }, tools),
  );
}

/** Prints what the page shows. */
export function printButton(): HTMLElement {
  return h("button", { type: "button", class: "button", onclick: () => window.print() }, t("print"));
}
