/** Job: wasi:sockets as a world without sockets: components that import them link, each attempt is refused and told. Never: a socket. */
import { trap } from "../../component/errors.ts";
import { err, type Group, nothing, type Typed } from "./context.ts";

class Network {}

/** Methods of resources that no guest can have. */
const unreachable = (resource: string, names: string): Record<string, Typed> =>
  Object.fromEntries(
    names.split(" ").map((name) => [`[method]${resource}.${name}`, () => trap(`there is no ${resource} to ask`)]),
  );

const tcpMethods =
  "start-bind finish-bind start-connect finish-connect start-listen finish-listen accept local-address remote-address " +
  "is-listening address-family set-listen-backlog-size keep-alive-enabled set-keep-alive-enabled keep-alive-idle-time " +
  "set-keep-alive-idle-time keep-alive-interval set-keep-alive-interval keep-alive-count set-keep-alive-count hop-limit " +
  "set-hop-limit receive-buffer-size set-receive-buffer-size send-buffer-size set-send-buffer-size subscribe shutdown";
const udpMethods =
  "start-bind finish-bind stream local-address remote-address address-family unicast-hop-limit set-unicast-hop-limit " +
  "receive-buffer-size set-receive-buffer-size send-buffer-size set-send-buffer-size subscribe";

export const socketInterfaces: Group = ({ kernel }) => {
  const refuse = (what: string) => {
    kernel.ledger.deny({
      kind: "host",
      what,
      reason: "there are no sockets here",
      hint: "none: requests go through wasi:http, to what allowed_hosts names",
    });
    return err("access-denied");
  };
  return {
    "wasi:sockets/network": {
      functions: { "network-error-code": () => null },
      resources: { network: nothing },
    },
    "wasi:sockets/instance-network": { functions: { "instance-network": () => new Network() } },
    "wasi:sockets/ip-name-lookup": {
      functions: {
        "resolve-addresses": (_network: Network, name: string) =>
          refuse(`the address of ${JSON.stringify(name.slice(0, 253))}`),
        ...unreachable("resolve-address-stream", "resolve-next-address subscribe"),
      },
      resources: { "resolve-address-stream": nothing },
    },
    "wasi:sockets/tcp-create-socket": { functions: { "create-tcp-socket": () => refuse("a TCP socket") } },
    "wasi:sockets/tcp": {
      functions: unreachable("tcp-socket", tcpMethods),
      resources: { "tcp-socket": nothing },
    },
    "wasi:sockets/udp-create-socket": { functions: { "create-udp-socket": () => refuse("a UDP socket") } },
    "wasi:sockets/udp": {
      functions: {
        ...unreachable("udp-socket", udpMethods),
        ...unreachable("incoming-datagram-stream", "receive subscribe"),
        ...unreachable("outgoing-datagram-stream", "check-send send subscribe"),
      },
      resources: { "udp-socket": nothing, "incoming-datagram-stream": nothing, "outgoing-datagram-stream": nothing },
    },
  };
};
