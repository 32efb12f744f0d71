"""Job: let http.client and urllib.request work as they are, http and https, with the host where they expect a socket.
Never: parse more of HTTP than what http.client itself has written.

http.client writes a request to `sock` and reads the response from `sock.makefile()`. Here `sock` keeps what was written; when
the response is wanted it asks the host, and gives the answer back as the bytes of a response.
"""

import functools
import http.client
import io
import urllib.request
from email.parser import BytesHeaderParser

from . import _web

_HOP = frozenset(("connection", "transfer-encoding", "content-length", "content-encoding", "host", "accept-encoding", "te"))


class _HostSocket:
    def __init__(self, connection):
        self._connection = connection
        self._sent = bytearray()
        self._answer = None
        self._late = None

    def sendall(self, data):
        self._sent += data

    def exchange(self):
        """Asks the host. What a real connection would only notice while it waits for the response, a timeout, is kept for
        then; everything else is raised here, where urllib.request expects it."""
        connection = self._connection
        head, _, body = bytes(self._sent).partition(b"\r\n\r\n")
        self._sent.clear()
        line, _, fields = head.partition(b"\r\n")
        method, target, _version = line.decode("latin-1").split(" ", 2)
        headers = BytesHeaderParser().parsebytes(fields + b"\r\n\r\n").items()
        chunked = any(name.lower() == "transfer-encoding" and value.lower() == "chunked" for name, value in headers)
        try:
            self._answer = _web.request(
                method,
                target if "://" in target else f"{connection._capsule_scheme}://{_authority(connection)}{target}",
                [(name, value) for name, value in headers if name.lower() not in _HOP],
                _unchunk(body) if chunked else body or None,
                connection.timeout if isinstance(connection.timeout, (int, float)) else None,
                follow=False,  # http.client does not, and urllib.request does it itself
            )
        except TimeoutError as error:
            self._late = error

    def makefile(self, mode="rb", *_args, **_kwargs):
        if self._sent:
            self.exchange()
        if self._late is not None:
            error, self._late = self._late, None
            raise error
        answer = self._answer
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        # The host has read the whole body and decoded it: its length is what it is now.
        lines += [f"{name}: {value}" for name, value in answer.headers if name.lower() not in _HOP]
        lines += [f"Content-Length: {len(answer.body)}", "", ""]
        return io.BytesIO("\r\n".join(lines).encode("latin-1", "replace") + answer.body)

    def setsockopt(self, *_args):
        pass

    def settimeout(self, timeout):
        self._connection.timeout = timeout

    def close(self):
        pass


def _authority(connection):
    host = connection._tunnel_host or connection.host
    port = connection._tunnel_port if connection._tunnel_host else connection.port
    host = f"[{host}]" if ":" in host else host
    return host if port == connection.default_port else f"{host}:{port}"


def _unchunk(body):
    whole = bytearray()
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if length == 0:
            break
        whole += body[:length]
        body = body[length + 2 :]
    return bytes(whole)


class HTTPSConnection(http.client.HTTPConnection):
    """https through the host, which does the TLS; `context` and certificates are its matter."""

    default_port = http.client.HTTPS_PORT
    _capsule_scheme = "https"

    def __init__(self, host, port=None, *, context=None, **options):
        super().__init__(host, port, **options)


class HTTPSHandler(urllib.request.AbstractHTTPHandler):
    def __init__(self, debuglevel=None, context=None, check_hostname=None):
        super().__init__(http.client.HTTPSConnection.debuglevel if debuglevel is None else debuglevel)

    def https_open(self, request):
        return self.do_open(http.client.HTTPSConnection, request)

    https_request = urllib.request.AbstractHTTPHandler.do_request_


def _connect(self):
    self.sock = _HostSocket(self)


def getproxies():
    return {}


getproxies.__module__ = "urllib.request"


def install():
    connection = http.client.HTTPConnection
    connection._capsule_scheme = "http"
    connection.connect = _connect
    write_request = connection.request

    def request(self, *args, **options):
        write_request(self, *args, **options)
        if isinstance(self.sock, _HostSocket):  # a subclass may bring another
            self.sock.exchange()

    connection.request = functools.wraps(write_request)(request)
    http.client.HTTPSConnection = HTTPSConnection
    if "HTTPSConnection" not in http.client.__all__:
        http.client.__all__.append("HTTPSConnection")
    urllib.request.HTTPSHandler = HTTPSHandler

    # Proxies are the host's matter; a granted HTTP_PROXY variable must not change where a request seems to go.
    urllib.request.getproxies = getproxies
