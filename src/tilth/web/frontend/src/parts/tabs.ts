/** The sub-pages of a page. */

import { h } from "../dom";
import { link } from "../router";
import { t, type Word } from "../words";

export interface Tab {
  path: string;
  word: Word;
}

export function tabs(label: string, all: readonly Tab[], current: string): HTMLElement {
  return h(
    "nav",
    { class: "tabs", "aria-label": label },
    all.map((one) =>
      h("a", { href: link(one.path), "aria-current": one.path === current ? "page" : null }, t(one.word)),
    ),
  );
}
