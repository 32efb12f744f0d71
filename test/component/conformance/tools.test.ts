/**
 * Job: the components that wasm-tools' own tests expect of its componentizer, which every toolchain builds on, are read and
 * metered: a corpus that comes with a crate, so that it is there wherever cargo is.
 * Never: run them; most import what nobody gives.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { InstrumentError } from "@capsule-run/instrument";
import { decodeComponent, instrumentComponent } from "@capsule-run/instrument/component";
import { expect, test } from "vitest";
import { skips } from "./known.ts";

const version = "0.263.0";

/** The crate's sources, fetched by cargo into its own cache; null, said aloud. */
function crate(): string | null {
  const folder = mkdtempSync(join(tmpdir(), "capsule-crate-"));
  try {
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "src/lib.rs"), "");
    const manifest = `[package]\nname = "corpus"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\nwit-component = "=${version}"\n[workspace]\n`;
    writeFileSync(join(folder, "Cargo.toml"), manifest);
    execFileSync("cargo", ["fetch", "--quiet"], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    const sources = join(process.env["CARGO_HOME"] ?? join(homedir(), ".cargo"), "registry/src");
    const found = readdirSync(sources).map((index) =>
      join(sources, index, `wit-component-${version}/tests/components`),
    );
    return found.find((path) => existsSync(path)) ?? null;
  } catch (error) {
    console.warn(`SKIPPED: the crate wit-component ${version} cannot be had here: ${String(error).split("\n")[0]}`);
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("every component that wasm-tools makes is read and metered, or refused for what is not supported", async ({
  skip,
}) => {
  const folder = crate();
  if (folder === null) return skip("no cargo, or no registry");
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, "component.wat")));
  let metered = 0;
  const wrong: string[] = [];
  for (const name of names) {
    // The text's parser is of another version than the crate: what it does not know is async.
    const bytes = await parse(readFileSync(join(folder, name, "component.wat"), "utf8")).catch(() => null);
    if (bytes === null) continue;
    try {
      const { modules } = decodeComponent(bytes);
      const { bytes: out, report } = instrumentComponent(bytes, { fuel: 1_000_000n });
      expect(report.modules).toHaveLength(modules.length);
      // What comes out is a component again, and every module in it is valid.
      for (const module of decodeComponent(out).modules) new WebAssembly.Module(module as Uint8Array<ArrayBuffer>);
      metered++;
    } catch (error) {
      const supported = error instanceof InstrumentError && skips.some(([says]) => says.test(error.message));
      if (!supported) wrong.push(`${name}: ${error}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(names.length).toBeGreaterThan(80);
  expect(metered).toBeGreaterThan(60);
});
