"""Job: NumPy's Python files as one archive of byte code, the same bytes for the same sources. Never: build C.

usage: library.py NUMPY_SOURCE NUMPY_BUILD FOLDER_TO_HIDE OUT.zip
"""

import importlib._bootstrap_external as bootstrap
import importlib.util
import os
import sys
import zipfile

# Tests, what needs a compiler, and what only the build reads.
LEFT_OUT = {"tests", "f2py", "distutils", "_build_utils", "code_generators", "_pyinstaller", "__pycache__", "conftest.py", "_configtool.py"}
EPOCH = (2000, 1, 1, 0, 0, 0)


def main(source, build, hidden, out):
    entries = {"numpy/__config__.py": os.path.join(build, "numpy/__config__.py")}
    for folder, folders, files in os.walk(os.path.join(source, "numpy")):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        for name in files:
            path = os.path.join(folder, name)
            if name.endswith(".py") and name not in LEFT_OUT:
                entries[os.path.relpath(path, source)] = path
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(entries):
            with open(entries[name], "rb") as file:
                data = file.read().replace(hidden.encode(), b"/work")
            code = compile(data, "/usr/local/lib/numpy.zip/" + name, "exec", dont_inherit=True, optimize=0)
            byte_code = bootstrap._code_to_hash_pyc(code, importlib.util.source_hash(data), False)
            archive.writestr(zipfile.ZipInfo(name + "c", EPOCH), byte_code)


if __name__ == "__main__":
    main(*sys.argv[1:])
