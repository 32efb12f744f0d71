/** Job: a /proc that is mounted somewhere below a grant, as in the root of a container, is not a way into the host's processes. Never: need root. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

/** A namespace of its own, in which anybody may mount. */
const namespace = ["-rm", "sh", "-c"];
const possible = spawnSync("unshare", [...namespace, "mount --rbind /proc /proc"]).status === 0;
if (!possible) console.warn("skipped: no user namespace to mount /proc in (unshare -rm)");

test.skipIf(!possible)("a /proc below a grant can be looked at, neither opened nor changed", () => {
  const folder = mkdtempSync(join(tmpdir(), "capsule-kernel-files-"));
  try {
    mkdirSync(join(folder, "proc"));
    writeFileSync(
      join(folder, "guest.ts"),
      `import { Guest, directoryMount, oflag } from ${JSON.stringify(resolve(import.meta.dirname, "guest.ts"))};
       const guest = new Guest({ mounts: [directoryMount(${JSON.stringify(folder)})] });
       console.log(JSON.stringify({
         file: guest.openAll("new", { oflags: oflag.create }).errno,
         stat: guest.stat("proc/self/environ").errno,
         made: guest.mkdir("proc/self/made"),
         opened: [\`proc/\${process.pid}/mem\`, "proc/self/environ", "proc/self/root/etc/passwd", "proc/self/fd", "proc"].map(
           (path) => guest.open(path, { base: 0n }).errno,
         ),
       }));`,
    );
    const command = `mount --rbind /proc '${folder}/proc' && exec '${process.execPath}' '${folder}/guest.ts'`;
    const output = execFileSync("unshare", [...namespace, command], { encoding: "utf8" });
    expect(JSON.parse(output)).toEqual({
      file: "OK",
      stat: "OK",
      made: "EACCES",
      opened: ["EACCES", "EACCES", "EPERM", "EACCES", "EACCES"],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
