"""Five secrets in real commands, of which some fail: no log, no message, no argument and no file holds any of them."""

import json
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.e2e.runner import Zkchain
from tests.support.chains import raw
from tests.unit.chain.test_publishers import service
from zkchain.chain.dev_accounts import DEV_ADDRESSES
from zkchain.chain.signer import key_signer

ROOT = Path(__file__).parents[2]
PRIVATE = 0.31415926535


@dataclass
class Canaries:
    """What must appear nowhere, and the variables that the commands find it in."""

    key: str = field(default_factory=lambda: secrets.token_hex(32))
    password: str = field(default_factory=lambda: f"pass-{secrets.token_hex(12)}")
    api_key: str = field(default_factory=lambda: f"api-{secrets.token_hex(12)}")
    token: str = field(default_factory=lambda: f"rpc-{secrets.token_hex(12)}")

    @property
    def words(self) -> dict[str, str]:
        private = str(PRIVATE)
        return {"key": self.key, "password": self.password, "api": self.api_key, "rpc": self.token, "input": private}


@dataclass
class Watched:
    """Runs commands in a project of their own and keeps all that they say, log and are called with."""

    zkchain: Zkchain
    folder: Path
    environment: dict[str, str]
    said: list[str] = field(default_factory=list)

    def run(self, *arguments: str | Path, bug: str = "", **environment: str) -> tuple[int, str]:
        log = self.folder / "logs" / f"{len(self.said)}.log"
        log.parent.mkdir(exist_ok=True)
        program = [sys.executable, "-m", "tests.support.logged", str(log), *([bug] if bug else [])]
        variables = {**self.environment, "PYTHONPATH": str(ROOT), **environment}
        process = subprocess.Popen(
            [*program, *map(str, arguments)],
            cwd=self.zkchain.cwd,
            env=self.zkchain.environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        seen = set()
        while process.poll() is None:
            seen |= command_lines(process.pid)
            time.sleep(0.02)
        assert process.stdout is not None
        out = process.stdout.read()
        process.stdout.close()
        self.said.append("\n".join([out, *seen]))
        return process.returncode, out


def command_lines(pid: int) -> set[str]:
    """How a process and its children were called, and what children were given in their environment."""
    found = set()
    try:
        process = psutil.Process(pid)
        found.add(" ".join(process.cmdline()))
        for child in process.children(recursive=True):
            found.add(" ".join(child.cmdline()))
            if "zkchain.halo2.child" in child.cmdline():
                found.add(repr(child.environ()))
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        pass
    return found


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture
def watched(journey, canaries: Canaries, tmp_path: Path) -> Iterator[Watched]:
    """A project with the journey's bundle, a devnet behind a URL with a token, and two ways to sign."""
    project, home, kept = tmp_path / "project", tmp_path / "home", tmp_path / "kept"
    for folder in (project, kept):
        folder.mkdir()
    shutil.copytree(journey.folder / "tiny.bundle", project / "tiny.bundle")
    own = Zkchain(cwd=project, home=home)
    url = own.here("devnet", "--detach", "--json").json["rpc_url"]
    port = url.rpartition(":")[2]
    table = "\n".join(
        [
            "[networks.{name}]",
            'rpc_url = "env:RPC_URL_{name}"',
            "chain_id = 31337",
            'signer = "{signer}"',
        ]
    )
    parts = [
        table.format(name=name, signer=signer)
        for name, signer in (("chain", "env:OUR_KEY"), ("walled", "keystore:ours"))
    ]
    (project / "zkchain.toml").write_text("\n".join([*parts, table.format(name="down", signer="env:OUR_KEY")]))
    account = key_signer(canaries.key, source="test").address
    raw(url, "eth_sendTransaction", {"from": DEV_ADDRESSES[0], "to": account, "value": hex(10**18)})
    environment = {
        "OUR_KEY": canaries.key,
        "ZKCHAIN_WALLET_PASSWORD": canaries.password,
        "ZKCHAIN_WALLETS": str(tmp_path / "wallets"),
        "ETHERSCAN_API_KEY": canaries.api_key,
        "RPC_URL_chain": f"http://user:{canaries.token}@127.0.0.1:{port}/v3/{canaries.token}",
        "RPC_URL_walled": f"http://127.0.0.1:{port}/{canaries.token}?key={canaries.token}",
        "RPC_URL_down": f"http://user:{canaries.token}@127.0.0.1:1/{canaries.token}",
    }
    (kept / "input.json").write_text(json.dumps({"input_data": [[PRIVATE, -0.25]]}))
    (kept / "three.json").write_text(json.dumps({"input_data": [[PRIVATE, PRIVATE, 0.5]]}))
    (kept / "words.json").write_text(json.dumps({"x": [[PRIVATE, f"{PRIVATE}"]]}))
    yield Watched(own, tmp_path, environment)
    own.here("devnet", "--stop")


@pytest.fixture
def commands(watched: Watched, canaries: Canaries) -> "Commands":
    return Commands(watched, canaries)


@dataclass(frozen=True)
class Commands:
    """What is run, and the search at the end."""

    watched: Watched
    canaries: Canaries

    @property
    def kept(self) -> Path:
        return self.watched.folder / "kept"

    def works(self, *arguments: str | Path, **more: str) -> None:
        status, out = self.watched.run(*arguments, **more)
        assert status == 0, out

    def fails(self, *arguments: str | Path, **more: str) -> None:
        status, out = self.watched.run(*arguments, **more)
        assert status not in (0, 1), out
        assert ("Traceback" in out) is ("bug" in more)

    def deploy(self, network: str) -> tuple[str, ...]:
        return ("deploy", "tiny.bundle", "--verifier", "shared", "--network", network, "--json")

    def prove(self, name: str) -> tuple[str | Path, ...]:
        return ("prove", "tiny.bundle", "--network", "chain", "--json", "--input", self.kept / name)

    def use_key_and_password(self) -> None:
        self.works("wallet", "import", "ours", "--from", "env:OUR_KEY", "--json")
        wrong = f"{self.canaries.password}x"
        self.fails(*self.deploy("walled"), ZKCHAIN_WALLET_PASSWORD=wrong)
        self.fails(*self.deploy("chain"), OUR_KEY=f"{self.canaries.key}00")
        self.fails(*self.deploy("chain"), bug="zkchain.chain.tx.launch:hand_over")

    def use_the_rest(self) -> None:
        self.works("networks", "check", "chain", "--json")
        self.works("networks", "check", "walled", "--json")
        self.fails(*self.deploy("down"))
        self.works(*self.deploy("chain"))
        self.fails(*self.prove("three.json"))
        self.fails(*self.prove("words.json"))
        self.fails(*self.prove("input.json"), bug="zkchain.pipeline.prove:write_proof")
        self.works(*self.prove("input.json"))
        self.works("submit", "tiny.proof.json", "--network", "chain", "--json")
        self.fails("submit", "tiny.proof.json", "--network", "chain", "--json")
        self.works("events", "--network", "chain", "--json")

    def publish(self) -> None:
        invalid = (200, {"status": "0", "message": "NOTOK", "result": f"Invalid API Key: {self.canaries.api_key}"})
        audit = ("audit", "tiny", "--network", "chain", "--json", "--publish", "etherscan")
        with service(invalid) as stand_in:
            self.fails(*audit, "--publish-url", stand_in.url)
            assert stand_in.asked[0][2]["apikey"] == self.canaries.api_key
        self.fails(*audit, "--publish-url", stand_in.url)
        self.fails(*audit, "--api-key", "env:NOT_SET")

    def search(self) -> None:
        logs = [path for path in (self.watched.folder / "logs").iterdir() if path.stat().st_size]
        assert any("urllib3" in path.read_text() for path in logs)
        texts = {str(number): text.encode() for number, text in enumerate(self.watched.said)}
        for path in self.watched.folder.rglob("*"):
            if path.is_file() and self.kept not in path.parents:
                texts[str(path)] = path.read_bytes()
        assert any("deployments" in name for name in texts)
        for word, text in self.canaries.words.items():
            assert [name for name, held in texts.items() if text.encode() in held] == [], word


def test_keys_passwords_and_tokens_appear_nowhere(commands: Commands):
    commands.use_key_and_password()
    commands.search()


@pytest.mark.slow
def test_five_secrets_appear_nowhere(commands: Commands):
    commands.use_key_and_password()
    commands.use_the_rest()
    commands.publish()
    commands.search()
