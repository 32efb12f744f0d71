/** Job: THE table of task options: every name, every parser. Never: defaults, ceilings, or the disk. */
import { CapsuleError } from "../errors.ts";
import { parseVariableName } from "./environment.ts";
import { type FileRequest, parseFileRequest } from "./files.ts";
import { parseHostRule } from "./hosts.ts";
import type { HostRule } from "./policy.ts";
import { type Fail, failer, quote, unknownOption } from "./problem.ts";
import { parseCompute, parseCount, parseDuration, parseSize } from "./quantities.ts";

/** Options as somebody wrote them, read and checked. What is absent was not said. */
export interface PolicyOptions {
  readonly fuel?: bigint;
  readonly memoryBytes?: number;
  readonly timeoutMs?: number;
  readonly maxRetries?: number;
  readonly files?: readonly FileRequest[];
  readonly hosts?: readonly HostRule[];
  /** Names of environment variables. */
  readonly env?: readonly string[];
}

export interface OptionRow {
  /** Python and TOML (there with `default_` in `[tasks]`). */
  readonly snake: string;
  /** TypeScript. */
  readonly camel: string;
  readonly parse: (value: unknown, fail: Fail, origin: string) => PolicyOptions;
}

const maxRetries = 100;
/** A program may be hostile, and narrowing compares every entry with every other. */
const maxListLength = 1000;

export const optionTable: readonly OptionRow[] = [
  { snake: "compute", camel: "compute", parse: (value, fail) => ({ fuel: parseCompute(value, fail) }) },
  { snake: "ram", camel: "ram", parse: (value, fail) => ({ memoryBytes: parseSize(value, fail) }) },
  { snake: "timeout", camel: "timeout", parse: (value, fail) => ({ timeoutMs: parseDuration(value, fail) }) },
  {
    snake: "max_retries",
    camel: "maxRetries",
    parse: (value, fail) => ({ maxRetries: parseCount(value, 0, maxRetries, fail) }),
  },
  {
    snake: "allowed_files",
    camel: "allowedFiles",
    parse: (value, fail, origin) => ({
      files: parseList(value, "directories", fail, (entry, failEntry, at) =>
        parseFileRequest(entry, `${origin}${at}`, failEntry),
      ),
    }),
  },
  {
    snake: "allowed_hosts",
    camel: "allowedHosts",
    parse: (value, fail) => ({ hosts: parseList(value, "hosts", fail, parseHostRule) }),
  },
  {
    snake: "env_variables",
    camel: "envVariables",
    parse: (value, fail) => ({ env: parseList(value, "variable names", fail, parseVariableName) }),
  },
];

/** A list whose entries report themselves as "option[index]". */
export function parseList<T>(
  value: unknown,
  what: string,
  fail: Fail,
  parse: (entry: unknown, fail: Fail, at: string) => T,
): readonly T[] {
  if (!Array.isArray(value)) return fail(`a list of ${what}`);
  if (value.length > maxListLength) return fail(`a list of at most ${maxListLength} ${what}`);
  const entries: readonly unknown[] = value;
  return Object.freeze(
    entries.map((entry, index) => {
      const at = `[${index}]`;
      return parse(
        entry,
        (allowed, deeper = "", ...part) => fail(allowed, `${at}${deeper}`, part.length > 0 ? part[0] : entry),
        at,
      );
    }),
  );
}

/** How errors name the place of an option: one text, or one for each option (with its line, say); `null` is the record. */
export type Where = string | ((option: string | null) => string);

/**
 * Reads a record of options against rows of a table. `null` and `undefined` mean "not said", as `None` does in Python.
 * @throws CapsuleError `invalid_config` for an unknown name, a name given in both spellings, and a refused value.
 */
export function parseTable<Row extends { readonly snake: string; readonly camel: string }>(
  raw: unknown,
  where: Where,
  table: readonly Row[],
  visit: (row: Row, value: unknown, fail: Fail, origin: string) => void,
): void {
  const at = typeof where === "string" ? () => where : where;
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new CapsuleError(
      "invalid_config",
      `${at(null)}: the options are ${quote(raw)}; they are a record of option → value`,
    );
  const seen = new Set<Row>();
  for (const [name, value] of Object.entries(raw)) {
    const row = table.find(({ snake, camel }) => snake === name || camel === name);
    if (row === undefined) {
      const camelCase = /[A-Z]/.test(name);
      unknownOption(
        at(name),
        name,
        table.map((known) => (camelCase ? known.camel : known.snake)),
      );
    }
    if (value === null || value === undefined) continue;
    if (seen.has(row))
      throw new CapsuleError(
        "invalid_config",
        `${at(name)}: ${row.snake} and ${row.camel} are one option; give it once`,
      );
    seen.add(row);
    visit(row, value, failer(at(name), name, value), `${at(name)}: ${name}`);
  }
}

/**
 * Reads the options of a task, in either spelling (`max_retries` or `maxRetries`).
 * @param raw what the program, a flag or the API said; `null` values count as not said
 * @param where how errors name the place, e.g. `task "analyze"`
 * @throws CapsuleError `invalid_config` naming option, value and what is allowed
 * @example
 * ```ts
 * parsePolicyOptions({ compute: "LOW", ram: "64MB", timeout: "1m 30s" }, 'task "main"');
 * // { fuel: 100000000n, memoryBytes: 67108864, timeoutMs: 90000 }
 * ```
 */
export function parsePolicyOptions(raw: unknown, where: string): PolicyOptions {
  return parseOptions(raw, where, optionTable);
}

/** `parsePolicyOptions` for another spelling of the same table. */
export function parseOptions(raw: unknown, where: Where, table: readonly OptionRow[]): PolicyOptions {
  let options: PolicyOptions = {};
  parseTable(raw, where, table, (row, value, fail, origin) => {
    options = { ...options, ...row.parse(value, fail, origin) };
  });
  return Object.freeze(options);
}

/** What a program declares of one task. */
export interface TaskDeclaration {
  readonly name: string | null;
  readonly options: PolicyOptions;
}

/**
 * As `parsePolicyOptions`, for a record that may also hold the task's `name`.
 * @throws CapsuleError `invalid_config`
 */
export function parseTaskOptions(raw: unknown, where: string): TaskDeclaration {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw) || !("name" in raw))
    return Object.freeze({ name: null, options: parsePolicyOptions(raw, where) });
  const { name = null, ...rest } = raw as Readonly<Record<string, unknown>>;
  if (name !== null && (typeof name !== "string" || !/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,200}$/.test(name)))
    return failer(where, "name", name)("a text of 1 to 200 characters without control characters");
  return Object.freeze({ name: name as string | null, options: parsePolicyOptions(rest, where) });
}
