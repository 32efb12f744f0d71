"""Job: HTTP for programs: get, post, put, patch, delete through the host. Never: decide what is allowed.

>>> from capsule import http
>>> answer = http.get("https://api.example.com/items")  # doctest: +SKIP
>>> answer.status, answer.ok, answer.json()             # doctest: +SKIP
"""

import functools
import json

from . import _web

__all__ = ["Response", "delete", "get", "head", "patch", "post", "put", "request"]


class _Text(str):
    """`answer.text` and `answer.text()` both give the text: programs are written either way."""

    def __call__(self):
        return str(self)


class _Flag(int):
    """`answer.ok` and `answer.ok()` both give whether it went well."""

    def __call__(self):
        return bool(self)

    def __repr__(self):
        return repr(bool(self))


class Response:
    """An answer, whatever its status: `status`, `ok` (200 … 299), `headers`, `url`, `content` (bytes), `text`, `json()`."""

    def __init__(self, reply):
        self.status = self.status_code = reply.status
        self.reason = reply.reason
        self.url = reply.url
        self.content = reply.body
        self.headers = _Headers(reply.headers)

    @property
    def ok(self):
        return _Flag(200 <= self.status < 300)

    @property
    def text(self):
        return _Text(self.content.decode(_charset(self.headers.get("content-type", "")), "replace"))

    def json(self):
        return json.loads(self.content)

    def __repr__(self):
        return f"<Response [{self.status}]>"


class _Headers(dict):
    """Names in lower case; found in any case. Values of the same name are joined by a comma."""

    def __init__(self, pairs):
        super().__init__()
        for name, value in pairs:
            name = name.lower()
            self[name] = f"{self[name]}, {value}" if name in self else value

    def __getitem__(self, name):
        return super().__getitem__(name.lower())

    def __contains__(self, name):
        return super().__contains__(name.lower())

    def get(self, name, default=None):
        return super().get(name.lower(), default)


def _through_the_host(arguments):
    """Makes a function that asks the host from one that only says what to ask; `_capsule_start` is the same as a future, which
    asyncio.to_thread uses: requests then run side by side."""

    @functools.wraps(arguments)
    def ask(*args, **kwargs):
        return Response(_web.request(*arguments(*args, **kwargs)))

    ask._capsule_start = lambda *args, **kwargs: _web.start(*arguments(*args, **kwargs), finish=Response)
    return ask


def _arguments(method, url, headers=None, body=None, json_data=None, timeout=None):
    headers = dict(headers or {})
    if json_data is not None:
        if body is not None:
            raise ValueError("give body or json_data, not both")
        body = json.dumps(json_data)
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/json"
    if isinstance(body, str):
        body = body.encode()
    return method.upper(), url, headers.items(), body, timeout


@_through_the_host
def request(method, url, headers=None, body=None, json_data=None, timeout=None):
    """Any method. `body`: text or bytes; `json_data`: a value sent as JSON; `timeout`: seconds."""
    return _arguments(method, url, headers, body, json_data, timeout)


@_through_the_host
def get(url, headers=None, timeout=None):
    return _arguments("GET", url, headers, timeout=timeout)


@_through_the_host
def head(url, headers=None, timeout=None):
    return _arguments("HEAD", url, headers, timeout=timeout)


@_through_the_host
def delete(url, headers=None, timeout=None):
    return _arguments("DELETE", url, headers, timeout=timeout)


@_through_the_host
def post(url, body=None, json_data=None, headers=None, timeout=None):
    return _arguments("POST", url, headers, body, json_data, timeout)


@_through_the_host
def put(url, body=None, json_data=None, headers=None, timeout=None):
    return _arguments("PUT", url, headers, body, json_data, timeout)


@_through_the_host
def patch(url, body=None, json_data=None, headers=None, timeout=None):
    return _arguments("PATCH", url, headers, body, json_data, timeout)


def _charset(content_type):
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            value = value.strip().strip('"')
            try:
                "".encode(value)
            except LookupError:
                break
            return value
    return "utf-8"
