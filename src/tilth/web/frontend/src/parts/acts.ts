/** What can be done in the land book: one form for each act, and a page that leads to them. */

import { type Child, h } from "../dom";
import type { Visit } from "../page";
import { link } from "../router";
import { may } from "../store";
import { t, type Word } from "../words";
import { acceptAct, followUpAct, submitAct } from "./acts_land";
import { expireAct, settleAct, transferAct } from "./acts_pool";
import { closeAct, flowEntriesAct, verifyAct } from "./acts_year";

type Right = "submit" | "accept" | "decide" | "audit";

interface Act {
  /** Last part of the address. */
  path: string;
  /** Its texts are `act.NAME` and `act.NAME.said`. */
  word: Word;
  said: Word;
  right: Right;
  show: (visit: Visit) => Child | Promise<Child>;
}

const ACTS: readonly Act[] = [
  { path: "settle", word: "act.settle", said: "act.settle.said", right: "submit", show: settleAct },
  { path: "submit", word: "act.submit", said: "act.submit.said", right: "submit", show: submitAct },
  { path: "accept", word: "act.accept", said: "act.accept.said", right: "accept", show: acceptAct },
  { path: "transfer", word: "act.transfer", said: "act.transfer.said", right: "decide", show: transferAct },
  { path: "expire", word: "act.expire", said: "act.expire.said", right: "decide", show: expireAct },
  { path: "flow-entries", word: "act.flows", said: "act.flows.said", right: "submit", show: flowEntriesAct },
  { path: "follow-up", word: "act.follow", said: "act.follow.said", right: "accept", show: followUpAct },
  { path: "close", word: "act.close", said: "act.close.said", right: "decide", show: closeAct },
  { path: "verify", word: "act.verify", said: "act.verify.said", right: "audit", show: verifyAct },
];

export async function actsPage(visit: Visit): Promise<Child> {
  const act = ACTS.find((one) => one.path === visit.place.rest[1]);
  if (!act) return menu();
  return [
    h("p", { class: "noprint" }, h("a", { href: link("/ledger/acts") }, t("act.all"))),
    h("h2", null, t(act.word)),
    h("p", { class: "lead" }, t(act.said)),
    may(act.right) ? await act.show(visit) : h("p", { class: "note" }, t("act.notallowed")),
  ];
}

function menu(): HTMLElement {
  return h(
    "ul",
    { class: "acts" },
    ACTS.map((one) =>
      h(
        "li",
        null,
        h("h2", null, may(one.right) ? h("a", { href: link(`/ledger/acts/${one.path}`) }, t(one.word)) : t(one.word)),
        h("p", null, t(one.said)),
        !may(one.right) && h("p", { class: "quiet" }, t("act.notallowed")),
      ),
    ),
  );
}
