/** Salinity on a map of parcels: a raster below their lines, and samples as points above them. */

import type { GeoJSONSource } from "maplibre-gl";
import { showPicture } from "../map/overlay";
import type { MapView } from "../map/view";
import type { SampleSet, SoilMap } from "./record";

const POINTS = "soil-points";

/** Show a quantity of a finished map in the place of the parcels' own colours. */
export function showQuantity(view: MapView, soil: SoilMap, by: string): void {
  showPicture(view, { tiles: soil.tiles.replace("{by}", by), maxzoom: soil.maxzoom, bounds: soil.bounds });
}

/** Show samples in the colours of the salinity legend; none with null. */
export function showSamples(view: MapView, set: SampleSet | null): void {
  view.ready(() => {
    const map = view.map;
    const data: GeoJSON.FeatureCollection = set?.points ?? { type: "FeatureCollection", features: [] };
    const source = map.getSource(POINTS) as GeoJSONSource | undefined;
    if (source) {
      source.setData(data);
      return;
    }
    map.addSource(POINTS, { type: "geojson", data });
    map.addLayer({
      id: POINTS,
      type: "circle",
      source: POINTS,
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 3, 15, 6],
        "circle-color": ["get", "colour"],
        "circle-stroke-color": "#1c2623",
        "circle-stroke-width": 1.2,
      },
    });
  });
}
