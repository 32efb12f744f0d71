/**
 * Job: for every `test/golden/<pass>/<case>.wat`, what the pass makes of it, as text, is `<case>.out.wat`.
 * `BLESS=1 npx vitest run test/golden.test.ts` writes what is there now; read the difference before committing it.
 * Never: hold options or expectations of its own: a case that needs options says so in its first line,
 * `;; options: {"global": "export", "fuel": "100"}`.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InstrumentError, type Instrumented, type InstrumentOptions, instrument } from "@capsule-run/instrument";
import { instrumentPlain } from "@capsule-run/instrument/binaryen";
import { parseText, printText } from "@capsule-run/instrument/text";
import { describe, expect, test } from "vitest";

const golden = join(import.meta.dirname, "golden");

/** Folder → pass. Folders differ in what they show; `limits` and `fuel` are one transform with different options. */
const passes: Record<string, (bytes: Uint8Array, options: InstrumentOptions) => Instrumented | Promise<Instrumented>> =
  {
    plain: instrumentPlain,
    fuel: instrument,
    limits: instrument,
  };

function optionsOf(text: string): InstrumentOptions {
  const line = /^;; options: (.*)/m.exec(text)?.[1];
  return JSON.parse(line ?? "{}", (key, value) => (key === "fuel" ? BigInt(value) : value));
}

/** The printed module, or the refusal: what a case shows is one or the other. */
async function outcome(pass: (typeof passes)[string], text: string): Promise<string> {
  const input = await parseText(text);
  try {
    const { bytes, report } = await pass(input, optionsOf(text));
    expect(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>), "the output is a valid module").toBe(true);
    return `;; start-up fuel ${report.startFuel}, ${report.blocks} blocks, ${report.decrements} decrements, ${report.checks} checks\n${await printText(bytes)}`;
  } catch (error) {
    if (!(error instanceof InstrumentError)) throw error;
    return `;; refused, ${error.code}: ${error.message}\n`;
  }
}

for (const folder of readdirSync(golden)) {
  const pass = passes[folder];
  if (!pass) throw new Error(`test/golden/${folder}: no such pass; name it in test/golden.test.ts`);
  describe(folder, () => {
    for (const name of readdirSync(join(golden, folder)).filter((name) => /(?<!\.out)\.wat$/.test(name))) {
      test(name.replace(".wat", ""), async () => {
        const path = join(golden, folder, name);
        const actual = await outcome(pass, readFileSync(path, "utf8"));
        const expected = path.replace(/\.wat$/, ".out.wat");
        if (process.env.BLESS) writeFileSync(expected, actual);
        expect(existsSync(expected), `${expected} is missing: BLESS=1 writes it`).toBe(true);
        expect(actual).toBe(readFileSync(expected, "utf8"));
      });
    }
  });
}
