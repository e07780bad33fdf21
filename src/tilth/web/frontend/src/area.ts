/** Areas as people read them. They come as whole numbers of 0.01 m² and are never turned into fractions. */

export type Unit = "m2" | "ha" | "mu";
export const UNITS: readonly Unit[] = ["m2", "ha", "mu"];

/** How many of the unit's smallest shown parts one 0.01 m² is, as numerator; all have six decimals but m². */
const EXACT: Record<Unit, { times: bigint; decimals: number }> = {
  m2: { times: 1n, decimals: 2 },
  ha: { times: 1n, decimals: 6 },
  mu: { times: 15n, decimals: 6 },
};

/** Decimals that a table shows; the exact value stands in the cell's title. */
export const SHOWN: Record<Unit, number> = { m2: 2, ha: 4, mu: 4 };

const MINUS = "\u2212";

/** `value` with `decimals` digits behind the point, of a whole number of 10^-scale; rounded half away from nothing. */
export function decimal(value: bigint, scale: number, decimals = scale): string {
  const negative = value < 0n;
  let left = negative ? -value : value;
  if (decimals < scale) {
    const cut = 10n ** BigInt(scale - decimals);
    left = (left + cut / 2n) / cut;
  }
  const digits = left.toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ",");
  const rest = decimals ? `.${digits.slice(-decimals)}` : "";
  return `${negative && left !== 0n ? MINUS : ""}${whole}${rest}`;
}

/** `dm2` in `unit`, to the digits a table shows, or to the last one. */
export function area(dm2: number | bigint, unit: Unit, decimals: number = SHOWN[unit]): string {
  const { times, decimals: scale } = EXACT[unit];
  return decimal(BigInt(dm2) * times, scale, decimals);
}

/** To the last digit that the number has. */
export function exactArea(dm2: number | bigint, unit: Unit): string {
  return area(dm2, unit, EXACT[unit].decimals);
}

/** A whole number with separators. */
export function count(value: number | bigint): string {
  return decimal(BigInt(value), 0);
}

/** Hectares of an official table: they are levelled so that sums close, and have two decimals. */
export function levelled(hectares: number): string {
  return decimal(BigInt(Math.round(hectares * 100)), 2);
}

/** What somebody typed, as whole 0.01 m²; null where it is no such number. */
export function parseArea(typed: string, unit: Unit): number | null {
  const clean = typed.trim().replace(/[,\s\u202f]/g, "").replace(MINUS, "-");
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(clean);
  if (!found) return null;
  const [, sign, whole, rest = ""] = found;
  const { times, decimals } = EXACT[unit];
  if (rest.length > decimals) return null;
  const parts = BigInt(`${whole}${rest.padEnd(decimals, "0")}`);
  if (parts % times !== 0n) return null;
  const dm2 = parts / times;
  if (dm2 > 10n ** 15n) return null;
  return Number(sign ? -dm2 : dm2);
}

/** A share as per cent with two decimals, of whole numbers. */
export function share(part: number | bigint, whole: number | bigint): string {
  if (BigInt(whole) === 0n) return "–";
  return `${decimal((BigInt(part) * 1000000n) / BigInt(whole), 4, 2)} %`;
}
