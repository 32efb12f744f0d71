/** Job: a side module's start function computes globals, which no image of memory holds: it must run in restored instances too. Never: forget why. */
import { expect, test } from "vitest";
import { javascript } from "../javascript/support.ts";

const js = javascript({ pool: { threads: 1 } });

test("ECDSA, whose tables lie in the crypto module's own data, in run after run", async () => {
  for (let run = 0; run < 3; run++) {
    const { result, error } = await js.run(`
import { task } from "@capsule-run/sdk";
export const main = task({ name: "main" }, async () => {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const how = { name: "ECDSA", hash: "SHA-256" };
  const text = new TextEncoder().encode("signed");
  const signature = await crypto.subtle.sign(how, keys.privateKey, text);
  const right = await crypto.subtle.verify(how, keys.publicKey, signature, text);
  text[0] ^= 1;
  return [right, await crypto.subtle.verify(how, keys.publicKey, signature, text)];
});`);
    expect(error).toBe("");
    expect(result).toEqual([true, false]);
  }
});
