/** An entry of the land book, filled in. Areas are typed in the reader's unit and kept as whole 0.01 m². */

import { area, exactArea, parseArea } from "../area";
import { get, Refused, send } from "../api";
import { fill, h, type Props } from "../dom";
import { keepWatch } from "../guard";
import { regionName, state } from "../store";
import { named, t } from "../words";
import { unitName } from "./areas";
import { type Entry, KINDS } from "./book";
import { tell } from "./dialog";
import { Draft } from "./draft";
import { checkField, type FieldOptions, selectField, textField } from "./field";
import { problemBox } from "./problem";
import { choose } from "./switches";
import { dropZone } from "./upload";

/** A field whose change is one step that can be undone. */
function stepField(label: string, value: string, take: (value: string) => void, props: Props = {}, options: FieldOptions = {}): HTMLElement {
  return textField(label, value, take, props, { ...options, whole: true });
}

interface LineDraft {
  account: string;
  pbf: boolean;
  paddy: boolean;
  stable: boolean;
  grade: string;
  dm2: number | null;
  /** What was typed where it is no area. */
  typed: string;
}

interface EntryDraft {
  phase: "post" | "reserve";
  id: string;
  kind: string;
  posting: string;
  act: string;
  evidence: string;
  geometry: string;
  links: string;
  settles: string;
  reverses: string;
  expires: string;
  lines: LineDraft[];
}

const blankLine = (): LineDraft => ({ account: "", pbf: false, paddy: false, stable: false, grade: "", dm2: null, typed: "" });
const today = (): string => {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
};
const draft = new Draft<EntryDraft>(() => ({
  phase: "post",
  id: "",
  kind: "NONAG",
  posting: today(),
  act: "",
  evidence: "",
  geometry: "",
  links: "",
  settles: "",
  reverses: "",
  expires: "",
  lines: [blankLine(), blankLine()],
}));
keepWatch(draft);

interface Booked {
  entries?: { id: string; again?: boolean }[];
  again?: number;
}

let filledFrom = "";

/** Begin as another entry does: `settles` posts what that reservation holds, `reverse` takes that entry back. */
export async function fillIn(query: URLSearchParams): Promise<void> {
  const [settles, reverse] = [query.get("settles"), query.get("reverse")];
  const id = settles ?? reverse;
  const asked = `${settles ?? ""}|${reverse ?? ""}`;
  if (!id || asked === filledFrom) return;
  const from = await get<Entry>("/ledger/entry", { id, region: state.region });
  filledFrom = asked;
  draft.drop();
  draft.change({
    id: `${id}-${reverse ? "back" : "post"}`,
    kind: reverse ? "REVERSE" : from.kind,
    evidence: reverse ? "" : from.evidence,
    geometry: from.geometry,
    links: from.links.join(", "),
    settles: settles ?? "",
    reverses: reverse ?? "",
    lines: from.lines.map((one) => ({
      account: one.name,
      pbf: Boolean(one.pbf),
      paddy: Boolean(one.paddy),
      stable: Boolean(one.stable),
      grade: one.grade ? String(one.grade) : "",
      dm2: reverse ? -one.area_dm2 : one.area_dm2,
      typed: "",
    })),
  });
}

