const UNITS = [["hour", 3600, 2], ["minute", 60, 2], ["second", 1, 0]];

/** A number as `language` writes it; a dash for none. `kind` is count, decimal, percent, seconds, or points, which are written with `unit`. */
export function amount(value, kind, language, { signed = false, unit: points = "", digits = 1 } = {}) {
  if (value === null || value === undefined) return "—";
  const write = (number, options) =>
    new Intl.NumberFormat(language, { signDisplay: signed ? "exceptZero" : "auto", ...options }).format(number);
  const fixed = (places) => ({ minimumFractionDigits: value ? places : 0, maximumFractionDigits: places });
  if (kind === "count") return write(value, fixed(0));
  if (kind === "decimal") return write(value, { maximumFractionDigits: 2 });
  if (kind === "percent") return write(value / 100, { style: "percent", ...fixed(digits) });
  if (kind === "points") return `${write(value, fixed(digits))}\u00a0${points}`;
  // Minutes and hours from two on; hundredths of a few seconds.
  const size = Math.abs(value);
  const [unit, seconds] = UNITS.find(([, seconds, least]) => size >= seconds * least);
  const text = write(value / seconds, { style: "unit", unit, unitDisplay: "narrow", ...fixed(size < 10 ? 2 : 1) });
  return text.replace(/(\d)(\p{L})/u, "$1\u00a0$2"); // "6.3 s", as in the texts
}

export function Amount({ value, kind, signed, unit, language }) {
  return <span>{amount(value, kind, language, { signed, unit })}</span>;
}
