/** Job: find and read a project's capsule.toml and .env files. Never: decide what a task gets from them (see resolve.ts). */
import { readFileSync, statSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import { CapsuleError } from "../errors.ts";
import { parseDotenv } from "./dotenv.ts";
import { type Limits, noLimits, parseLimits } from "./limits.ts";
import { optionTable, type PolicyOptions, parseOptions, parseTable, type Where } from "./options.ts";
import { quote, unknownOption } from "./problem.ts";

export interface Workflow {
  readonly name: string | null;
  readonly version: string | null;
  /** The file that `capsule run` runs when none is named, relative to the project. */
  readonly entrypoint: string | null;
}

/** What a capsule.toml says. */
export interface ProjectFile {
  readonly workflow: Workflow;
  /** `[tasks] default_*`. */
  readonly defaults: PolicyOptions;
  /** `[limits]`. */
  readonly limits: Limits;
}

export interface Project extends ProjectFile {
  /** Folder of the capsule.toml, else the folder that the search began in. Paths of grants are relative to it. */
  readonly root: string;
  /** Path of the capsule.toml, or null when there is none. */
  readonly file: string | null;
  /** Variables of the `.env` files, by name. */
  readonly env: ReadonlyMap<string, string>;
}

const fileName = "capsule.toml";
/** In this order; the first that sets a name wins, and the host's environment wins over all (as in the reference). */
const environmentFiles = [".env", ".env.local", ".env.development", ".env.production"];
const maxFileBytes = 1024 * 1024;

const noFile: ProjectFile = Object.freeze({
  workflow: Object.freeze({ name: null, version: null, entrypoint: null }),
  defaults: Object.freeze({}),
  limits: noLimits,
});

/**
 * Finds the project of a folder, capsule.toml being looked up from there upwards, and reads it with its `.env` files.
 * A project without capsule.toml is the folder itself. A capsule.toml in a folder above that everybody may write to is
 * passed over: it would be a stranger's word.
 * @throws CapsuleError `invalid_config` naming file, line, key, value and what is allowed
 * @example
 * ```ts
 * const project = loadProject(process.cwd());
 * project.workflow.entrypoint; // "src/main.py"
 * ```
 */
export function loadProject(cwd: string): Project {
  const start = resolve(cwd);
  let root = start;
  let file: string | null = null;
  for (let folder = start; ; folder = dirname(folder)) {
    if (isFile(join(folder, fileName)) && (folder === start || !writableByAll(folder))) {
      root = folder;
      file = join(folder, fileName);
      break;
    }
    if (dirname(folder) === folder) break;
  }
  const said = file === null ? noFile : parseProject(readText(file), file);
  return Object.freeze({ ...said, root, file, env: readEnvironment(root) });
}

/** A folder like /tmp, where anybody can leave a capsule.toml for whoever works below it. */
function writableByAll(folder: string): boolean {
  return process.platform !== "win32" && (statSync(folder).mode & 0o002) !== 0;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function readText(path: string): string {
  const bytes = readFileSync(path);
  if (bytes.length > maxFileBytes)
    throw new CapsuleError("invalid_config", `${path}: ${bytes.length} bytes; it takes at most ${maxFileBytes}`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CapsuleError("invalid_config", `${path}: not UTF-8 text; save it as UTF-8`);
  }
}

function readEnvironment(root: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const name of environmentFiles) {
    const path = join(root, name);
    if (!isFile(path)) continue;
    for (const [key, value] of parseDotenv(readText(path), path)) if (!values.has(key)) values.set(key, value);
  }
  return values;
}

/**
 * Reads the text of a capsule.toml; unknown tables and keys are errors.
 * @param file its name, for errors
 * @throws CapsuleError `invalid_config`
 */
export function parseProject(text: string, file: string): ProjectFile {
  let document: Readonly<Record<string, unknown>>;
  try {
    document = parse(text, { integersAsBigInt: "asNeeded" });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n")[0]!.replace(/^Invalid TOML document: /, "");
    throw new CapsuleError("invalid_config", `${file}:${error.line}:${error.column}: not valid TOML: ${reason}`);
  }
  const said = { ...noFile };
  const lines = text.split("\n");
  for (const [table, content] of Object.entries(document)) {
    if (table !== "workflow" && table !== "tasks" && table !== "limits")
      return unknownOption(`${file}${lineOf(lines, table, null)}`, table, ["workflow", "tasks", "limits"]);
    if (typeof content !== "object" || content === null || Array.isArray(content) || content instanceof Date)
      throw new CapsuleError(
        "invalid_config",
        `${file}${lineOf(lines, null, table)}: ${table} is ${quote(content)}; it takes a table: write [${table}] on a line of its own`,
      );
    const where = (key: string | null) => `${file}${lineOf(lines, table, key)}: [${table}]`;
    if (table === "workflow") said.workflow = parseWorkflow(content, where);
    else if (table === "tasks") said.defaults = parseOptions(content, where, defaultsTable);
    else said.limits = parseLimits(content, where);
  }
  return Object.freeze(said);
}

const defaultsTable = optionTable.map((row) => {
  const key = `default_${row.snake}`;
  return { ...row, snake: key, camel: key };
});

const workflowTable = (["name", "version", "entrypoint"] as const).map((key) => ({ snake: key, camel: key }));

function parseWorkflow(content: object, where: Where): Workflow {
  const workflow: { -readonly [Key in keyof Workflow]: Workflow[Key] } = { ...noFile.workflow };
  parseTable(content, where, workflowTable, ({ snake: key }, value, fail) => {
    if (typeof value !== "string" || value === "" || value.length > 1000) return fail("a text that is not empty");
    const path = posix.normalize(value);
    if (key === "entrypoint" && (posix.isAbsolute(path) || path === ".." || path.startsWith("../")))
      return fail('a file of the project such as "src/main.py"');
    workflow[key] = key === "entrypoint" ? path : value;
  });
  return Object.freeze(workflow);
}

/**
 * ":7" when the key's line can be told, else "". smol-toml keeps no positions; this looks for the usual form, a header
 * on a line of its own and the key at the start of a later line, and says nothing about inline tables and dotted keys.
 */
function lineOf(lines: readonly string[], table: string | null, key: string | null): string {
  let current: string | null = null;
  for (const [index, line] of lines.entries()) {
    const header = /^\s*\[([^\]]*)\]\s*(?:#.*)?$/.exec(line)?.[1];
    if (header !== undefined) {
      // Apart from the pattern, which would try every way to share a long row of spaces.
      current = header.trim().replaceAll(/["']/g, "");
      if (key === null && current === table) return `:${index + 1}`;
    } else if (key !== null && current === table) {
      const name = /^\s*["']?([^\s"'=]+)["']?\s*=/.exec(line)?.[1];
      if (name === key) return `:${index + 1}`;
    }
  }
  return "";
}
