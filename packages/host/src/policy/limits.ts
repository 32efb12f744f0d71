/** Job: the operator's ceiling: what no task can exceed, and what a whole run may use. Never: task defaults. */
import { type AddressRange, parseAddressRange } from "./addresses.ts";
import { least } from "./narrow.ts";
import { type OptionRow, optionTable, type PolicyOptions, parseList, parseTable, type Where } from "./options.ts";
import type { Fail } from "./problem.ts";
import { maxFuel, parseCompute, parseCount, parseSize } from "./quantities.ts";

/** What all tasks of one run may use together. */
export interface RunLimits {
  /** Fuel of all attempts of all tasks. */
  readonly totalFuel: bigint;
  /** Linear memory of the tasks that are alive at one time, in bytes. */
  readonly liveMemoryBytes: number;
  /** Tasks, the first one included; a retry is not another task. */
  readonly tasks: number;
  /** Tasks alive at one time. */
  readonly liveTasks: number;
  /** Nesting; the first task is at depth 1. */
  readonly depth: number;
}

/** Without a word of the operator. A bound that the operator names replaces its row, upwards too. */
export const defaultRunLimits: RunLimits = Object.freeze({
  totalFuel: maxFuel,
  liveMemoryBytes: 16 * 1024 ** 3,
  tasks: 1000,
  liveTasks: 64,
  depth: 16,
});

/** One source of ceilings: `[limits]` of capsule.toml, the flags of a command, or the API. */
export interface Limits {
  /** Upper bounds of each task's policy; what is absent is not bounded here. */
  readonly task: PolicyOptions;
  readonly run: Partial<RunLimits>;
  /** Private and special address ranges that tasks may reach when their `allowed_hosts` lead there; null: not said. */
  readonly privateAddresses: readonly AddressRange[] | null;
}

export const noLimits: Limits = Object.freeze({
  task: Object.freeze({}),
  run: Object.freeze({}),
  privateAddresses: null,
});

interface LimitRow {
  readonly snake: string;
  readonly camel: string;
  readonly parse: (value: unknown, fail: Fail, origin: string) => Partial<Limits>;
}

const runTable: readonly LimitRow[] = [
  run("total_compute", "totalCompute", (value, fail) => ({ totalFuel: parseCompute(value, fail) })),
  run("live_ram", "liveRam", (value, fail) => ({ liveMemoryBytes: parseLiveMemory(value, fail) })),
  run("max_tasks", "maxTasks", (value, fail) => ({ tasks: parseCount(value, 1, 1_000_000, fail) })),
  run("max_live_tasks", "maxLiveTasks", (value, fail) => ({ liveTasks: parseCount(value, 1, 10_000, fail) })),
  run("max_depth", "maxDepth", (value, fail) => ({ depth: parseCount(value, 1, 100, fail) })),
  {
    snake: "private_addresses",
    camel: "privateAddresses",
    parse: (value, fail) => ({ privateAddresses: parsePrivateAddresses(value, fail) }),
  },
];

function run(snake: string, camel: string, parse: (value: unknown, fail: Fail) => Partial<RunLimits>): LimitRow {
  return { snake, camel, parse: (value, fail) => ({ run: parse(value, fail) }) };
}

const limitTable: readonly LimitRow[] = [
  ...optionTable.map(
    (row: OptionRow): LimitRow => ({
      ...row,
      parse: (value, fail, origin) => ({ task: row.parse(value, fail, origin) }),
    }),
  ),
  ...runTable,
];

/** `parseSize`, but all live tasks together may need more than one memory can be. */
function parseLiveMemory(value: unknown, fail: Fail): number {
  const match = typeof value === "string" && value.length <= 64 ? /^\s*(\d{1,5})\s*([gt])b\s*$/i.exec(value) : null;
  if (match === null) return parseSize(value, fail);
  const bytes = Number(match[1]) * 1024 ** (match[2]!.toLowerCase() === "t" ? 4 : 3);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : fail('a size such as "512MB", "8GB" or "1TB"');
}

const everyAddress: readonly AddressRange[] = Object.freeze([
  Object.freeze({ bits: 32, value: 0n, prefix: 0 }),
  Object.freeze({ bits: 128, value: 0n, prefix: 0 }),
]);

function parsePrivateAddresses(value: unknown, fail: Fail): readonly AddressRange[] {
  if (value === true) return everyAddress;
  if (value === false) return Object.freeze([]);
  const allowed = 'true, false, or addresses and ranges such as "127.0.0.1", "10.0.0.0/8", "::1" or "fd00::/8"';
  if (!Array.isArray(value)) return fail(allowed);
  return parseList(value, "addresses", fail, (entry, failEntry) =>
    typeof entry === "string" ? (parseAddressRange(entry) ?? failEntry(allowed)) : failEntry(allowed),
  );
}

/**
 * Reads a ceiling: the options of a task as upper bounds, `total_compute`, `live_ram`, `max_tasks`, `max_live_tasks`,
 * `max_depth` for a whole run, and `private_addresses`. Either spelling.
 * @param where how errors name the place, e.g. "capsule.toml: [limits]"
 * @throws CapsuleError `invalid_config` naming option, value and what is allowed
 * @example
 * ```ts
 * parseLimits({ compute: "LOW", allowed_hosts: ["*.example.org"], max_depth: 3 }, "--limits");
 * ```
 */
export function parseLimits(raw: unknown, where: Where): Limits {
  let limits = noLimits;
  parseTable(raw, where, limitTable, (row, value, fail, origin) => {
    const part = row.parse(value, fail, origin);
    limits = {
      task: Object.freeze({ ...limits.task, ...part.task }),
      run: Object.freeze({ ...limits.run, ...part.run }),
      privateAddresses: part.privateAddresses ?? limits.privateAddresses,
    };
  });
  return Object.freeze(limits);
}

/** The bounds of a whole run: the strictest of each named one, `defaultRunLimits` where none is. */
export function runLimits(ceilings: readonly Limits[]): RunLimits {
  const named = <T extends number | bigint>(pick: (run: Partial<RunLimits>) => T | undefined, standard: T): T => {
    const said = ceilings.map(({ run }) => pick(run)).filter((value) => value !== undefined);
    return said.length === 0 ? standard : said.reduce(least);
  };
  return Object.freeze({
    totalFuel: named((run) => run.totalFuel, defaultRunLimits.totalFuel),
    liveMemoryBytes: named((run) => run.liveMemoryBytes, defaultRunLimits.liveMemoryBytes),
    tasks: named((run) => run.tasks, defaultRunLimits.tasks),
    liveTasks: named((run) => run.liveTasks, defaultRunLimits.liveTasks),
    depth: named((run) => run.depth, defaultRunLimits.depth),
  });
}
