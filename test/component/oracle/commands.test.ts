/**
 * Job: commands in four languages do the same as `capsule run`, on Wasmtime and on plain jco: output, files, exit codes; and
 * what our counter says of a command is what Wasmtime says of it.
 * Never: compare what hosts may answer differently (clocks, random bytes).
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { instrumentComponent } from "@capsule-run/instrument/component";
import { afterAll, describe, expect, test } from "vitest";
import { component } from "../../../fixtures/components/build.ts";
import { componentHost } from "../run-support.ts";
import { commandOnJco, runOnWasmtime, wasmtime } from "./engines.ts";
import type { CommandTrial } from "./trial.ts";

const host = await componentHost({ pool: { threads: 1 } });
const folder = mkdtempSync(join(tmpdir(), "capsule-commands-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Job {
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether a folder is given. */
  readonly files?: boolean;
  /** Of a run that ends with another status than 0. */
  readonly fails?: boolean;
}

const common: readonly Job[] = [
  { args: ["args", "one", "", "zwei € 🚩", "--three", "-4"] },
  { args: ["env"], env: { FIRST: "1", SECOND: "a=b ß" } },
  { args: ["stdin"], stdin: "one\ntwo\nlast" },
  { args: ["stdin"], stdin: "" },
  { args: ["clocks"] },
  { args: ["unknown"], fails: true },
];
const files: Job = { args: ["files", "data"], files: true };
const exits: Job = { args: ["exit", "3"], fails: true };

const jobs: Readonly<Record<string, readonly Job[]>> = {
  "command-rust": [...common, files, exits, { args: ["exit", "0"] }, { args: ["primes", "10000"] }],
  "command-c": [...common, files, exits, { args: ["exit", "0"] }, { args: ["primes", "10000"] }],
  // Python and JavaScript say what they do not know, and leave with 0.
  "command-python": [...common.slice(0, -1), files, exits],
  "command-javascript": [
    { args: ["args", "one", "", "-4"] },
    { args: ["env"], env: { FIRST: "1" } },
    common[2]!,
    files,
    exits,
  ],
};

describe.each(Object.entries(jobs))("%s", (name, all) => {
  test("is the same command on each engine", async ({ skip }) => {
    const built = await component(name);
    if ("missing" in built) {
      console.warn(`SKIPPED: ${built.missing}`);
      return skip(built.missing);
    }
    const trials = all.map(
      ({ args, stdin = "", env = {}, files }): CommandTrial => ({
        kind: "command",
        component: built.path,
        args: [basename(built.path), ...args],
        env,
        stdin,
        folder: files ? mkdtempSync(join(folder, "data-")) : null,
        guestFolder: "data",
        fuel: false,
        counter: false,
      }),
    );
    const theirs = wasmtime === null ? null : runOnWasmtime(trials);
    for (const [i, { args, stdin = "", env = {}, files = false, fails = false }] of all.entries()) {
      const what = `${name} ${args.join(" ")}`;
      const data = join(host.folder, "data");
      rmSync(data, { recursive: true, force: true });
      mkdirSync(data);
      Object.assign(process.env, env);
      const file = join(host.folder, basename(built.path));
      writeFileSync(file, built.bytes);
      let stdout = "";
      const envelope = await host.capsule.run(file, {
        cwd: host.folder,
        args,
        stdin: Buffer.from(stdin),
        policy: {
          compute: "HIGH",
          ram: "1GB",
          env_variables: Object.keys(env),
          allowed_files: files ? ["./data"] : [],
        },
        stdout: (bytes: Uint8Array) => {
          stdout += Buffer.from(bytes).toString();
        },
      });
      expect(envelope.success, `${what}: ${envelope.error?.message}`).toBe(!fails);
      expect(envelope.error?.message ?? "").toMatch(fails ? /^exit status 1$|^exit status 2$/ : /^$/);

      if (theirs !== null) {
        expect(stdout, what).toBe(theirs[i]!.stdout);
        const { code, trap, stderr } = theirs[i]!;
        expect(trap, `${what}: ${stderr}`).toBeNull();
        expect(code !== 0, what).toBe(fails);
      }
      const left = trials[i]!.folder === null || theirs === null ? [] : readdirSync(trials[i]!.folder);
      if (theirs !== null) expect(readdirSync(data), `${what} leaves`).toEqual(left);
    }
  });

  test("on plain jco, where its shim can", async ({ skip }) => {
    const built = await component(name);
    // 18 MB take its transpiler ten seconds and more for each run.
    if ("missing" in built || name === "command-python") return skip("not asked");
    for (const { args, stdin = "", env = {} } of all.slice(1, 3)) {
      const given = { args: [basename(built.path), ...args], env, stdin, folder: null, guestFolder: "" };
      const trial: CommandTrial = { kind: "command", component: built.path, ...given, fuel: false, counter: false };
      const { code, stdout, stderr } = commandOnJco(trial);
      expect(code, `${name} ${args.join(" ")}: ${stderr}`).toBe(0);
      if (wasmtime !== null) expect(stdout).toBe(runOnWasmtime([trial])[0]!.stdout);
    }
  });
});

describe.skipIf(wasmtime === null)("fuel of a command", () => {
  const budget = 10n ** 15n;

  test.each(["command-rust", "command-c"])("%s: our counter on Wasmtime says what Wasmtime's says", async (name) => {
    const built = await component(name);
    if ("missing" in built) return console.warn(`SKIPPED: ${built.missing}`);
    const { bytes, report } = instrumentComponent(built.bytes, { fuel: budget });
    // One counter: what Wasmtime sums up is one number too.
    expect(report.counters).toBe(1);
    const metered = join(folder, `${name}.wasm`);
    writeFileSync(metered, bytes);
    for (const args of [["primes", "5000"], ["args", "a", "b"], ["env"]]) {
      const rest = { args: ["it", ...args], env: { A: "1" }, stdin: "", folder: null, guestFolder: "" };
      const [original] = runOnWasmtime<CommandTrial>([
        { kind: "command", component: built.path, ...rest, fuel: true, counter: false },
      ]);
      const [ours] = runOnWasmtime<CommandTrial>([
        { kind: "command", component: metered, ...rest, fuel: false, counter: true },
      ]);
      expect(ours!.stdout).toBe(original!.stdout);
      expect(budget - BigInt(ours!.remaining!), args.join(" ")).toBe(BigInt(original!.fuel!));
    }
  });

  test("a metered command traps on Wasmtime when its budget is spent", async ({ skip }) => {
    const built = await component("command-c");
    if ("missing" in built) return skip(built.missing);
    const metered = join(folder, "spent.wasm");
    writeFileSync(metered, instrumentComponent(built.bytes, { fuel: 1_000_000n }).bytes);
    const rest = { env: {}, stdin: "", folder: null, guestFolder: "", fuel: false, counter: false };
    const [spin] = runOnWasmtime<CommandTrial>([
      { kind: "command", component: metered, args: ["it", "spin"], ...rest },
    ]);
    expect(spin!.trap).toMatch(/unreachable/);
    // It is the budget that ends it, not the metering.
    const [short] = runOnWasmtime<CommandTrial>([
      { kind: "command", component: metered, args: ["it", "args", "a"], ...rest },
    ]);
    expect(short!).toMatchObject({ code: 0, stdout: "args\na\n" });
  });
});
