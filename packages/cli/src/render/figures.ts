/** Job: numbers, sizes and times as people read them. Never: round what a program reads. */

/** 1234567 → "1,234,567". */
export const grouped = (value: number | bigint): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** Bytes in the units that `ram` takes (1 MB = 1,048,576 bytes), three digits. */
export function size(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${units[unit]}`;
}

export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
  return `${Number((milliseconds / 1000).toPrecision(3))} s`;
}

/** A two-column table: names in bold would hide in a pipe, so the columns alone carry it. */
export function columns(rows: readonly (readonly [name: string, value: string])[], indent = "  "): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `${indent}${name.padEnd(width)}${value}\n`).join("");
}