/** The form; `accounts` are offered as names. */
export function entryForm(accounts: readonly string[], done: (reserved: boolean) => void): HTMLElement {
  const place = h("div", null);
  const told = h("div", { tabindex: "-1" });
  let tried = false;

  const redraw = (): void => fill(place, form());
  const step = (some: Partial<EntryDraft>): void => {
    draft.change(some);
    redraw();
  };
  const quietly = (some: Partial<EntryDraft>): void => {
    draft.change(some);
    for (const button of place.querySelectorAll<HTMLButtonElement>("[data-undo]")) button.disabled = !draft.canUndo;
  };
  const line = (at: number, some: Partial<LineDraft>, again = false): void => {
    const lines = draft.value.lines.map((one, number) => (number === at ? { ...one, ...some } : one));
    (again ? step : quietly)({ lines });
    if (!again) fill(sum, sumText());
  };
  const sum = h("p", { class: "form-sum", "aria-live": "polite" });

  const submit = async (): Promise<void> => {
    tried = true;
    if (faults(draft.value).size) {
      redraw();
      place.querySelector<HTMLElement>("[aria-invalid]")?.focus();
      return;
    }
    const reserve = draft.value.phase === "reserve";
    try {
      const booked = await send<Booked>("POST", reserve ? "/ledger/reservations" : "/ledger/entries", {
        query: { region: state.region },
        json: { entries: [asEntry(draft.value)] },
      });
      const word = booked.again ? "form.again" : reserve ? "form.reserved" : "form.posted";
      tell(t(word, { id: draft.value.id }));
      draft.drop();
      filledFrom = "";
      done(reserve);
    } catch (error) {
      fill(told, problemBox(error));
      told.focus();
    }
  };

  const form = (): HTMLElement => {
    const value = draft.value;
    const wrong = tried ? faults(value) : new Set<string>();
    const missing = (name: string): string | null => (wrong.has(name) ? t("form.missing") : null);
    fill(sum, sumText());
    return h(
      "form",
      {
        class: "entry-form",
        novalidate: true,
        onsubmit: (event: Event) => {
          event.preventDefault();
          void submit();
        },
      },
      h(
        "div",
        { class: "form-head" },
        choose(t("form.what"), [
          { value: "post", label: t("form.post") },
          { value: "reserve", label: t("form.reserve") },
        ] as const, value.phase, (phase) => step({ phase })),
        h(
          "div",
          { class: "buttons" },
          h("button", { type: "button", class: "button", "data-undo": true, disabled: !draft.canUndo, onclick: () => (draft.undo(), redraw()) }, t("undo")),
          h("button", { type: "button", class: "button", disabled: !draft.canRedo, onclick: () => (draft.redo(), redraw()) }, t("redo")),
          h("button", { type: "button", class: "button", onclick: () => (draft.clear(), redraw()) }, t("clear")),
        ),
      ),
      h("p", { class: "quiet" }, `${t("form.region")}: ${regionName(state.region)} (${state.region})`),
      h(
        "div",
        { class: "fields" },
        stepField(t("form.id"), value.id, (id) => quietly({ id }), { required: true, maxlength: 100 }, { hint: t("form.id.hint"), wrong: missing("id") }),
        selectField(t("ledger.kind"), value.kind, KINDS.map((kind) => ({ value: kind as string, label: named("entrykind", kind) })), (kind) => step({ kind })),
        stepField(t("ledger.posting"), value.posting, (posting) => quietly({ posting }), { type: "date", required: true }, { wrong: missing("posting") }),
        stepField(t("ledger.act"), value.act, (act) => quietly({ act }), { type: "date" }),
        stepField(t("ledger.evidence"), value.evidence, (evidence) => quietly({ evidence }), { required: true }, { wrong: missing("evidence") }),
        stepField(t("form.geometry"), value.geometry, (geometry) => quietly({ geometry })),
        value.kind === "REVERSE" && stepField(t("form.reverses"), value.reverses, (reverses) => quietly({ reverses })),
        stepField(t("form.links"), value.links, (links) => quietly({ links })),
        value.phase === "reserve"
          ? stepField(t("form.expires"), value.expires, (expires) => quietly({ expires }), { type: "date" })
          : stepField(t("form.settles"), value.settles, (settles) => quietly({ settles })),
      ),
      h(
        "fieldset",
        null,
        h("legend", null, t("form.lines")),
        h("datalist", { id: "accounts-known" }, accounts.map((one) => h("option", { value: one }))),
        value.lines.map((one, at) => lineFields(one, at, wrong)),
        h("button", { type: "button", class: "button", onclick: () => step({ lines: [...value.lines, blankLine()] }) }, t("form.add")),
        sum,
      ),
      told,
      h("div", { class: "buttons" }, h("button", { type: "submit", class: "button strong" }, t(`form.submit.${value.phase}`))),
    );
  };

  const lineFields = (one: LineDraft, at: number, wrong: ReadonlySet<string>): HTMLElement =>
    h(
      "div",
      { class: "line", role: "group", "aria-label": t("form.line", { number: at + 1 }) },
      stepField(t("form.account"), one.account, (account) => line(at, { account: account.toUpperCase() }), { list: "accounts-known", spellcheck: "false", placeholder: "LAND:0103" }, { wrong: wrong.has(`account-${at}`) ? t("form.missing") : null }),
      stepField(
        `${t("form.area")} (${unitName()})`,
        one.typed || (one.dm2 === null ? "" : plainArea(one.dm2)),
        (typed) => {
          const dm2 = parseArea(typed, state.unit);
          line(at, { dm2, typed: dm2 === null ? typed : "" });
        },
        { inputmode: "decimal" },
        { wrong: wrong.has(`area-${at}`) ? t("form.area.wrong") : null },
      ),
      stepField(t("form.grade"), one.grade, (grade) => line(at, { grade }), { inputmode: "numeric", maxlength: 2 }),
      h(
        "div",
        { class: "marks" },
        checkField(t("mark.pbf"), one.pbf, (pbf) => line(at, { pbf })),
        checkField(t("mark.stable"), one.stable, (stable) => line(at, { stable })),
        checkField(t("mark.paddy"), one.paddy, (paddy) => line(at, { paddy })),
      ),
      h(
        "button",
        {
          type: "button",
          class: "button",
          "aria-label": `${t("form.remove")}: ${t("form.line", { number: at + 1 })}`,
          disabled: draft.value.lines.length < 2,
          onclick: () => step({ lines: draft.value.lines.filter((_, number) => number !== at) }),
        },
        t("form.remove"),
      ),
    );

  const keys = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    draft[event.shiftKey ? "redo" : "undo"]();
    redraw();
  };
  place.addEventListener("keydown", keys);
  redraw();
  return place;
}

