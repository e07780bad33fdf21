/** Pictures from the server below the lines of the parcels, in the place of the parcels' own colours. */

import { PARCELS } from "./style";
import type { MapView } from "./view";

const PICTURE = "overlay-picture";

export interface Picture {
  /** Address of the tiles, with {z}, {x} and {y}. */
  tiles: string;
  maxzoom: number;
  bounds?: [number, number, number, number];
}

export function showPicture(view: MapView, picture: Picture): void {
  view.ready(() => {
    const map = view.map;
    if (map.getLayer("overview")) map.setLayoutProperty("overview", "visibility", "none");
    if (map.getLayer(PARCELS)) map.setPaintProperty(PARCELS, "fill-opacity", 0);
    if (map.getLayer(PICTURE)) map.removeLayer(PICTURE);
    if (map.getSource(PICTURE)) map.removeSource(PICTURE);
    map.addSource(PICTURE, {
      type: "raster",
      tiles: [new URL(location.origin).origin + picture.tiles],
      tileSize: 256,
      maxzoom: picture.maxzoom,
      ...(picture.bounds ? { bounds: picture.bounds } : {}),
    });
    map.addLayer(
      { id: PICTURE, type: "raster", source: PICTURE, paint: { "raster-fade-duration": 0, "raster-resampling": "nearest" } },
      map.getLayer(PARCELS) ? PARCELS : undefined,
    );
  });
}
