/** Placeholders, percentages and file sizes in texts. */

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
export const percent = (part, whole) => (whole ? Math.min(100, Math.round((100 * part) / whole)) : 0);

/** A file size; `units` are the texts of kilobytes and megabytes, as on the pages. */
export function fileSize(size, language, units) {
  const kilobytes = size / 1024;
  const [unit, value, digits] = kilobytes < 1024 ? ["kilobytes", kilobytes, 0] : ["megabytes", kilobytes / 1024, 1];
  const number = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return fill(units[unit], { value: number.format(value) });
}
