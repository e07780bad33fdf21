// A field that finds a parcel by its number.

import { freshId, h } from "../dom";
import { t } from "../words";

export function finder(label: string, find: (parcel: string) => void): HTMLElement {
  const id = freshId("find");
  const field = h("input", { id, maxlength: 64, autocomplete: "off", spellcheck: "false" });
  return h(
    "form",
    {
      class: "finder",
      role: "search",
      onsubmit: (event: Event) => {
        event.preventDefault();
        if (field.value.trim()) find(field.value.trim());
      },
    },
    h("label", { for: id }, label),
    h("div", { class: "row" }, field, h("button", { type: "submit", class: "button" }, t("map.find.button"))),
  );
}
