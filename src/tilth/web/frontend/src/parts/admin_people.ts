/** Who may do what and where; one's own tokens and password; what everybody did. */

import { get, send } from "../api";
import { fill, h } from "../dom";
import { regionName, state } from "../store";
import type { Me, Paged } from "../types";
import { change } from "../store";
import { named, t } from "../words";
import { ask, tell } from "./dialog";
import { selectField, textField } from "./field";
import { paged } from "./paged";
import { problemBox } from "./problem";
import { table } from "./table";

interface Person {
  name: string;
  shown: string;
  has_password: boolean;
  disabled: boolean;
  roles: { role: string; region: string; given_by: string; given_at: string }[];
}

const ROLES = ["viewer", "editor", "submitter", "accepter", "decider", "auditor", "administrator"] as const;

function placeName(code: string): string {
  return code in state.groups ? code : regionName(code);
}

export async function peoplePage(): Promise<Node> {
  const place = h("div", null);
  const told = h("div", null);
  const draw = async (): Promise<void> => {
    const found = await get<{ people: Person[] }>("/people");
    fill(place, peopleTable(found.people, act), h("div", { class: "two" }, addForm(act), found.people.length > 0 && roleForm(found.people, act)));
  };
  /** Do something, say so, and show how it is now. */
  const act = (work: Promise<unknown>, said: string): void => {
    fill(told);
    work.then(() => tell(said)).then(draw).catch((error: unknown) => fill(told, problemBox(error)));
  };
  await draw();
  return h("div", null, told, place);
}

type Act = (work: Promise<unknown>, said: string) => void;

function path(name: string): string {
  return `/people/${encodeURIComponent(name)}`;
}

function peopleTable(people: readonly Person[], act: Act): HTMLElement {
  const remove = async (one: Person): Promise<void> => {
    if (!(await ask(t("people.remove.title", { name: one.name }), t("people.remove.said"), t("people.remove"), t("cancel")))) return;
    act(send("DELETE", path(one.name)), t("people.removed", { name: one.name }));
  };
  return table<Person>(
    [
      { label: t("people.name"), names: true, cell: (one) => one.name },
      { label: t("people.shown"), cell: (one) => one.shown || "–" },
      {
        label: t("people.roles"),
        cell: (one) =>
          h(
            "ul",
            null,
            one.roles.map((role) =>
              h(
                "li",
                { class: "role" },
                `${named("role", role.role)} · ${placeName(role.region)} `,
                h(
                  "button",
                  {
                    type: "button",
                    class: "plain",
                    "aria-label": `${t("people.take")}: ${one.name}, ${named("role", role.role)}, ${placeName(role.region)}`,
                    onclick: () =>
                      act(
                        send("DELETE", `${path(one.name)}/roles/${role.role}/${encodeURIComponent(role.region)}`),
                        t("people.taken", { name: one.name, role: named("role", role.role), place: placeName(role.region) }),
                      ),
                  },
                  t("people.take"),
                ),
              ),
            ),
          ),
      },
      {
        label: t("people.state"),
        cell: (one) => t(one.disabled ? "people.disabled" : one.has_password ? "people.active" : "people.nopassword"),
      },
      {
        label: t("people.remove"),
        cell: (one) =>
          one.disabled
            ? h("button", { type: "button", class: "button", "aria-label": `${t("people.restore")}: ${one.name}`, onclick: () => act(send("POST", `${path(one.name)}/restore`), t("people.restored", { name: one.name })) }, t("people.restore"))
            : h("button", { type: "button", class: "button danger", "aria-label": `${t("people.remove")}: ${one.name}`, onclick: () => void remove(one) }, t("people.remove")),
      },
    ],
    people,
    { caption: t("admin.tab.people"), hideCaption: true, empty: t("people.none") },
  );
}

function addForm(act: Act): HTMLElement {
  const given = { name: "", shown: "", password: "" };
  return h(
    "form",
    {
      class: "card",
      autocomplete: "off",
      onsubmit: (event: Event) => {
        event.preventDefault();
        const json = { name: given.name, shown: given.shown, ...(given.password ? { password: given.password } : {}) };
        act(send("POST", "/people", { json }), t("people.added", { name: given.name }));
      },
    },
    h("h2", null, t("people.add")),
    textField(t("people.name"), "", (name) => (given.name = name), { required: true, maxlength: 64 }),
    textField(t("people.shown"), "", (shown) => (given.shown = shown), { maxlength: 100 }),
    textField(t("people.password"), "", (password) => (given.password = password), { type: "password", autocomplete: "new-password", maxlength: 1000 }, { hint: t("people.password.hint") }),
    h("button", { type: "submit", class: "button strong" }, t("people.addbutton")),
  );
}

function roleForm(people: readonly Person[], act: Act): HTMLElement {
  const given = { name: people[0]?.name ?? "", role: "viewer" as string, region: state.region };
  const places = [
    ...state.regions.map((one) => ({ value: one.code, label: `${"\u3000".repeat(one.depth)}${one.name || one.code}` })),
    ...Object.keys(state.groups).map((group) => ({ value: group, label: group })),
  ];
  return h(
    "form",
    {
      class: "card",
      onsubmit: (event: Event) => {
        event.preventDefault();
        act(
          send("POST", `${path(given.name)}/roles`, { json: { role: given.role, region: given.region } }),
          t("people.given", { name: given.name, role: named("role", given.role), place: placeName(given.region) }),
        );
      },
    },
    h("h2", null, t("people.give")),
    selectField(t("people.who"), given.name, people.map((one) => ({ value: one.name, label: one.shown || one.name })), (name) => (given.name = name)),
    selectField(t("people.role"), given.role, ROLES.map((role) => ({ value: role as string, label: named("role", role) })), (role) => (given.role = role)),
    selectField(t("people.where"), given.region, places, (region) => (given.region = region)),
    h("button", { type: "submit", class: "button strong" }, t("people.givebutton")),
  );
}

