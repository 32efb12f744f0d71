/**
 * Job: write packages/host/src/wasi/preview2/world.ts, the types of the interfaces that components may import, from the WIT of
 * WASI 0.2 (one file a package, as in crates/wasi-http/wit/deps of Wasmtime) and of capsule:host below:
 *
 *     node --conditions=capsule-source tools/wasi-world.ts FOLDER
 *
 * Never: run in a build; WASI 0.2 is complete.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { componentEmbed } from "@bytecodealliance/jco-transpile/wasm-tools";
import { type Declaration, decodeComponent } from "@capsule-run/instrument/component";

const host = `package capsule:host {
  interface api {
    variant task-error { invalid-name(string), invalid-config(string), invalid-args(string), internal-error(string) }
    schedule-task: func(task-name: string, args-json: string, config-json: string) -> result<string, task-error>;
    record http-response { status: u16, headers: list<tuple<string, string>>, body: string }
    variant http-error { network-error(string), timeout(string), invalid-url(string) }
    http-request: func(method: string, url: string, headers: list<tuple<string, string>>, body: option<string>)
      -> result<http-response, http-error>;
  }
}`;

const folder = process.argv[2];
if (!folder) throw new TypeError("which folder holds the WIT files of WASI 0.2? tools/wasi-world.ts FOLDER");
const packages = readdirSync(folder)
  .filter((file) => file.endsWith(".wit"))
  .sort()
  .map((file) => nested(readFileSync(join(folder, file), "utf8")));
const version = /package wasi:cli@([\d.]+)/.exec(packages.join(""))?.[1];
if (!version) throw new TypeError(`no wasi:cli in ${folder}`);
const world = `package capsule:needs;
world host { include wasi:cli/imports@${version}; include wasi:http/imports@${version}; import capsule:host/api; }
${packages.join("\n")}\n${host}`;

const module = await WebAssembly.compile(
  (await componentEmbed({ witSource: world, world: "host", dummy: true })) as Uint8Array<ArrayBuffer>,
);
const [section] = WebAssembly.Module.customSections(module, "component-type");
const declarations = worldOf(decodeComponent(new Uint8Array(section!)).component.definitions[0]);
/** Of names and numbers alone: nothing in it needs an escape. */
const json = JSON.stringify(declarations, (key, value: unknown) =>
  key === "name" && typeof value === "string" ? value.replace(/@[\d.]+$/, "") : value,
);

writeFileSync(
  new URL("../packages/host/src/wasi/preview2/world.ts", import.meta.url),
  `/**
 * Job: the types of WASI ${version} and of capsule:host, as a world in the model of components; written by tools/wasi-world.ts from the
 * WIT of WASI (https://github.com/WebAssembly/WASI, Apache-2.0 with LLVM exception).
 * Never: edited by hand.
 */
import type { Declaration } from "@capsule-run/instrument/component";

// Text, because V8 reads it several times faster than an object of the language.
// biome-ignore format: one line
const json = '${json}';

/** Imports of instances and what they refer to; names without versions. Read anew each time: keep it. */
export function wasiWorld(): readonly Declaration[] {
  return JSON.parse(json) as Declaration[];
}
`,
);
console.log(`${json.length} characters, ${declarations.length} declarations`);

/** A file's package as one of several in a text: without comments, and with what is not stable yet. */
function nested(wit: string): string {
  const bare = wit.replaceAll(/\/\/.*$/gm, "").replaceAll(/@(?:since|unstable|deprecated)\([^)]*\)/g, "");
  const head = /package ([^;]+);/.exec(bare)!;
  return `package ${head[1]} {\n${bare.replace(head[0], "")}\n}`;
}

/** A world stands in a component type in a component type. */
function worldOf(definition: unknown): readonly Declaration[] {
  const { declarations } = (definition as { type: { declarations: readonly Declaration[] } }).type;
  for (const each of declarations)
    if (each.kind === "type" && each.type.kind === "component") return each.type.declarations;
  throw new TypeError("the encoded world is none");
}
