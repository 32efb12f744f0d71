"""What Capsule programs import.

>>> from capsule import task
>>> @task(name="main", compute="LOW", ram="64MB")
... def main(name: str = "Capsule") -> str:
...     return f"Hello from {name}!"
"""

from . import http
from ._declare import task

__all__ = ["http", "run", "task"]


def run(*_args, **_options):
    """Run a program from a host program; inside a sandbox there is no host to do it."""
    raise RuntimeError(
        "capsule.run() starts sandboxes from a host program; inside a sandbox, call a task instead"
    )
