/** What paper needs and the screen has around the page: of which region and year it is, when and by whom it was printed. */

import { fill, h } from "./dom";
import { regionName, state } from "./store";
import { t } from "./words";

export function printHead(): HTMLElement {
  return h("p", { id: "print-head", class: "printonly" });
}

/** What is folded on the screen is opened for paper, and folded again afterwards. */
let opened: HTMLDetailsElement[] = [];

window.addEventListener("beforeprint", () => {
  const head = document.getElementById("print-head");
  if (head) fill(head, told());
  opened = [...document.querySelectorAll<HTMLDetailsElement>(".verdict details:not([open]), details.about:not([open])")];
  for (const one of opened) one.open = true;
});
window.addEventListener("afterprint", () => {
  for (const one of opened) one.open = false;
  opened = [];
});

function told(): string {
  const at = new Date();
  const two = (value: number): string => String(value).padStart(2, "0");
  const when = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
  const who = state.me.shown || state.me.name || "";
  return t("print.head", { title: t("title.long"), region: regionName(state.region), code: state.region, year: state.year || "–", when, who });
}
