/** Fields of forms: a label, the control, what helps, and what is wrong with it. */

import { type Child, freshId, h, type Props } from "../dom";

export interface FieldOptions {
  /** Take what was typed once it is whole, so that it can be undone as one step; without, at every letter. */
  whole?: boolean;
  hint?: string | undefined;
  wrong?: string | null | undefined;
}

function framed(label: string, id: string, control: HTMLElement, options: FieldOptions): HTMLElement {
  const hintId = `${id}-hint`;
  if (options.hint || options.wrong) control.setAttribute("aria-describedby", hintId);
  if (options.wrong) control.setAttribute("aria-invalid", "true");
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    control,
    (options.hint || options.wrong) &&
      h("span", { id: hintId, class: options.wrong ? "wrong" : "hint" }, options.wrong ?? options.hint),
  );
}

export function textField(
  label: string,
  value: string,
  take: (value: string) => void,
  props: Props = {},
  options: FieldOptions = {},
): HTMLElement {
  const id = freshId("field");
  const control = h("input", { id, value, autocomplete: "off", maxlength: 200, ...props });
  control.addEventListener(options.whole ? "change" : "input", () => take(control.value.trim()));
  return framed(label, id, control, options);
}

export function selectField<V extends string>(
  label: string,
  value: V,
  choices: readonly { value: V; label: string }[],
  take: (value: V) => void,
  options: FieldOptions = {},
): HTMLElement {
  const id = freshId("field");
  const control = h(
    "select",
    { id, onchange: (event: Event) => take((event.target as HTMLSelectElement).value as V) },
    choices.map((one) => h("option", { value: one.value, selected: one.value === value }, one.label)),
  );
  return framed(label, id, control, options);
}

export function checkField(label: Child, checked: boolean, take: (on: boolean) => void): HTMLElement {
  const id = freshId("field");
  return h(
    "div",
    { class: "check" },
    h("input", { id, type: "checkbox", checked, onchange: (event: Event) => take((event.target as HTMLInputElement).checked) }),
    h("label", { for: id }, label),
  );
}
