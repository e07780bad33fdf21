/** Surveys and layers: what there is, which is in use, and the way in for new files. */

import { count } from "../area";
import { get, send } from "../api";
import { fill, h } from "../dom";
import { forgetMap, learnClasses } from "../map/record";
import { change, may, state } from "../store";
import type { Region, Stored, WorkspaceRecord } from "../types";
import { named, t } from "../words";
import { exactly, inUnit, unitName } from "./areas";
import { tell } from "./dialog";
import { selectField, textField } from "./field";
import { type Job, jobView } from "./job";
import { problemBox } from "./problem";
import { table } from "./table";
import { asOne, dropZone } from "./upload";

type Import = "survey" | "layer" | "regions" | "tasks" | "ridges" | "changes";
const IMPORTS: readonly Import[] = ["survey", "layer", "regions", "tasks", "ridges", "changes"];
const ENCODINGS = ["utf-8", "gbk", "gb18030"];
const SYSTEMS = ["sd2017", "ed2007", "gh2023"];
const LEVELS = ["", "country", "province", "prefecture", "county", "township", "village"] as const;
const KINDS = ["pbf", "ecology", "town", "reserve", "project", "slope", "quality"];

/** After an import everything may be new: years, regions, the map. */
export async function refresh(): Promise<void> {
  const [workspace, tree] = await Promise.all([
    get<WorkspaceRecord>("/workspace"),
    get<{ regions: Region[]; groups: Record<string, string[]> }>("/regions"),
    learnClasses(),
  ]);
  forgetMap();
  change({ workspace, regions: tree.regions, groups: tree.groups, year: state.year || Math.max(0, ...workspace.years) });
}

export async function dataPage(): Promise<Node> {
  const place = h("div", null);
  const draw = (): void => fill(place, storedTable(state.workspace?.stored ?? [], draw));
  await refresh();
  draw();
  return h(
    "div",
    null,
    may("edit") && importForm(draw),
    h("section", null, h("h2", null, t("data.stored")), place),
  );
}

function storedTable(stored: readonly Stored[], again: () => void): HTMLElement {
  const told = h("div", null);
  const set = async (one: Stored): Promise<void> => {
    try {
      await send(one.in_use ? "DELETE" : "PUT", `/stored/${one.id}/use`);
      tell(t(one.in_use ? "data.nowaside" : "data.used", { what: `${named("kind", one.kind)} ${one.year ?? ""}` }));
      await refresh();
      again();
    } catch (error) {
      fill(told, problemBox(error));
    }
  };
  const order = [...stored].sort((a, b) => (b.year ?? 0) - (a.year ?? 0) || a.kind.localeCompare(b.kind));
  return h(
    "div",
    null,
    told,
    table<Stored>(
      [
        { label: t("data.kind"), names: true, cell: (one) => named("kind", one.kind) },
        { label: t("data.year"), cell: (one) => (one.year === null ? "–" : String(one.year)) },
        { label: t("data.label"), cell: (one) => one.label || "–" },
        {
          label: t("data.state"),
          cell: (one) => [
            h("span", { class: `mark ${one.in_use ? "good" : ""}` }, t(one.in_use ? "data.inuse" : "data.aside")),
            one.damaged !== "" && h("span", { class: "mark bad", title: one.damaged }, t("data.damaged")),
          ],
        },
        { label: t("data.rows"), number: true, cell: (one) => count(one.rows_in) },
        { label: t("data.kept"), number: true, cell: (one) => count(one.rows_stored) },
        { label: t("data.quarantined"), number: true, cell: (one) => count(one.rows_quarantined) },
        { label: `${t("standing.area")} (${unitName()})`, number: true, cell: (one) => inUnit(one.area_dm2), title: (one) => exactly(one.area_dm2) },
        { label: t("data.sources"), cell: (one) => one.sources },
        { label: t("data.at"), cell: (one) => h("span", { class: "nowrap" }, one.stored_at.slice(0, 16).replace("T", " ")) },
        ...(may("edit")
          ? [
              {
                label: t("data.use"),
                screen: true,
                cell: (one: Stored) =>
                  h(
                    "button",
                    {
                      type: "button",
                      class: "button",
                      "aria-label": `${t(one.in_use ? "data.setaside" : "data.use")}: ${named("kind", one.kind)} ${one.year ?? ""} ${one.label}`,
                      onclick: () => void set(one),
                    },
                    t(one.in_use ? "data.setaside" : "data.use"),
                  ),
              },
            ]
          : []),
      ],
      order,
      { caption: t("data.stored"), hideCaption: true, dense: true },
    ),
  );
}

