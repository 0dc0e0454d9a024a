"""The SRS cache: one folder outside any repository, files named by provenance, size and hash."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from ..errors import SrsCorrupt, SrsNotFound
from ..files import exclusive
from ..halo2 import Prover
from ..progress import Report, silent
from ..records import Srs
from ..scratch import sweep
from .srs_file import describe_srs

#: How the cache names its files: size, provenance, start of the hash.
_NAMED = re.compile(r"k(\d\d)-(ceremony|dev)-[0-9a-f]{12}\.srs")

#: Half-written files, removed under the cache's lock.
_MAKING, _IMPORTING = ".making-", ".importing-"


def srs_folder(home: Path) -> Path:
    """Where SRS files are kept."""
    return home / "srs"


def list_srs(home: Path) -> tuple[tuple[Path, Srs], ...]:
    """Every cached SRS with its description, smallest first. Raises SrsCorrupt when a file belies its name."""
    return tuple((path, _checked(path)) for path in sorted(srs_folder(home).glob("k*.srs")))


def damaged_srs(home: Path) -> tuple[tuple[Path, str], ...]:
    """Cached files that are not what their names say, each with the reason. Nothing is changed."""
    found = []
    for path in sorted(srs_folder(home).glob("k*.srs")):
        try:
            _checked(path)
        except SrsCorrupt as error:
            found.append((path, error.message))
    return tuple(found)


def import_srs(source: Path, home: Path) -> tuple[Path, Srs]:
    """Check `source` and copy it into the cache; the user's file is never touched. Raises SrsNotFound, SrsCorrupt."""
    description = describe_srs(source)
    target = srs_folder(home) / _name(description)
    with exclusive(srs_folder(home) / ".lock"):
        sweep(target.parent, _IMPORTING)
        if not target.exists() or describe_srs(source) != _described(target):
            _install(source, target)
    return target, _checked(target)


def find_srs(k: int, home: Path) -> tuple[Path, Srs] | None:
    """The cached SRS that serves 2**k rows best, or None.

    A ceremony file is preferred to a development one, and the exact size to a larger one. A larger file is
    correct, but ezkl then rebuilds the smaller Lagrange basis on every call (about 3 s at k=12), which is slower
    than making an exact development SRS once; so larger files serve only when they come from the ceremony.
    """
    fitting = []
    for path in srs_folder(home).glob("k*.srs"):
        named = _NAMED.fullmatch(path.name)
        if named is None:
            continue  # not ours: somebody put it here under a name of their own
        size, ceremony = int(named[1]), named[2] == "ceremony"
        if size == k or (ceremony and size > k):
            fitting.append((not ceremony, path.name, path))
    return (min(fitting)[2], _checked(min(fitting)[2])) if fitting else None


def obtain_srs(k: int, home: Path, prover: Prover, report: Report = silent) -> tuple[Path, Srs]:
    """The best cached SRS for 2**k rows; a development SRS is made and cached when there is none.

    Raises SrsCorrupt and EngineError.
    """
    folder = srs_folder(home)
    with exclusive(folder / ".lock"):
        found = find_srs(k, home)
        if found is not None:
            return found
        sweep(folder, _MAKING)
        with tempfile.TemporaryDirectory(dir=folder, prefix=_MAKING) as scratch:
            fresh = Path(scratch) / "fresh.srs"
            prover.make_srs(k, fresh, report)
            description = describe_srs(fresh)
            target = folder / _name(description)
            fresh.replace(target)
        return target, description


def srs_by_digest(sha256: str, home: Path) -> Path:
    """The cached file with this SHA-256. Raises SrsNotFound."""
    for path in srs_folder(home).glob("k*.srs"):
        if sha256[2:14] in path.name and _checked(path).sha256 == sha256:
            return path
    raise SrsNotFound(f"no SRS with SHA-256 {sha256} is cached", sha256=sha256)


def _described(path: Path) -> Srs | None:
    try:
        return describe_srs(path)
    except SrsCorrupt:
        return None


def _name(description: Srs) -> str:
    return f"k{description.k:02d}-{description.provenance}-{description.sha256[2:14]}.srs"


def _checked(path: Path) -> Srs:
    description = describe_srs(path)
    if _name(description) != path.name:
        raise SrsCorrupt(f"{path} does not have the contents that its name says", path=path)
    return description


def _install(source: Path, target: Path) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=_IMPORTING)
    os.close(handle)
    temporary = Path(name)
    try:
        shutil.copyfile(source, temporary)
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
