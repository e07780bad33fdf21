/** Replacement land: submitted by one person, judged by A1 to A13 and accepted by another, looked at again in later surveys. */

import { get, send } from "../api";
import { type Child, fill, h } from "../dom";
import type { Visit } from "../page";
import { go, link } from "../router";
import { may, regionName, state } from "../store";
import type { Finding } from "../types";
import { named, t } from "../words";
import { actForm, filled } from "./act_form";
import { exactly, inUnit, unitName, withUnit } from "./areas";
import { accountName } from "./book";
import { ask, tell } from "./dialog";
import { facts } from "./parcel";
import { findingList } from "./problem";
import { said } from "./said";
import { table } from "./table";
import { asOne, dropZone } from "./upload";

interface Checked {
  check: string;
  title: string;
  outcome: "pass" | "fail" | "not_assessed";
  said: string;
}

interface Judged {
  row: number;
  project: string;
  parcel: string;
  accepted: string;
  passes: boolean;
  account: string | null;
  net_dm2: number | null;
  gross_dm2: number;
  entry: string;
  posted: { number: number; again: boolean } | null;
  checks: Checked[];
  against: { entry?: string; area_dm2?: number; said?: string }[];
}

export interface Acceptance {
  file: string;
  parcels: number;
  refused: number;
  posted: number;
  posted_dm2: number;
  again: number;
  judged: Judged[];
  left_out: Finding[];
  findings: Finding[];
}

export const MARKS: Record<string, string> = { pass: "good", fail: "bad" };

interface Submission {
  id: string;
  region: string;
  file: string;
  size: number;
  note: string;
  submitter: string;
  submitted_at: string;
  state: "submitted" | "accepted" | "refused" | "withdrawn";
  decided_by: string;
  decided_at: string;
  evidence: string;
  outcome: { parcels?: number; posted?: number; posted_dm2?: number; refused?: number };
}

const STATES: Record<string, string> = { submitted: "warn", accepted: "good", refused: "bad", withdrawn: "" };

/** The file is no step that can be undone: it stands beside the form until it is sent or another one is chosen. */
let chosen: File | null = null;

// Submitted by one person

export async function submitAct(): Promise<Child> {
  const list = h("div", null, await submissionList());
  const form = actForm<Submission>({
    name: "submit-land",
    blank: () => ({ note: "" }),
    fields: () => [{ name: "note", label: t("act.submit.note"), hint: t("act.submit.note.hint"), props: { maxlength: 500 } }],
    more: () => fileField(),
    missing: () => (chosen ? null : t("act.accept.nofile")),
    submit: t("act.submit.button"),
    send: (values) => {
      const form = new FormData();
      if (chosen) form.set("file", chosen, chosen.name);
      return send<Submission>("POST", "/ledger/submissions", { query: { region: state.region, note: values["note"] }, form });
    },
    shown: (one) => {
      chosen = null;
      void submissionList().then((made) => fill(list, made));
      return h("div", { class: "answer good", role: "status" }, h("h2", null, t("act.submit.done", { file: one.file })), h("p", null, t("act.submit.done.said")));
    },
  });
  return [form, list];
}

function fileField(): HTMLElement {
  const name = h("p", { role: "status" }, chosen ? t("act.accept.file", { name: chosen.name }) : "");
  return h(
    "div",
    null,
    dropZone(t("act.accept.drop"), t("check.kinds"), (files) => {
      void asOne(files).then((file) => {
        chosen = file ?? chosen;
        fill(name, file ? t("act.accept.file", { name: file.name }) : t("check.partial"));
      });
    }),
    name,
  );
}

async function submissionList(): Promise<HTMLElement> {
  const { submissions } = await get<{ submissions: Submission[] }>("/ledger/submissions");
  return h(
    "section",
    null,
    h("h2", null, t("act.submissions")),
    table<Submission>(
      [
        { label: t("act.submit.file"), names: true, cell: (one) => [h("a", { href: `/api/v1/ledger/submissions/${one.id}/file`, download: one.file }, one.file), one.note && h("p", { class: "quiet" }, one.note)] },
        { label: t("check.outcome"), cell: (one) => h("span", { class: `mark ${STATES[one.state] ?? ""}` }, named("submission", one.state)) },
        { label: t("region"), cell: (one) => regionName(one.region) },
        { label: t("act.accept.submitter"), cell: (one) => [one.submitter, h("span", { class: "quiet nowrap" }, ` ${one.submitted_at.slice(0, 10)}`)] },
        {
          label: t("act.submit.decided"),
          cell: (one) => one.decided_by !== "" && [one.decided_by, h("span", { class: "quiet nowrap" }, ` ${one.decided_at.slice(0, 10)}`), h("p", { class: "quiet" }, one.evidence)],
        },
        { label: `${t("act.accept.inpool")} (${unitName()})`, number: true, cell: (one) => inUnit(one.outcome.posted_dm2), title: (one) => exactly(one.outcome.posted_dm2) },
        { label: t("ledger.todo"), screen: true, cell: (one) => one.state === "submitted" && doing(one) },
      ],
      submissions,
      { caption: t("act.submissions"), hideCaption: true, dense: true, empty: t("act.submissions.none") },
    ),
  );
}