// One's own

interface Token {
  id: string;
  name: string;
  expires_at: string;
  used_at: string | null;
}

export async function accessPage(): Promise<Node> {
  if (state.me.by === "key") return h("p", { class: "note" }, t("token.bykey"));
  const place = h("div", null);
  const told = h("div", { role: "status" });
  const given = { name: "", days: "90" };
  const draw = async (): Promise<void> => {
    const found = await get<{ tokens: Token[] }>("/tokens");
    fill(
      place,
      table<Token>(
        [
          { label: t("token.name"), names: true, cell: (one) => one.name },
          { label: t("token.expires"), cell: (one) => one.expires_at.slice(0, 10) },
          { label: t("token.used"), cell: (one) => one.used_at?.slice(0, 16).replace("T", " ") ?? "–" },
          { label: t("token.end"), cell: (one) => h("button", { type: "button", class: "button danger", "aria-label": `${t("token.end")}: ${one.name}`, onclick: () => void send("DELETE", `/tokens/${one.id}`).then(draw, failed) }, t("token.end")) },
        ],
        found.tokens,
        { caption: t("token.title"), hideCaption: true, empty: t("token.none") },
      ),
    );
  };
  const failed = (error: unknown): void => fill(told, problemBox(error));
  const make = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const made = await send<{ secret: string }>("POST", "/tokens", { json: { name: given.name, days: Number(given.days) || 90 } });
      fill(told, h("div", { class: "note" }, h("p", null, t("token.secret")), h("code", { class: "secret" }, made.secret)));
      await draw();
    } catch (error) {
      failed(error);
    }
  };
  await draw();
  return h(
    "div",
    null,
    h("h2", null, t("token.title")),
    h("p", { class: "quiet" }, t("token.lead")),
    told,
    place,
    h(
      "div",
      { class: "two" },
      h(
        "form",
        { class: "card", onsubmit: (event: Event) => void make(event) },
        h("h2", null, t("token.make")),
        textField(t("token.name"), "", (name) => (given.name = name), { required: true, maxlength: 100 }),
        textField(t("token.days"), given.days, (days) => (given.days = days), { inputmode: "numeric", maxlength: 3 }),
        h("button", { type: "submit", class: "button strong" }, t("token.make")),
      ),
      passwordForm(),
    ),
  );
}

function passwordForm(): HTMLElement {
  const given = { old: "", new: "" };
  const told = h("div", null);
  const form = h(
    "form",
    {
      class: "card",
      onsubmit: (event: Event) => {
        event.preventDefault();
        send<Me>("PUT", "/me/password", { json: given }).then(
          (me) => {
            change({ me });
            form.reset();
            fill(told);
            tell(t("password.changed"));
          },
          (error: unknown) => fill(told, problemBox(error)),
        );
      },
    },
    h("h2", null, t("password.title")),
    textField(t("password.old"), "", (old) => (given.old = old), { type: "password", autocomplete: "current-password", required: true, maxlength: 1000 }),
    textField(t("password.new"), "", (next) => (given.new = next), { type: "password", autocomplete: "new-password", required: true, maxlength: 1000 }, { hint: t("password.new.hint") }),
    told,
    h("button", { type: "submit", class: "button strong" }, t("password.change")),
  );
  return form;
}

// What was done

interface Deed {
  number: number;
  at: string;
  who: string;
  by: string;
  address: string;
  action: string;
  region: string;
  what: string;
  outcome: string;
}

/** "done", or that it was refused with which status. */
function outcome(text: string): HTMLElement {
  const [word = "", status = ""] = text.split(" ");
  const colour = { done: "good", failed: "bad", refused: "warn" }[word] ?? "";
  return h("span", { class: `mark ${colour}` }, `${named("deed.outcome", word)} ${status}`.trim());
}

export function auditPage(): HTMLElement {
  return paged<Deed>(
    async (cursor) => {
      const page = await get<{ items: Deed[]; next: number | null }>("/audit", { before: cursor, limit: 100 });
      return { items: page.items, next: page.next === null ? null : String(page.next) } satisfies Paged<Deed>;
    },
    (items) =>
      table<Deed>(
        [
          { label: t("audit.at"), names: true, cell: (one) => one.at.slice(0, 19).replace("T", " ") },
          { label: t("audit.who"), cell: (one) => one.who },
          { label: t("audit.action"), cell: (one) => h("span", { title: one.action }, named("deed", one.action)) },
          { label: t("audit.about"), cell: (one) => one.what },
          { label: t("audit.region"), cell: (one) => placeName(one.region) },
          { label: t("audit.outcome"), cell: (one) => outcome(one.outcome) },
          { label: t("audit.from"), cell: (one) => [named("entered", one.by), one.address].filter(Boolean).join(" · ") },
        ],
        items,
        { caption: t("admin.tab.audit"), hideCaption: true, dense: true },
      ),
  );
}
