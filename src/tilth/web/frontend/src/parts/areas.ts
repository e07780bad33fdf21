/** Areas in the unit that the reader chose, with the exact number at hand. */

import { area, exactArea } from "../area";
import { h } from "../dom";
import { state } from "../store";
import { t } from "../words";

/** In the reader's unit, without its name. */
export function inUnit(dm2: number | null | undefined): string {
  return dm2 === null || dm2 === undefined ? "–" : area(dm2, state.unit);
}

export function unitName(): string {
  return t(`unit.${state.unit}`);
}

/** With its unit. */
export function withUnit(dm2: number | null | undefined): string {
  return dm2 === null || dm2 === undefined ? "–" : `${area(dm2, state.unit)} ${unitName()}`;
}

/** For the title of a cell: to the last 0.01 m². */
export function exactly(dm2: number | null | undefined): string | undefined {
  return dm2 === null || dm2 === undefined ? undefined : `${exactArea(dm2, "m2")} m²`;
}

export function areaText(dm2: number | null | undefined): HTMLElement {
  return h("span", { title: exactly(dm2) ?? null, class: "area" }, withUnit(dm2));
}
