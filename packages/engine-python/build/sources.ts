/** Job: the pinned sources and the compiler, fetched once, verified by SHA-256. Never: build. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError, run, type Workspace } from "./steps.ts";

export const python = {
  version: "3.13.5",
  sha256: "93e583f243454e6e9e4588ca2c2662206ad961659863277afcdb96801647d640",
  upstream: "https://www.python.org/ftp/python/3.13.5/Python-3.13.5.tar.xz",
  /** Where upstream cannot be reached: Debian's stable source package holds the same file, byte for byte. */
  debian: { suite: "trixie", sourcePackage: "python3.13", file: "python3.13_3.13.5.orig.tar.xz" },
} as const;

const here = import.meta.dirname;

/** CPython's source archive, from upstream or from Debian's source package: the same bytes. */
export async function pythonArchive(workspace: Workspace): Promise<string> {
  const archive = join(workspace.folder, `Python-${python.version}.tar.xz`);
  if (existsSync(archive) && sha256(archive) === python.sha256) return archive;
  const reasons: string[] = [];
  for (const [name, fetchIt] of [
    ["python.org", fromUpstream],
    ["Debian's source package", fromDebian],
  ] as const) {
    try {
      const file = await fetchIt(workspace);
      const found = sha256(file);
      if (found !== python.sha256) throw new BuildError(`has SHA-256 ${found}, not ${python.sha256}`);
      renameSync(file, archive);
      return archive;
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new BuildError(
    `no source of CPython ${python.version} could be fetched. Put ${python.upstream} at ${archive} and start again.\n${reasons.join("\n")}`,
  );
}

async function fromUpstream(workspace: Workspace): Promise<string> {
  const response = await fetch(python.upstream, { signal: AbortSignal.timeout(120_000) }).catch((error: Error) => {
    throw new BuildError(`not reached (${error.cause instanceof Error ? error.cause.message : error.message})`);
  });
  if (!response.ok) throw new BuildError(`answered ${response.status}`);
  const file = join(workspace.folder, "python.download");
  writeFileSync(file, new Uint8Array(await response.arrayBuffer()));
  return file;
}

/** apt's own client with lists of its own, so that the machine's sources stay as they are. */
async function fromDebian(workspace: Workspace): Promise<string> {
  const folder = join(workspace.folder, "apt");
  for (const part of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(folder, part), { recursive: true });
  let mirrors: string[];
  try {
    mirrors = execFileSync("apt-get", ["indextargets", "--format", "$(SITE)"], { encoding: "utf8" }).split("\n");
  } catch {
    throw new BuildError("apt-get is not on this machine");
  }
  const mirror = mirrors.find((site) => /\/debian\/?$/.test(site));
  if (!mirror) throw new BuildError("this machine's apt knows no mirror of Debian");
  const list = join(folder, "sources.list");
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  writeFileSync(list, `deb-src [signed-by=${keyring}] ${mirror} ${python.debian.suite} main\n`);
  const options = [
    `Dir::Etc::sourcelist=${list}`,
    "Dir::Etc::sourceparts=/dev/null",
    `Dir::State::lists=${join(folder, "lists")}`,
    `Dir::Cache=${join(folder, "cache")}`,
  ].flatMap((option) => ["-o", option]);
  await run(workspace, "apt-update", "apt-get", [...options, "update"]);
  const what = ["source", "--download-only", "--tar-only", python.debian.sourcePackage];
  await run(workspace, "apt-source", "apt-get", [...options, ...what]);
  return join(workspace.folder, python.debian.file);
}

/** The C sources of zlib, bzip2 and SQLite as crates carry them; cargo verifies them by its lock file. */
export async function libraryArchives(workspace: Workspace): Promise<{ zlib: string; bzip2: string; sqlite: string }> {
  const folder = join(workspace.folder, "crates");
  cpSync(join(here, "crates"), folder, { recursive: true });
  await run(workspace, "cargo-vendor", "cargo", ["vendor", "--locked", "vendor"], { cwd: folder });
  const vendor = join(folder, "vendor");
  const bzip2 = readdirSync(join(vendor, "bzip2-sys")).find((name) => /^bzip2-\d/.test(name));
  if (!bzip2) throw new BuildError("the crate bzip2-sys no longer carries bzip2's sources");
  return {
    zlib: join(vendor, "libz-sys/src/zlib"),
    bzip2: join(vendor, "bzip2-sys", bzip2),
    sqlite: join(vendor, "libsqlite3-sys/sqlite3"),
  };
}

/** The C compiler from its wheel, in a virtual environment of its own. */
export async function compiler(workspace: Workspace): Promise<string> {
  const folder = join(workspace.folder, "zig");
  const zig = () =>
    readdirSync(join(folder, "lib")).map((name) => join(folder, "lib", name, "site-packages/ziglang/zig"));
  if (!existsSync(folder) || !zig().some((path) => existsSync(path))) {
    await run(workspace, "venv", "python3", ["-m", "venv", folder]);
    const requirements = join(here, "zig-requirements.txt");
    await run(workspace, "pip", join(folder, "bin/pip"), [
      "install",
      "--only-binary",
      ":all:",
      "--require-hashes",
      "-r",
      requirements,
    ]);
  }
  return zig().find((path) => existsSync(path))!;
}

/** The time zone database, which is data in a wheel; `pip` is that of the compiler's virtual environment. */
export async function timeZones(workspace: Workspace): Promise<string> {
  const folder = join(workspace.folder, "tzdata");
  rmSync(folder, { recursive: true, force: true });
  const pip = join(workspace.folder, "zig/bin/pip");
  await run(workspace, "tzdata", pip, [
    "install",
    "--no-compile",
    "--no-deps",
    "--only-binary",
    ":all:",
    "--require-hashes",
    "--target",
    folder,
    "-r",
    join(here, "tzdata-requirements.txt"),
  ]);
  return folder;
}

export function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
