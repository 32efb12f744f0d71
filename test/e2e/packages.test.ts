/** Job: what npm would publish holds every file that starts, types and the licence, and nothing of the build's own. Never: publish. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./support/capsule.ts";

const needed = {
  cli: ["bin/capsule.js", "dist/main.js"],
  host: ["dist/index.js", "dist/index.d.ts", "dist/thread.js", "dist/metering-thread.js"],
  instrument: ["dist/index.js", "dist/index.d.ts", "dist/component/index.js", "dist/text/index.js"],
  sdk: ["dist/index.js", "dist/index.d.ts", "dist/runner.js", "dist/prelude.js", "python/capsule/_runner.py"],
} as const;

test("what npm would publish is whole", () => {
  const names = Object.keys(needed) as (keyof typeof needed)[];
  const workspaces = names.flatMap((name) => ["-w", `packages/${name}`]);
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts", "--offline", ...workspaces];
  const options = { cwd: root, encoding: "utf8", shell: process.platform === "win32" } as const;
  const packed = JSON.parse(execFileSync("npm", args, options)) as readonly {
    readonly name: string;
    readonly files: readonly { readonly path: string }[];
  }[];
  expect(packed.length).toBe(names.length);
  for (const { name, files } of packed) {
    const paths = files.map(({ path }) => path);
    const short = name.replace("@capsule-run/", "") as keyof typeof needed;
    expect(paths).toEqual(expect.arrayContaining(["package.json", "dist/LICENSE", ...needed[short]]));
    expect(paths.filter((path) => /tsbuildinfo|__pycache__|\.(?:test|map)\b|^src\//.test(path))).toEqual([]);
    const { exports = {} } = JSON.parse(readFileSync(join(root, "packages", short, "package.json"), "utf8")) as {
      readonly exports?: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
    };
    const told = Object.values(exports).flatMap((to) => (typeof to === "string" ? [to] : [to.types, to.default]));
    for (const path of told.filter((to) => !to.includes("*"))) expect(paths).toContain(path.replace("./", ""));
  }
});
