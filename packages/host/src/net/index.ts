/**
 * Job: the door of this room. Never: code of its own.
 *
 * `createHttpClient({ limits?, extraCa?, resolve? })`: one client per run.
 * `client.request(call, { hosts, privateAddresses, signal, onRequest, onDenied })` → `HttpReply`, never rejects;
 * `hosts` and `privateAddresses` are fields of a `Policy`, `onRequest` gets the entries of `host_requests`.
 * `client.open(call, context)` → the same with the body as a stream.
 */
export type { HeaderList, HostDenial, HttpCall, HttpFailureCode, HttpReply, RequestRecord } from "./call.ts";
export {
  createHttpClient,
  type HttpClient,
  type HttpClientOptions,
  type HttpContext,
  type HttpResponse,
} from "./client.ts";
export { HttpFailure } from "./failure.ts";
export { defaultHttpLimits, type HttpLimits } from "./limits.ts";