function sumText(): string {
  const land = draft.value.lines.filter((one) => /^(LAND|OPENING|TRANSFER)\b/.test(one.account));
  const whole = land.reduce((sum, one) => sum + BigInt(one.dm2 ?? 0), 0n);
  return `${t("form.sum")}: ${area(whole, state.unit)} ${unitName()} – ${t(whole === 0n ? "form.sum.fine" : "form.sum.off")}`;
}

/** As one types it: no separators, no digits that say nothing. */
function plainArea(dm2: number): string {
  const text = exactArea(dm2, state.unit).replace(/,/g, "").replace("\u2212", "-");
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

function faults(value: EntryDraft): Set<string> {
  const found = new Set<string>();
  for (const name of ["id", "posting", "evidence"] as const) if (!value[name]) found.add(name);
  value.lines.forEach((one, at) => {
    if (!one.account) found.add(`account-${at}`);
    if (one.dm2 === null) found.add(`area-${at}`);
  });
  return found;
}

function asEntry(value: EntryDraft): Record<string, unknown> {
  const given = {
    id: value.id,
    kind: value.kind,
    posting_date: value.posting,
    act_date: value.act || value.posting,
    evidence: value.evidence,
    geometry: value.geometry,
    links: value.links.split(/[\s,;]+/).filter(Boolean),
    settles: value.phase === "post" ? value.settles : "",
    reverses: value.kind === "REVERSE" ? value.reverses : "",
    expires: value.phase === "reserve" ? value.expires : "",
    lines: value.lines.map((one) => ({
      region: state.region,
      account: one.account,
      ...(one.pbf ? { pbf: 1 } : {}),
      ...(one.paddy ? { paddy: 1 } : {}),
      ...(one.stable ? { stable: 1 } : {}),
      ...(one.grade ? { grade: Number(one.grade) } : {}),
      area_dm2: one.dm2,
    })),
  };
  return Object.fromEntries(Object.entries(given).filter(([, held]) => held !== "" && !(Array.isArray(held) && !held.length)));
}

/** A file of entries, posted as it is: all of them, or none. */
export function entryFile(done: () => void): HTMLElement {
  const told = h("div", null);
  const post = async (files: File[]): Promise<void> => {
    const [file] = files;
    if (!file) return;
    const form = new FormData();
    form.set("file", file, file.name);
    fill(told, h("p", { class: "wait", role: "status" }, t("wait")));
    try {
      await send("POST", "/ledger/entries", { query: { region: state.region }, form });
      fill(told);
      tell(t("form.posted", { id: file.name }));
      done();
    } catch (error) {
      fill(told, problemBox(error));
      if (!(error instanceof Refused)) throw error;
    }
  };
  return h("section", null, h("h2", null, t("form.upload")), dropZone(t("check.drop"), t("form.upload.hint"), (files) => void post(files)), told);
}
