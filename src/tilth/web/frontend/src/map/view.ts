/** A map of parcels: MapLibre, set up so that it needs nothing from outside and can be used from the keyboard. */

import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import {
  type GeoJSONSource,
  type LngLatBoundsLike,
  Map as MapLibre,
  type MapGeoJSONFeature,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import { t } from "../words";
import type { By, MapLayer, MapRecord } from "./record";
import { extraLayer, fillColour, overviewLayer, overviewSource, PARCELS, styleOf } from "./style";
import { surveyLayer } from "./record";

setWorkerUrl(workerUrl);

export interface ParcelOnMap {
  parcel_id: string;
  class_code: string;
  area_dm2: number;
  region_code: string;
  pbf: number | null;
  grade: number | null;
}

export interface ViewOptions {
  record: MapRecord;
  year: number;
  by: By;
  /** Parcels are only the ground for something else. */
  faint?: boolean;
  onPick?: (parcel: ParcelOnMap | null, at: [number, number]) => void;
  onIdle?: () => void;
}

export type Shapes = GeoJSON.FeatureCollection | GeoJSON.Feature | GeoJSON.Geometry;

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

export class MapView {
  readonly map: MapLibre;
  /** Clicks go to this instead of picking parcels, while it is set. */
  takeClick: ((at: [number, number]) => void) | null = null;
  private readonly near: number;
  private loaded = false;

  constructor(
    readonly place: HTMLElement,
    private readonly options: ViewOptions,
  ) {
    const { record, year, by } = options;
    this.near = surveyLayer(record, year)?.minzoom ?? 22;
    this.map = new MapLibre({
      container: place,
      style: styleOf(record, year, by, options.faint),
      ...(record.bounds ? { bounds: record.bounds } : {}),
      fitBoundsOptions: { padding: 24 },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxPitch: 0,
      maxZoom: 20,
      fadeDuration: 0,
      locale: {
        "NavigationControl.ZoomIn": t("map.zoom.in"),
        "NavigationControl.ZoomOut": t("map.zoom.out"),
        "Map.Title": t("map.keys"),
      },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
    this.map.on("click", (event) => {
      const at: [number, number] = [event.lngLat.lng, event.lngLat.lat];
      if (this.takeClick) this.takeClick(at);
      else this.pick([event.point.x, event.point.y], at);
    });
    this.map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      const middle = this.map.getCenter();
      const at: [number, number] = [middle.lng, middle.lat];
      if (this.takeClick) this.takeClick(at);
      else {
        const point = this.map.project(middle);
        this.pick([point.x, point.y], at);
      }
    });
    this.map.once("load", () => {
      this.loaded = true;
    });
    this.map.on("idle", () => {
      place.dataset["idle"] = "1";
      options.onIdle?.();
    });
    this.map.on("movestart", () => {
      delete place.dataset["idle"];
    });
    this.map.on("mousemove", (event) => {
      if (this.takeClick) this.map.getCanvas().style.cursor = "crosshair";
      else this.map.getCanvas().style.cursor = this.at([event.point.x, event.point.y]) ? "pointer" : "";
    });
  }

  private at(point: [number, number]): MapGeoJSONFeature | undefined {
    if (!this.map.getLayer(PARCELS) || this.map.getZoom() < this.near) return undefined;
    return this.map.queryRenderedFeatures(point, { layers: [PARCELS] })[0];
  }

  private pick(point: [number, number], at: [number, number]): void {
    if (this.map.getZoom() < this.near) {
      this.map.easeTo({ center: at, zoom: this.near + 1, duration: 400 });
      return;
    }
    const found = this.at(point);
    this.options.onPick?.(found ? parcelOf(found) : null, at);
  }

  /** Parcels drawn now, the largest first. */
  inView(): ParcelOnMap[] {
    if (!this.map.getLayer(PARCELS) || this.map.getZoom() < this.near) return [];
    const all = new Map<string, ParcelOnMap>();
    for (const feature of this.map.queryRenderedFeatures({ layers: [PARCELS] })) {
      const one = parcelOf(feature);
      all.set(one.parcel_id, one);
    }
    return [...all.values()].sort((a, b) => b.area_dm2 - a.area_dm2);
  }

  choose(parcel: string): void {
    this.ready(() => {
      if (this.map.getLayer("chosen-line")) this.map.setFilter("chosen-line", ["==", ["get", "parcel_id"], parcel]);
    });
  }

  colourBy(by: By): void {
    const { record, year } = this.options;
    this.ready(() => {
      if (this.map.getLayer(PARCELS)) this.map.setPaintProperty(PARCELS, "fill-color", fillColour(record, by));
      if (this.map.getLayer("overview")) {
        this.map.removeLayer("overview");
        this.map.removeSource("overview");
        this.map.addSource("overview", overviewSource(record, year, by));
        this.map.addLayer(overviewLayer(this.near), this.map.getLayer(PARCELS) ? PARCELS : undefined);
      }
    });
  }

  /** Draw a layer, or take it off. */
  toggle(layer: MapLayer, on: boolean): void {
    this.ready(() => {
      const id = `extra-${layer.id}`;
      if (this.map.getLayer(id)) this.map.removeLayer(id);
      if (this.map.getSource(id)) this.map.removeSource(id);
      if (!on) return;
      const extra = extraLayer(layer);
      this.map.addSource(id, extra.source);
      for (const one of extra.layers) this.map.addLayer(one);
    });
  }

  /** Draw shapes over everything, filled and outlined in `colour`; nothing takes them off. */
  shapes(name: string, shapes: Shapes | null, colour: string, fill = 0.25): void {
    this.ready(() => {
      const id = `shape-${name}`;
      const source = this.map.getSource(id) as GeoJSONSource | undefined;
      if (source) {
        source.setData(shapes ?? NOTHING);
        return;
      }
      this.map.addSource(id, { type: "geojson", data: shapes ?? NOTHING });
      this.map.addLayer({ id: `${id}-fill`, type: "fill", source: id, paint: { "fill-color": colour, "fill-opacity": fill } });
      this.map.addLayer({ id: `${id}-line`, type: "line", source: id, paint: { "line-color": colour, "line-width": 2.5 } });
      this.map.addLayer({
        id: `${id}-point`,
        type: "circle",
        source: id,
        filter: ["==", ["geometry-type"], "Point"],
        paint: { "circle-radius": 5, "circle-color": "#fff", "circle-stroke-color": colour, "circle-stroke-width": 2.5 },
      });
    });
  }

  fit(bounds: LngLatBoundsLike | null, maxZoom = 17): void {
    if (bounds) this.map.fitBounds(bounds, { padding: 60, maxZoom, duration: 0 });
  }

  /** The style is there once and for all after `load`; whether its tiles are still coming does not matter. */
  ready(then: () => void): void {
    if (this.loaded) then();
    else this.map.once("load", then);
  }

  remove(): void {
    this.map.remove();
  }
}

function parcelOf(feature: MapGeoJSONFeature): ParcelOnMap {
  const { parcel_id, class_code, area_dm2, region_code, pbf, grade } = feature.properties;
  return {
    parcel_id: String(parcel_id),
    class_code: String(class_code),
    area_dm2: Math.round(Number(area_dm2)) || 0,
    region_code: String(region_code ?? ""),
    pbf: pbf === undefined ? null : Number(pbf),
    grade: grade === undefined ? null : Number(grade),
  };
}

/** West, south, east, north of all coordinates in `shapes`; null of none. */
export function boundsOf(shapes: Shapes | null | undefined): [number, number, number, number] | null {
  const found: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  const take = (coordinates: unknown): void => {
    if (!Array.isArray(coordinates)) return;
    if (typeof coordinates[0] === "number") {
      const [x, y] = coordinates as [number, number];
      found[0] = Math.min(found[0], x);
      found[1] = Math.min(found[1], y);
      found[2] = Math.max(found[2], x);
      found[3] = Math.max(found[3], y);
    } else for (const one of coordinates) take(one);
  };
  const walk = (one: Shapes | null | undefined): void => {
    if (!one) return;
    if (one.type === "FeatureCollection") one.features.forEach(walk);
    else if (one.type === "Feature") walk(one.geometry);
    else if (one.type === "GeometryCollection") one.geometries.forEach(walk);
    else take(one.coordinates);
  };
  walk(shapes);
  return found[0] <= found[2] ? found : null;
}
