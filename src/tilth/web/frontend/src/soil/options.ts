/** Options of one parcel side by side, and salt through time under those that are chosen. */

import { get } from "../api";
import { fill, freshId, h } from "../dom";
import { checkField, selectField, textField } from "../parts/field";
import { problemBox } from "../parts/problem";
import { choose } from "../parts/switches";
import { table } from "../parts/table";
import { state } from "../store";
import { t } from "../words";
import { MOST_LINES, saltChart } from "./chart";
import { num, type ParcelOptions, percent, perArea, type SaltFacts, type SaltOption } from "./record";

type Fit = "land-to-crop" | "crop-to-land";

/** What is asked stays while one goes from parcel to parcel. */
const asked = { fit: "land-to-crop" as Fit, crop: "cotton", years: "10", texture: "", depth: "", ec: "", outlet: true, water: true };

export function optionsSection(parcel: string, year: number, map: string, facts: SaltFacts): HTMLElement {
  const told = h("div", { class: "salt-told" });
  const place = h("div", null);
  const id = freshId("options");
  let asking = 0;

  const run = async (): Promise<void> => {
    const mine = ++asking;
    fill(told, h("p", { class: "wait", role: "status" }, t("soil.options.running")));
    try {
      const found = await get<ParcelOptions>(`/soil/parcels/${year}/${encodeURIComponent(parcel)}/options`, {
        map,
        fit: asked.fit,
        crop: asked.fit === "land-to-crop" ? asked.crop : null,
        years: /^\d+$/.test(asked.years) ? asked.years : 10,
        texture: asked.texture,
        groundwater_depth_m: asked.depth,
        groundwater_ec_ds_m: asked.ec,
        outlet: asked.outlet ? null : "false",
        water: asked.water ? null : "false",
      });
      if (mine === asking) fill(told, comparison(found));
    } catch (error) {
      if (mine === asking) fill(told, problemBox(error));
    }
  };

  const draw = (): void =>
    fill(
      place,
      h(
        "form",
        {
          class: "noprint",
          onsubmit: (event: Event) => {
            event.preventDefault();
            void run();
          },
        },
        h(
          "div",
          { class: "bar" },
          choose<Fit>(
            t("soil.options.fit"),
            [
              { value: "land-to-crop", label: t("soil.options.land") },
              { value: "crop-to-land", label: t("soil.options.crop") },
            ],
            asked.fit,
            (fit) => {
              asked.fit = fit;
              draw();
              void run();
            },
          ),
        ),
        h(
          "div",
          { class: "fields" },
          asked.fit === "land-to-crop" &&
            selectField(t("soil.options.thecrop"), asked.crop, facts.crops.map((one) => ({ value: one.id, label: one.name })), (crop) => (asked.crop = crop)),
          textField(t("soil.options.years"), asked.years, (years) => (asked.years = years), { inputmode: "numeric", maxlength: 2 }),
          selectField(
            t("soil.options.texture"),
            asked.texture,
            [{ value: "", label: t("soil.options.known") }, ...textures(facts).map((one) => ({ value: one, label: one }))],
            (texture) => (asked.texture = texture),
          ),
          textField(t("soil.options.depth"), asked.depth, (depth) => (asked.depth = depth), { inputmode: "decimal", placeholder: t("soil.options.known"), maxlength: 8 }),
          textField(t("soil.options.ec"), asked.ec, (ec) => (asked.ec = ec), { inputmode: "decimal", placeholder: t("soil.options.known"), maxlength: 8 }),
        ),
        h(
          "div",
          { class: "bar" },
          checkField(t("soil.options.outlet"), asked.outlet, (outlet) => (asked.outlet = outlet)),
          checkField(t("soil.options.water"), asked.water, (water) => (asked.water = water)),
          h("button", { type: "submit", class: "button strong" }, t("soil.options.run")),
        ),
      ),
    );
  draw();
  void run();
  return h("section", { class: "salt-options", id: "salt-options", "aria-labelledby": id }, h("h2", { id }, t("soil.options", { id: parcel })), place, told);
}

