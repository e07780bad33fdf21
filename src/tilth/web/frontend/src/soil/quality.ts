/** What stands behind a map: the area of each class, and how near it comes on land it has not seen. */

import { area, levelled } from "../area";
import { h } from "../dom";
import { exactly, inUnit, unitName } from "../parts/areas";
import { table } from "../parts/table";
import { state } from "../store";
import { t, type Word } from "../words";
import { type ClassArea, num, percent, type Score, type SoilMap, type Trial } from "./record";

export function areasSection(soil: SoilMap): HTMLElement {
  const { areas } = soil;
  const head = h("h2", { id: "soil-areas" }, t("soil.areas"));
  if (!areas) return h("section", { "aria-labelledby": "soil-areas" }, head, h("p", { class: "quiet" }, t("soil.areas.none")));
  const interval = t("soil.areas.interval", { unit: unitName() });
  const ha = areas.rows.reduce((sum, one) => sum + Math.round(one.ha * 100), 0) / 100;
  const total: ClassArea = { class: t("total"), area_dm2: areas.total_dm2, ha, low_dm2: -1, high_dm2: -1, share_pct: "100.00" };
  const end = (dm2: number): string => (dm2 < 0 ? "" : state.unit === "ha" ? area(dm2, "ha", 2) : inUnit(dm2));
  const middle = (one: ClassArea): string => (state.unit === "ha" ? levelled(one.ha) : inUnit(one.area_dm2));
  return h(
    "section",
    { "aria-labelledby": "soil-areas" },
    head,
    h("p", { class: "quiet" }, `${soil.year ? t("soil.areas.year", { year: soil.year }) : ""} ${areas.said}`),
    table<ClassArea>(
      [
        { label: t("soil.areas.class"), names: true, cell: (one) => one.class },
        { label: `${t("soil.areas.area")} (${unitName()})`, number: true, cell: middle, title: (one) => exactly(one.area_dm2) },
        { group: interval, label: t("soil.areas.low"), number: true, cell: (one) => end(one.low_dm2), title: (one) => (one.low_dm2 < 0 ? undefined : exactly(one.low_dm2)) },
        { group: interval, label: t("soil.areas.high"), number: true, cell: (one) => end(one.high_dm2), title: (one) => (one.high_dm2 < 0 ? undefined : exactly(one.high_dm2)) },
        { label: `${t("soil.areas.share")} (%)`, number: true, cell: (one) => one.share_pct },
      ],
      [...areas.rows, total],
      { caption: t("soil.areas"), hideCaption: true, rowClass: (one) => (one === total ? "own" : undefined) },
    ),
  );
}

export function trialSection(trial: Trial | null, none: HTMLElement | null): HTMLElement {
  const head = h("h2", { id: "soil-trial" }, t("soil.trial"));
  if (!trial) return h("section", { "aria-labelledby": "soil-trial" }, head, h("p", { class: "quiet" }, t("soil.trial.none")), none);
  return h("section", { "aria-labelledby": "soil-trial" }, head, trialTable(trial));
}

interface Row extends Score {
  name: string;
  flatters: boolean;
}

export function trialTable(trial: Trial): HTMLElement {
  const name = (method: string): string => t(`soil.trial.${method}` as Word);
  const rows: Row[] = [
    ...trial.scores.map((one) => ({ ...one, name: name(one.method), flatters: false })),
    ...trial.random_split_flatters.map((one) => ({ ...one, name: t("soil.trial.flatters", { method: name(one.method) }), flatters: true })),
  ];
  const less = (row: Row): string => {
    const found = row.flatters ? undefined : trial.differences.find((one) => one.baseline === row.method);
    return found ? t("soil.trial.range", { mean: num(found.rmse, 3), low: num(found.rmse_low, 3), high: num(found.rmse_high, 3) }) : "";
  };
  const { coverage_90: covered, blocks } = trial;
  return h(
    "div",
    null,
    h("p", { class: "quiet" }, t("soil.trial.said", { samples: trial.samples, places: trial.places, folds: blocks.folds, blocks: blocks.number, side: num(blocks.side_m) })),
    table<Row>(
      [
        { label: t("soil.trial.method"), names: true, cell: (row) => row.name },
        { label: "R²", number: true, cell: (row) => num(row.r2, 3) },
        { label: t("soil.trial.log"), number: true, cell: (row) => num(row.rmse, 3) },
        { label: t("soil.trial.ds"), number: true, cell: (row) => num(row.rmse_ds_m, 2) },
        { label: t("soil.trial.less"), number: true, cell: less },
      ],
      rows,
      { caption: t("soil.trial"), hideCaption: true, rowClass: (row) => (row.flatters ? "flattering" : row.method === "tilth" ? "own" : undefined) },
    ),
    h("p", null, t("soil.trial.coverage", { overall: percent(covered.overall, 1), thirds: covered.by_found.map((one) => percent(one, 1)).join(" / ") })),
    h("p", { class: "quiet" }, t("soil.trial.outside", { share: percent(trial.outside_applicability, 1) })),
    trial.random_split_flatters.length > 0 && h("p", { class: "quiet" }, t("soil.trial.flattery")),
  );
}
