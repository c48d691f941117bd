"""Build the package `wavu` into a wheel or an archive of its sources, with Python alone.

What PEP 517 and PEP 660 ask of a build backend, for one pure package without dependencies. Others' backends would have
to be fetched first, which a machine without a network cannot; setuptools of Debian 12 lacks `wheel`.

In:  the folder of this file, which pip makes the current one.
Out: the names of the files that were written.
"""
import base64
import hashlib
import io
import os
import re
import tarfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
NAME = "wavu"
TAG = "py3-none-any"
WHEN = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip knows: the same sources make the same wheel


def _read(*names):
    with open(os.path.join(HERE, *names), encoding="utf-8") as file:
        return file.read()


def _version():
    return re.search(r'^version = "([^"]+)"$', _read("pyproject.toml"), re.MULTILINE).group(1)


def _sources():
    """The package's files, as paths below this folder."""
    names = sorted(os.listdir(os.path.join(HERE, NAME)))
    return [f"{NAME}/{name}" for name in names if name.endswith((".py", ".typed"))]


def _metadata():
    return "\n".join([
        "Metadata-Version: 2.1",
        f"Name: {NAME}",
        f"Version: {_version()}",
        "Summary: Talk to a running node of the wavu mesh: bots, scripts, a shell",
        "Requires-Python: >=3.9",
        "Classifier: Typing :: Typed",
        "Description-Content-Type: text/markdown",
        "",
        _read("README.md"),
    ])


def _wheel(folder, files):
    """Write a wheel with `files`, a name to bytes, and what every wheel has."""
    info = f"{NAME}-{_version()}.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = _metadata().encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: {NAME}\nRoot-Is-Purelib: true\nTag: {TAG}\n".encode()
    files[f"{info}/entry_points.txt"] = b"[console_scripts]\nwavu-shell = wavu.repl:main\n"
    record = []
    for name, data in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(data)}\n")
    record.append(f"{info}/RECORD,,\n")
    files[f"{info}/RECORD"] = "".join(record).encode()
    wheel = f"{NAME}-{_version()}-{TAG}.whl"
    with zipfile.ZipFile(os.path.join(folder, wheel), "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in sorted(files.items()):
            one = zipfile.ZipInfo(name, WHEN)
            one.external_attr = 0o644 << 16
            one.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(one, data)
    return wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory, {name: _read(name).encode() for name in _sources()})


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory, {f"{NAME}.pth": (HERE + "\n").encode()})


def build_sdist(sdist_directory, config_settings=None):
    root = f"{NAME}-{_version()}"
    name = root + ".tar.gz"
    with tarfile.open(os.path.join(sdist_directory, name), "w:gz", format=tarfile.PAX_FORMAT) as out:
        for path in ["pyproject.toml", "backend.py", "README.md", *_sources()]:
            one = tarfile.TarInfo(f"{root}/{path}")
            data = _read(path).encode()
            one.size = len(data)
            out.addfile(one, io.BytesIO(data))
        data = _metadata().encode()
        one = tarfile.TarInfo(f"{root}/PKG-INFO")
        one.size = len(data)
        out.addfile(one, io.BytesIO(data))
    return name
