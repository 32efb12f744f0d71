/** Job: JavaScript programs written in a test, and the same programs under Node. Never: look inside. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CapsuleOptions } from "@capsule-run/host";
import { type Programs, programs } from "../support/programs.ts";

export const fixtures = join(import.meta.dirname, "../../fixtures/javascript");

/** One host for the tests of a file; `runFile` takes names below the folder of fixtures. */
export function javascript(options: CapsuleOptions = {}): Programs {
  const all = programs("javascript", "main.ts", options);
  return {
    get folder() {
      return all.folder;
    },
    write: all.write,
    run: all.run,
    runFile: (file, runOptions = {}) =>
      all.runFile(join(fixtures, file), { cwd: join(fixtures, "../.."), ...runOptions }),
  };
}

/** `body` as the function of an asynchronous task `main`. */
export function task(body: string, options = ""): string {
  return `import { task } from "@capsule-run/sdk";\nexport const main = task({ name: "main"${options && `, ${options}`} }, async (...args: unknown[]) => {\n${body}\n});\n`;
}

const mark = "\n@@@ result ";

/** What a fixture's exported function gives under the Node that runs the tests, as JSON, and what it prints. */
export async function underNode(
  file: string,
  { call = "main", args = [] as readonly unknown[], cwd = fixtures, env = {} as Record<string, string> } = {},
): Promise<{ readonly stdout: string; readonly result: unknown }> {
  const program = `const { ${call}: call } = await import(${JSON.stringify(pathToFileURL(join(fixtures, file)).href)});
    const result = await call(...${JSON.stringify(args)});
    process.stdout.write(${JSON.stringify(mark)} + (JSON.stringify(result) ?? "null"));`;
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      ["--conditions=capsule-source", "--no-warnings", "--input-type=module", "-e", program],
      { cwd, env: { PATH: "", TZ: "UTC", ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) => (error ? reject(new Error(`${file} under Node: ${err || error.message}`)) : resolve(out)),
    );
  });
  const at = stdout.lastIndexOf(mark);
  return { stdout: stdout.slice(0, at), result: JSON.parse(stdout.slice(at + mark.length)) };
}
