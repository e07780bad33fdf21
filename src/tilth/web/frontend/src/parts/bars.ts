/** Bars with a mark each, drawn as one figure; the numbers stand beside them as text. */

import { h, s } from "../dom";

export interface Bar {
  label: string;
  value: number;
  /** Where the mark stands: what is wanted. */
  mark: number;
  said: string;
  bad: boolean;
}

/** Each bar is set against its own mark: the mark stands at four fifths of the width. */
export function bars(all: readonly Bar[], label: string): HTMLElement {
  return h(
    "ul",
    { class: "bars", "aria-label": label },
    all.map((one) => {
      const part = one.mark ? Math.min(1, (one.value / one.mark) * 0.8) : 0;
      return h(
        "li",
        null,
        h("span", { class: "bar-label" }, one.label),
        s(
          "svg",
          { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true", class: one.bad ? "bad" : "good" },
          s("rect", { class: "ground", width: 100, height: 10 }),
          s("rect", { class: "bar", width: part * 100, height: 10 }),
          s("rect", { class: "goal", x: 80, width: 0.5, height: 10 }),
        ),
        h("span", { class: "bar-said" }, one.said),
      );
    }),
  );
}
