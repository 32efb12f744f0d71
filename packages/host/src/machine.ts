/**
 * Job: what this machine has of what Capsule uses, and what to do about what is missing.
 * Never: change anything, but for a file in the cache folder that it removes again; load a part before it is examined.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { access, constants, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { Cache, type CacheOptions } from "./cache.ts";
import { loadSqlite } from "./trace/sqlite.ts";

export interface MachineCheck {
  readonly name: string;
  /** `reduced`: works, but less or slower; `missing`: something does not work. */
  readonly state: "ok" | "reduced" | "missing";
  /** What was found. */
  readonly found: string;
  /** What to do about it; null when there is nothing to do. */
  readonly advice: string | null;
}

const oldestNode = 24;

/**
 * Every part that Capsule uses, tried out where that is quick.
 * @example
 * ```ts
 * for (const { name, state, found } of await examineMachine()) console.log(name, state, found);
 * ```
 */
export async function examineMachine(
  options: { readonly cache?: CacheOptions } = {},
): Promise<readonly MachineCheck[]> {
  return [
    node(),
    machine(),
    await python(),
    await numpy(),
    await packages(),
    ...(await Promise.all([quickjs(), esbuild(), wabt()])),
    directories(),
    await cache(options.cache),
    sqlite(),
  ];
}

const ok = (name: string, found: string): MachineCheck => ({ name, state: "ok", found, advice: null });
const missing = (name: string, found: string, advice: string): MachineCheck => ({
  name,
  state: "missing",
  found,
  advice,
});
const reduced = (name: string, found: string, advice: string): MachineCheck => ({
  name,
  state: "reduced",
  found,
  advice,
});
const reason = (error: unknown) => (error instanceof Error ? error.message.split("\n")[0]! : String(error));
const reinstall = "install Capsule again (npm ci in a clone)";

function node(): MachineCheck {
  const { node: version } = process.versions;
  return Number(version.split(".")[0]) >= oldestNode
    ? ok("node", version)
    : missing("node", version, `install Node ${oldestNode} or newer`);
}

function machine(): MachineCheck {
  const gigabytes = (totalmem() / 1024 ** 3).toFixed(1);
  return ok(
    "machine",
    `${process.platform} ${process.arch}, ${availableParallelism()} processors, ${gigabytes} GB of memory`,
  );
}

async function python(): Promise<MachineCheck> {
  const { findFlavour, flavourVariable } = await import("./engine/python/flavour.ts");
  const wanted = process.env[flavourVariable];
  try {
    const { kind, name, version } = findFlavour(wanted);
    const asked = wanted === undefined || wanted === "" ? "" : ` (${flavourVariable}=${wanted})`;
    if (kind === "fast") return ok("python", `${name} ${version}, optimised${asked}`);
    const fastIsThere = (() => {
      try {
        return findFlavour("fast").version;
      } catch {
        return null;
      }
    })();
    return reduced(
      "python",
      `${name} ${version}, the one that npm brings, built without optimisation${asked}`,
      fastIsThere === null
        ? "for the fast one run `npm run engine:python` in a clone: it builds CPython 3.13 once"
        : `leave ${flavourVariable} out: ${fastIsThere} is here and faster`,
    );
  } catch (error) {
    return missing(
      "python",
      reason(error),
      wanted ? `leave ${flavourVariable} out, or follow what it says` : reinstall,
    );
  }
}

async function packages(): Promise<MachineCheck> {
  const { packageTool } = await import("./engine/python/install.ts");
  const tool = await packageTool();
  return tool === null
    ? reduced("packages", "neither pip nor uv", "install one of them: capsule build takes requirements.txt through it")
    : ok("packages", `${tool}, for requirements.txt`);
}

async function numpy(): Promise<MachineCheck> {
  const { findFlavour, flavourVariable, withNumpy } = await import("./engine/python/flavour.ts");
  try {
    const flavour = withNumpy(findFlavour(process.env[flavourVariable]));
    if (flavour !== null) return ok("numpy", `${flavour.numpy} inside the fast Python engine`);
  } catch {
    // What is wrong with the engine the check before has said.
  }
  return reduced(
    "numpy",
    "not there: programs that import it fail",
    "if you want it, run `npm run engine:python -- --numpy` in a clone",
  );
}

async function quickjs(): Promise<MachineCheck> {
  try {
    const { engineName } = await import("./engine/javascript/image.ts");
    await import("quickjs-wasi");
    return ok("javascript", engineName.version);
  } catch (error) {
    return missing("javascript", reason(error), reinstall);
  }
}

async function esbuild(): Promise<MachineCheck> {
  try {
    const { transform, version } = await import("esbuild");
    await transform("const one: number = 1", { loader: "ts" });
    return ok("esbuild", `${version}, bundles TypeScript and JavaScript`);
  } catch (error) {
    return missing("esbuild", reason(error), `TypeScript and JavaScript do not run without it; ${reinstall}`);
  }
}

async function wabt(): Promise<MachineCheck> {
  try {
    const { parseText } = await import("@capsule-run/instrument/text");
    await parseText("(module)");
    return ok("wabt", "reads WebAssembly text");
  } catch (error) {
    return missing("wabt", reason(error), `.wat files do not run without it; ${reinstall}`);
  }
}

function directories(): MachineCheck {
  if (process.platform === "linux" && existsSync("/proc/self/fd"))
    return ok("directories", "host directories can be granted (/proc/self/fd)");
  return reduced(
    "directories",
    process.platform === "linux" ? "there is no /proc/self/fd" : `${process.platform} has no /proc/self/fd`,
    "allowed_files and --mount need it: mount /proc, use a container or WSL 2, or pass data as arguments and results",
  );
}

async function cache(options: CacheOptions | undefined): Promise<MachineCheck> {
  let folder: string;
  try {
    folder = new Cache(options).folder;
  } catch (error) {
    return missing("cache", reason(error), "set XDG_CACHE_HOME to an absolute path");
  }
  const probe = join(folder, `.probe-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(probe, "", { flag: "wx" });
    await rm(probe);
  } catch {
    const parent = await access(dirname(folder), constants.W_OK).then(
      () => "",
      () => `, nor ${JSON.stringify(dirname(folder))}`,
    );
    return reduced(
      "cache",
      `${JSON.stringify(folder)} cannot be written${parent}`,
      "every start prepares its engine anew; set XDG_CACHE_HOME to a folder of yours",
    );
  }
  let bytes = 0;
  let entries = 0;
  for (const prefix of await readdir(folder)) {
    if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
    for (const name of await readdir(join(folder, prefix)).catch(() => [])) {
      bytes += (await stat(join(folder, prefix, name)).catch(() => null))?.size ?? 0;
      entries += 1;
    }
  }
  return ok(
    "cache",
    `${JSON.stringify(folder)}, ${entries} entries, ${(bytes / 1024 ** 2).toFixed(1)} MB; it may be deleted at any time`,
  );
}

function sqlite(): MachineCheck {
  return loadSqlite() === null
    ? reduced("trace", "this Node was built without node:sqlite", "runs are not recorded; use a Node from nodejs.org")
    : ok("trace", "node:sqlite, runs are recorded in .capsule/trace.db");
}
