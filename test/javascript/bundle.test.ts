/** Job: an unchanged program is not bundled again, and whatever changes what a bundler would find, is; only files are read. Never: a clock. */
import { execFileSync } from "node:child_process";
import { renameSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { javascript } from "./support.ts";

const js = javascript({ pool: { threads: 1 } });
/** Nothing is remembered of what was written only just now. */
const rest = () => new Promise((resolve) => setTimeout(resolve, 50));
const program = `import { value } from "./lib/value";\nimport { packaged } from "one";\nexport const main = () => [value, packaged];`;

test("each run sees its files as they are", async () => {
  js.write("lib/value.ts", "export const value = 1;");
  js.write("node_modules/one/package.json", '{ "name": "one", "main": "a.js", "type": "module" }');
  js.write("node_modules/one/a.js", "export const packaged = 'a';");
  js.write("node_modules/one/b.js", "export const packaged = 'b';");
  js.write("main.ts", program);
  const sees = async (...result: unknown[]) => {
    await rest();
    // Twice, so that the second run is of what the first has left.
    for (let run = 0; run < 2; run++) {
      const ran = await js.run(program);
      expect(ran.error).toBe("");
      expect(ran.result).toEqual(result);
      await rest();
    }
  };
  await sees(1, "a");
  js.write("lib/value.ts", "export const value = 2;");
  await sees(2, "a");
  js.write("lib/value.ts", "export const value = 3;");
  utimesSync(join(js.folder, "lib/value.ts"), 1, 1);
  await sees(3, "a");
  js.write("node_modules/one/package.json", '{ "name": "one", "main": "b.js", "type": "module" }');
  await sees(3, "b");
  js.write("node_modules/one/b.js", "export const packaged = 'c';");
  await sees(3, "c");
  js.write("lib/value/index.ts", "export const value = 'folder';");
  await sees(3, "c");
  rmSync(join(js.folder, "lib/value.ts"));
  await sees("folder", "c");
  js.write("other/index.js", "export const packaged = 'moved';");
  renameSync(join(js.folder, "node_modules/one"), join(js.folder, "node_modules/two"));
  renameSync(join(js.folder, "other"), join(js.folder, "node_modules/one"));
  await sees("folder", "moved");
});

test("a pipe in a module's place is refused, not waited for", async () => {
  execFileSync("mkfifo", ["pipe.ts"], { cwd: js.folder });
  const { error } = await js.run('import { value } from "./pipe";\nexport const main = () => value;');
  expect(error).toMatch(/^build_error: .*"pipe\.ts" is no regular file/);
});