/** Who submitted it may take it back; another person accepts or refuses it. */
function doing(one: Submission): Child {
  if (one.submitter === state.me.name) {
    const withdraw = (): void => void askAndSend(t("act.withdraw.sure", { file: one.file }), t("act.withdraw.said"), t("act.withdraw"), () => send("DELETE", `/ledger/submissions/${one.id}`));
    return h("button", { type: "button", class: "button danger", "aria-label": `${t("act.withdraw")}: ${one.file}`, onclick: withdraw }, t("act.withdraw"));
  }
  return (
    may("accept") && h("a", { class: "button", href: link("/ledger/acts/accept", { submission: one.id }), "aria-label": `${t("act.accept.open")}: ${one.file} ${one.submitter}` }, t("act.accept.open"))
  );
}

async function askAndSend(title: string, text: string, yes: string, work: () => Promise<unknown>): Promise<void> {
  if (!(await ask(title, text, yes, t("cancel")))) return;
  try {
    await work();
    await go(link("/ledger/acts/submit"), true);
  } catch (error) {
    tell(error instanceof Error ? error.message : "");
  }
}

// Accepted or refused by another

export async function acceptAct(visit: Visit): Promise<Child> {
  const id = visit.place.query.get("submission");
  if (!id) return submissionList();
  const one = await get<Submission>(`/ledger/submissions/${encodeURIComponent(id)}`);
  const years = [...(state.workspace?.years ?? [])].sort((a, b) => b - a);
  return [
    facts([
      [t("act.submit.file"), h("a", { href: `/api/v1/ledger/submissions/${one.id}/file`, download: one.file }, one.file)],
      [t("act.accept.submitter"), `${one.submitter} ${one.submitted_at.slice(0, 10)}`],
      [t("region"), regionName(one.region)],
      one.note !== "" && [t("act.submit.note"), one.note],
      [t("check.outcome"), h("span", { class: `mark ${STATES[one.state] ?? ""}` }, named("submission", one.state))],
    ]),
    one.state === "submitted" && [
      actForm<Acceptance>({
        name: `accept-${one.id}`,
        blank: () => ({ evidence: "", on: "", base: "", passing: "" }),
        fields: () => [
          { name: "evidence", label: t("act.accept.evidence"), required: true },
          { name: "on", label: t("ledger.posting"), kind: "date", hint: t("act.today") },
          {
            name: "base",
            label: t("act.accept.base"),
            kind: "select",
            choices: [{ value: "", label: t("act.accept.base.last") }, ...years.map((year) => ({ value: String(year), label: String(year) }))],
          },
          { name: "passing", label: t("act.accept.passing"), kind: "check" },
        ],
        submit: t("act.accept.button"),
        send: (values) =>
          send<Acceptance>("POST", "/ledger/acceptances", {
            json: {
              ...filled({ submission: one.id, evidence: values["evidence"], on: values["on"], base_year: values["base"] ? Number(values["base"]) : null }),
              only_passing: values["passing"] === "1",
            },
          }),
        over: (done) => done.posted > 0,
        shown: acceptanceView,
      }),
      h("h3", null, t("act.refuse")),
      actForm<Submission>({
        name: `refuse-${one.id}`,
        blank: () => ({ reason: "" }),
        fields: () => [{ name: "reason", label: t("act.refuse.reason"), required: true, hint: t("act.refuse.hint") }],
        submit: t("act.refuse.button"),
        send: (values) => send<Submission>("POST", `/ledger/submissions/${one.id}/refusal`, { json: { reason: values["reason"] } }),
        shown: () => h("p", { class: "note", role: "status" }, t("act.refuse.done", { name: one.submitter })),
      }),
    ],
    h("p", null, h("a", { href: link("/ledger/acts/accept", { submission: null }) }, t("act.submissions"))),
  ];
}

/** The answer first, then every parcel with its thirteen marks, then what stands behind a mark. */
export function acceptanceView(done: Acceptance): Child {
  const well = done.refused === 0 && done.posted > 0;
  return [
    h(
      "div",
      { class: `answer ${well ? "good" : "bad"}`, role: "status" },
      h("h2", null, t(done.posted ? "act.accept.done" : "act.accept.refused")),
      h("p", null, t("act.accept.sum", { parcels: done.parcels, posted: done.posted, area: withUnit(done.posted_dm2), refused: done.refused, again: done.again })),
    ),
    judgedTable(done.judged),
    done.judged.filter((one) => !one.passes).map(reasons),
    [...done.left_out, ...done.findings].length > 0 && h("section", null, h("h3", null, t("check.findings")), findingList([...done.left_out, ...done.findings])),
  ];
}

