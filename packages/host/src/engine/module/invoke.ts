/** Job: a call of one export as a person writes it, `gcd(12, 18)`, checked against the export's signature. Never: call it. */
import { CapsuleError } from "../../errors.ts";
import { quote } from "../../policy/problem.ts";
import type { NumberType, Signature } from "./signatures.ts";

export type Argument = number | bigint | string;

/**
 * Reads `name` or `name(1, -2.5, 0xff)`; the numbers stay text until the signature is known. A name with parentheses can
 * only be given apart, as `{ name, args }`.
 * @throws CapsuleError `usage`
 */
export function parseInvoke(text: string): { readonly name: string; readonly args: readonly string[] } {
  const match = /^\s*([^()]+?)\s*(?:\(([^()]*)\))?\s*$/.exec(text);
  if (match === null) throw new CapsuleError("usage", `the call is ${quote(text)}; write it as 'f(1, 2.5)' or 'f'`);
  const list = match[2]?.trim() ?? "";
  return { name: match[1]!, args: list === "" ? [] : list.split(",").map((part) => part.trim()) };
}

/**
 * The arguments as the JavaScript API wants them: bigints for i64, numbers for the others.
 * @throws CapsuleError `invalid_config`
 */
export function fitArguments(name: string, signature: Signature, args: readonly Argument[]): (number | bigint)[] {
  const { parameters, results } = signature;
  if (args.length !== parameters.length) {
    const wanted = `${parameters.length} argument${parameters.length === 1 ? "" : "s"}`;
    const types = parameters.length === 0 ? "" : ` (${parameters.map((type) => type ?? "a reference").join(", ")})`;
    throw invalid(`${quote(name)} takes ${wanted}${types}; ${args.length} given`);
  }
  if (parameters.includes(null) || results.includes(null)) {
    throw invalid(`${quote(name)} takes or gives something that is no number, which cannot be passed from outside`);
  }
  return args.map((arg, index) => fit(arg, parameters[index]!, `argument ${index + 1} of ${quote(name)}`));
}

function fit(arg: Argument, type: NumberType, where: string): number | bigint {
  if (type === "f32" || type === "f64") {
    const value = typeof arg === "string" ? floatOf(arg) : Number(arg);
    if (value !== null) return value;
    throw invalid(`${where} is ${quote(arg)}; it takes an ${type} such as 2.5, 1e9, inf or nan`);
  }
  const bits = type === "i32" ? 32 : 64;
  const value = integerOf(arg);
  if (value !== null && value >= -(2n ** BigInt(bits - 1)) && value < 2n ** BigInt(bits)) {
    return bits === 64 ? BigInt.asIntN(64, value) : Number(BigInt.asIntN(32, value));
  }
  throw invalid(`${where} is ${quote(arg)}; it takes an ${type}: a whole number of ${bits} bits, signed or unsigned`);
}

function integerOf(arg: Argument): bigint | null {
  if (typeof arg === "bigint") return arg;
  if (typeof arg === "number") return Number.isInteger(arg) ? BigInt(arg) : null;
  const match = /^([+-]?)(\d{1,30}|0x[0-9a-f]{1,16}|0b[01]{1,64}|0o[0-7]{1,22})$/i.exec(arg);
  if (match === null) return null;
  const value = BigInt(match[2]!);
  return match[1] === "-" ? -value : value;
}

function floatOf(text: string): number | null {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) {
    if (/nan/i.test(special[2]!)) return Number.NaN;
    return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}

const invalid = (message: string) => new CapsuleError("invalid_config", message);
