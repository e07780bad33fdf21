/** A long list, page by page: what is there is shown, more is fetched when asked for. */

import { type Child, fill, h } from "../dom";
import type { Paged } from "../types";
import { t } from "../words";
import { problemBox } from "./problem";

export function paged<T>(
  fetchPage: (cursor: string | null) => Promise<Paged<T>>,
  view: (items: readonly T[], first: Paged<T>) => Child,
): HTMLElement {
  const items: T[] = [];
  const list = h("div", null);
  const foot = h("div", { class: "buttons" });
  const place = h("div", null, list, foot);
  let first: Paged<T> | null = null;
  const more = async (cursor: string | null): Promise<void> => {
    fill(foot, h("p", { class: "wait", role: "status" }, t("wait")));
    try {
      const page = await fetchPage(cursor);
      first ??= page;
      items.push(...page.items);
      fill(list, view(items, first));
      fill(foot, page.next !== null && h("button", { type: "button", class: "button", onclick: () => void more(page.next) }, t("more")));
    } catch (error) {
      fill(foot, problemBox(error, () => void more(cursor)));
    }
  };
  void more(null);
  return place;
}