function importForm(again: () => void): HTMLElement {
  let what: Import = "survey";
  const given = {
    year: String(state.year || new Date().getFullYear()), kind: "", level: "", group: "", label: "", layer: "", encoding: "", crs: "", profile: "", system: "",
  };
  const options = (words: readonly string[], first: string, prefix = ""): { value: string; label: string }[] => [
    { value: "", label: first },
    ...words.map((word) => ({ value: word, label: prefix ? named(prefix, word) : word })),
  ];
  const shapes = (): boolean => what === "survey" || what === "layer" || what === "regions";
  const form = h("div", { class: "fields" });
  const told = h("div", null);
  const draw = (): void =>
    fill(
      form,
      selectField(t("import.what"), what, IMPORTS.map((one) => ({ value: one, label: t(`import.${one}`) })), (chosen) => {
        what = chosen;
        draw();
      }),
      what !== "ridges" && textField(t("import.year"), given.year, (year) => (given.year = year), { inputmode: "numeric", maxlength: 4 }),
      what === "layer" && [
        textField(t("import.kind"), given.kind, (kind) => (given.kind = kind), { list: "layer-kinds" }),
        h("datalist", { id: "layer-kinds" }, KINDS.map((kind) => h("option", { value: kind }, named("kind", kind)))),
      ],
      what === "regions" && [
        selectField(t("import.level"), given.level, LEVELS.map((level) => ({ value: level as string, label: level ? named("level", level) : "–" })), (level) => (given.level = level)),
        textField(t("import.group"), given.group, (group) => (given.group = group)),
      ],
      what !== "ridges" &&
        h(
          "details",
          { class: "more" },
          h("summary", null, t("import.more")),
          h(
            "div",
            { class: "fields" },
            what === "survey" && [
              selectField(t("import.profile"), given.profile, options(["dltb", "fiboa"], t("import.profile.auto")), (profile) => (given.profile = profile)),
              selectField(t("import.system"), given.system, options(SYSTEMS, t("import.system.auto"), "system"), (system) => (given.system = system)),
            ],
            what === "layer" && textField(t("import.label"), given.label, (label) => (given.label = label), { maxlength: 100 }),
            shapes() && textField(t("import.layer.name"), given.layer, (layer) => (given.layer = layer), { maxlength: 100 }),
            selectField(t("import.encoding"), given.encoding, options(ENCODINGS, t("import.encoding.auto")), (encoding) => (given.encoding = encoding)),
            shapes() && textField(t("import.crs"), given.crs, (crs) => (given.crs = crs), { inputmode: "numeric", placeholder: "4490", maxlength: 40 }),
          ),
        ),
    );
  draw();
  const take = async (files: File[]): Promise<void> => {
    const file = await asOne(files);
    if (!file) return fill(told, h("p", { class: "note", role: "alert" }, t("check.partial")));
    if (what === "layer" && !given.kind) return fill(told, h("p", { class: "note", role: "alert" }, t("import.nokind")));
    const body = new FormData();
    body.set("file", file, file.name);
    const query = {
      year: what === "ridges" || !/^\d{4}$/.test(given.year) ? null : given.year,
      kind: what === "layer" ? given.kind : null,
      level: what === "regions" ? given.level : null,
      as_group: what === "regions" ? given.group : null,
      label: what === "layer" ? given.label : null,
      layer: shapes() ? given.layer : null,
      crs: shapes() ? given.crs : null,
      encoding: what === "ridges" ? null : given.encoding,
      profile: what === "survey" ? given.profile : null,
      code_system: what === "survey" ? given.system : null,
    };
    try {
      const job = await send<Job>("POST", `/imports/${what}`, { query, form: body });
      fill(
        told,
        jobView(job, (ended) => {
          if (ended.state !== "done") return;
          tell(t("import.done"));
          void refresh().then(again);
        }),
      );
    } catch (error) {
      fill(told, problemBox(error));
    }
  };
  return h(
    "section",
    { class: "first noprint" },
    h("h2", null, t("import.title")),
    form,
    dropZone(t("import.drop"), t("import.hint"), (files) => void take(files)),
    told,
  );
}
