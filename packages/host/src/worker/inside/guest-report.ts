/** Job: how a program ended, as a guest's runner reports it, checked: each report is bounded, read once, and can at most say how its own run ended. Never: believe what the host's own record denies. */
import type { Denial } from "../../wasi/config.ts";
import type { Ending } from "../protocol.ts";
import { isJsonText } from "./json-text.ts";
import type { Sandbox } from "./sandbox.ts";

/** JSON text of a result, in bytes of UTF-8. */
export const mostResultBytes = 16 * 1024 * 1024;
const mostTextLength = 64 * 1024;

/** The payload: JSON text of the result. */
export function returnedEnding(payload: Buffer): Ending {
  if (payload.length > mostResultBytes) return resultTooLarge;
  const value = utf8(payload);
  if (value !== null && isJsonText(value)) return { kind: "returned", value };
  const message = "capsule.ResultError: what the program reported as its result is not JSON";
  return { kind: "raised", type: "capsule.ResultError", message, outOfMemory: false };
}

export const resultTooLarge: Ending = {
  kind: "raised",
  type: "capsule.ResultError",
  message: `capsule.ResultError: the result is more than ${mostResultBytes} bytes of JSON; return less, or write it to a file in allowed_files`,
  outOfMemory: false,
};

/** The payload: `{"type": text, "message": text, "memory": boolean, "denied": boolean}`. `requestDenied`: the host has refused a request of this run. */
export function raisedEnding(
  sandbox: Sandbox,
  payload: Buffer,
  requestDenied: boolean,
): Extract<Ending, { kind: "raised" }> {
  const said = jsonRecord(payload) ?? {};
  const text = (value: unknown, otherwise: string) =>
    typeof value === "string" ? value.slice(0, mostTextLength) : otherwise;
  const { lastDenial, meter } = sandbox;
  const message = text(said["message"], "the program failed without saying how");
  // What the guest says of itself counts only where the host's own record says the same.
  const denied = said["denied"] === true && (lastDenial !== null || requestDenied);
  return {
    kind: "raised",
    type: text(said["type"], "Exception"),
    message: denied && lastDenial !== null ? `${message}\n${explain(lastDenial)}` : message,
    outOfMemory: said["memory"] === true && (meter.refused.value as number) > 0,
    denied,
  };
}

function explain({ what, reason, hint }: Denial): string {
  return `${JSON.stringify(what)} was refused: ${reason}; what would allow it: ${hint}`;
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A small JSON object of the guest's; null for anything else. */
function jsonRecord(bytes: Buffer): Readonly<Record<string, unknown>> | null {
  if (bytes.length > 4 * mostTextLength) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}
