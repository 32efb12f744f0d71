"""Job: CPython's standard library as one archive of byte code, the same bytes for the same sources. Never: build C.

usage: library.py SOURCE_LIB SYSCONFIG_MODULE PACKAGES OUT.zip
"""

import importlib._bootstrap_external as bootstrap
import importlib.util
import os
import sys
import zipfile

# Nothing of these can run here: tests, windows, tools that install, processes.
LEFT_OUT = {
    "test", "idlelib", "turtledemo", "tkinter", "ensurepip", "lib2to3", "venv", "pydoc_data", "__pycache__", "site-packages",
    "turtle.py", "_aix_support.py", "_osx_support.py", "_ios_support.py", "_android_support.py", "_apple_support.py", "antigravity.py",
    "tzdata.zi",  # the same zones as text
}
EPOCH = (2000, 1, 1, 0, 0, 0)


def sources(root):
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT and not name.endswith(".dist-info"))
        for name in sorted(files):
            path = os.path.join(folder, name)
            yield os.path.relpath(path, root), path


def main(lib, sysconfig, packages, out):
    entries = {}
    for root in (lib, packages):
        for name, path in sources(root):
            if name in LEFT_OUT or os.path.basename(name) in LEFT_OUT:
                continue
            entries[name] = path
    entries[os.path.basename(sysconfig)] = sysconfig
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(entries):
            with open(entries[name], "rb") as file:
                data = file.read()
            if name.endswith(".py"):
                code = compile(data, "/usr/local/lib/python313.zip/" + name, "exec", dont_inherit=True, optimize=0)
                data = bootstrap._code_to_hash_pyc(code, importlib.util.source_hash(data), False)
                name += "c"
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data)


if __name__ == "__main__":
    main(*sys.argv[1:])
