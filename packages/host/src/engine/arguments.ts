/** Job: a call's arguments as a command line shows them. Never: what a task is given; that is the arguments' own text. */

import { CapsuleError } from "../errors.ts";
import { parseJson, stringifyJson } from "../json.ts";
import { quote } from "../policy/problem.ts";

/** As Linux bounds one argument. A guest chooses what a sub-task is called with, and this is read on the host's own thread. */
const mostLength = 128 * 1024;

/** `sys.argv` and `process.argv`: texts as they are, other values as JSON; none where `args`, the JSON text of an array, is longer. */
export function argumentTexts(args: string): string[] {
  if (args.length > mostLength) return [];
  return (JSON.parse(args) as unknown[]).map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
}

/** Arguments of a WASI command are texts; what is none comes as its JSON text, every digit as it was. */
export function commandArguments(args: string): string[] {
  const values = parseJson(args);
  if (!Array.isArray(values))
    throw new CapsuleError("invalid_config", `the arguments are ${quote(args)}; they are a JSON array`);
  return values.map((value, index) => (typeof value === "string" ? value : stringifyJson(value, `argument ${index}`)));
}
