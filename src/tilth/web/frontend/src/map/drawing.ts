/** Draw one polygon: click its corners; from the keyboard, move the map and press Enter to set a corner at its middle. */

import type { MapView } from "./view";

export type Ring = [number, number][];

export class Drawing {
  private corners: Ring = [];
  private readonly stopKeys: () => void;

  constructor(
    private readonly view: MapView,
    private readonly changed: (corners: number, closed: boolean) => void,
    private readonly done: (polygon: GeoJSON.Polygon) => void,
  ) {
    view.takeClick = (at) => this.add(at);
    view.map.doubleClickZoom.disable();
    const keys = (event: KeyboardEvent): void => {
      if (event.key === "Backspace") this.back();
      else if (event.key === "Escape") this.cancel();
      else return;
      event.preventDefault();
    };
    view.map.getCanvas().addEventListener("keydown", keys);
    this.stopKeys = () => view.map.getCanvas().removeEventListener("keydown", keys);
    this.show();
  }

  /** A corner; the first one again closes the shape. */
  private add(at: [number, number]): void {
    const first = this.corners[0];
    if (first && this.corners.length >= 3 && this.close(first, at)) {
      this.finish();
      return;
    }
    const last = this.corners.at(-1);
    if (last && this.close(last, at)) {
      if (this.corners.length >= 3) this.finish();
      return;
    }
    this.corners.push(at);
    this.show();
  }

  private close(a: [number, number], b: [number, number]): boolean {
    const [p, q] = [this.view.map.project(a), this.view.map.project(b)];
    return Math.hypot(p.x - q.x, p.y - q.y) < 9;
  }

  back(): void {
    this.corners.pop();
    this.show();
  }

  cancel(): void {
    this.corners = [];
    this.show();
  }

  finish(): void {
    const [first] = this.corners;
    if (!first || this.corners.length < 3) return;
    const polygon: GeoJSON.Polygon = { type: "Polygon", coordinates: [[...this.corners, first]] };
    this.stop();
    this.done(polygon);
  }

  stop(): void {
    this.view.takeClick = null;
    this.stopKeys();
    this.view.map.doubleClickZoom.enable();
    this.view.map.getCanvas().style.cursor = "";
    this.corners = [];
    this.view.shapes("draft", null, "#0b57d0");
  }

  private show(): void {
    const features: GeoJSON.Feature[] = this.corners.map((at) => ({
      type: "Feature",
      properties: {},
      geometry: { type: "Point", coordinates: at },
    }));
    const [first] = this.corners;
    if (first && this.corners.length > 2) {
      features.push({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [[...this.corners, first]] } });
    } else if (this.corners.length === 2) {
      features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: this.corners } });
    }
    this.view.shapes("draft", { type: "FeatureCollection", features }, "#0b57d0");
    this.changed(this.corners.length, this.corners.length >= 3);
  }
}
