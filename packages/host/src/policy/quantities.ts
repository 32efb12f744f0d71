/** Job: read and write the quantities of a policy: compute, bytes, durations, counts. Never: decide defaults. */
import type { Fail } from "./problem.ts";

/** The named compute levels (contract with users; Wasmtime's fuel unit). */
export const computeLevels: ReadonlyMap<string, bigint> = new Map([
  ["LOW", 100_000_000n],
  ["MEDIUM", 2_000_000_000n],
  ["HIGH", 50_000_000_000n],
]);

/** The counter is an i64, so this is the largest budget. */
export const maxFuel = 2n ** 63n - 1n;

const computeAllowed =
  'LOW, MEDIUM, HIGH or a whole number of fuel from 1 to 9223372036854775807 (as text where a number would lose digits, e.g. "9007199254740993")';

/** `"LOW"`, `2_000_000`, `"2000000"`, `2000000n` → fuel. */
export function parseCompute(value: unknown, fail: Fail): bigint {
  const level = typeof value === "string" ? computeLevels.get(value.trim().toUpperCase()) : undefined;
  if (level !== undefined) return level;
  const fuel = wholeNumber(value);
  if (fuel === null || fuel < 1n || fuel > maxFuel) return fail(computeAllowed);
  return fuel;
}

/** One page: no memory is smaller. */
export const minMemoryBytes = 65_536;
/** The largest linear memory that V8 makes (memory64). */
export const maxMemoryBytes = 16 * 1024 ** 3;

const sizeUnits: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ["kb", 1024],
  ["kib", 1024],
  ["mb", 1024 ** 2],
  ["mib", 1024 ** 2],
  ["gb", 1024 ** 3],
  ["gib", 1024 ** 3],
]);

/** `"64MB"`, `"1.5 GB"`, `67108864` → bytes. KB, MB and GB count in 1024s, as the reference's do; KiB, MiB, GiB mean the same. */
export function parseSize(value: unknown, fail: Fail): number {
  const allowed = 'bytes or a size such as "64MB", "512MB" or "2GB" (1 MB = 1024 × 1024), from 64KB to 16GB';
  let bytes: number;
  if (typeof value === "string") {
    const match = value.length > 64 ? null : /^\s*(\d{1,15})(\.\d{1,6})?\s*([a-z]{0,3})\s*$/i.exec(value);
    const unit = match === null ? undefined : sizeUnits.get(match[3]!.toLowerCase());
    if (match === null || unit === undefined) return fail(allowed);
    bytes = Number(`${match[1]}${match[2] ?? ""}`) * unit;
  } else {
    bytes = Number(wholeNumber(value) ?? Number.NaN);
  }
  if (!Number.isSafeInteger(bytes) || bytes < minMemoryBytes || bytes > maxMemoryBytes) return fail(allowed);
  return bytes;
}

/** Node's timers hold 2^31 − 1 ms and fire at once beyond that; 24 days is the round number below. */
export const maxTimeoutMs = 24 * 24 * 3_600_000;

const durationUnits: readonly (readonly [milliseconds: number, names: readonly string[]])[] = [
  [1, ["ms", "msec", "millis"]],
  [1_000, ["s", "sec", "secs", "second", "seconds"]],
  [60_000, ["m", "min", "mins", "minute", "minutes"]],
  [3_600_000, ["h", "hr", "hrs", "hour", "hours"]],
  [86_400_000, ["d", "day", "days"]],
];

/** `"500ms"`, `"30s"`, `"1m 30s"`, `"1.5s"`, `1500` (milliseconds) → milliseconds. */
export function parseDuration(value: unknown, fail: Fail): number {
  // Text of digits alone could mean either unit; a number is milliseconds, as everywhere in JavaScript.
  const what = typeof value === "string" ? "a duration with its unit" : "milliseconds or a duration";
  const allowed = `${what}, such as "500ms", "30s", "5m", "1h" or "1m 30s", from 1ms to 24d`;
  let milliseconds: number;
  if (typeof value === "string") {
    if (value.length > 64 || !/^\s*(?:\d{1,12}(?:\.\d{1,6})?\s*[a-z]{1,7}\s*){1,5}$/i.test(value)) return fail(allowed);
    milliseconds = 0;
    const used = new Set<number>();
    for (const [, amount, name] of value.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
      const unit = durationUnits.find(([, names]) => names.includes(name!.toLowerCase()))?.[0];
      if (unit === undefined || used.has(unit)) return fail(allowed);
      used.add(unit);
      milliseconds += Number(amount) * unit;
    }
  } else {
    milliseconds = Number(wholeNumber(value) ?? Number.NaN);
  }
  if (!Number.isSafeInteger(milliseconds) || milliseconds < 1 || milliseconds > maxTimeoutMs) return fail(allowed);
  return milliseconds;
}

/** A whole number between two bounds, as number, bigint or text. */
export function parseCount(value: unknown, minimum: number, maximum: number, fail: Fail): number {
  const count = wholeNumber(value);
  if (count === null || count < BigInt(minimum) || count > BigInt(maximum))
    return fail(`a whole number from ${minimum} to ${maximum}`);
  return Number(count);
}

/** A non-negative integer without loss, or null. A number beyond 2^53 has lost digits already and is refused. */
function wholeNumber(value: unknown): bigint | null {
  if (typeof value === "bigint") return value >= 0n ? value : null;
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : null;
  if (typeof value === "string" && value.length <= 64 && /^\s*\d{1,24}\s*$/.test(value)) return BigInt(value);
  return null;
}

/** 67108864 → "64MB", 1000 → "1000 bytes". */
export function formatSize(bytes: number): string {
  for (const [unit, size] of [
    ["GB", 1024 ** 3],
    ["MB", 1024 ** 2],
    ["KB", 1024],
  ] as const)
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  return `${bytes} bytes`;
}

/** 90000 → "1m 30s". */
export function formatDuration(milliseconds: number): string {
  const parts: string[] = [];
  let rest = milliseconds;
  for (const [unit, names] of durationUnits.toReversed()) {
    const amount = Math.floor(rest / unit);
    rest -= amount * unit;
    if (amount > 0) parts.push(`${amount}${names[0]}`);
  }
  return parts.length === 0 ? "0ms" : parts.join(" ");
}

/** 2000000000n → "MEDIUM (2,000,000,000 fuel)". */
export function formatFuel(fuel: bigint): string {
  const grouped = fuel.toString().replace(/\B(?=(\d{3})+$)/g, ",");
  for (const [name, level] of computeLevels) if (level === fuel) return `${name} (${grouped} fuel)`;
  return `${grouped} fuel`;
}
