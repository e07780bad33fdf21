/** Two plans side by side: figures, demands, treatments, what becomes of what, and where on the map. */

import { count } from "../area";
import { get } from "../api";
import { type Child, h } from "../dom";
import type { Visit } from "../page";
import { exactly, inUnit, unitName, withUnit } from "../parts/areas";
import { selectField } from "../parts/field";
import { type Column, table } from "../parts/table";
import { go, link } from "../router";
import { t } from "../words";
import { legendList, pictureMap, unitPanel } from "./mapping";
import { aimText, amount, besideArea, type Comparison, figure, gapText, type Group, groupLabel, groupTitle, kindName, learnNames, type Pair, placeName, type Plan, planPath, type PlanShort, quantity, shownAs, tilesOf } from "./record";
import { demandName } from "./result";

type Shown = "differs" | "first" | "second";
/** As the server draws what two plans have in common. */
const SAME = "#f1f3f2";

export async function comparingPage(visit: Visit, all: readonly PlanShort[], year: number): Promise<HTMLElement> {
  const solved = all.filter((one) => one.solution);
  if (solved.length < 2) return h("p", { class: "note" }, t("plan.pair.need"));
  const known = (name: string | null): PlanShort | undefined => solved.find((one) => one.name === name);
  const second = known(visit.place.query.get("with")) ?? solved.find((one) => one.varies && known(one.varies.plan)) ?? (solved[1] as PlanShort);
  const first = known(visit.place.query.get("plan")) ?? known(second.varies?.plan ?? null) ?? (solved.find((one) => one.name !== second.name) as PlanShort);
  const told = year ? { year } : {};
  const [pair, one, other] = await Promise.all([
    get<Comparison>(planPath(first.name, `/against/${encodeURIComponent(second.name)}`), told),
    get<Plan>(planPath(first.name), told),
    get<Plan>(planPath(second.name), told),
  ]);
  learnNames(one);
  const names = solved.map((each) => ({ value: each.name, label: each.name }));
  return h(
    "div",
    null,
    h(
      "div",
      { class: "fields" },
      selectField(t("plan.pair.first"), first.name, names, (name) => void go(link("/plan/compare", { plan: name, with: second.name }))),
      selectField(t("plan.pair.second"), second.name, names, (name) => void go(link("/plan/compare", { plan: first.name, with: name }))),
    ),
    figures(pair),
    demands(pair),
    groups(pair, one),
    moves(pair),
    map(visit, pair, one, other),
  );
}

function change(pair: Pair): string {
  const [before, after] = pair;
  if (before === null || after === null) return "–";
  const less = after - before;
  return `${less > 0 ? "+" : ""}${figure(less)}`;
}

function heads(pair: Comparison): [string, string] {
  return pair.plans.map((one) => one.name) as [string, string];
}

function figures(pair: Comparison): HTMLElement {
  const [first, second] = pair.plans as [Comparison["plans"][number], Comparison["plans"][number]];
  const same = aimText(first.aim) === aimText(second.aim);
  interface Row {
    name: string;
    cells: [string, string];
    change: string;
  }
  const rows: Row[] = [
    { name: same ? aimText(first.aim) : t("plan.value"), cells: [figure(first.value), figure(second.value)], change: change([first.value, second.value]) },
    { name: t("plan.bound"), cells: [figure(first.bound), figure(second.bound)], change: change([first.bound, second.bound]) },
    { name: t("plan.gap"), cells: [gapText(first.gap), gapText(second.gap)], change: "" },
    { name: t("plan.seconds"), cells: [t("plan.second", { seconds: first.seconds.toFixed(1) }), t("plan.second", { seconds: second.seconds.toFixed(1) })], change: "" },
  ];
  const [a, b] = heads(pair);
  return h(
    "section",
    { class: "first", "aria-labelledby": "pair-figures" },
    h("h2", { id: "pair-figures" }, t("plan.pair.figures")),
    !same && h("p", { class: "note" }, t("plan.pair.same.aim")),
    table<Row>(
      [
        { label: t("plan.value"), names: true, cell: (row) => row.name },
        { label: a, given: true, number: true, cell: (row) => row.cells[0] },
        { label: b, given: true, number: true, cell: (row) => row.cells[1] },
        { label: t("plan.pair.change"), number: true, cell: (row) => row.change },
      ],
      rows,
      { caption: t("plan.pair.figures"), hideCaption: true },
    ),
  );
}

function demands(pair: Comparison): HTMLElement {
  type Row = Comparison["rows"][number];
  const [a, b] = heads(pair);
  const rows = pair.rows.filter((row) => row.limit[0] !== row.limit[1] || row.used[0] !== row.used[1]);
  const told = (row: Row, key: "limit" | "used" | "price", at: 0 | 1): string => (key === "price" ? figure(row.price[at] === null ? null : row.price[at] * shownAs(row.unit)) : amount(row.column, row[key][at]));
  const both = (key: "limit" | "used" | "price"): Column<Row>[] => [
    { group: t(`plan.${key}`), label: a, given: true, number: true, cell: (row) => told(row, key, 0) },
    { group: t(`plan.${key}`), label: b, given: true, number: true, cell: (row) => told(row, key, 1), cellClass: (row) => (row[key][0] !== row[key][1] ? "unlike" : undefined) },
  ];
  return h(
    "section",
    { "aria-labelledby": "pair-demands" },
    h("h2", { id: "pair-demands" }, t("plan.pair.demands")),
    table<Row>([{ label: t("plan.demand"), names: true, cell: demandName }, ...both("limit"), ...both("used"), ...both("price")], rows, {
      caption: t("plan.pair.demands"), hideCaption: true, empty: t("plan.pair.demands.none"),
    }),
  );
}