/** The table of textures names each in both languages. */
function textures(facts: SaltFacts): string[] {
  return facts.textures.filter((one) => /[\u4e00-\u9fff]/.test(one) === (state.language === "zh"));
}

function comparison(told: ParcelOptions): HTMLElement {
  const chart = h("div", null);
  const best = told.options.find((one) => one.id === told.best);
  const first = told.options[0];
  const shown = new Set([first?.id, best?.id].filter((one): one is string => one !== undefined));
  const draw = (): void => fill(chart, saltChart(told, told.options.filter((one) => shown.has(one.id))));
  const money = t(state.unit === "mu" ? "soil.money.mu" : "soil.money.ha");
  const water = t(state.unit === "mu" ? "soil.water.mu" : "soil.water.ha");
  draw();
  const pick = (one: SaltOption): HTMLElement =>
    h("input", {
      type: "checkbox",
      checked: shown.has(one.id),
      "aria-label": `${t("soil.options.chart")}: ${one.name}`,
      onchange: (event: Event) => {
        const box = event.target as HTMLInputElement;
        if (box.checked && shown.size >= MOST_LINES) box.checked = false;
        else if (box.checked) shown.add(one.id);
        else shown.delete(one.id);
        draw();
      },
    });
  return h(
    "div",
    null,
    h(
      "p",
      { class: "quiet" },
      `${t("soil.options.start", { low: num(told.start_ds_m.lower, 1), high: num(told.start_ds_m.upper, 1) })} ${t("soil.options.ground", { texture: told.ground.texture, depth: num(told.ground.groundwater_depth_m, 1), ec: num(told.ground.groundwater_ec_ds_m, 1) })}`,
    ),
    table<SaltOption>(
      [
        {
          label: t("soil.options.option"),
          names: true,
          cell: (one) => [
            one.name,
            one.id === told.best && [" ", h("span", { class: "mark good" }, t("soil.options.best"))],
            !one.allowed && h("span", { class: "forbidden" }, t("soil.options.forbidden", { why: one.excluded.map((each) => each.said).join("; ") })),
          ],
        },
        { label: t("soil.options.chart"), screen: true, cell: pick },
        { label: `${t("soil.options.value")} (${money})`, number: true, cell: (one) => perArea(one.income_yuan_ha) },
        { label: `${t("soil.options.cost")} (${money})`, number: true, cell: (one) => perArea(one.cost_yuan_ha) },
        { label: `${t("soil.options.invest")} (${money})`, number: true, cell: (one) => perArea(one.invest_yuan_ha) },
        { label: `${t("soil.options.wateruse")} (${water})`, number: true, cell: (one) => perArea(one.water_mm === null ? null : one.water_mm * 10), title: (one) => `${num(one.water_mm)} mm` },
        { label: `${t("soil.options.left")} (dS/m)`, number: true, cell: (one) => num(one.salt_end_ds_m, 1) },
        { label: t("soil.options.yield"), number: true, cell: (one) => percent(one.relative_yield) },
        { label: t("soil.options.risk"), number: true, cell: (one) => percent(one.risk), cellClass: (one) => ((one.risk ?? 0) > 0.2 ? "bad" : undefined) },
      ],
      told.options,
      { caption: t("soil.options", { id: told.parcel_id }), hideCaption: true, rowClass: (one) => (one.id === told.best ? "own" : one.allowed ? undefined : "not-allowed") },
    ),
    h("p", { class: "quiet" }, t("soil.options.note", { years: told.years, money, target: percent(told.target) })),
    told.not_counted.length > 0 && h("p", { class: "quiet" }, t("soil.options.notcounted", { what: told.not_counted.join("; ") })),
    h("h3", null, t("soil.chart")),
    h("p", { class: "quiet noprint" }, t("soil.chart.most")),
    chart,
  );
}
