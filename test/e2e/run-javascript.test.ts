/** Job: `capsule run` on TypeScript and JavaScript, as a user of the command sees them. */
import { describe, expect, test } from "vitest";
import { capsule, project } from "./support/capsule.ts";
import { envelope } from "./support/envelope.ts";

const asMain = (body: string, options = "") =>
  `import { task } from "@capsule-run/sdk";\n\nexport const main = task({ name: "main"${options && `, ${options}`} }, async (...args: any[]) => {\n${body.replace(/^/gm, "  ")}\n});\n`;

async function typescript(source: string, args: readonly string[] = [], files: Record<string, string> = {}) {
  using folder = project({ "main.ts": source, ...files });
  return await capsule(["run", "main.ts", ...args], { cwd: folder.path });
}

describe("results and arguments", () => {
  test("a string prints raw, undefined prints nothing, anything else as JSON", async () => {
    for (const [value, printed] of [
      ["'hi ' + args[0]", "hi Ada\n"],
      ["undefined", ""],
      ["{ a: [1.5, null, -0], b: args }", '{"a":[1.5,null,0],"b":["Ada"]}\n'],
    ])
      expect(await typescript(asMain(`return ${value};`), ["Ada"])).toMatchObject({
        code: 0,
        stdout: printed,
        stderr: "",
      });
  });

  test("relative imports are bundled; plain JavaScript and modules run too", async () => {
    using folder = project({
      "main.ts": asMain("return twice(21);").replace("\n", '\nimport { twice } from "./lib/twice.ts";\n'),
      "lib/twice.ts": "export const twice = (n: number): number => 2 * n;",
      "plain.js": 'console.log("printed");',
      "module.mjs": 'export function main(a) { return a + "!"; }',
    });
    expect((await capsule(["run", "main.ts"], { cwd: folder.path })).stdout).toBe("42\n");
    expect((await capsule(["run", "plain.js"], { cwd: folder.path })).stdout).toBe("printed\n");
    expect((await capsule(["run", "module.mjs", "x"], { cwd: folder.path })).stdout).toBe("x!\n");
  });

  test("prints do not mix with the envelope", async () => {
    const end = await typescript(asMain('console.log("out"); console.error("err"); return 1;'), ["--json"]);
    expect(envelope(end.stdout)).toMatchObject({
      success: true,
      result: 1,
      execution: { engine: { name: "quickjs" } },
    });
    expect(end.stderr).toBe("out\nerr\n");
  });
});

describe("endings", () => {
  test("an exception is a task_error with its type and the line of the source", async () => {
    const end = await typescript(asMain('const rows: string[] = [];\nthrow new RangeError("no luck" + rows.length);'), [
      "--json",
    ]);
    const { error } = envelope(end.stdout);
    expect(error?.error_type).toBe("task_error");
    expect(error?.message).toMatch(/RangeError: no luck0/);
    expect(error?.message).toMatch(/main\.ts:5/);
    expect(end.code).toBe(1);
  });

  test("a syntax error is a build_error that names the place", async () => {
    const end = await typescript("export const main = (;");
    expect(end.stderr).toMatch(/^capsule: build_error: .*main\.ts:1/s);
    expect(end.code).toBe(2);
  });

  test("an endless loop is out of fuel to the unit, or ends at its timeout", async () => {
    const fuel = await typescript(asMain("while (true) {}", 'compute: "LOW"'), ["--json"]);
    expect(envelope(fuel.stdout)).toMatchObject({
      error: { error_type: "out_of_fuel" },
      execution: { fuel_consumed: 100_000_000 },
    });
    expect(fuel.code).toBe(125);
    const time = await typescript(asMain("while (true) {}", 'compute: "HIGH", timeout: "500ms"'), ["--json"]);
    expect(envelope(time.stdout).error?.error_type).toBe("timeout");
    expect(time.code).toBe(124);
  });

  test("memory is bounded", async () => {
    const end = await typescript(
      asMain('const all = []; while (true) all.push("x".repeat(1e6) + all.length);', 'ram: "32MB", compute: "HIGH"'),
      ["--json"],
    );
    const { error, execution } = envelope(end.stdout);
    expect(error?.error_type).toBe("out_of_memory");
    expect(execution.ram_used).toBeLessThanOrEqual(32 * 1024 * 1024);
    expect(end.code).toBe(125);
  });
});
