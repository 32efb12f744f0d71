/**
 * Job: install what a project's requirements.txt asks for into the project's own folder, through pip or uv: wheels of pure
 * Python only, which run on any machine, the sandbox's too.
 * Never: run code of a package (no source is built) or of the project (they start in a folder that is not the project's: Python
 * would take a "pip.py" from there, uv an interpreter); touch the machine's own Python; leave half an installation behind.
 */
import { spawn } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CapsuleError } from "../../errors.ts";
import { type RequirementLines, requirementLines, requirementsFile } from "./requirement-lines.ts";
import { type Requirements, readRequirements, siteIn } from "./requirements.ts";
import { writeEmptyWheel } from "./wheel.ts";

export interface Installation {
  /** "name 1.2.3" of every package, those that others need included. */
  readonly packages: readonly string[];
  /** They were there already. */
  readonly already: boolean;
}

export interface InstallOptions {
  readonly root: string;
  /** Version of the interpreter that is to run them: "3.13.5". */
  readonly python: string;
  /** The version of the numpy that the engine brings, which need not and cannot be installed; null where it brings none. */
  readonly numpy: string | null;
  readonly progress: (step: string) => void;
}

/** @throws CapsuleError `build_error` saying which package cannot be had, and why */
export async function installRequirements(options: InstallOptions): Promise<Installation | null> {
  const { root, python } = options;
  const requirements = readRequirements(root, python);
  if (requirements === null) return null;
  if (siteIn(requirements) !== null) return { packages: installedIn(requirements), already: true };
  const lines = requirementLines(root);
  const tool = await findTool();
  const parent = dirname(requirements.folder);
  makeFolder(join(root, ".capsule"), () => writeFileSync(join(root, ".capsule", ".gitignore"), "*\n"));
  makeFolder(parent);
  sweep(parent);
  const making = mkdtempSync(join(parent, "making-"));
  try {
    const site = join(making, "site");
    await fill(tool, lines, site, making, options);
    const packages = packagesIn(site);
    writeFileSync(join(making, "installed.json"), `${JSON.stringify({ packages })}\n`);
    rmSync(requirements.folder, { recursive: true, force: true });
    renameSync(making, requirements.folder);
    return { packages, already: false };
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** No installation takes longer: what is older was interrupted. */
const longestMs = 60 * 60 * 1000;

/** Removes what an installation left that was killed, or ended by Ctrl-C. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    const isOld = () => Date.now() - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > longestMs;
    if (name.startsWith("making-") && isOld()) rmSync(path, { recursive: true, force: true });
  }
}

/** Never by way of a link: a guest that may write to the project may have put it there. */
function makeFolder(folder: string, whenNew: () => void = () => undefined): void {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) {
    mkdirSync(folder, { mode: 0o700, recursive: true });
    whenNew();
  } else if (!found.isDirectory()) {
    throw new CapsuleError("usage", `${JSON.stringify(folder)} is no folder; move it away`);
  }
}

async function fill(
  tool: Tool,
  lines: RequirementLines,
  site: string,
  making: string,
  { python, numpy, progress }: InstallOptions,
): Promise<void> {
  const series = /^\d+\.\d+/.exec(python)?.[0] ?? python;
  const more: string[] = [];
  if (numpy !== null) {
    // What needs numpy finds a package of that version without content: the engine has it compiled in.
    const wheels = join(making, "wheels");
    writeEmptyWheel(wheels, "numpy", numpy);
    more.push("--find-links", wheels);
  }
  const asked = writeLines(lines, making);
  progress(`Installing ${requirementsFile}`);
  const { code, output } = await run(
    [...tool.command, "install", ...tool.options(series), "--target", site, ...more, ...asked],
    (line) => {
      const name = /^Collecting ([\w.-]+)/.exec(line)?.[1];
      if (name !== undefined) progress(`Installing ${requirementsFile}: ${name}`);
    },
  );
  if (code !== 0) throw new CapsuleError("build_error", await why(tool, asked, output, numpy));
  for (const name of ["wheels", ...writtenLines]) rmSync(join(making, name), { recursive: true, force: true });
  const native = nativePackages(site);
  if (native.length > 0) throw new CapsuleError("build_error", saidOfNative(native, numpy));
  for (const name of ["bin", "__pycache__"]) rmSync(join(site, name), { recursive: true, force: true });
}

const writtenLines = ["requirements", "constraints"] as const;

/** The checked lines, and nothing else, are what pip and uv read. */
function writeLines(lines: RequirementLines, folder: string): string[] {
  const [requirements, constraints] = writtenLines.map((name) => {
    writeFileSync(join(folder, name), lines[name].map((line) => `${line}\n`).join(""));
    return join(folder, name);
  });
  return ["-r", requirements!, ...(lines.constraints.length > 0 ? ["-c", constraints!] : [])];
}

interface Tool {
  readonly name: "pip" | "uv";
  readonly command: readonly string[];
  readonly options: (series: string) => readonly string[];
}

const pipOptions = (series: string) => [
  ...["--no-compile", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"],
  // A wheel that fits these is of pure Python.
  ...["--only-binary", ":all:", "--implementation", "py", "--abi", "none", "--platform", "any"],
  ...["--python-version", series],
];

/** uv has no such platform: what it brings is looked at afterwards. */
const uvOptions = (series: string) => [
  ...["--no-build", "--python-version", series, "--no-progress"],
  // Neither settings nor an interpreter out of a folder that it happens to start in.
  ...["--no-config", "--system"],
];

const tools: readonly Tool[] = [
  { name: "pip", command: ["python3", "-m", "pip"], options: pipOptions },
  { name: "pip", command: ["python", "-m", "pip"], options: pipOptions },
  { name: "uv", command: ["uv", "pip"], options: uvOptions },
];

/** The first that is there, and what it says of its version. */
async function lookForTool(): Promise<{ readonly tool: Tool; readonly version: string } | null> {
  for (const tool of tools) {
    const probe = tool.name === "uv" ? ["uv", "--version"] : [...tool.command, "--version"];
    const { code, stdout } = await run(probe);
    if (code === 0) return { tool, version: /^\S+ [\w.]+/.exec(stdout)?.[0] ?? tool.name };
  }
  return null;
}

/** "pip 24.2"; null where there is neither pip nor uv. */
export async function packageTool(): Promise<string | null> {
  return (await lookForTool())?.version ?? null;
}

async function findTool(): Promise<Tool> {
  const found = await lookForTool();
  if (found !== null) return found.tool;
  throw new CapsuleError(
    "build_error",
    `${requirementsFile} is installed through pip or uv, and neither is on this machine ("python3 -m pip", "uv"): install one of them and start again`,
  );
}

const mostOutput = 1024 * 1024;

/** Where nobody but the system's owner puts files (on Windows: nobody but the user). */
const neutral = process.platform === "win32" ? tmpdir() : "/";

/** `code` is -1 where the command is not there. */
function run(
  [command, ...args]: readonly string[],
  onLine: (line: string) => void = () => undefined,
): Promise<{ readonly code: number; readonly output: string; readonly stdout: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, PYTHONSAFEPATH: "1" };
    const child = spawn(command!, args, { cwd: neutral, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let stdout = "";
    const take = (text: string) => {
      output = (output + text).slice(-mostOutput);
      for (const line of text.split("\n")) onLine(line.trim());
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      take(text);
    });
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", () => resolve({ code: -1, output, stdout }));
    child.on("close", (code) => resolve({ code: code ?? -1, output, stdout }));
  });
}

