"""A solc command line over soljson, for forge and slither: `--version` and `--standard-json`, nothing else."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import ZkchainError
from .solc import SOLC_BUILD, soljson_compiler
from .soljson import soljson_paths

#: Options about folders: the request carries its sources, so they do not matter.
_IGNORED = frozenset({"--base-path", "--include-path", "--allow-paths"})


def main(arguments: Sequence[str]) -> int:
    """Answer one request. Anything unknown is an error: a silent answer would look like a clean one."""
    options = _options(arguments)
    try:
        if options == ["--version"]:
            sys.stdout.write(f"solc, the solidity compiler commandline interface\nVersion: {SOLC_BUILD}\n")
        elif options == ["--standard-json"]:
            sys.stdout.write(_compiler_path_runner(sys.stdin.read()))
        else:
            sys.stderr.write(f"solc shim: only --version and --standard-json are answered, found {options}\n")
            return 2
    except ZkchainError as error:
        sys.stderr.write(f"solc shim: {error.message}\n  try: {error.remedy}\n")
        return 1
    return 0


def _compiler_path_runner(request: str) -> str:
    root = Path(__file__).resolve().parents[2]
    path = next((path for path in soljson_paths(root, root) if path.is_file()), root / "node_modules")
    return soljson_compiler(path).run(request)


def _options(arguments: Sequence[str]) -> list[str]:
    options: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument in _IGNORED:
            next(rest, None)
        elif argument.partition("=")[0] not in _IGNORED:
            options.append(argument)
    return options


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
