"""Federations whose members share no folder: each has a plan, data, certificates and a home of its own."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.support.federations import write_plan
from tests.support.homes import furnished
from zkchain.config import Config, read_config
from zkchain.training.hosts.identity import COORDINATOR, make_member


@dataclass(frozen=True)
class Host:
    """One member's machine, as far as a folder can be one."""

    name: str
    folder: Path
    config: Config

    @property
    def plan(self) -> Path:
        return self.folder / "plan.toml"

    @property
    def tls(self) -> Path:
        return self.folder / "tls"


def make_tls(root: Path, names: list[str]) -> dict[str, Path]:
    """A folder for each: its own key, and the certificates of all."""
    folders = {name: root / name / "tls" for name in names}
    for name, folder in folders.items():
        assert make_member(folder, name, "tests")
    for name, folder in folders.items():
        for other in names:
            if other != name:
                shutil.copy(folders[other] / f"{other}.pem", folder / f"{other}.pem")
    return folders


def write_hosts(
    root: Path,
    *,
    owners: int,
    rpc_url: str,
    rounds: int = 1,
    extra: str = "",
    quorum: int = 0,
    attempts: int = 1,
) -> list[Host]:
    """The coordinator's host and each owner's; only an owner's has its data. All reach one chain at `rpc_url`."""
    names = [f"owner{n}" for n in range(owners)]
    source = root / "agreed"
    source.mkdir(parents=True)
    plan = write_plan(source, owners=owners, rounds=rounds, extra=extra, quorum=quorum or None, attempts=attempts)
    plan.write_text(plan.read_text().replace("network = 'local'", "network = 'shared'"))
    hosts = []
    for name, tls in make_tls(root, [COORDINATOR, *names]).items():
        folder = tls.parent
        shutil.copy(plan, folder / "plan.toml")
        data = "test.csv" if name == COORDINATOR else f"{name}.csv"
        shutil.copy(source / data, folder / data)
        (folder / "zkchain.toml").write_text(f'[networks.shared]\nrpc_url = "{rpc_url}"\nchain_id = 31337\n')
        config = read_config({"ZKCHAIN_HOME": str(furnished(folder / "home"))}, cwd=folder)
        hosts.append(Host(name, folder, config))
    return hosts
