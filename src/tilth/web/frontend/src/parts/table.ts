/** Tables: a caption, headers that name their cells, numbers set right, empty said in words. */

import { type Child, h } from "../dom";
import { t } from "../words";

export interface Column<T> {
  label: string;
  /** Group of columns under one heading. */
  group?: string | null;
  number?: boolean;
  /** The label is a name that somebody gave: it keeps its first letter. */
  given?: boolean;
  /** Only on screen: what one can do with the row. */
  screen?: boolean;
  /** The cell that names its row. */
  names?: boolean;
  title?: (row: T) => string | undefined;
  cell: (row: T) => Child;
  cellClass?: (row: T) => string | undefined;
}

export interface TableOptions<T> {
  caption: string;
  hideCaption?: boolean;
  empty?: string;
  rowClass?: (row: T) => string | undefined;
  dense?: boolean;
}

export function table<T>(columns: readonly Column<T>[], rows: readonly T[], options: TableOptions<T>): HTMLElement {
  if (rows.length === 0) return h("p", { class: "empty" }, options.empty ?? t("nothing"));
  const made = h(
    "table",
    { class: [options.dense ? "dense" : "", columns.length < 4 ? "few" : ""].join(" ").trim() || null },
    h("caption", { class: options.hideCaption ? "unseen" : "" }, options.caption),
    h("thead", null, heads(columns)),
    h(
      "tbody",
      null,
      rows.map((row) =>
        h(
          "tr",
          { class: options.rowClass?.(row) ?? null },
          columns.map((column) =>
            h(
              column.names ? "th" : "td",
              {
                class: [column.number ? "number" : "", column.screen ? "noprint" : "", column.cellClass?.(row) ?? ""].join(" ").trim() || null,
                scope: column.names ? "row" : null,
                title: column.title?.(row) ?? null,
              },
              column.cell(row),
            ),
          ),
        ),
      ),
    ),
  );
  const pinned = columns.length > 3 && columns[0]?.names ? "scroll pinned" : "scroll";
  return h("div", { class: pinned, tabindex: "0", role: "region", "aria-label": options.caption }, made);
}

function headLabel<T>(column: Column<T>): HTMLElement {
  return h("span", { class: column.given ? "given" : null }, column.label);
}

function heads<T>(columns: readonly Column<T>[]): HTMLElement[] {
  if (!columns.some((one) => one.group)) {
    return [h("tr", null, columns.map((one) => h("th", { scope: "col", class: [one.number ? "number" : "", one.screen ? "noprint" : ""].join(" ").trim() || null }, headLabel(one))))];
  }
  const above: HTMLElement[] = [];
  const under: HTMLElement[] = [];
  for (let at = 0; at < columns.length; ) {
    const column = columns[at] as Column<T>;
    if (!column.group) {
      above.push(h("th", { scope: "col", rowspan: 2, class: column.number ? "number" : null }, headLabel(column)));
      at += 1;
      continue;
    }
    let wide = 0;
    while (columns[at + wide]?.group === column.group) wide += 1;
    above.push(h("th", { scope: "colgroup", colspan: wide, class: "group" }, column.group));
    for (const one of columns.slice(at, at + wide)) under.push(h("th", { scope: "col", class: "number" }, headLabel(one)));
    at += wide;
  }
  return [h("tr", null, above), h("tr", null, under)];
}
