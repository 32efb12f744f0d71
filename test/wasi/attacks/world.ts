/** Job: a directory to grant, another to grant read-only, and canaries around them that no guest may read or touch. Never: a guest. */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mount } from "../../../packages/host/src/wasi/config.ts";
import { directoryMount } from "../guest.ts";

export const secret = "SECRET of the host";

export interface World {
  readonly base: string;
  /** Granted read-write as `/`. */
  readonly root: string;
  /** Granted read-only as `/ro`. */
  readonly readOnly: string;
  readonly outside: string;
  readonly mounts: readonly Mount[];
  /** Everything about the canaries and the read-only grant: must be the same before and after. */
  canaries(): string;
  [Symbol.dispose](): void;
}

function describe(path: string): string[] {
  const { mode, nlink, mtimeNs, size, ino } = lstatSync(path, { bigint: true });
  const type = Number(mode) & 0o170000;
  const content =
    type === 0o100000
      ? readFileSync(path, "utf8")
      : type === 0o120000
        ? readlinkSync(path)
        : readdirSync(path).sort().join();
  const own = `${path} ${mode} ${nlink} ${mtimeNs} ${size} ${ino} ${content}`;
  return type === 0o040000 ? [own, ...readdirSync(path).flatMap((name) => describe(join(path, name)))] : [own];
}

export function createWorld(): World {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "capsule-world-")));
  const [root, readOnly, outside] = ["root", "read-only", "outside"].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [join(root, "dir/sub"), join(readOnly, "sub"), join(outside, "dir")])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(outside, "secret.txt"), secret);
  writeFileSync(join(outside, "dir/secret.txt"), secret);
  writeFileSync(join(root, "public.txt"), "public");
  writeFileSync(join(root, "dir/inner.txt"), "inner");
  writeFileSync(join(readOnly, "data.txt"), "data");
  writeFileSync(join(readOnly, "sub/more.txt"), "more");
  // What an operator may have lying about in a folder that is granted.
  symlinkSync(outside, join(root, "absolute"));
  symlinkSync("../outside", join(root, "relative"));
  symlinkSync("relative", join(root, "chain"));
  symlinkSync(join(outside, "secret.txt"), join(root, "file-link"));
  symlinkSync("../../public.txt", join(root, "dir/sub/up"));
  return {
    base,
    root,
    readOnly,
    outside,
    mounts: [directoryMount(root), directoryMount(readOnly, "ro", "/ro")],
    canaries: () => [...describe(outside), ...describe(readOnly)].join("\n"),
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  };
}
