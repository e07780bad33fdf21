/** Numbers as people type them. */

/** What somebody typed, with or without separators; null where it is no number. */
export function parseNumber(typed: string): number | null {
  const clean = typed.trim().replace(/[,，\s\u202f]/g, "").replace("\u2212", "-");
  if (!/^-?(\d+(\.\d*)?|\.\d+)(e-?\d+)?$/i.test(clean)) return null;
  const value = Number(clean);
  return Number.isFinite(value) && Math.abs(value) <= 1e15 ? value : null;
}