function judgedTable(judged: readonly Judged[]): HTMLElement {
  const checks = [...new Set(judged.flatMap((one) => one.checks.map((check) => check.check)))];
  const titles = new Map(judged.flatMap((one) => one.checks.map((check) => [check.check, check.title] as const)));
  const legend = checks.map((check) => `${check} ${titles.get(check) ?? ""}`).join(" · ");
  return h(
    "section",
    null,
    table<Judged>(
      [
        { label: t("act.accept.parcel"), names: true, cell: (one) => one.parcel },
        { label: t("act.accept.verdict"), cell: (one) => h("span", { class: `mark ${one.passes ? "good" : "bad"}` }, t(one.posted ? "act.accept.inpool" : one.passes ? "outcome.pass" : "outcome.fail")) },
        { label: `${t("act.accept.net")} (${unitName()})`, number: true, cell: (one) => inUnit(one.net_dm2), title: (one) => exactly(one.net_dm2) },
        { label: t("ledger.account"), cell: (one) => (one.account ? accountName(one.account.split(" ")[1] ?? one.account) : "–") },
        ...checks.map((check) => ({
          label: check,
          cell: (one: Judged): Child => {
            const found = one.checks.find((each) => each.check === check);
            return found ? h("span", { class: `mark tiny ${MARKS[found.outcome] ?? ""}`, title: `${found.title}: ${found.said}` }, t(`sign.${found.outcome}`), h("span", { class: "unseen" }, ` ${named("outcome", found.outcome)}`)) : "–";
          },
        })),
      ],
      judged,
      { caption: t("act.accept.table"), hideCaption: true, dense: true },
    ),
    h("p", { class: "quiet" }, legend),
  );
}

function reasons(one: Judged): HTMLElement {
  return h(
    "section",
    null,
    h("h3", null, t("act.accept.reasons", { parcel: one.parcel, row: one.row })),
    h(
      "ul",
      { class: "findings" },
      one.checks
        .filter((check) => check.outcome !== "pass")
        .map((check) =>
          h("li", null, h("span", { class: `mark ${MARKS[check.outcome] ?? ""}` }, named("outcome", check.outcome)), h("div", null, h("p", null, h("strong", null, `${check.check} ${check.title}: `), said(check.said)))),
        ),
      one.against.map((other) =>
        h("li", null, h("span", { class: "mark bad" }, t("act.accept.twice")), h("p", null, `${other.entry ?? ""} ${other.area_dm2 ? withUnit(other.area_dm2) : ""} ${other.said ?? ""}`.trim())),
      ),
    ),
  );
}

// Accepted land in later surveys

interface FollowUp {
  year: number;
  followed: number;
  pass: number;
  fail: number;
  not_assessed: number;
  parcels: { entry: string; region: string; net_dm2: number; accepted: string; outcome: string; said: string; lost_dm2: number | null }[];
  posted: { id: string; number: number; again: boolean }[];
  refused: { id: string; why: string }[];
}

export async function followUpAct(): Promise<Child> {
  if (!state.year) return h("p", { class: "note" }, t("no.survey"));
  const found = await get<FollowUp>("/ledger/follow-up", { year: state.year });
  return [
    followUpView(found),
    found.fail > 0 &&
      actForm<FollowUp>({
        name: `follow-up-${state.year}`,
        blank: () => ({ evidence: "", on: "" }),
        fields: () => [
          { name: "evidence", label: t("ledger.evidence"), required: true },
          { name: "on", label: t("ledger.posting"), kind: "date", hint: t("act.today") },
        ],
        submit: t("act.follow.button", { count: found.fail }),
        sure: () => ({ title: t("act.follow.sure"), said: t("act.follow.sure.said", { count: found.fail }) }),
        send: (values) => send<FollowUp>("POST", "/ledger/follow-ups", { json: filled({ year: state.year, evidence: values["evidence"], on: values["on"] }) }),
        shown: followUpView,
      }),
  ];
}

function followUpView(found: FollowUp): Child {
  return [
    facts([
      [t("act.follow.followed", { year: found.year }), String(found.followed)],
      [t("act.follow.fine"), String(found.pass)],
      [t("act.follow.lost"), String(found.fail)],
      [t("outcome.not_assessed"), String(found.not_assessed)],
      found.posted.length > 0 && [t("act.posted", { count: found.posted.length }), found.posted.map((one) => one.id).join(", ")],
    ]),
    found.refused.length > 0 && h("ul", null, found.refused.map((one) => h("li", null, `${one.id}: `, said(one.why)))),
    table(
      [
        { label: t("ledger.entry"), names: true, cell: (one) => one.entry },
        { label: t("check.outcome"), cell: (one) => h("span", { class: `mark ${MARKS[one.outcome] ?? ""}` }, named("outcome", one.outcome)) },
        { label: t("region"), cell: (one) => regionName(one.region) },
        { label: t("act.accepted"), cell: (one) => one.accepted },
        { label: `${t("act.accept.net")} (${unitName()})`, number: true, cell: (one) => inUnit(one.net_dm2), title: (one) => exactly(one.net_dm2) },
        { label: `${t("act.follow.lostarea")} (${unitName()})`, number: true, cell: (one) => inUnit(one.lost_dm2), title: (one) => exactly(one.lost_dm2) },
        { label: t("check.found"), cell: (one) => h("p", null, said(one.said)) },
      ],
      found.parcels,
      { caption: t("act.follow"), hideCaption: true, dense: true, empty: t("act.follow.none", { year: found.year }) },
    ),
  ];
}