const unreachable =
  /NewConnectionError|Temporary failure in name resolution|ProxyError|[Tt]imed out|Connection refused|Could not fetch URL|error sending request|dns error/;

/** The reason of a failure; packages that there are, but not in pure Python, are named. */
async function why(tool: Tool, asked: readonly string[], output: string, numpy: string | null): Promise<string> {
  if (unreachable.test(output))
    return `${requirementsFile} was not installed: the package index cannot be reached; ${tool.name} says: ${lastErrors(output)}`;
  const native = tool.name === "pip" ? await nativeChoices(tool, asked) : [];
  if (native.length > 0) return saidOfNative(native, numpy);
  return `${requirementsFile} was not installed: ${lastErrors(output)} (only wheels are installed: nothing is built from source here)`;
}

/** What this machine's own Python would get: without compiling, installing or running any of it. */
async function nativeChoices(tool: Tool, asked: readonly string[]): Promise<string[]> {
  const look = ["--dry-run", "--ignore-installed", "--only-binary", ":all:", "--quiet", "--report", "-"];
  const { code, stdout } = await run([...tool.command, "install", "--disable-pip-version-check", ...look, ...asked]);
  if (code !== 0) return [];
  try {
    const { install } = JSON.parse(stdout) as {
      readonly install: readonly {
        readonly download_info: { readonly url: string };
        readonly metadata: { readonly name: string; readonly version: string };
      }[];
    };
    return install
      .filter(({ download_info: { url } }) => url.endsWith(".whl") && !url.endsWith("-none-any.whl"))
      .map(({ metadata: { name, version } }) => `${name} ${version}`);
  } catch {
    return [];
  }
}

function saidOfNative(native: readonly string[], numpy: string | null): string {
  const advice =
    numpy === null && native.some((name) => name.startsWith("numpy "))
      ? "; numpy comes with the engine that npm run engine:python -- --numpy makes"
      : "";
  return `${requirementsFile}: ${native.join(", ")} ${native.length === 1 ? "is" : "are"} compiled for another machine than the sandbox: leave ${native.length === 1 ? "it" : "them"} out, or take a package or an older version of pure Python (its wheel ends in "-none-any.whl")${advice}`;
}

/** pip's and uv's own words, without their decoration. */
function lastErrors(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const errors = lines
    .filter((line) => /^(?:ERROR:|error:|×|╰─▶)/.test(line))
    .map((line) => line.replace(/^(?:ERROR:|error:|×|╰─▶)\s*/, ""));
  const said = errors.length > 0 ? errors : lines.filter((line) => line !== "").slice(-3);
  // Texts of a tool and of an index: nothing that a terminal would obey.
  return [...new Set(said)]
    .slice(0, 4)
    .join("; ")
    .replaceAll(/\p{Cc}/gu, " ")
    .slice(0, 600);
}

const distributions = (site: string) =>
  existsSync(site) ? readdirSync(site).filter((name) => name.endsWith(".dist-info")) : [];

/** As the names of the folders say: "rich-13.9.4.dist-info". */
function packagesIn(site: string): string[] {
  return distributions(site).map((name) => name.replace(/\.dist-info$/, "").replace(/-([^-]*)$/, " $1"));
}

function nativePackages(site: string): string[] {
  return distributions(site)
    .filter((name) => {
      const wheel = join(site, name, "WHEEL");
      return existsSync(wheel) && /^Root-Is-Purelib:\s*false/im.test(readFileSync(wheel, "utf8"));
    })
    .map((name) => name.replace(/\.dist-info$/, "").replace(/-([^-]*)$/, " $1"));
}

function installedIn({ folder }: Requirements): readonly string[] {
  try {
    return (JSON.parse(readFileSync(join(folder, "installed.json"), "utf8")) as { packages: readonly string[] })
      .packages;
  } catch {
    return packagesIn(join(folder, "site"));
  }
}
