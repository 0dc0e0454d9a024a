"""The owners of a federation on this machine, each a process of its own that gets nothing of the others."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ...chain.keystore import PASSWORD, PASSWORD_FILE
from ...config import Config
from ...errors import ChainingBroken, DataMismatch, OffGrid, PlanInvalid, RoundFailed, ZkchainError
from ...files import make_private
from ...network_config import DEFAULT_SIGNER
from ...training.plan import Plan
from .folder import Federation
from .rounds import Taken

_STOP_SECONDS = 10.0
_ENV = "env:"
#: What may be wrong with an owner's data, by its code.
_TROUBLE: dict[str, type[ZkchainError]] = {
    kind.code: kind for kind in (ChainingBroken, DataMismatch, OffGrid, PlanInvalid, RoundFailed)
}


def expect_data(federation: Federation, config: Config) -> None:
    """Whether every owner's samples will serve, as a process of each owner says: nobody else reads them.

    Raises DataMismatch, OffGrid, ChainingBroken and RoundFailed naming the owner.
    """
    names = [owner.name for owner in federation.plan.owners]
    checks = [
        subprocess.Popen(
            _command(federation, name, "--check", "--parent", str(os.getpid())),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=environment_of(federation.plan, name, config, os.environ),
        )
        for name in names
    ]
    said = [check.communicate() for check in checks]
    for name, check, (out, err) in zip(names, checks, said, strict=True):
        if check.returncode != 0:
            raise _trouble(name, check.returncode, out, err)


def environment_of(plan: Plan, name: str, config: Config, environment: Mapping[str, str]) -> dict[str, str]:
    """What an owner's process sees of an environment: no key of another party's, and no password that it needs not."""
    owner = plan.owners[plan.place_of(name)]
    signers = {DEFAULT_SIGNER, plan.coordinator, *(other.signer for other in plan.owners)} - {owner.signer}
    signers |= {network.signer for network in config.networks.values()} - {owner.signer}
    hidden = {signer.removeprefix(_ENV) for signer in signers if signer and signer.startswith(_ENV)}
    if not owner.signer.startswith("keystore:"):
        hidden |= {PASSWORD, PASSWORD_FILE}
    kept = {name: value for name, value in environment.items() if name not in hidden}
    return {**kept, "ZKCHAIN_HOME": str(config.home)}


class Parties:
    """Running clients, each with what it prints. One that was shut out ends by itself, and nobody waits for it."""

    def __init__(
        self,
        federation: Federation,
        names: Sequence[str],
        processes: Sequence[subprocess.Popen[bytes]],
        said: Sequence[IO[bytes]],
        gone: Callable[[], frozenset[str]],
    ) -> None:
        self._federation, self._names, self._processes = federation, names, processes
        self._said, self._gone = said, gone

    def check(self) -> None:
        """Raises RoundFailed when a client has ended with an error."""
        for name, process, said in zip(self._names, self._processes, self._said, strict=True):
            if process.poll() not in (None, 0) and name not in self._gone():
                raise self._failed(name, said)

    def results(self) -> tuple[Taken, ...]:
        """What all said when they were done. Raises RoundFailed."""
        found, gone = [], self._gone()
        for name, process, said in zip(self._names, self._processes, self._said, strict=True):
            if name in gone:
                continue
            process.wait()
            if process.returncode != 0:
                raise self._failed(name, said)
            said.seek(0)
            found.append(Taken.from_json(json.loads(said.read())))
        return tuple(found)

    def _failed(self, name: str, said: IO[bytes]) -> RoundFailed:
        """With what the client's JSON says went wrong; a bug leaves its traceback in the client's own log."""
        log = _log(self._federation, name)
        said.seek(0)
        try:
            told = json.loads(said.read())
            reason, remedy = str(told["message"]), str(told["remedy"])
        except (ValueError, KeyError):
            reason, remedy = f"{log} says how", None
        return RoundFailed(f"the client {name} failed: {reason}", remedy=remedy or None, owner=name, log=log)


@contextmanager
def parties(
    federation: Federation, names: Sequence[str], gone: Callable[[], frozenset[str]], config: Config
) -> Iterator[Parties]:
    """One process for each owner; none is left behind."""
    processes: list[subprocess.Popen[bytes]] = []
    said: list[IO[bytes]] = []
    try:
        for name in names:
            output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed below, after its process has ended
            said.append(output)
            log = _log(federation, name)
            make_private(log.parent)
            log.touch(mode=0o600)
            with log.open("wb") as errors:
                processes.append(
                    subprocess.Popen(
                        _command(federation, name, "--parent", str(os.getpid())),
                        stdout=output,
                        stderr=errors,
                        stdin=subprocess.DEVNULL,
                        start_new_session=True,
                        env=environment_of(federation.plan, name, config, os.environ),
                    )
                )
        yield Parties(federation, names, processes, said, gone)
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
        for process in processes:
            try:
                process.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for file in said:
            file.close()


def _command(federation: Federation, name: str, *flags: str) -> list[str]:
    plan = str(federation.plan_path)
    return [sys.executable, "-m", "zkchain.cli.main", "train", "client", plan, "--as", name, *flags, "--json"]


def _trouble(name: str, code: int, out: bytes, err: bytes) -> ZkchainError:
    """What an owner's process said is wrong, as the same error; a bug comes with its traceback."""
    if code < 0:
        return RoundFailed(f"the process of {name} was killed by signal {-code}", owner=name, signal=-code)
    try:
        told = json.loads(out)
        kind = _TROUBLE.get(told["error"], RoundFailed)
        return kind(str(told["message"]), remedy=str(told["remedy"]), **told["facts"])
    except (ValueError, KeyError, TypeError):
        raise RuntimeError(f"the process of {name} ended with:\n{err.decode(errors='replace')}") from None


def _log(federation: Federation, name: str) -> Path:
    """What a client says while it works, and how it ended: in its own folder."""
    return federation.party(name) / "client.log"
