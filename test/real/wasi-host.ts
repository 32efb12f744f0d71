/** Job: a host that is not ours: node:wasi around an exported-counter module; says on stderr what is left of its fuel. */
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [file, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args, returnOnExit: true });
const module = new WebAssembly.Module(readFileSync(file!));
const instance = new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports);
try {
  process.exitCode = wasi.start(instance);
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}
const counter = instance.exports["capsule:fuel"] as WebAssembly.Global<"i64"> | undefined;
if (counter !== undefined) console.error(`capsule:fuel ${counter.value}`);
