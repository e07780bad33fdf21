/** Small forms: every step can be undone, nothing is lost unasked, what is missing is said at its field. */

import { exactArea, parseArea } from "../area";
import { type Child, fill, h, type Props } from "../dom";
import { keepWatch } from "../guard";
import { state } from "../store";
import { t } from "../words";
import { unitName } from "./areas";
import { ask } from "./dialog";
import { Draft } from "./draft";
import { checkField, selectField, textField } from "./field";
import { problemBox } from "./problem";

export type Values = Record<string, string>;

export interface Field {
  name: string;
  label: string;
  /** Areas are typed in the reader's unit and kept as whole 0.01 m²; a check is "1" or "". */
  kind?: "text" | "date" | "area" | "select" | "check" | "number";
  required?: boolean;
  hint?: string | undefined;
  choices?: readonly { value: string; label: string }[];
  /** Other fields hang on this one: draw again when it changes. */
  again?: boolean;
  props?: Props;
}

export interface ActOptions<T> {
  /** Under this name the form is kept while one looks at something else. */
  name: string;
  blank: () => Values;
  fields: (values: Values) => readonly Field[];
  /** Above the buttons: a file to drop, what is proposed. */
  more?: (values: Values, redraw: () => void) => Child;
  submit: string;
  /** Asked before it is done. */
  sure?: (values: Values) => { title: string; said: string };
  /** What is missing beside the fields; said above the buttons. */
  missing?: (values: Values) => string | null;
  send: (values: Values) => Promise<T>;
  /** What came of it; stands in the place of the form. */
  shown: (answer: T) => Child;
  /** Is it over, so that what was filled in may go? Without: always. */
  over?: (answer: T) => boolean;
  given?: Partial<Values>;
}

const drafts = new Map<string, Draft<Values>>();

function draftOf(options: Pick<ActOptions<unknown>, "name" | "blank">): Draft<Values> {
  const held = drafts.get(options.name);
  if (held) return held;
  const made = new Draft<Values>(options.blank);
  drafts.set(options.name, made);
  keepWatch(made);
  return made;
}

/** What the form of that name holds, to look at from outside. */
export function setField(name: string, some: Partial<Values>): void {
  const draft = drafts.get(name);
  if (draft) draft.set({ ...draft.value, ...(some as Values) });
}

