/** The end of a year: entries from its surveys, the year closed, the book examined. */

import { get, send } from "../api";
import { type Child, fill, h } from "../dom";
import { go, link } from "../router";
import type { Visit } from "../page";
import { regionName, state } from "../store";
import type { Finding } from "../types";
import { named, t } from "../words";
import { actForm, filled, today } from "./act_form";
import { exactly, inUnit, unitName, withUnit } from "./areas";
import type { Reservation } from "./book";
import { assessed, type Assessment, ruleTitles, type Test, testTable } from "./book_assessment";
import { type Job, jobView } from "./job";
import { facts } from "./parcel";
import { findingList, problemBox } from "./problem";
import { table } from "./table";

// A year closed

interface Closed {
  region: string;
  year: number;
  accounts: number;
  link: string;
  again: boolean;
  tests: Test[];
  warnings: string[];
}

/** Years that are over, of a survey or just past, the newest first. */
function overYears(): number[] {
  const now = new Date().getFullYear();
  return [...new Set([...(state.workspace?.years ?? []), now - 1])].filter((year) => year < now).sort((a, b) => b - a);
}

export async function closeAct(visit: Visit): Promise<Child> {
  const years = overYears();
  const asked = Number(visit.place.query.get("closing"));
  const year = years.includes(asked) ? asked : years.includes(state.year) ? state.year : (years[0] as number);
  const [found, held, titles] = await Promise.all([
    get<Assessment>("/ledger/assessment", { year, region: state.region }),
    get<Reservation[]>("/ledger/reservations", { region: state.region }),
    ruleTitles(),
  ]);
  const amiss = found.tests.filter((one) => one.outcome !== "pass");
  const over = held.filter((one) => one.expires !== null && one.expires < today());
  return [
    h(
      "div",
      { class: "bar noprint" },
      h("label", { for: "closing" }, t("act.close.year")),
      h(
        "select",
        { id: "closing", onchange: (event: Event) => void go(link("/ledger/acts/close", { closing: (event.target as HTMLSelectElement).value })) },
        years.map((one) => h("option", { value: one, selected: one === year }, String(one))),
      ),
    ),
    h(
      "div",
      { class: `answer ${amiss.length ? "bad" : "good"}` },
      h("h2", null, t(amiss.length ? "act.close.amiss" : "act.close.fine", { year, count: amiss.length })),
      h("p", null, assessed({ ...found, year })),
      held.length > 0 && h("p", null, h("a", { href: link("/ledger/reservations") }, t("act.close.held", { count: held.length, over: over.length }))),
      h("p", null, h("a", { href: link("/ledger/acts/flow-entries") }, t("act.close.unbooked"))),
    ),
    amiss.length > 0 && testTable(amiss, titles),
    h("h3", null, t("act.close.do", { year, region: regionName(state.region) })),
    actForm<Closed>({
      name: `close-${state.region}-${year}`,
      blank: () => ({ evidence: "" }),
      fields: () => [{ name: "evidence", label: t("ledger.evidence"), required: true, hint: t("act.close.evidence") }],
      submit: t("act.close.button", { year }),
      sure: () => ({ title: t("act.close.sure", { year }), said: t("act.close.sure.said", { region: regionName(state.region), year, count: amiss.length }) }),
      send: (values) => send<Closed>("POST", "/ledger/closings", { query: { region: state.region }, json: { year, evidence: values["evidence"] } }),
      shown: (closed) =>
        h(
          "div",
          { class: "answer good", role: "status" },
          h("h2", null, t(closed.again ? "act.close.again" : "act.close.done", { year: closed.year, region: regionName(closed.region) })),
          facts([
            [t("act.close.accounts"), String(closed.accounts)],
            [t("act.close.link"), h("code", { title: closed.link }, closed.link.slice(0, 16))],
          ]),
          closed.warnings.length > 0 && h("ul", null, closed.warnings.map((one) => h("li", null, one))),
        ),
    }),
  ];
}

// Entries from two surveys

interface FlowPosted {
  posted: number;
  proposed: number;
  again: number;
  act_date_assumed: number;
  kinds: Record<string, { entries: number; farmland_dm2: number; moved_dm2: number }>;
  unmatched: { id: string; kind: string; old_parcel: string; new_parcel: string; area_dm2: number; why: string }[];
  differences: { account: string; book_dm2: number; survey_dm2: number; difference_dm2: number }[];
  findings: Finding[];
}

