/** The parts of the office. To add one, write its file in this folder: it exports `page`. */

import type { Page } from "../page";

const found = import.meta.glob<{ page: Page }>(["./*.ts", "!./index.ts"], { eager: true });

export const PAGES: readonly Page[] = Object.values(found)
  .map((one) => one.page)
  .sort((a, b) => a.order - b.order);
