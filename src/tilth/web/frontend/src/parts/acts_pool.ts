/** Claims and pools: a claim written off, pool or cap given to another region, what ended let go. */

import { get, send } from "../api";
import { type Child, h } from "../dom";
import { go, link } from "../router";
import type { Visit } from "../page";
import { regionName, state } from "../store";
import { named, t } from "../words";
import { actForm, filled, hectares, today, type Values } from "./act_form";
import { exactly, inUnit, unitName, withUnit } from "./areas";
import { accountName, type Balance, lineList, marks, type Reservation } from "./book";
import { facts } from "./parcel";
import { table } from "./table";

interface Booked {
  entries: { id: string; number: number; again: boolean }[];
  posted?: number;
}

/** What was posted, with the way to see it. */
export function bookedView(booked: Booked): Child {
  if (!booked.entries.length) return h("p", { class: "note" }, t("act.nothingposted"));
  return h(
    "div",
    { class: "answer good", role: "status" },
    h("h2", null, t("act.posted", { count: booked.entries.length })),
    h("ul", null, booked.entries.slice(0, 30).map((one) => h("li", null, `${t("ledger.number")} ${one.number} · ${one.id}`, one.again && ` (${t("act.again")})`))),
    h("p", null, h("a", { href: link("/ledger/entries") }, t("ledger.tab.entries"))),
  );
}

// A claim written off

interface Occupation {
  id: string;
  account: string;
  act_date: string;
  due: string | null;
  raised: { area_dm2: number };
  left: { area_dm2: number };
  status: string;
}

interface Settled {
  id: string;
  occupation: string;
  claim: string;
  area_dm2: number;
  left_dm2: number;
  posting_date: string;
  uses: { entry: string; accepted: string; account: string; area_dm2: number; paddy_dm2: number }[];
  posted: boolean;
}

export async function settleAct(visit: Visit): Promise<Child> {
  const year = state.year || new Date().getFullYear();
  const { occupations } = await get<{ occupations: Occupation[] }>("/ledger/statement", { year, region: state.region });
  const open = occupations.filter((one) => one.left.area_dm2 > 0);
  const form = settleForm(open, visit.place.query.get("occupation") ?? undefined);
  return [form, openClaims(open, year)];
}

function settleForm(open: readonly Occupation[], occupation: string | undefined): HTMLElement {
  const asked = (values: Values, dry: boolean): Record<string, unknown> =>
    filled({
      occupation: values["occupation"],
      evidence: values["evidence"],
      area_ha: values["area"] ? hectares(values["area"]) : null,
      use: values["use"]?.split(/[\s,;，；]+/).filter(Boolean) ?? [],
      on: values["on"],
      dry_run: dry,
    });
  return actForm<Settled>({
    name: "settle",
    blank: () => ({ occupation: "", evidence: "", area: "", use: "", on: "", propose: "1" }),
    given: { occupation },
    fields: () => [
      { name: "occupation", label: t("act.settle.occupation"), required: true, props: { list: "open-claims", spellcheck: "false" }, hint: t("act.settle.occupation.hint") },
      { name: "evidence", label: t("ledger.evidence"), required: true },
      { name: "area", label: t("act.settle.area"), kind: "area", hint: t("act.settle.area.hint") },
      { name: "use", label: t("act.settle.use"), hint: t("act.settle.use.hint") },
      { name: "on", label: t("ledger.posting"), kind: "date", hint: t("act.today") },
      { name: "propose", label: t("act.propose"), kind: "check" },
    ],
    more: () => h("datalist", { id: "open-claims" }, open.map((one) => h("option", { value: one.id }, withUnit(one.left.area_dm2)))),
    submit: t("act.settle.button"),
    send: (values) => send<Settled>("POST", "/ledger/settlements", { query: { region: state.region }, json: asked(values, values["propose"] === "1") }),
    over: (settled) => settled.posted,
    shown: settledView,
  });
}

function settledView(settled: Settled): Child {
  return h(
    "div",
    { class: `answer ${settled.posted ? "good" : "info"}`, role: "status" },
    h("h2", null, t(settled.posted ? "act.settle.done" : "act.settle.proposed")),
    facts([
      [t("ledger.entry"), settled.id],
      [t("act.settle.occupation"), settled.occupation],
      [t("act.settle.written"), withUnit(settled.area_dm2)],
      [t("act.settle.left"), withUnit(settled.left_dm2)],
    ]),
    table(
      [
        { label: t("act.settle.uses"), names: true, cell: (one) => one.entry },
        { label: t("act.accepted"), cell: (one) => one.accepted },
        { label: t("ledger.account"), cell: (one) => one.account },
        { label: `${t("standing.area")} (${unitName()})`, number: true, cell: (one) => inUnit(one.area_dm2), title: (one) => exactly(one.area_dm2) },
      ],
      settled.uses,
      { caption: t("act.settle.uses"), hideCaption: true, dense: true },
    ),
    !settled.posted && h("p", null, t("act.settle.proposed.said")),
  );
}

