/** The way in: name and password; the key in the address of the start needs no form. */

import { Refused, send } from "./api";
import { fill, freshId, h } from "./dom";
import { languageSwitch } from "./parts/switches";
import { problemBox } from "./parts/problem";
import { state, watch } from "./store";
import type { Me } from "./types";
import { t } from "./words";

export function drawSignIn(enter: (me: Me) => Promise<void>, error: unknown, ended = false): void {
  const desk = document.getElementById("desk") as HTMLElement;
  const draw = (): void => {
    document.title = `${t("signin.title")} · ${t("title")}`;
    fill(desk, form(enter, error, ended));
  };
  draw();
  const stop = watch((changed) => {
    if (!desk.querySelector(".signin")) stop();
    else if (changed.has("language")) draw();
  });
}

/** Why one stands here: the session ended, or another service sent one back. */
function said(ended: boolean): HTMLElement | null {
  const code = new URLSearchParams(location.search).get("signin");
  const text = code === "WEB-NOT-KNOWN-HERE" ? t("signin.unknown") : code && /^[A-Z-]{1,40}$/.test(code) ? t("signin.failed", { code }) : ended ? t("signin.ended") : null;
  return text === null ? null : h("p", { class: "note", role: "status" }, text);
}

function form(enter: (me: Me) => Promise<void>, error: unknown, ended: boolean): HTMLElement {
  const [nameId, passwordId] = [freshId("name"), freshId("password")];
  const name = h("input", { id: nameId, name: "username", autocomplete: "username", required: true, maxlength: 200 });
  const password = h("input", {
    id: passwordId,
    name: "password",
    type: "password",
    autocomplete: "current-password",
    required: true,
    maxlength: 1000,
  });
  const button = h("button", { type: "submit", class: "button strong" }, t("signin.button"));
  const told = h("div", null, error ? problemBox(error) : said(ended));
  const submit = async (): Promise<void> => {
    button.disabled = true;
    fill(told);
    try {
      await enter(await send<Me>("POST", "/session", { json: { name: name.value.trim(), password: password.value } }));
    } catch (refused) {
      fill(told, problemBox(refused));
      password.value = "";
      (refused instanceof Refused ? password : button).focus();
    } finally {
      button.disabled = false;
    }
  };
  return h(
    "main",
    { class: "signin" },
    h("img", { src: "/icon.svg", alt: "", width: 48, height: 48 }),
    h("h1", null, t("title.long")),
    told,
    h(
      "form",
      {
        onsubmit: (event: Event) => {
          event.preventDefault();
          void submit();
        },
      },
      h("div", { class: "field" }, h("label", { for: nameId }, t("signin.name")), name),
      h("div", { class: "field" }, h("label", { for: passwordId }, t("signin.password")), password),
      button,
    ),
    state.me.oidc && h("p", { class: "or" }, h("a", { class: "button", href: "/api/v1/session/oidc" }, t("signin.other", { name: state.me.oidc }))),
    h("p", { class: "quiet" }, t("signin.hint")),
    languageSwitch(),
  );
}
