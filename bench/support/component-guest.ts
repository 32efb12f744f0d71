/**
 * Job: call one function of a component on V8, once for each order on stdin: by our linker, metered or not, or by plain jco.
 * Only components that we built ourselves: jco's generated code is executed.
 * Never: know what is compared with what.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Linked } from "../../fixtures/components/link.ts";
import { type ComponentStart, componentWork } from "./component-recipe.ts";
import type { GuestAnswer } from "./recipe.ts";

type Call = (...args: readonly never[]) => unknown;

const camel = (name: string) => name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

async function onJco({ module, interface: within, function: name }: ComponentStart): Promise<Call> {
  const { transpileBytes } = await import("@bytecodealliance/jco-transpile");
  const { WASIShim } = await import("@bytecodealliance/preview2-shim/instantiation");
  const options = { name: "c", instantiation: "sync", base64Cutoff: 0, emitTypescriptDeclarations: false } as const;
  const { files } = await transpileBytes(readFileSync(module), options);
  const folder = mkdtempSync(join(tmpdir(), "capsule-jco-"));
  try {
    writeFileSync(join(folder, "c.mjs"), files["c.js"] as Uint8Array);
    const { instantiate } = (await import(pathToFileURL(join(folder, "c.mjs")).href)) as {
      instantiate: (
        core: (file: string) => WebAssembly.Module,
        imports: object,
      ) => Record<string, Record<string, Call>>;
    };
    const sandbox = { preopens: {}, env: {}, args: [], enableNetwork: false };
    const imports = new WASIShim({ sandbox } as never).getImportObject();
    const core = (file: string) => new WebAssembly.Module(files[file] as Uint8Array<ArrayBuffer>);
    return instantiate(core, imports)[within]![camel(name)]!;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const start = JSON.parse(String((await lines.next()).value)) as ComponentStart;
let linked: Linked | null = null;
let call: Call;
if (start.engine === "jco") call = await onJco(start);
else {
  linked = new Linked(readFileSync(start.module), undefined, start.engine === "metered");
  call = linked.function(start.interface, start.function).call as Call;
}
const args = componentWork[start.work]!.args(start.n) as never[];

/** One text for what engines call differently: bigints and typed arrays. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, of) =>
    typeof of === "bigint" ? String(of) : ArrayBuffer.isView(of) ? Array.from(of as unknown as ArrayLike<unknown>) : of,
  );

function once(): GuestAnswer {
  const before = linked?.consumed ?? 0n;
  const begin = process.threadCpuUsage();
  let result: unknown;
  for (let i = 0; i < start.repeat; i++) result = call(...args);
  const { user, system } = process.threadCpuUsage(begin);
  const text = typeof result === "number" ? String(result) : createHash("sha256").update(textOf(result)).digest("hex");
  const fuel = start.engine === "metered" ? String(linked!.consumed - before) : null;
  return { ms: (user + system) / 1000, result: text, fuel };
}

for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  const [order, argument] = line.split(" ");
  if (order === "end") break;
  let answer = once();
  if (order === "warm") {
    const until = performance.now() + Number(argument);
    while (performance.now() < until) {
      answer = once();
      await setTimeout(1); // lets the results of background compilation in
    }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
