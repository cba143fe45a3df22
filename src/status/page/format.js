// Numbers, times and words as the page writes them. Null is an en dash: unknown, not zero.

export const NONE = "\u2013";
const THIN_SPACE = "\u202f";

const isKnown = Number.isFinite;
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const decimals = (value, digits) => value.toFixed(digits);

/** 1,234,567 */
export const count = (value) => (isKnown(value) ? whole.format(value) : NONE);

/** The next larger of these steps, which are from 1 to 10, times a power of ten. */
export function roundUp(value, steps) {
  const decade = 10 ** Math.floor(Math.log10(value));
  return steps.map((step) => step * decade).find((step) => step >= value) ?? value;
}

/** 0.2 ms, 50.1 ms, 120 ms, 2,500 ms. */
export function milliseconds(value) {
  if (!isKnown(value)) return NONE;
  return `${value >= 1000 ? whole.format(value) : decimals(value, value >= 99.95 ? 0 : 1)}${THIN_SPACE}ms`;
}

/** A time within a flight, always to the tenth of a millisecond. */
export function flightTime(value) {
  return isKnown(value) ? `${decimals(value, 1)}${THIN_SPACE}ms` : NONE;
}

export function percent(ratio) {
  if (!isKnown(ratio)) return NONE;
  const value = ratio * 100;
  return `${decimals(value, value > 0 && value < 99.95 ? 1 : 0)}${THIN_SPACE}%`;
}

export function perSecond(value) {
  if (!isKnown(value)) return NONE;
  return `${value >= 100 ? whole.format(value) : decimals(value, 1)}${THIN_SPACE}/s`;
}

export function bytes(value) {
  if (!isKnown(value)) return NONE;
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || Number.isInteger(value) || value >= 100 ? 0 : 1;
  return `${decimals(value, digits)}${THIN_SPACE}${units[unit]}`;
}

/** The two largest units: 45 s, 12 min 5 s, 2 h 14 min, 3 d 4 h. */
export function duration(seconds) {
  if (!isKnown(seconds)) return NONE;
  let rest = Math.floor(seconds);
  const parts = [];
  for (const [name, length] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
    const amount = Math.floor(rest / length);
    rest %= length;
    if (amount > 0 || (parts.length === 0 && name === "s")) parts.push(`${amount}${THIN_SPACE}${name}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join(" ");
}

export function clockTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB");
}

/** "first_reply" as "first reply". */
export function words(identifier) {
  return identifier ? identifier.replaceAll("_", " ") : NONE;
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** The question's name as this listener shows it. */
export function questionName(flight) {
  return flight.name ?? "(hidden)";
}
