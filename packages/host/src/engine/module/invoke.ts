/** Job: the numbers that a core module's export is called with, checked against its signature. Never: call it. */
import { CapsuleError } from "../../errors.ts";
import { quote } from "../../policy/problem.ts";
import type { NumberType, Signature } from "./signatures.ts";

/**
 * The arguments as the JavaScript API wants them: bigints for i64, numbers for the others.
 * @param given values, or text such as `1, -2.5, 0xff`
 * @throws CapsuleError `invalid_config`
 */
export function fitArguments(
  name: string,
  signature: Signature,
  given: readonly unknown[] | string,
): (number | bigint)[] {
  const { parameters, results } = signature;
  const args = typeof given === "string" ? textsOf(given) : given;
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

function textsOf(list: string): readonly string[] {
  return list.trim() === "" ? [] : list.split(",").map((part) => part.trim());
}

function fit(arg: unknown, type: NumberType, where: string): number | bigint {
  if (type === "f32" || type === "f64") {
    const value = floatOf(arg);
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

function integerOf(arg: unknown): bigint | null {
  if (typeof arg === "bigint") return arg;
  if (typeof arg === "number") return Number.isInteger(arg) ? BigInt(arg) : null;
  if (typeof arg !== "string") return null;
  const match = /^([+-]?)(\d{1,30}|0x[0-9a-f]{1,16}|0b[01]{1,64}|0o[0-7]{1,22})$/i.exec(arg);
  if (match === null) return null;
  const value = BigInt(match[2]!);
  return match[1] === "-" ? -value : value;
}

function floatOf(text: unknown): number | null {
  if (typeof text === "number" || typeof text === "bigint") return Number(text);
  if (typeof text !== "string") return null;
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) {
    if (/nan/i.test(special[2]!)) return Number.NaN;
    return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}

const invalid = (message: string) => new CapsuleError("invalid_config", message);
