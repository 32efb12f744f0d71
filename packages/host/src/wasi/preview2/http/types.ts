/** Job: wasi:http: types and outgoing-handler. Never: serve requests: what belongs to those exists by name only. */
import { trap } from "../../../component/errors.ts";
import { type Context, err, type Group, nothing, ok, type Part, type Result } from "../context.ts";
import type { IoError } from "../errors.ts";
import { Pollable } from "../io.ts";
import { always } from "../waits.ts";
import { Fields } from "./fields.ts";
import type { FutureResponse } from "./future.ts";
import { handle, isAuthority, isMethod, isPath } from "./handler.ts";
import type { FutureTrailers, IncomingBody, IncomingResponse } from "./incoming.ts";
import {
  type Method,
  type OutgoingBody,
  OutgoingRequest,
  OutgoingResponse,
  RequestOptions,
  type Scheme,
} from "./outgoing.ts";

const done = (fine: boolean, act: () => void): Result => {
  if (!fine) return err();
  act();
  return ok();
};

const fieldsPart = ({ held }: Context): Part => ({
  functions: {
    "[constructor]fields": () => new Fields(held),
    "[static]fields.from-list": (list: readonly (readonly [string, Uint8Array])[]) => Fields.fromList(held, list),
    "[method]fields.get": (fields: Fields, name: string) => fields.get(name),
    "[method]fields.has": (fields: Fields, name: string) => fields.has(name),
    "[method]fields.set": (fields: Fields, name: string, values: readonly Uint8Array[]) => fields.set(name, values),
    "[method]fields.delete": (fields: Fields, name: string) => fields.delete(name),
    "[method]fields.append": (fields: Fields, name: string, value: Uint8Array) => fields.append(name, value),
    "[method]fields.entries": (fields: Fields) => fields.entries(),
    "[method]fields.clone": (fields: Fields) => fields.copy(true),
  },
  resources: { fields: (fields: Fields) => fields.drop() },
});

const outgoingPart = ({ held }: Context): Part => ({
  functions: {
    "[constructor]outgoing-request": (headers: Fields) => new OutgoingRequest(headers, held),
    "[method]outgoing-request.body": (request: OutgoingRequest) => request.takeBody(),
    "[method]outgoing-request.method": (request: OutgoingRequest) => request.method,
    "[method]outgoing-request.set-method": (request: OutgoingRequest, method: Method) =>
      done(isMethod(method), () => {
        request.method = method;
      }),
    "[method]outgoing-request.path-with-query": (request: OutgoingRequest) => request.path,
    "[method]outgoing-request.set-path-with-query": (request: OutgoingRequest, path: string | null) =>
      done(path === null || isPath(path), () => {
        request.path = path;
      }),
    "[method]outgoing-request.scheme": (request: OutgoingRequest) => request.scheme,
    "[method]outgoing-request.set-scheme": (request: OutgoingRequest, scheme: Scheme | null) =>
      done(scheme?.tag !== "other" || /^[A-Za-z][A-Za-z0-9+.-]{0,31}$/.test(scheme.val), () => {
        request.scheme = scheme;
      }),
    "[method]outgoing-request.authority": (request: OutgoingRequest) => request.authority,
    "[method]outgoing-request.set-authority": (request: OutgoingRequest, authority: string | null) =>
      done(authority === null || isAuthority(authority), () => {
        request.authority = authority;
      }),
    "[method]outgoing-request.headers": (request: OutgoingRequest) => request.headers.copy(false),

    "[method]outgoing-body.write": (body: OutgoingBody) => body.write(),
    "[static]outgoing-body.finish": (body: OutgoingBody, trailers: Fields | null) => body.finish(trailers),

    "[constructor]request-options": () => new RequestOptions(),
    "[method]request-options.connect-timeout": (options: RequestOptions) => options.connect,
    "[method]request-options.set-connect-timeout": (options: RequestOptions, duration: bigint | null) => {
      options.connect = duration;
      return ok();
    },
    "[method]request-options.first-byte-timeout": (options: RequestOptions) => options.firstByte,
    "[method]request-options.set-first-byte-timeout": (options: RequestOptions, duration: bigint | null) => {
      options.firstByte = duration;
      return ok();
    },
    "[method]request-options.between-bytes-timeout": (options: RequestOptions) => options.betweenBytes,
    "[method]request-options.set-between-bytes-timeout": (options: RequestOptions, duration: bigint | null) => {
      options.betweenBytes = duration;
      return ok();
    },
  },
  resources: {
    "outgoing-request": (request: OutgoingRequest) => request.drop(),
    "outgoing-body": (body: OutgoingBody) => body.drop(),
    "request-options": nothing,
  },
});

const incomingPart: Part = {
  functions: {
    "[method]incoming-response.status": (response: IncomingResponse) => response.status,
    "[method]incoming-response.headers": (response: IncomingResponse) => response.headers,
    "[method]incoming-response.consume": (response: IncomingResponse) => response.consume(),
    "[method]incoming-body.stream": (body: IncomingBody) => body.stream(),
    "[static]incoming-body.finish": (body: IncomingBody) => body.finish(),
    "[method]future-trailers.subscribe": (_trailers: FutureTrailers) => new Pollable(always),
    "[method]future-trailers.get": (trailers: FutureTrailers) => trailers.get(),
    "[method]future-incoming-response.subscribe": (future: FutureResponse) => new Pollable(future.source),
    "[method]future-incoming-response.get": (future: FutureResponse) => future.get(),
  },
  resources: {
    "incoming-response": (response: IncomingResponse) => response.drop(),
    "incoming-body": (body: IncomingBody) => body.drop(),
    "future-trailers": nothing,
    "future-incoming-response": (future: FutureResponse) => future.drop(),
  },
};

const unserved = () => trap("there are no incoming requests here");

/** For components that can also serve: they link, and can make and drop a response. */
const servingPart = ({ held }: Context): Part => ({
  functions: {
    "[method]incoming-request.method": unserved,
    "[method]incoming-request.path-with-query": unserved,
    "[method]incoming-request.scheme": unserved,
    "[method]incoming-request.authority": unserved,
    "[method]incoming-request.headers": unserved,
    "[method]incoming-request.consume": unserved,
    "[static]response-outparam.set": unserved,
    "[method]response-outparam.send-informational": unserved,
    "[constructor]outgoing-response": (headers: Fields) => new OutgoingResponse(headers, held),
    "[method]outgoing-response.status-code": (response: OutgoingResponse) => response.status,
    "[method]outgoing-response.set-status-code": (response: OutgoingResponse, status: number) =>
      done(status >= 100 && status <= 999, () => {
        response.status = status;
      }),
    "[method]outgoing-response.headers": (response: OutgoingResponse) => response.headers.copy(false),
    "[method]outgoing-response.body": (response: OutgoingResponse) => response.takeBody(),
  },
  resources: {
    "incoming-request": nothing,
    "response-outparam": nothing,
    "outgoing-response": (response: OutgoingResponse) => response.drop(),
  },
});

export const httpInterfaces: Group = (context) => {
  const parts = [fieldsPart(context), outgoingPart(context), incomingPart, servingPart(context)];
  return {
    "wasi:http/types": {
      functions: Object.assign(
        { "http-error-code": (error: IoError) => error.http },
        ...parts.map(({ functions }) => functions),
      ),
      resources: Object.assign({}, ...parts.map(({ resources }) => resources)),
    },
    "wasi:http/outgoing-handler": {
      functions: {
        handle: (request: OutgoingRequest, options: RequestOptions | null) => handle(context, request, options),
      },
    },
  };
};
