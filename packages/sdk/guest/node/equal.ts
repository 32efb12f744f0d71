/** Job: deep strict equality as `assert.deepStrictEqual` means it, from the package that is `assert`. Never: another definition. */
import assert from "assert";

export function isDeepStrictEqual(one: unknown, other: unknown): boolean {
  try {
    assert.deepStrictEqual(one, other);
    return true;
  } catch {
    return false;
  }
}
