/** Job: run metered modules in the tests of the rewriter. Never: assert. */
import { type InstrumentOptions, type InstrumentReport, instrument } from "@capsule-run/instrument";
import { parseText } from "@capsule-run/instrument/text";

export interface Metered {
  readonly report: InstrumentReport;
  readonly module: WebAssembly.Module;
}

export async function meter(wat: string, options: InstrumentOptions = {}): Promise<Metered> {
  const { bytes, report } = instrument(await parseText(wat), options);
  return { report, module: new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>) };
}

export interface Outcome {
  readonly value: unknown;
  /** What ended the call, or null. */
  readonly trap: string | null;
  readonly left: bigint;
  readonly used: bigint;
}

type Imports = Record<string, Record<string, WebAssembly.ImportValue>>;

/** An instance with an imported counter; `call` sets the budget first. */
export function instantiate({ module }: Metered, imports: (fuel: WebAssembly.Global<"i64">) => Imports = () => ({})) {
  const fuel = new WebAssembly.Global({ value: "i64", mutable: true }, 1n << 40n);
  const capsule = { fuel, ...imports(fuel)["capsule"] };
  const { exports } = new WebAssembly.Instance(module, { ...imports(fuel), capsule });
  return {
    fuel,
    exports,
    call(name: string, args: readonly (number | bigint)[] = [], budget = 1n << 40n): Outcome {
      fuel.value = budget;
      let value: unknown = null;
      let trap: string | null = null;
      try {
        value = (exports[name] as (...args: unknown[]) => unknown)(...args);
      } catch (error) {
        trap = error instanceof Error ? error.message : String(error);
      }
      return { value, trap, left: fuel.value, used: budget - fuel.value };
    },
  };
}
