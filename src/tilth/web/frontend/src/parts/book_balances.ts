/** What the accounts hold, account by account or by the marks of their land. */

import { get, send } from "../api";
import { type Child, fill, freshId, h } from "../dom";
import { type MapRecord, mapRecord } from "../map/record";
import type { Visit } from "../page";
import { go, link } from "../router";
import { regionName, state } from "../store";
import { named, t } from "../words";
import { exactly, inUnit, unitName } from "./areas";
import { type Balance, landName, marks } from "./book";
import { checkField } from "./field";
import { type Job, jobButton } from "./job";
import { table } from "./table";

const FAMILIES = ["LAND", "CLAIM", "POOL", "CAP", "EXEMPT", "TRANSFER", "PROTECT", "LDN", "OPENING"] as const;
let byMarks = false;

export async function balances(visit: Visit): Promise<Child> {
  const date = visit.place.query.get("date");
  const [found, record] = await Promise.all([
    get<Balance[]>("/ledger/balance", { region: state.region, date }),
    mapRecord().catch(() => null),
  ]);
  const asked = visit.place.query.get("family") ?? "";
  const families = FAMILIES.filter((family) => found.some((one) => one.name.startsWith(family)));
  const chosen = families.find((one) => one === asked) ?? families[0];
  const [dateId, familyId] = [freshId("date"), freshId("family")];
  const again = (some: Record<string, string | null>): void => void go(link("/ledger", { date, family: chosen, ...some }));
  const rows = found.filter((one) => one.name.split(":")[0] === chosen);
  if (!chosen) return h("p", { class: "empty" }, t("ledger.empty"));
  const place = h("div", null);
  const draw = (): void => fill(place, balanceTable(rows, record));
  draw();
  return [
    h(
      "div",
      { class: "bar" },
      h("label", { for: familyId }, t("ledger.family")),
      h(
        "select",
        { id: familyId, onchange: (event: Event) => again({ family: (event.target as HTMLSelectElement).value }) },
        families.map((one) => h("option", { value: one, selected: one === chosen }, named("family", one))),
      ),
      h("label", { for: dateId }, t("ledger.date")),
      h("input", { id: dateId, type: "date", value: date ?? "", onchange: (event: Event) => again({ date: (event.target as HTMLInputElement).value || null }) }),
      rows.some((one) => marks(one)) &&
        checkField(t("ledger.bymarks"), byMarks, (on) => {
          byMarks = on;
          draw();
        }),
    ),
    place,
    state.year > 0 &&
      h(
        "div",
        { class: "downloads noprint" },
        jobButton(t("job.statement"), () =>
          send<Job>("POST", "/statements", { query: { region: state.region }, json: { year: state.year } }),
        ),
      ),
  ];
}

/** Each account with its sum; then, if asked for, by what marks its land. */
function withSums(rows: readonly Balance[]): (Balance & { whole?: boolean })[] {
  const accounts = new Map<string, Balance[]>();
  for (const row of rows) {
    const key = `${row.region} ${row.name}`;
    accounts.set(key, [...(accounts.get(key) ?? []), row]);
  }
  return [...accounts.values()].flatMap((some) => {
    const [first] = some;
    if (!first || some.length === 1) return some;
    const sum = (of: (row: Balance) => number): number => some.reduce((all, row) => all + of(row), 0);
    const whole = {
      ...first,
      pbf: 0,
      paddy: 0,
      stable: 0,
      grade: 0,
      booked_area_dm2: sum((row) => row.booked_area_dm2),
      booked_paddy_dm2: sum((row) => row.booked_paddy_dm2),
      held_area_dm2: sum((row) => row.held_area_dm2),
      available_area_dm2: sum((row) => row.available_area_dm2),
      whole: true,
    };
    return byMarks ? [whole, ...some] : [{ ...whole, whole: false }];
  });
}

function balanceTable(plain: readonly Balance[], record: MapRecord | null): HTMLElement {
  const rows = withSums(plain);
  type Row = Balance & { whole?: boolean };
  const number = (label: string, of: (row: Balance) => number) => ({
    label: `${label} (${unitName()})`,
    number: true,
    cell: (row: Balance) => (of(row) ? inUnit(of(row)) : h("span", { class: "zero" }, "–")),
    title: (row: Balance) => exactly(of(row)),
  });
  const several = new Set(rows.map((row) => row.region)).size > 1;
  return table<Row>(
    [
      ...(several ? [{ label: t("region"), cell: (row: Balance) => regionName(row.region) }] : []),
      { label: t("ledger.account"), names: true, cell: (row) => h("span", { title: row.name }, landName(row.name, record)) },
      ...(byMarks ? [{ label: t("ledger.marks"), cell: (row: Row) => (row.whole ? t("total") : marks(row)) }] : []),
      number(t("ledger.booked"), (row) => row.booked_area_dm2),
      ...(rows.some((row) => row.held_area_dm2) ? [number(t("ledger.held"), (row) => row.held_area_dm2)] : []),
      number(t("ledger.available"), (row) => row.available_area_dm2),
      ...(rows.some((row) => row.booked_paddy_dm2) ? [number(t("ledger.paddy"), (row) => row.booked_paddy_dm2)] : []),
    ],
    rows,
    { caption: t("ledger.tab.balances"), hideCaption: true, dense: true, rowClass: (row) => (row.whole ? "own" : undefined) },
  );
}

