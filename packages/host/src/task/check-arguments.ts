/**
 * Job: hold what a program gives to the doors of `Capsule` against its types, so that a mistake is told in words of ours and
 * before anything begins.
 * Never: look into what has a parser of its own (policy, limits, mounts, args).
 */
import { CapsuleError } from "../errors.ts";
import { quote } from "../policy/problem.ts";
import type { CapsuleOptions, RunOptions } from "./capsule.ts";

interface Kind {
  /** Completes the sentence "it takes …". */
  readonly takes: string;
  readonly fits: (value: unknown) => boolean;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const text: Kind = { takes: "a string", fits: (value) => typeof value === "string" };
const object: Kind = { takes: "an object", fits: isObject };
const callback: Kind = { takes: "a function", fits: (value) => typeof value === "function" };
const list: Kind = { takes: "an array", fits: Array.isArray };

const runOptions: { readonly [Name in keyof RunOptions]: Kind } = {
  task: text,
  invoke: {
    takes: 'text, such as "gcd(12, 18)", or an object { name, args } with a string and an array',
    fits: (value) =>
      typeof value === "string" ||
      (isObject(value) && "name" in value && text.fits(value.name) && "args" in value && list.fits(value.args)),
  },
  mounts: list,
  cwd: text,
  stdin: {
    takes: "a string, a Uint8Array, an async iterable of Uint8Arrays, or null",
    fits: (value) =>
      value === null ||
      typeof value === "string" ||
      value instanceof Uint8Array ||
      (typeof value === "object" && Symbol.asyncIterator in value),
  },
  stdout: callback,
  stderr: callback,
  signal: { takes: "an AbortSignal", fits: (value) => value instanceof AbortSignal },
  onEvent: callback,
};

const capsuleOptions: { readonly [Name in keyof CapsuleOptions]: Kind } = {
  pool: object,
  cache: object,
  onEvent: callback,
  trace: { takes: "true, false or an object", fits: (value) => typeof value === "boolean" || isObject(value) },
};

/** @throws CapsuleError `usage` */
export function checkFile(file: unknown): void {
  if (!text.fits(file)) throw new CapsuleError("usage", `the file is ${quote(file)}; it takes a path, a string`);
}

/** @throws CapsuleError `usage` */
export const checkRunOptions = (options: unknown): void => check(options, runOptions);
/** @throws CapsuleError `usage` */
export const checkCapsuleOptions = (options: unknown): void => check(options, capsuleOptions);

function check(options: unknown, kinds: Readonly<Record<string, Kind>>): void {
  if (!isObject(options)) throw new CapsuleError("usage", `the options are ${quote(options)}; they take an object`);
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined || value === undefined || kind.fits(value)) continue;
    throw new CapsuleError("usage", `${name} is ${quote(value)}; it takes ${kind.takes}`);
  }
}
