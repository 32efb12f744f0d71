/** Job: directory grants: what resolves, what is refused, and that cutting down never widens. */
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rightAt } from "../../packages/host/src/policy/files.ts";
import {
  type FileGrant,
  loadProject,
  narrow,
  parseMountFlag,
  parsePolicyOptions,
  resolvePolicy,
} from "../../packages/host/src/policy/index.ts";
import { folder, grant, policy, refusal } from "./support.ts";

const files = (root: string, allowed: readonly unknown[], mounts: readonly string[] = []): readonly FileGrant[] =>
  resolvePolicy({
    declared: parsePolicyOptions({ allowed_files: allowed }, 'task "t"'),
    project: loadProject(root),
    mounts: mounts.map((text) => parseMountFlag(text)),
    hostEnv: {},
  }).files;
const show = (grants: readonly FileGrant[], root: string) =>
  grants.map(({ hostPath, guestPath, mode }) => `${hostPath.replace(root, "~")} ${guestPath} ${mode}`);

describe("resolving", () => {
  test("directories of the project, by relative path", () => {
    const root = folder({ "data/a": "", out: null, "deep/er": null });
    expect(show(files(root, ["./out", { path: "data", mode: "ro" }, "deep/er"]), root)).toEqual([
      "~/out /out rw",
      "~/data /data ro",
      "~/deep/er /deep/er rw",
    ]);
    expect(show(files(root, ["."]), root)).toEqual(["~ / rw"]);
  });
  test("a symbolic link inside the project is followed, the guest sees its name", () => {
    const root = folder({ "real/data": null, link: { to: "real/data" } });
    expect(show(files(root, ["link"]), root)).toEqual(["~/real/data /link rw"]);
  });
  test("a project that is itself reached through a link", () => {
    const root = folder({ "project/data": null, alias: { to: "project" } });
    expect(show(files(join(root, "alias"), ["data"]), root)).toEqual(["~/project/data /data rw"]);
  });
  test.each([
    ["/etc", "out of the project"],
    ["..", "out of the project"],
    ["/", "out of the project"],
    ["../sibling", "out of the project"],
  ])("a symbolic link to %s is refused", (to, words) => {
    const root = folder({ "project/x": "", sibling: null, "project/link": { to } });
    expect(refusal(() => files(join(root, "project"), ["link"]))).toContain(words);
  });
  test("a symbolic link in the middle of the path is refused as well", () => {
    const root = folder({ "project/x": "", "secret/keys": null, "project/link": { to: "../secret" } });
    expect(refusal(() => files(join(root, "project"), ["link/keys"]))).toContain("through a symbolic link");
  });
  test("a folder whose name begins like the project's is outside", () => {
    const root = folder({ "project/x": "", "project-secret/k": "", "project/link": { to: "../project-secret" } });
    expect(refusal(() => files(join(root, "project"), ["link"]))).toContain("out of the project");
  });
  test("links in a circle are refused", () => {
    const root = folder({ a: { to: "b" }, b: { to: "a" } });
    expect(refusal(() => files(root, ["a"]))).toContain("cannot be used (ELOOP)");
  });
  test("what does not exist, and what is a file, is refused with what to do", () => {
    const root = folder({ file: "" });
    expect(refusal(() => files(root, ["none"]))).toMatch(
      /^task "t": allowed_files\[0\]: the directory "none" does not exist in the project ".*"; create it first$/,
    );
    expect(refusal(() => files(root, ["file"]))).toContain("is a file; name the directory that holds it");
    expect(refusal(() => files(root, ["file/x"]))).toContain("does not exist");
  });
  test("read-only inside read-write would promise what it does not hold", () => {
    const root = folder({ "data/keep": null });
    expect(refusal(() => files(root, ["data", { path: "data/keep", mode: "ro" }]))).toContain(
      "is read-only but lies in",
    );
    expect(refusal(() => files(root, ["data", { path: "data", mode: "ro" }]))).toContain("is read-only but lies in");
    expect(show(files(root, [{ path: "data", mode: "ro" }, "data/keep"]), root)).toEqual([
      "~/data /data ro",
      "~/data/keep /data/keep rw",
    ]);
  });
  test("a part of what is granted anyway is left out", () => {
    const root = folder({ "data/part": null });
    expect(show(files(root, ["data/part", "data", "./data/"]), root)).toEqual(["~/data /data rw"]);
  });
});