function groups(pair: Comparison, plan: Plan): Child[] {
  const [a, b] = heads(pair);
  return Object.entries(pair.groups).map(([by, rows]) => {
    type Row = (typeof rows)[number];
    const known = rows.every((row) => row.plans.every((one) => one === null || one.area_dm2 !== null));
    const both = (label: string, cell: (one: Group | null) => string, title?: (one: Group | null) => string | undefined): Column<Row>[] =>
      [a, b].map((name, at) => ({
        group: label, label: name, given: true, number: true, cell: (row: Row) => cell(row.plans[at] ?? null), ...(title ? { title: (row: Row) => title(row.plans[at] ?? null) } : {}),
      }));
    const size = known
      ? both(`${t("plan.area")} (${unitName()})`, (one) => inUnit(one?.area_dm2 ?? 0), (one) => exactly(one?.area_dm2 ?? 0))
      : both(t("plan.units"), (one) => count(one?.units ?? 0));
    const id = `pair-by-${by}`;
    return h(
      "section",
      { "aria-labelledby": id },
      h("h2", { id }, groupTitle(by)),
      table<Row>(
        [
          { label: groupLabel(by), names: true, cell: (row) => placeName(by, String(row[by])) },
          ...size,
          ...besideArea(plan.quantities, known).flatMap((column) => both(quantity(column), (one) => amount(column, one?.totals[column] ?? 0))),
        ],
        rows,
        { caption: groupTitle(by), hideCaption: true },
      ),
    );
  });
}

function moves(pair: Comparison): HTMLElement {
  type Row = Comparison["moves"][number];
  const [a, b] = heads(pair);
  const told = { differ: count(pair.units_differ), same: count(pair.units_same), area: withUnit(pair.differ_dm2) };
  return h(
    "section",
    { "aria-labelledby": "pair-moves" },
    h("h2", { id: "pair-moves" }, t("plan.pair.moves")),
    h("p", { class: "pair-differ" }, t(pair.differ_dm2 === null ? "plan.pair.differ.units" : "plan.pair.differ", told)),
    pair.moves.length > 0 &&
      table<Row>(
        [
          { label: t("plan.pair.before", { name: a }), names: true, cell: (row) => kindName(row.before) },
          { label: t("plan.pair.before", { name: b }), cell: (row) => (row.before === row.after ? t("plan.pair.start", { kind: kindName(row.after) }) : kindName(row.after)) },
          { label: t("plan.units"), number: true, cell: (row) => count(row.units) },
          ...(pair.differ_dm2 === null ? [] : [{ label: `${t("plan.area")} (${unitName()})`, number: true, cell: (row: Row) => inUnit(row.area_dm2), title: (row: Row) => exactly(row.area_dm2) }]),
        ],
        pair.moves,
        { caption: t("plan.pair.moves"), hideCaption: true },
      ),
  );
}

function map(visit: Visit, pair: Comparison, first: Plan, second: Plan): Child {
  const year = first.survey?.year;
  if (!year || !first.solution || !second.solution || first.name === second.name) return null;
  const [a, b] = heads(pair);
  const legend = (plan: Plan): HTMLElement => {
    const chosen = new Set((plan.solution?.groups["treatment"] ?? []).map((one) => String(one["treatment"])));
    return legendList((plan.solution?.legends["treatment"] ?? []).filter((one) => chosen.has(one.name)).map((one) => ({ ...one, name: placeName("treatment", one.name) })));
  };
  const differs = h("div", null, h("p", { class: "legend-name" }, t("plan.pair.legend", { name: b, other: a })), legend(second), legendList([{ name: t("plan.pair.same"), colour: SAME }]));
  return h(
    "section",
    { "aria-labelledby": "pair-map" },
    h("h2", { id: "pair-map" }, t("plan.pair.map")),
    pictureMap<Shown>(
      visit, year, t("plan.pair.map"),
      [
        { value: "differs", label: t("plan.pair.differs"), tiles: tilesOf(a, "differs", year, b), legend: differs },
        { value: "first", label: a, tiles: tilesOf(a, "treatment", year), legend: legend(first) },
        { value: "second", label: b, tiles: tilesOf(b, "treatment", year), legend: legend(second) },
      ],
      "differs", () => undefined, (parcel) => bothUnits(a, b, parcel),
    ),
  );
}

/** What a parcel gets in either plan. */
async function bothUnits(first: string, second: string, parcel: string): Promise<HTMLElement> {
  return h("div", null, h("h3", null, first), await unitPanel(first, parcel), h("h3", null, second), await unitPanel(second, parcel));
}
