/** Job: how a configuration mistake is worded: where, option, value, what is allowed. Never: know any option. */
import { CapsuleError } from "../errors.ts";

/**
 * Refuses the value at hand, or a part of it: `at` is the way from the option to the part ("[1].mode").
 * `allowed` completes the sentence "it takes …".
 */
export type Fail = (allowed: string, at?: string, value?: unknown) => never;

/** A `Fail` for one option of one place ("capsule.toml:7: [tasks]", `task "analyze"`; null: the command line itself). */
export function failer(where: string | null, option: string, whole: unknown): Fail {
  return (allowed, at = "", ...part) => {
    const value = part.length > 0 ? part[0] : whole;
    throw new CapsuleError(
      "invalid_config",
      `${where === null ? "" : `${where}: `}${option}${at} is ${quote(value)}; it takes ${allowed}`,
    );
  };
}

/** Longest piece of a foreign value that an error repeats. */
const quotedLength = 80;

/**
 * A value as text for a message: short, one line, and without a character that could steer a terminal (control
 * characters, C1, bidirectional overrides and line separators are written as \uXXXX).
 */
export function quote(value: unknown): string {
  const text = literal(value);
  const short = text.length > quotedLength ? `${text.slice(0, quotedLength)}…` : text;
  return short.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function literal(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" || value === undefined) return String(value);
  if (typeof value === "string") return JSON.stringify(value.slice(0, quotedLength + 1));
  try {
    return (
      JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? inner.toString() : inner)) ??
      typeof value
    );
  } catch {
    return typeof value;
  }
}

/** The one of `names` that `name` was probably meant to be, or null. */
export function nearest(name: string, names: readonly string[]): string | null {
  const squeeze = (text: string) => text.toLowerCase().replace(/[-_ ]/g, "");
  const wanted = squeeze(name.slice(0, 64));
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of names) {
    const known = squeeze(candidate);
    // "ram" for "default_ram" and the other way round.
    const affixed = wanted.length > 2 && (known.endsWith(wanted) || wanted.endsWith(known));
    const distance = affixed ? 1 : editDistance(wanted, known);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Edits between two texts (optimal string alignment): two letters the wrong way round are one, as they are for fingers. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? before[j - 2]! + 1 : replaced;
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced, swapped));
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}

/** Says that `name` is no option here, with the nearest one and all of them. */
export function unknownOption(where: string, name: string, names: readonly string[]): never {
  const meant = nearest(name, names);
  throw new CapsuleError(
    "invalid_config",
    `${where}: ${quote(name)} is no option here; ${meant === null ? "" : `did you mean ${quote(meant)}? `}options: ${names.join(", ")}`,
  );
}
