/** Job: the call of one export as a person writes it, `gcd(12, 18)`, taken apart into name and arguments. Never: read the arguments; the engine knows their types. */
import { CapsuleError } from "../errors.ts";
import { quote } from "../policy/problem.ts";

/**
 * Reads `name` or `name(…)`. A name with parentheses can only be given apart, as `{ name, args }`.
 * @throws CapsuleError `usage`
 * @example
 * ```ts
 * parseInvoke("docs:adder/add@0.1.0#add(1, 2)"); // { name: "docs:adder/add@0.1.0#add", args: "1, 2" }
 * ```
 */
export function parseInvoke(text: string): { readonly name: string; readonly args: string } {
  const match = /^\s*([^()]+?)\s*(?:\((.*)\))?\s*$/s.exec(text);
  if (match === null) throw new CapsuleError("usage", `the call is ${quote(text)}; write it as 'f(1, 2.5)' or 'f'`);
  return { name: match[1]!, args: match[2] ?? "" };
}
