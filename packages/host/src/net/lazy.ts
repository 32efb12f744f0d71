/**
 * Job: an HTTP client that is loaded with its first request: Node's HTTP, TLS and (through them) fetch take a third of
 * the host's start, and most programs request nothing.
 * Never: decide anything about a request.
 */
import type { HttpClient, HttpClientOptions } from "./client.ts";

export function lazyHttpClient(options: HttpClientOptions = {}): HttpClient {
  let loading: Promise<HttpClient> | undefined;
  const client = () => {
    loading ??= import("./client.ts").then(({ createHttpClient }) => createHttpClient(options));
    return loading;
  };
  return {
    request: async (call, context) => (await client()).request(call, context),
    open: async (call, context) => (await client()).open(call, context),
  };
}
