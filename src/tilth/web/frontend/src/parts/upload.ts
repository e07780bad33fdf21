/** Files that somebody drops or chooses. */

import { freshId, h } from "../dom";
import { t } from "../words";
import { zipped } from "../zip";

/** The one file to send; the parts of a shapefile go as a zip. Null where something is missing. */
export async function asOne(files: readonly File[]): Promise<File | null> {
  const [first] = files;
  if (!first) return null;
  const shape = files.find((one) => one.name.toLowerCase().endsWith(".shp"));
  if (files.length === 1) return shape ? null : first;
  return zipped(files, `${(shape ?? first).name.replace(/\.[^.]+$/, "")}.zip`);
}

/** A place to drop files on, which is a button too. */
export function dropZone(title: string, hint: string, take: (files: File[]) => void): HTMLElement {
  const id = freshId("file");
  const field = h("input", {
    id,
    type: "file",
    multiple: true,
    class: "unseen",
    onchange: () => {
      const chosen = [...(field.files ?? [])];
      field.value = "";
      if (chosen.length) take(chosen);
    },
  });
  const zone = h(
    "div",
    { class: "drop" },
    h("p", { class: "drop-title" }, title),
    field,
    h("label", { for: id, class: "button strong" }, t("check.choose")),
    h("p", { class: "quiet" }, hint),
  );
  const over = (event: DragEvent, on: boolean): void => {
    event.preventDefault();
    zone.classList.toggle("over", on);
  };
  zone.addEventListener("dragover", (event) => over(event, true));
  zone.addEventListener("dragleave", (event) => over(event, false));
  zone.addEventListener("drop", (event) => {
    over(event, false);
    const dropped = [...(event.dataTransfer?.files ?? [])];
    if (dropped.length) take(dropped);
  });
  return zone;
}
