/** Job: `capsule init`: a project that runs as it is, and never at the cost of one that is there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { capsule, project } from "./support/capsule.ts";

test.each([
  ["python", "main.py", "[4, 9]\n", "[49]\n"],
  ["typescript", "main.ts", "[4,9]\n", "[49]\n"],
] as const)("%s: the project runs, without and with arguments", async (language, file, result, other) => {
  using folder = project();
  const end = await capsule(["init", "my project", "--language", language], { cwd: folder.path });
  expect(end).toMatchObject({ code: 0, stderr: "" });
  const path = join(folder.path, "my project");
  expect(readdirSync(path).sort()).toEqual(["capsule.toml", file]);
  expect((await capsule(["run"], { cwd: path })).stdout).toBe(result);
  expect((await capsule(["run", file, "7"], { cwd: path })).stdout).toBe(other);
});

test("a file that is there is left as it is, and nothing is written beside it", async () => {
  using folder = project({ "main.py": "mine" });
  const end = await capsule(["init"], { cwd: folder.path });
  expect(end).toMatchObject({ code: 2, stdout: "" });
  expect(end.stderr).toMatch(/^capsule: "main\.py" is there already and is left as it is; .*\n$/);
  expect(readdirSync(folder.path)).toEqual(["main.py"]);
  expect(readFileSync(join(folder.path, "main.py"), "utf8")).toBe("mine");
  expect((await capsule(["init", "-l", "ruby"], { cwd: folder.path })).stderr).toMatch(
    /--language is "ruby"; it takes python or typescript/,
  );
});
