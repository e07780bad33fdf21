/** Work that is not saved: nobody leaves it without being asked. */

import { ask } from "./parts/dialog";
import { t } from "./words";

export interface Work {
  readonly dirty: boolean;
  /** Give it up. */
  drop: () => void;
}

const unsaved = new Set<Work>();

/** Have `work` looked at before the page is left. */
export function keepWatch(work: Work): void {
  unsaved.add(work);
}

export function anythingUnsaved(): boolean {
  return [...unsaved].some((work) => work.dirty);
}

/** May the page be left? Asks where something would be lost. */
export async function mayLeave(): Promise<boolean> {
  if (!anythingUnsaved()) return true;
  const free = await ask(t("unsaved.title"), t("unsaved.said"), t("unsaved.leave"), t("unsaved.stay"));
  if (free) for (const work of unsaved) if (work.dirty) work.drop();
  return free;
}

window.addEventListener("beforeunload", (event) => {
  if (anythingUnsaved()) event.preventDefault();
});
