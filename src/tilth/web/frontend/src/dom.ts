/** Elements from plain calls. Text goes in as text only: nothing that comes from data is ever read as markup. */

export type Child = Node | string | number | null | undefined | false | readonly Child[];
type Listener = (event: never) => void;
export type Props = Record<string, string | number | boolean | null | undefined | Listener>;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props | null = null,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  dress(made, props);
  append(made, children);
  return made;
}

/** The same for drawings. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  props: Props | null = null,
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  dress(made, props);
  append(made, children);
  return made;
}

function dress(made: Element, props: Props | null): void {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name.slice(2), value as EventListener);
    else if (name === "value" && "value" in made) made.value = String(value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
}

function append(made: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(made, child as readonly Child[]);
    else made.append(child instanceof Node ? child : String(child));
  }
}

/** Put `children` in the place of what `place` holds. */
export function fill(place: Element, ...children: Child[]): void {
  place.replaceChildren();
  append(place, children);
}

let last = 0;

/** An id that no other element of the page has. */
export function freshId(prefix: string): string {
  last += 1;
  return `${prefix}-${last}`;
}
