const UNITS = ["", "K", "M", "G", "T", "P"];

/** Bytes for people, 1024-based: `512`, `1.5K`, `20M`; `-` for what is not known. */
export function describeSize(bytes: number | null): string {
  if (bytes === null) return "-";
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1;
  return value.toFixed(digits).replace(/\.0$/, "") + UNITS[unit];
}
