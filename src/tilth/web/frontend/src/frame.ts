/** What stands around every page: whose office this is, where and when we look, the ways to the other parts. */

import { send } from "./api";
import { fill, h } from "./dom";
import { mayLeave } from "./guard";
import { PAGES } from "./pages";
import { problemBox } from "./parts/problem";
import { printHead } from "./print";
import { languageSwitch, unitSwitch } from "./parts/switches";
import { here, link } from "./router";
import { change, state } from "./store";
import { t } from "./words";
import type { Page } from "./page";

let leave: (() => void) | null = null;
let drawing = 0;

export function drawFrame(): void {
  const desk = document.getElementById("desk") as HTMLElement;
  fill(desk, h("a", { class: "skip", href: "#page" }, t("skip")), header(), navigation(), printHead(), main());
  drawPage();
}

/** Years and regions may be new after an import; the page itself stays as it is. */
export function drawHeader(): void {
  document.querySelector(".head")?.replaceWith(header());
}

function main(): HTMLElement {
  return h("main", { id: "page", tabindex: "-1" });
}

/** Draw the page that the address names. After a step to another page its heading takes the focus. */
export function drawPage(stepped = false): void {
  const place = document.getElementById("page");
  if (!place) return drawFrame();
  const page = PAGES.find((one) => one.path === here().page);
  leave?.();
  leave = null;
  drawing += 1;
  mark(page);
  if (!page) {
    fill(place, h("h1", null, t("page.lost")), h("p", null, t("page.lost.said")));
    return;
  }
  document.title = `${t(page.word)} · ${t("title")}`;
  place.className = page.wide ? "wide" : "";
  fill(place, h("p", { class: "wait", role: "status" }, t("wait")));
  const mine = drawing;
  const shown = (made: Node): void => {
    if (mine !== drawing) return;
    fill(place, made);
    if (stepped) {
      const heading = place.querySelector("h1");
      heading?.setAttribute("tabindex", "-1");
      heading?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
  };
  Promise.resolve()
    .then(() =>
      page.show({
        place: here(),
        onLeave: (then) => {
          if (mine === drawing) leave = joined(leave, then);
          else then();
        },
      }),
    )
    .then(shown, (error: unknown) => {
      shown(h("div", null, h("h1", null, t(page.word)), problemBox(error, () => drawPage())));
    });
}

function joined(first: (() => void) | null, second: () => void): () => void {
  return () => {
    first?.();
    second();
  };
}

function mark(page: Page | undefined): void {
  for (const anchor of document.querySelectorAll<HTMLAnchorElement>("#nav a")) {
    const one = PAGES.find((known) => known.path === anchor.dataset["page"]);
    if (one) anchor.href = link(`/${one.path}`);
    if (anchor.dataset["page"] === page?.path) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  document.getElementById("nav")?.classList.remove("open");
  document.getElementById("menu")?.setAttribute("aria-expanded", "false");
}

function header(): HTMLElement {
  const years = [...(state.workspace?.years ?? [])].sort((a, b) => b - a);
  const region = h(
    "select",
    { id: "pick-region", onchange: (event: Event) => void pick({ region: (event.target as HTMLSelectElement).value }) },
    state.regions.map((one) =>
      h("option", { value: one.code, selected: one.code === state.region }, `${"\u3000".repeat(one.depth)}${one.name || one.code}`),
    ),
  );
  const year = h(
    "select",
    { id: "pick-year", onchange: (event: Event) => void pick({ year: Number((event.target as HTMLSelectElement).value) }) },
    years.map((one) => h("option", { value: one, selected: one === state.year }, String(one))),
  );
  return h(
    "header",
    { class: "head" },
    h("button", { id: "menu", type: "button", class: "button", "aria-expanded": "false", "aria-controls": "nav", onclick: toggleMenu }, t("menu")),
    h("a", { class: "brand", href: link("/today") }, h("img", { src: "/icon.svg", alt: "", width: 28, height: 28 }), t("title")),
    h(
      "div",
      { class: "where", role: "group", "aria-label": t("place.form") },
      state.regions.length > 0 && [h("label", { for: "pick-region" }, t("region")), region],
      years.length > 0 && [h("label", { for: "pick-year" }, t("year")), year],
    ),
    h("div", { class: "how" }, unitSwitch(), languageSwitch(), who()),
  );
}

function who(): HTMLElement {
  return h(
    "div",
    { class: "who" },
    h("span", { title: t("signed.in", { name: state.me.name ?? "" }) }, state.me.shown || state.me.name || ""),
    h("button", { type: "button", class: "button", onclick: () => void signOut() }, t("signout")),
  );
}

async function signOut(): Promise<void> {
  if (!(await mayLeave())) return;
  await send("DELETE", "/session").catch(() => undefined);
  location.assign("/");
}

async function pick(some: { region?: string; year?: number }): Promise<void> {
  if (await mayLeave()) change(some);
  else drawFrame();
}

function toggleMenu(): void {
  const open = document.getElementById("nav")?.classList.toggle("open") ?? false;
  document.getElementById("menu")?.setAttribute("aria-expanded", String(open));
}

function navigation(): HTMLElement {
  return h(
    "nav",
    { id: "nav", "aria-label": t("nav") },
    h(
      "ul",
      null,
      PAGES.map((page) => h("li", null, h("a", { href: link(`/${page.path}`), "data-page": page.path }, t(page.word)))),
    ),
  );
}
