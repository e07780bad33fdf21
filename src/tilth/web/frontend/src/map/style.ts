/** How parcels and layers are drawn: nothing is fetched but tiles of this server. */

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { By, LegendItem, MapLayer, MapRecord } from "./record";
import { surveyLayer } from "./record";

export const PARCELS = "parcels-fill";
const PBF_COLOURS = { yes: "#2e7d4f", farmland: "#e6d27a", other: "#d9dedb" };
const NO_GRADE = "#d9dedb";
/** Lines of layers that can be switched on, by kind. */
const LAYER_COLOURS: Record<string, string> = {
  pbf: "#1b5e20",
  ecology: "#00695c",
  town: "#ad1457",
  reserve: "#6a1b9a",
  township: "#37474f",
  village: "#78909c",
  project: "#b71c1c",
};

export function layerColour(kind: string): string {
  return LAYER_COLOURS[kind] ?? "#3949ab";
}

/** Absolute: workers know no address of a page. */
function tilesOf(template: string, values: Record<string, string>): string {
  let text = template;
  for (const [name, value] of Object.entries(values)) text = text.replace(`{${name}}`, value);
  return new URL(location.origin).origin + text;
}

export function styleOf(record: MapRecord, year: number, by: By, faint = false): StyleSpecification {
  const opacity = faint ? 0.4 : 1;
  const survey = surveyLayer(record, year);
  const style: StyleSpecification = {
    version: 8,
    sources: {},
    layers: [{ id: "ground", type: "background", paint: { "background-color": "#eef1ef" } }],
  };
  const near = survey?.minzoom ?? 22;
  if (record.overview && record.overview.minzoom < near) {
    style.sources["overview"] = overviewSource(record, year, by);
    style.layers.push(overviewLayer(near, opacity));
  }
  if (survey) {
    style.sources["parcels"] = {
      type: "vector",
      tiles: [tilesOf(survey.tiles, { layer: survey.id })],
      minzoom: near,
      maxzoom: survey.maxzoom,
      ...(record.bounds ? { bounds: record.bounds } : {}),
    };
    const common = { source: "parcels", "source-layer": survey.source_layer, minzoom: near } as const;
    style.layers.push(
      { id: PARCELS, type: "fill", ...common, paint: { "fill-color": fillColour(record, by), "fill-opacity": opacity, "fill-antialias": false } },
      {
        id: "parcels-line",
        type: "line",
        ...common,
        paint: {
          "line-color": "#4c5a54",
          "line-width": ["interpolate", ["linear"], ["zoom"], near, 0.15, near + 3, 0.8],
          "line-opacity": 0.7,
        },
      },
      {
        id: "chosen-line",
        type: "line",
        ...common,
        filter: ["==", ["get", "parcel_id"], ""],
        paint: { "line-color": "#0b57d0", "line-width": 3.5 },
      },
    );
  }
  return style;
}

export function overviewSource(record: MapRecord, year: number, by: By) {
  const overview = record.overview as NonNullable<MapRecord["overview"]>;
  const bare = overview.tiles.split("?")[0] as string;
  return {
    type: "raster" as const,
    tiles: [`${tilesOf(bare, { year: String(year) })}?by=${by}`],
    tileSize: 256,
    minzoom: overview.minzoom,
    maxzoom: overview.maxzoom ?? 12,
    ...(record.bounds ? { bounds: record.bounds } : {}),
  };
}

export function overviewLayer(near: number, opacity = 1): LayerSpecification {
  return {
    id: "overview",
    type: "raster",
    source: "overview",
    maxzoom: near,
    paint: { "raster-fade-duration": 0, "raster-opacity": opacity, "raster-resampling": "nearest" },
  };
}

export function fillColour(record: MapRecord, by: By): ExpressionSpecification {
  if (by === "class") return classColours(record.legend["class"] ?? []);
  if (by === "quality") return gradeColours(record.legend["quality"] ?? []);
  return [
    "case",
    ["==", ["to-number", ["get", "pbf"], 0], 1],
    pbfColour(record, "yes"),
    ["==", ["to-number", ["get", "farmland"], 0], 1],
    pbfColour(record, "farmland"),
    pbfColour(record, "other"),
  ];
}

/** Legend rows of a way to colour, with what the server leaves open. */
export function legendOf(record: MapRecord, by: By): LegendItem[] {
  const given = record.legend[by] ?? [];
  if (given.length || by !== "pbf") return given;
  return [
    { code: "1", label: "Permanent basic farmland", label_zh: "永久基本农田", colour: PBF_COLOURS.yes },
    { code: "0", label: "Other farmland", label_zh: "一般耕地", colour: PBF_COLOURS.farmland },
    { code: "", label: "Other land", label_zh: "其他地类", colour: PBF_COLOURS.other },
  ];
}

function pbfColour(record: MapRecord, which: keyof typeof PBF_COLOURS): string {
  const given = record.legend["pbf"] ?? [];
  const code = { yes: ["1", "pbf", "yes"], farmland: ["0", "farmland", "no"], other: ["", "other", "none"] }[which];
  return given.find((one) => code.includes(String(one.code)))?.colour ?? PBF_COLOURS[which];
}

function classColours(items: readonly LegendItem[]): ExpressionSpecification {
  if (!items.length) return ["literal", NO_GRADE] as unknown as ExpressionSpecification;
  const exact = items.flatMap((one) => [String(one.code), one.colour]);
  const heads = items.filter((one) => String(one.code).length === 2).flatMap((one) => [String(one.code), one.colour]);
  const rest = heads.length
    ? (["match", ["slice", ["get", "class_code"], 0, 2], ...heads, "#b9c2bd"] as unknown as ExpressionSpecification)
    : "#b9c2bd";
  return ["match", ["get", "class_code"], ...exact, rest] as unknown as ExpressionSpecification;
}

function gradeColours(items: readonly LegendItem[]): ExpressionSpecification {
  const rows = items.filter((one) => /^\d+$/.test(String(one.code)) && Number(one.code) > 0);
  const other = items.find((one) => !/^[1-9]\d*$/.test(String(one.code)))?.colour ?? NO_GRADE;
  if (!rows.length) return ["literal", NO_GRADE] as unknown as ExpressionSpecification;
  const pairs = rows.flatMap((one) => [Number(one.code), one.colour]);
  return ["match", ["to-number", ["get", "grade"], 0], ...pairs, other] as unknown as ExpressionSpecification;
}

/** Source and line of a layer that is switched on. */
export function extraLayer(layer: MapLayer): { source: StyleSpecification["sources"][string]; layers: LayerSpecification[] } {
  const common = { source: `extra-${layer.id}`, "source-layer": layer.source_layer } as const;
  const colour = layerColour(layer.kind);
  return {
    source: {
      type: "vector",
      tiles: [tilesOf(layer.tiles, { layer: layer.id })],
      minzoom: layer.minzoom ?? 0,
      maxzoom: layer.maxzoom,
    },
    layers: [
      { id: `extra-${layer.id}`, type: "line", ...common, paint: { "line-color": colour, "line-width": 1.8 } },
    ],
  };
}
