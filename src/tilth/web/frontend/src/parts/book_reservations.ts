/** What is held for projects; each can be posted, or let go. */

import { get, send } from "../api";
import { type Child, fill, freshId, h } from "../dom";
import { go, link } from "../router";
import { may, state } from "../store";
import { named, t } from "../words";
import { lineList, type Reservation } from "./book";
import { tell } from "./dialog";
import { problemBox } from "./problem";
import { table } from "./table";

export async function reservations(): Promise<Child> {
  const found = await get<Reservation[]>("/ledger/reservations", { region: state.region });
  return [
    h("p", { class: "quiet" }, t("ledger.reservations.lead")),
    table<Reservation>(
      [
        { label: t("ledger.entry"), names: true, cell: (one) => one.id },
        { label: t("ledger.kind"), cell: (one) => named("entrykind", one.kind) },
        { label: t("ledger.posting"), cell: (one) => one.posted },
        { label: t("ledger.expires"), cell: (one) => one.expires ?? "–" },
        { label: t("ledger.author"), cell: (one) => one.author ?? "" },
        { label: t("ledger.holds"), cell: (one) => lineList(one.holds) },
        {
          label: t("ledger.todo"),
          screen: true,
          cell: (one) => [
            may("submit") && h("a", { class: "button", href: link("/ledger/new", { settles: one.id }), "aria-label": `${t("ledger.postit")}: ${one.id}` }, t("ledger.postit")),
            " ",
            (may("submit") || may("decide")) &&
            h("button", { type: "button", class: "button danger", "aria-label": `${t("ledger.void")}: ${one.id}`, onclick: () => voiding(one.id) }, t("ledger.void")),
          ],
        },
      ],
      found,
      { caption: t("ledger.tab.reservations"), hideCaption: true, empty: t("ledger.noreservations") },
    ),
  ];
}

function voiding(id: string): void {
  const [titleId, fieldId] = [freshId("void"), freshId("evidence")];
  const told = h("div", null);
  const field = h("input", { id: fieldId, required: true, maxlength: 200 });
  const box = h(
    "dialog",
    { class: "ask", "aria-labelledby": titleId },
    h("h2", { id: titleId }, t("ledger.void.title", { id })),
    h(
      "form",
      {
        onsubmit: (event: Event) => {
          event.preventDefault();
          send("POST", `/ledger/reservations/${encodeURIComponent(id)}/void`, { json: { evidence: field.value.trim() } }).then(
            () => {
              box.close();
              tell(t("ledger.voided", { id }));
              void go(link("/ledger/reservations"), true);
            },
            (error: unknown) => fill(told, problemBox(error)),
          );
        },
      },
      h("div", { class: "field" }, h("label", { for: fieldId }, t("ledger.void.evidence")), field),
      told,
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "submit", class: "button strong" }, t("ledger.void")),
        h("button", { type: "button", class: "button", onclick: () => box.close() }, t("cancel")),
      ),
    ),
  );
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  field.focus();
}
