/**
 * Job: check that the documents say nothing that the tree denies: every relative link and every `path` in backticks that
 * looks like one of ours exists, and every `npm run x` names a script.
 * Never: judge prose.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const scripts = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts as Record<string, string>;
const documents = readdirSync(root).filter((name) => name.endsWith(".md"));
const problems: string[] = [];

for (const name of documents) {
  const text = readFileSync(join(root, name), "utf8");
  for (const [, target] of text.matchAll(/\]\(((?!https?:|#|mailto:)[^)#\s]+)[^)]*\)/g)) {
    if (!existsSync(join(root, target!))) problems.push(`${name}: link to ${target}, which does not exist`);
  }
  for (const [, path] of text.matchAll(/`((?:packages|fixtures|bench|test|tools|\.ci)\/[\w./@-]+)`/g)) {
    if (!existsSync(join(root, path!))) problems.push(`${name}: names \`${path}\`, which does not exist`);
  }
  for (const [, script] of text.matchAll(/npm run ([\w:-]+)/g)) {
    if (!scripts[script!]) problems.push(`${name}: \`npm run ${script}\` is no script of package.json`);
  }
}

if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log(`docs: ${documents.length} documents name only what exists`);