export function flowEntriesAct(): Child {
  const years = [...(state.workspace?.years ?? [])].sort((a, b) => a - b);
  if (years.length < 2) return h("p", { class: "note" }, t("accounts.one.year"));
  const choices = years.map((year) => ({ value: String(year), label: String(year) }));
  return actForm<Job>({
    name: "flow-entries",
    blank: () => ({ before: String(years.at(-2)), after: String(years.at(-1)), level: "county", evidence: "", on: "", propose: "1" }),
    fields: () => [
      { name: "before", label: t("accounts.from"), kind: "select", choices },
      { name: "after", label: t("accounts.to"), kind: "select", choices },
      { name: "level", label: t("act.flows.level"), kind: "select", choices: ["county", "township", "village"].map((level) => ({ value: level, label: named("level", level) })) },
      { name: "evidence", label: t("ledger.evidence"), hint: t("act.flows.evidence") },
      { name: "on", label: t("ledger.posting"), kind: "date" },
      { name: "propose", label: t("act.flows.propose"), kind: "check" },
    ],
    submit: t("act.flows.button"),
    send: (values) =>
      send<Job>("POST", "/ledger/flow-entries", {
        query: { region: state.region },
        json: {
          ...filled({ before: Number(values["before"]), after: Number(values["after"]), level: values["level"], evidence: values["evidence"], on: values["on"] }),
          propose: values["propose"] === "1",
        },
      }),
    shown: (job) => followed<FlowPosted>(job, flowView),
  });
}

function flowView(done: FlowPosted): Child {
  return [
    h(
      "div",
      { class: `answer ${done.unmatched.length || done.differences.length ? "bad" : "good"}` },
      h("h2", null, t(done.proposed ? "act.flows.proposed" : "act.flows.posted", { count: done.proposed || done.posted })),
      h("p", null, t("act.flows.sum", { again: done.again, unmatched: done.unmatched.length, differences: done.differences.length })),
    ),
    table(
      [
        { label: t("ledger.kind"), names: true, cell: ([kind]) => named("entrykind", kind) },
        { label: t("ledger.tab.entries"), number: true, cell: ([, one]) => String(one.entries) },
        { label: `${t("act.flows.farmland")} (${unitName()})`, number: true, cell: ([, one]) => inUnit(one.farmland_dm2), title: ([, one]) => exactly(one.farmland_dm2) },
        { label: `${t("act.flows.moved")} (${unitName()})`, number: true, cell: ([, one]) => inUnit(one.moved_dm2), title: ([, one]) => exactly(one.moved_dm2) },
      ],
      Object.entries(done.kinds),
      { caption: t("ledger.kind"), hideCaption: true, dense: true },
    ),
    done.unmatched.length > 0 && h("section", null, h("h3", null, t("act.flows.unmatched")), h("ul", null, done.unmatched.slice(0, 50).map((one) => h("li", null, `${one.old_parcel} → ${one.new_parcel}: ${withUnit(one.area_dm2)} – ${one.why}`)))),
    done.differences.length > 0 && h("section", null, h("h3", null, t("act.flows.differences")), h("ul", null, done.differences.map((one) => h("li", null, `${one.account}: ${withUnit(one.difference_dm2)}`)))),
    done.findings.length > 0 && findingList(done.findings, 20),
  ];
}

/** A job, and once it is done what came of it. */
function followed<T>(job: Job, view: (result: T) => Child): HTMLElement {
  const result = h("div", null);
  return h(
    "div",
    null,
    jobView(job, (ended) => {
      if (ended.state !== "done") return;
      get<T>(`/jobs/${ended.id}/result`).then((found) => fill(result, view(found)), (error: unknown) => fill(result, problemBox(error)));
    }),
    result,
  );
}

// The book examined

interface Verified {
  entries: number;
  lines: number;
  accounts: number;
  closings: number;
  digest: string;
  findings: Finding[];
}

export function verifyAct(): Child {
  const place = h("div", null);
  const begin = (path: string): void => {
    fill(place, h("p", { class: "wait", role: "status" }, t("job.making")));
    send<Job>("POST", path).then((job) => fill(place, followed<Verified>(job, verifiedView)), (error: unknown) => fill(place, problemBox(error)));
  };
  return [
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "button strong", onclick: () => begin("/ledger/verifications") }, t("act.verify.button")),
      h("button", { type: "button", class: "button", onclick: () => begin("/ledger/replays") }, t("act.replay.button")),
    ),
    place,
  ];
}

function verifiedView(found: Verified): Child {
  const sound = found.findings.length === 0;
  return h(
    "div",
    { class: `answer ${sound ? "good" : "bad"}`, role: "status" },
    h("h2", null, t(sound ? "act.verify.sound" : "act.verify.broken")),
    facts([
      [t("ledger.tab.entries"), String(found.entries)],
      [t("ledger.lines"), String(found.lines)],
      [t("ledger.family"), String(found.accounts)],
      [t("act.verify.closings"), String(found.closings)],
      found.digest !== "" && [t("act.verify.digest"), h("code", null, found.digest)],
    ]),
    found.findings.length > 0 && findingList(found.findings),
  );
}
