/** Job: bring pinned packages of npm and PyPI into the cache. Never: install anything into the project or the system. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { cachedFolder } from "./cache.ts";

/** The folder of a wheel, for PYTHONPATH. Throws when there is no Python with pip, or no registry. */
export function wheel(name: string, version: string): string {
  return cachedFolder(`pypi-${name}-${version}`, (folder) => {
    execFileSync(
      "python3",
      [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--disable-pip-version-check",
        "--target",
        folder,
        `${name}==${version}`,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
  });
}

/** The folder of an npm package's files. */
export function npmPackage(name: string, version: string): string {
  const folder = cachedFolder(`npm-${name.replace("/", "-")}-${version}`, (folder) => {
    const [tarball] = JSON.parse(
      execFileSync("npm", ["pack", "--json", "--pack-destination", folder, `${name}@${version}`], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
    ) as { filename: string }[];
    execFileSync("tar", ["xzf", join(folder, tarball!.filename), "-C", folder]);
  });
  return join(folder, "package");
}
