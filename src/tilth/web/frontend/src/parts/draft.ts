/** What somebody is filling in: every step can be undone, and nothing is lost when the page is drawn again. */

export class Draft<T> {
  private past: T[] = [];
  private future: T[] = [];
  private now: T;

  constructor(private readonly blank: () => T) {
    this.now = blank();
  }

  get value(): T {
    return this.now;
  }

  get dirty(): boolean {
    return this.past.length > 0;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  set(next: T): void {
    if (JSON.stringify(next) === JSON.stringify(this.now)) return;
    this.past.push(this.now);
    this.now = next;
    this.future = [];
  }

  change(some: Partial<T>): void {
    this.set({ ...this.now, ...some });
  }

  undo(): void {
    const before = this.past.pop();
    if (before === undefined) return;
    this.future.push(this.now);
    this.now = before;
  }

  redo(): void {
    const after = this.future.pop();
    if (after === undefined) return;
    this.past.push(this.now);
    this.now = after;
  }

  /** Start again; this can be undone too. */
  clear(): void {
    this.set(this.blank());
  }

  /** It is done, or given up: nothing is left to undo. */
  drop(): void {
    this.past = [];
    this.future = [];
    this.now = this.blank();
  }
}