export function actForm<T>(options: ActOptions<T>): HTMLElement & { redraw: () => void } {
  const draft = draftOf(options);
  for (const [name, value] of Object.entries(options.given ?? {})) {
    if (value !== undefined && draft.value[name] !== value) draft.change({ [name]: value });
  }
  const told = h("div", { tabindex: "-1", class: "act-told" });
  const place = h("div", { class: "act" });
  let tried = false;
  let busy = false;

  const redraw = (): void => {
    const held = document.activeElement instanceof HTMLElement && place.contains(document.activeElement) ? document.activeElement.dataset["field"] : null;
    fill(place, form(), told);
    if (held) place.querySelector<HTMLElement>(`[data-field="${CSS.escape(held)}"]`)?.focus();
  };
  const faults = (): Map<string, string> => {
    const found = new Map<string, string>();
    for (const field of options.fields(draft.value)) {
      const value = draft.value[field.name] ?? "";
      if (field.required && !value) found.set(field.name, t("form.missing"));
      else if (field.kind === "area" && value && !/^-?\d+$/.test(value)) found.set(field.name, t("form.area.wrong"));
      else if (field.kind === "number" && value && !/^\d+$/.test(value)) found.set(field.name, t("act.number.wrong"));
    }
    return found;
  };
  const submit = async (): Promise<void> => {
    if (busy) return;
    tried = true;
    fill(told);
    const lacking = options.missing?.(draft.value) ?? null;
    if (faults().size || lacking) {
      redraw();
      if (lacking) fill(told, h("p", { class: "note", role: "alert" }, lacking));
      place.querySelector<HTMLElement>("[aria-invalid]")?.focus();
      return;
    }
    const sure = options.sure?.(draft.value);
    if (sure && !(await ask(sure.title, sure.said, options.submit, t("cancel")))) return;
    busy = true;
    const button = place.querySelector<HTMLButtonElement>("button[type=submit]");
    if (button) button.disabled = true;
    fill(told, h("p", { class: "wait", role: "status" }, t("wait")));
    try {
      const answer = await options.send(draft.value);
      if (options.over?.(answer) ?? true) {
        draft.drop();
        tried = false;
        fill(place, told);
      } else redraw();
      fill(told, options.shown(answer));
      told.focus();
    } catch (error) {
      fill(told, problemBox(error));
      told.focus();
    } finally {
      busy = false;
      if (button) button.disabled = false;
    }
  };

  const form = (): HTMLElement => {
    const wrong = tried ? faults() : new Map<string, string>();
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
        h("span", null),
        h(
          "div",
          { class: "buttons" },
          h("button", { type: "button", class: "button", "data-undo": true, disabled: !draft.canUndo, onclick: () => (draft.undo(), redraw()) }, t("undo")),
          h("button", { type: "button", class: "button", disabled: !draft.canRedo, onclick: () => (draft.redo(), redraw()) }, t("redo")),
          h("button", { type: "button", class: "button", onclick: () => (draft.clear(), redraw()) }, t("clear")),
        ),
      ),
      h("div", { class: "fields" }, options.fields(draft.value).map((field) => control(field, wrong.get(field.name) ?? null))),
      options.more?.(draft.value, redraw),
      h("div", { class: "buttons" }, h("button", { type: "submit", class: "button strong" }, options.submit)),
    );
  };

  const control = (field: Field, wrong: string | null): HTMLElement => {
    const value = draft.value[field.name] ?? "";
    const take = (next: string): void => {
      draft.change({ [field.name]: next });
      if (field.again || field.kind === "check" || field.kind === "select") redraw();
      else for (const button of place.querySelectorAll<HTMLButtonElement>("[data-undo]")) button.disabled = !draft.canUndo;
    };
    const labelled = field.required ? field.label : `${field.label} (${t("act.optional")})`;
    const made = ((): HTMLElement => {
      switch (field.kind) {
        case "check":
          return checkField(field.label, value === "1", (on) => take(on ? "1" : ""));
        case "select":
          return selectField(field.label, value, field.choices ?? [], take, { hint: field.hint, wrong });
        case "area":
          return textField(`${labelled} · ${unitName()}`, typedArea(value), (typed) => take(keptArea(typed)), { inputmode: "decimal", ...field.props }, { whole: true, hint: field.hint, wrong });
        case "number":
          return textField(labelled, value, take, { inputmode: "numeric", ...field.props }, { whole: true, hint: field.hint, wrong });
        default:
          return textField(labelled, value, take, { type: field.kind ?? "text", required: field.required ?? false, ...field.props }, { whole: true, hint: field.hint, wrong });
      }
    })();
    made.querySelector<HTMLElement>("input, select")?.setAttribute("data-field", field.name);
    return made;
  };

  place.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    draft[event.shiftKey ? "redo" : "undo"]();
    redraw();
  });
  redraw();
  return Object.assign(place, { redraw });
}

/** What was typed, as whole 0.01 m²; as it is where it is no area. */
function keptArea(typed: string): string {
  const dm2 = typed ? parseArea(typed, state.unit) : null;
  return dm2 === null ? typed && `?${typed}` : String(dm2);
}

function typedArea(kept: string): string {
  if (!/^-?\d+$/.test(kept)) return kept.replace(/^\?/, "");
  const text = exactArea(BigInt(kept), state.unit).replace(/,/g, "").replace("\u2212", "-");
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

/** Whole 0.01 m² as hectares for the server, to the last digit. */
export function hectares(dm2: string): string {
  return exactArea(BigInt(dm2), "ha").replace(/,/g, "");
}

export function today(): string {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
}

/** Only what was filled in. */
export function filled(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined));
}