describe("mounts", () => {
  test.each([
    ["data", "~/data /data rw"],
    ["./data:ro", "~/data /data ro"],
    ["data:rw", "~/data /data rw"],
    ["data::/input", "~/data /input rw"],
    ["data::input:ro", "~/data /input ro"],
    ["data::/", "~/data / rw"],
    [".::/src:ro", "~ /src ro"],
  ])("%s", (text, expected) => {
    const root = folder({ "data/x": "" });
    expect(show(files(root, [], [text]), root)).toEqual([expected]);
  });
  test.each(["", "::/x", "/abs", "../up", "data::", "data::../x", "data::/../x", "data::/a/../../x", "a\u0000"])(
    "%j is refused",
    (text) => expect(refusal(() => parseMountFlag(text))).toMatch(/^--mount: mount is .*; it takes HOST\[::GUEST\]/),
  );
  test("a mount and a task's grant of the same place are both given", () => {
    const root = folder({ "data/x": "" });
    expect(show(files(root, ["data"], ["data:ro"]), root)).toEqual(["~/data /data rw"]);
  });
  test("two directories at one guest path are refused", () => {
    const root = folder({ a: null, b: null });
    expect(refusal(() => files(root, ["b"], ["a::/b"]))).toContain("another guest path");
    expect(refusal(() => files(root, [], ["a::/x", "b::/x"]))).toContain("where");
  });
  test("a mount leads into the project or is refused", () => {
    const root = folder({ "p/x": "", "p/link": { to: "/etc" } });
    expect(refusal(() => files(join(root, "p"), [], ["link::/etc"]))).toContain("out of the project");
  });
});

describe("cutting down", () => {
  const meet = (asked: readonly FileGrant[], limit: readonly FileGrant[]) =>
    narrow(policy({ files: asked }), policy({ files: limit })).files;
  test.each([
    ["the same", [grant("/p/a")], [grant("/p/a")], ["/p/a rw"]],
    ["read-only limit", [grant("/p/a")], [grant("/p/a", "ro")], ["/p/a ro"]],
    ["read-only asked", [grant("/p/a", "ro")], [grant("/p/a")], ["/p/a ro"]],
    ["a part of the limit", [grant("/p/a/b")], [grant("/p/a")], ["/p/a/b rw"]],
    ["more than the limit", [grant("/p")], [grant("/p/a"), grant("/p/b", "ro")], ["/p/a rw", "/p/b ro"]],
    ["beside the limit", [grant("/p/ab")], [grant("/p/a")], []],
    ["nothing allowed", [grant("/p/a")], [], []],
    ["nothing asked", [], [grant("/p/a")], []],
  ])("%s", (_, asked, limit, expected) =>
    expect(meet(asked, limit).map(({ hostPath, mode }) => `${hostPath} ${mode}`)).toEqual(expected),
  );
  test("the asker's guest paths stay", () => {
    const asked = [{ hostPath: "/p/data", guestPath: "/in", mode: "rw" as const }];
    expect(meet(asked, [grant("/p/data/x", "ro")])).toEqual([
      { hostPath: "/p/data/x", guestPath: "/in/x", mode: "ro" },
    ]);
  });

  const path = fc.array(fc.constantFrom("a", "b"), { maxLength: 3 }).map((parts) => `/${parts.join("/")}`);
  const grants = fc.array(
    fc.record({ hostPath: path, guestPath: path, mode: fc.constantFrom("ro" as const, "rw" as const) }),
    { maxLength: 4 },
  );
  const strength = { none: 0, ro: 1, rw: 2 };
  test("never widens: no place has more rights than either side gives it", () => {
    fc.assert(
      fc.property(grants, grants, path, (asked, limit, place) => {
        const right = rightAt(meet(asked, limit), place);
        const allowed = Math.min(strength[rightAt(asked, place)], strength[rightAt(limit, place)]);
        expect(strength[right]).toBeLessThanOrEqual(allowed);
      }),
      { numRuns: 20_000 },
    );
  });
  test("and loses nothing when guest paths are the host's", () => {
    const plain = grants.map((list) => list.map(({ hostPath, mode }) => grant(hostPath, mode)));
    fc.assert(
      fc.property(plain, plain, path, (asked, limit, place) => {
        const right = rightAt(meet(asked, limit), place);
        expect(strength[right]).toBe(Math.min(strength[rightAt(asked, place)], strength[rightAt(limit, place)]));
      }),
      { numRuns: 10_000 },
    );
  });
});
