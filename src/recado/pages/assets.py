"""Style sheets, modules and icons: the whole tree under one content hash, compressed once, kept for ever."""

import gzip
import re
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

_TREE: Final = Path(__file__).resolve().parent / "assets"
_LEAFLET: Final = re.compile(r"/leaflet/data/(?P<path>leaflet\.(?:js|css)|images/[\w.-]+\.png)$")
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
BASE_SHEET: Final = "css/base.css"
WHOLE: Final = ".whole.css"  # a page's own sheet behind what all have
_SMALL_BYTES: Final = 256  # below it a compressed answer is no smaller
_IMPORT: Final = re.compile(r"""^\s*(?:import|export)\b[^;"'()]*["'](?P<path>\.{1,2}/[^"']+)["']""", re.MULTILINE)


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it is sent; `gzipped` is None where compressing does not pay."""

    body: bytes
    gzipped: bytes | None
    media_type: str


class Assets(msgspec.Struct, frozen=True, kw_only=True):
    """Every file by its path, and the name of this very set of contents."""

    build: str
    files: Mapping[str, Asset]

    def url(self, path: str) -> str:
        """Return where a file is; one that is not there is a bug."""
        if path not in self.files:
            raise LookupError(f"There is no asset {path}.")
        return f"/assets/{self.build}/{path}"

    def sheet_of(self, name: str) -> str:
        """Return the one style sheet of a page."""
        path = f"css/{name}{WHOLE}"
        return path if path in self.files else BASE_SHEET

    def modules_of(self, path: str) -> list[str]:
        """Return a module and all that it imports at once, so that a browser asks for them in one go."""
        found = [path]
        for one in found:
            found += [module for module in self._imports(one) if module not in found]
        return found

    def _imports(self, path: str) -> list[str]:
        if path not in self.files:
            raise LookupError(f"There is no asset {path}.")
        here = PurePosixPath(path).parent
        named = _IMPORT.finditer(self.files[path].body.decode())
        return list(dict.fromkeys(_joined(here, match["path"]) for match in named))


@cache
def load_assets() -> Assets:
    """Read, hash and compress the whole tree, once in each process."""
    ours = dict(_ours())
    contents = dict(sorted([*ours.items(), *_whole_sheets(ours), *_leaflet()]))
    digest = blake2b(digest_size=8)
    for path, body in contents.items():
        digest.update(f"{path}\0{len(body)}\0".encode() + body)
    return Assets(build=digest.hexdigest(), files={path: _asset(path, body) for path, body in contents.items()})


def _ours() -> Iterator[tuple[str, bytes]]:
    for path in _TREE.rglob("*"):
        if path.suffix in _MEDIA_TYPES:
            yield path.relative_to(_TREE).as_posix(), path.read_bytes()


def _whole_sheets(ours: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    # A browser opens six connections, and on a slow phone each file less is a wait less.
    for path, body in ours.items():
        if path.startswith("css/") and path != BASE_SHEET:
            yield path.replace(".css", WHOLE), ours[BASE_SHEET] + b"\n" + body


def _leaflet() -> Iterator[tuple[str, bytes]]:
    # Found, not imported: the package's module only says where it lies.
    for file in distribution("XStatic-Leaflet").files or ():
        if found := _LEAFLET.search(file.as_posix()):
            yield f"leaflet/{found['path']}", Path(str(file.locate())).read_bytes()


def _asset(path: str, body: bytes) -> Asset:
    media_type = _MEDIA_TYPES[PurePosixPath(path).suffix]
    gzipped = gzip.compress(body, mtime=0) if media_type != "image/png" and len(body) > _SMALL_BYTES else None
    return Asset(body=body, gzipped=gzipped, media_type=media_type)


def _joined(here: PurePosixPath, relative: str) -> str:
    parts: list[str] = list(here.parts)
    for part in PurePosixPath(relative).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
