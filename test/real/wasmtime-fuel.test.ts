/**
 * Job: the fixtures cost what they cost on Wasmtime 50.0.1, to the unit, and give the same results and prints.
 * The numbers are fixtures/modules/wasmtime-fuel.json; `tools/wasmtime-fuel.py` makes it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { capsule, root } from "../e2e/support/capsule.ts";
import { envelope } from "../e2e/support/envelope.ts";

interface Case {
  readonly module: string;
  readonly export?: string;
  readonly args?: readonly string[];
  readonly results?: readonly string[];
  readonly argv?: readonly string[];
  readonly stdin?: string;
  readonly stdout?: string;
  readonly fuel: number;
}

const folder = join(root, "fixtures/modules");
const { cases } = JSON.parse(readFileSync(join(folder, "wasmtime-fuel.json"), "utf8")) as { cases: readonly Case[] };

test.concurrent.each(cases)("$module $export $args $argv costs $fuel", async (wanted) => {
  const { module, export: name, args = [], argv = [], stdin = "" } = wanted;
  const flags = name === undefined ? ["--", ...argv] : ["--invoke", `${name}(${args.join(", ")})`];
  const end = await capsule(["run", join(folder, module), "--json", ...flags], { stdin });
  const { success, result, execution } = envelope(end.stdout);
  expect(success).toBe(true);
  expect(execution.fuel_consumed).toBe(wanted.fuel);
  if (name === undefined) expect(end.stderr).toBe(wanted.stdout);
  else expect([result ?? []].flat().map(Number)).toEqual(wanted.results?.map(Number));
});
