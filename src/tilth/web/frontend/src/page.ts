/** What a part of the office is to the frame. */

import type { Place } from "./router";
import type { Word } from "./words";

export interface Visit {
  place: Place;
  /** Have `then` called when the page is left or drawn again. */
  onLeave: (then: () => void) => void;
}

export interface Page {
  /** First part of the address. */
  path: string;
  /** Its name in the navigation. */
  word: Word;
  /** Its place there. */
  order: number;
  /** Takes the whole width and height, as a map does. */
  wide?: boolean;
  show: (visit: Visit) => Node | Promise<Node>;
}
