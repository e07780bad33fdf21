/** Work that is not saved: nobody leaves it without being asked. */

import { ask } from "./parts/dialog";
import { t } from "./words";

const unsaved = new Map<string, () => boolean>();

/** Have `dirty` looked at before the page is left. Returns how to stop that. */
export function keepWatch(name: string, dirty: () => boolean): () => void {
  unsaved.set(name, dirty);
  return () => unsaved.delete(name);
}

export function anythingUnsaved(): boolean {
  return [...unsaved.values()].some((dirty) => dirty());
}

/** May the page be left? Asks where something would be lost. */
export async function mayLeave(): Promise<boolean> {
  if (!anythingUnsaved()) return true;
  return ask(t("unsaved.title"), t("unsaved.said"), t("unsaved.leave"), t("unsaved.stay"));
}

window.addEventListener("beforeunload", (event) => {
  if (anythingUnsaved()) event.preventDefault();
});
