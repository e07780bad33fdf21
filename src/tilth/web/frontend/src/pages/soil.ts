/** Soil: how salty the land is, how sure that is, and what each parcel can do about it. */

import { get, Refused } from "../api";
import { type Child, h } from "../dom";
import type { Page, Visit } from "../page";
import { noSurvey, pageHead, printButton } from "../parts/bits";
import { type Tab, tabs } from "../parts/tabs";
import { link } from "../router";
import { makingPage } from "../soil/making";
import { mappingPage } from "../soil/mapping";
import type { MapShort, Raster, SampleShort } from "../soil/record";
import { resultsPage } from "../soil/results";
import { samplesPage } from "../soil/samples";
import { may, state } from "../store";
import { t } from "../words";

export const page: Page = { path: "soil", word: "soil.title", order: 55, show };

const TABS: readonly Tab[] = [
  { path: "/soil", word: "soil.map" },
  { path: "/soil/samples", word: "soil.samples" },
  { path: "/soil/results", word: "soil.results" },
  { path: "/soil/make", word: "soil.make" },
];

async function show(visit: Visit): Promise<Node> {
  const part = visit.place.rest[0];
  const path = TABS.find((one) => one.path === `/soil/${part}`)?.path ?? "/soil";
  const head = [pageHead("soil.title", t("soil.lead"), printButton()), tabs(t("soil.parts"), TABS, path)];
  let maps: MapShort[];
  let sets: SampleShort[];
  try {
    [maps, sets] = await Promise.all([get<MapShort[]>("/soil/maps"), get<SampleShort[]>("/soil/samples")]);
  } catch (error) {
    if (error instanceof Refused && error.status === 403) return h("div", null, head, h("p", { class: "note" }, t("soil.nomap.rights")));
    throw error;
  }
  return h("div", null, head, await inner(visit, path, maps, sets));
}

async function inner(visit: Visit, path: string, maps: MapShort[], sets: SampleShort[]): Promise<Child> {
  if (path === "/soil/samples") return samplesPage(visit, sets);
  if (path === "/soil/results") return resultsPage(visit, maps, sets);
  if (path === "/soil/make") return makingPage(visit, maps, sets);
  if (!maps.length) return nextSteps(sets, await get<Raster[]>("/soil/rasters"));
  if (!state.year) return noSurvey("soil.map");
  return mappingPage(visit, maps, sets);
}

/** Nothing is mapped yet: what it takes, and what of that is there. */
function nextSteps(sets: readonly SampleShort[], rasters: readonly Raster[]): HTMLElement {
  const step = (said: string, done: boolean): HTMLElement =>
    h("li", null, h("span", { class: `mark ${done ? "good" : "warn"}` }, t(done ? "soil.next.done" : "soil.next.open")), " ", said);
  return h(
    "section",
    { class: "first", "aria-labelledby": "soil-next" },
    h("h2", { id: "soil-next" }, t("soil.next")),
    h("p", null, t("soil.next.said")),
    h(
      "ol",
      { class: "next-steps" },
      step(t("soil.next.samples"), sets.length > 0),
      step(t("soil.next.rasters"), rasters.length > 0),
      step(t("soil.next.map"), false),
    ),
    may("edit") && h("p", { class: "buttons" }, h("a", { class: "button strong", href: link("/soil/make") }, t(sets.length && rasters.length ? "soil.next.map" : "soil.next.here"))),
  );
}