function openClaims(open: readonly Occupation[], year: number): HTMLElement {
  return h(
    "section",
    null,
    h("h2", null, t("act.settle.open", { year, count: open.length })),
    table<Occupation>(
      [
        { label: t("ledger.entry"), names: true, cell: (one) => h("span", { class: "entry" }, one.id) },
        { label: t("ledger.account"), cell: (one) => accountName(one.account) },
        { label: t("ledger.act"), cell: (one) => h("span", { class: "nowrap" }, one.act_date) },
        { label: `${t("act.settle.raised")} (${unitName()})`, number: true, cell: (one) => inUnit(one.raised.area_dm2), title: (one) => exactly(one.raised.area_dm2) },
        { label: `${t("act.settle.left")} (${unitName()})`, number: true, cell: (one) => inUnit(one.left.area_dm2), title: (one) => exactly(one.left.area_dm2) },
        {
          label: t("ledger.todo"),
          screen: true,
          cell: (one) => h("a", { class: "button noprint", href: link("/ledger/acts/settle", { occupation: one.id }), "aria-label": `${t("act.settle.choose")}: ${one.id}` }, t("act.settle.choose")),
        },
      ],
      open,
      { caption: t("act.settle.open", { year, count: open.length }), hideCaption: true, dense: true, empty: t("act.settle.none") },
    ),
  );
}

// Pool or cap to another region

export async function transferAct(visit: Visit): Promise<Child> {
  const seller = visit.place.query.get("seller") || state.region;
  const balances = await get<Balance[]>("/ledger/balance", { region: seller });
  const given = balances.filter((one) => /^(POOL|CAP):/.test(one.name) && one.available_area_dm2 > 0 && one.region === seller);
  const key = (one: Balance): string => JSON.stringify([one.name, one.grade, one.paddy, one.stable]);
  const choices = given.map((one) => ({
    value: key(one),
    label: [accountName(one.name), marks(one), t("act.transfer.free", { area: withUnit(one.available_area_dm2) })].filter(Boolean).join(" · "),
  }));
  const regions = state.regions.map((one) => ({ value: one.code, label: `${"\u3000".repeat(one.depth)}${one.name || one.code}` }));
  const sellers = h("div", { class: "bar" }, h("label", { for: "seller" }, t("act.transfer.seller")), sellerSelect(seller, regions));
  if (!given.length) return [sellers, h("p", { class: "note" }, t("act.transfer.nothing", { region: regionName(seller) }))];
  return [
    sellers,
    actForm<Booked>({
      name: `transfer-${seller}`,
      blank: () => ({ buyer: "", account: choices[0]?.value ?? "", area: "", evidence: "", on: "", state: "" }),
      fields: () => [
        { name: "account", label: t("act.transfer.account"), kind: "select", required: true, choices },
        { name: "buyer", label: t("act.transfer.buyer"), kind: "select", required: true, choices: [{ value: "", label: "–" }, ...regions.filter((one) => one.value !== seller)] },
        { name: "area", label: t("standing.area"), kind: "area", required: true },
        { name: "evidence", label: t("ledger.evidence"), required: true, hint: t("act.transfer.evidence") },
        { name: "on", label: t("ledger.posting"), kind: "date", hint: t("act.today") },
        { name: "state", label: t("act.transfer.state"), kind: "check" },
      ],
      submit: t("act.transfer.button"),
      sure: (values) => ({
        title: t("act.transfer.sure"),
        said: t("act.transfer.sure.said", { seller: regionName(seller), buyer: regionName(values["buyer"] ?? ""), area: withUnit(Number(values["area"])) }),
      }),
      send: (values) => {
        const [account, grade, paddy, stable] = JSON.parse(values["account"] ?? "[]") as [string, number, number, number];
        const json = filled({
          seller,
          buyer: values["buyer"],
          account,
          area_ha: hectares(values["area"] ?? "0"),
          evidence: values["evidence"],
          on: values["on"],
          by_state: values["state"] === "1",
        });
        return send<Booked>("POST", "/ledger/transfers", { json: { ...json, grade, paddy: Boolean(paddy), stable: Boolean(stable) } });
      },
      shown: bookedView,
    }),
  ];
}

function sellerSelect(seller: string, regions: readonly { value: string; label: string }[]): HTMLElement {
  return h(
    "select",
    { id: "seller", onchange: (event: Event) => void go(link("/ledger/acts/transfer", { seller: (event.target as HTMLSelectElement).value })) },
    regions.map((one) => h("option", { value: one.value, selected: one.value === seller }, one.label)),
  );
}

// Reservations whose last day is over

export async function expireAct(): Promise<Child> {
  const held = await get<Reservation[]>("/ledger/reservations");
  const over = held.filter((one) => one.expires !== null && one.expires < today());
  return [
    h("h3", null, t("act.expire.over", { count: over.length })),
    table<Reservation>(
      [
        { label: t("ledger.entry"), names: true, cell: (one) => one.id },
        { label: t("ledger.kind"), cell: (one) => named("entrykind", one.kind) },
        { label: t("ledger.expires"), cell: (one) => one.expires ?? "–" },
        { label: t("ledger.holds"), cell: (one) => lineList(one.holds) },
      ],
      over,
      { caption: t("act.expire.over", { count: over.length }), hideCaption: true, dense: true, empty: t("act.expire.none") },
    ),
    actForm<Booked>({
      name: "expire",
      blank: () => ({ evidence: "", on: "" }),
      fields: () => [
        { name: "evidence", label: t("ledger.evidence"), required: true },
        { name: "on", label: t("act.expire.on"), kind: "date", hint: t("act.today") },
      ],
      submit: t("act.expire.button"),
      send: (values) => send<Booked>("POST", "/ledger/expiries", { json: filled({ evidence: values["evidence"], on: values["on"] }) }),
      shown: bookedView,
    }),
  ];
}
