/**
 * Job: meter a whole component: every core module in it, on one counter that the component brings along.
 *
 * One component with code. It gets two definitions in front of its own: core module 0, which holds the counter, and its
 * instance, core instance 0. Indices of core modules and core instances move up by one, also in outer aliases from inside,
 * and every core instantiation gets the argument "capsule": core instance 0. So no index that the guest wrote means the
 * counter, and no name leads to it: guests' modules may not import from "capsule", and metered ones do not export it.
 *
 * Before: (core module $m …) (core instance (instantiate 0))
 * After:  (core module $counter (global (export "fuel") …)) (core instance (instantiate 0))
 *         (core module $m (import "capsule" "fuel" …) …) (core instance (instantiate 1 (with "capsule" (instance 0))))
 *         … (export "capsule:fuel/counter" …)
 *
 * Several components with code. Components share nothing but calls, so each has a counter of its own, and one beside them
 * is the bank. Where a call enters or leaves a component, before and after, the component exchanges:
 * it tells the bank what it spent since the last time, and goes on with what is left. So the sum is exact whenever one
 * component calls another or returns, and nobody gets more than there is. What cannot call out (`realloc`, `post-return`)
 * is settled at the next exchange. There may be none after a `post-return`: it gets a part of what is left only.
 *
 * Where the outermost component has code as well, all of it is put into one component more (wrap.ts): parent and child may
 * not call each other.
 *
 * Rejected: a counter and a budget for each component (a composition gets a multiple of it); inlining components into one
 * (handles, re-entrance and lowered built-ins belong to an instance).
 * Never: decide how a module is metered (../../rewrite.ts).
 */
import { InstrumentError } from "../../errors.ts";
import { type InstrumentOptions, type ResolvedOptions, resolveOptions } from "../../options.ts";
import type { Instrumented } from "../../report.ts";
import { meterModule } from "../../rewrite.ts";
import { type Layout, type ReadComponent, readComponent } from "../decode.ts";
import { quoted } from "../read/reader.ts";
import { bankName, counterArgument, counterInterface } from "./counter.ts";
import { planSharing } from "./plan.ts";
import { type InstrumentedComponent, sumReports } from "./report.ts";
import { ComponentWriter } from "./write.ts";

/** As for modules; limits hold for each core module, and for each instance of it. */
export interface ComponentOptions extends Pick<InstrumentOptions, "maxMemory" | "maxTable" | "features"> {
  /** Budget of the component, 1 … 2^63 − 1; the counter starts at it, less the start-up fuel. */
  readonly fuel: bigint;
}

/**
 * Meters a component: the result counts the fuel that its core modules use together, and traps when it is spent. Any engine
 * for components runs it. It exports `capsule:fuel/counter` besides: `remaining: func() -> s64` and
 * `set-remaining: func(fuel: s64)`.
 *
 * Pure and synchronous. The same bytes and options give the same output on every machine.
 *
 * @param bytes A binary component. It is not changed.
 * @throws {InstrumentError} where the component, or a core module in it, cannot be metered; `code` and `offset` say why and where.
 * @throws {TypeError | RangeError} where the options are wrong.
 *
 * @example
 * ```ts
 * const { bytes, report } = instrumentComponent(component, { fuel: 100_000_000n });
 * console.log(report.modules.length, report.startFuel);
 * ```
 */
export function instrumentComponent(bytes: Uint8Array, options: ComponentOptions): InstrumentedComponent {
  if (typeof options !== "object" || options === null)
    throw new TypeError(
      `options are ${String(options)}; give an object with the budget, such as { fuel: 100_000_000n }`,
    );
  for (const name of ["global", "memory"])
    if (name in options)
      throw new TypeError(`a component has no option ${name}: its counter and its memories are always its own`);
  const resolved = resolveOptions({ ...options, global: "export" });
  const read = readComponent(bytes);
  refuseReservedNames(read);
  const modules = meterModules(read, { ...resolved, global: "import", fuel: 0n, checkAtReturn: true });
  const reports = modules.map(({ report }) => report);
  const memory64 = reports.some(({ memories }) => memories.some((memory) => memory.memory64));
  const plan = planSharing(read, memory64);
  const startFuel = plan.instances.reduce((sum, count, module) => sum + BigInt(count) * reports[module]!.startFuel, 0n);
  const bodies = modules.map(({ bytes }) => bytes);
  const output = new ComponentWriter(read, plan, bodies, resolved.fuel - startFuel).whole();
  const { counters } = plan;
  const report = sumReports(reports, { startFuel, counters, bytesBefore: bytes.length, bytesAfter: output.length });
  return { bytes: output, report };
}

function meterModules(read: ReadComponent, options: ResolvedOptions): Instrumented[] {
  const base = read.bytes.byteOffset;
  return read.modules.map((module, number) => {
    try {
      return meterModule(module, options);
    } catch (error) {
      if (!(error instanceof InstrumentError)) throw error;
      const at = module.byteOffset - base + (error.offset ?? 0);
      const message = error.message.replace(/ \(at byte \d+\)$/, "");
      throw new InstrumentError(error.code, `core module ${number}: ${message}`, at);
    }
  });
}

const isOurs = (name: string): boolean => [counterInterface, bankName].includes(name.split("@")[0]!);

/** Refuses names that would give the guest the counter, or hide it. */
function refuseReservedNames({ layout }: ReadComponent): void {
  const inLayout = ({ instantiations, component, sections }: Layout) => {
    for (const definition of component.definitions)
      if ((definition.kind === "import" || definition.kind === "export") && isOurs(definition.name))
        throw new InstrumentError(
          "already_metered",
          `a component ${definition.kind}s ${quoted(definition.name)}: it was metered before; meter the original`,
        );
    const reserved = (what: string, name: string, at: number | null) =>
      new InstrumentError("reserved_name", `${what} ${quoted(name)}, which is reserved for the meter: rename it`, at);
    for (const { reservedAt } of instantiations)
      if (reservedAt !== null) throw reserved("a core instance is given the argument", counterArgument, reservedAt);
    for (const { from } of component.definitions.filter((each) => each.kind === "instance"))
      if (from.kind === "instantiate")
        for (const { name } of from.args)
          if (isOurs(name)) throw reserved("an instance is given the argument", name, null);
    for (const { nested } of sections) if (nested !== null) inLayout(nested);
  };
  inLayout(layout);
}
