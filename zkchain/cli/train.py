"""`zkchain train run|certify|coordinator|client|prove|verify|audit|publish`; `train_*` beside it."""

from pathlib import Path

import click

from ..config import read_config
from ..errors import UsageError
from ..files import write_atomic
from ..halo2.limits import die_with_parent
from ..pipeline.engine import make_engine
from ..pipeline.training.client import Client
from ..pipeline.training.folder import load_federation
from ..pipeline.training.hosts import coordinate_hosts
from ..pipeline.training.hosts_client import join_hosts
from ..pipeline.training.lineage_page import LATEST, NO_NOISE, epsilon_of, lineage_page, privacy_of
from ..pipeline.training.own_data import expect_own_data
from ..pipeline.training.rehearsal import rehearse_plan
from ..pipeline.training.rehearsing import rehearse_as
from ..pipeline.training.rounds import Taken
from ..pipeline.training.run import coordinate_plan, run_plan
from ..pipeline.training.trace import trace_model
from ..pipeline.training.trace_source import NamedLedger
from ..pipeline.training.verify import BEFOREHAND, Verified, verify_plan
from ..training.lineage import Traced
from ..values import Address
from .answer import Answer, Line
from .command import command
from .output import Screen
from .parameters import PATH, parse_contract
from .train_answers import rehearsed_answer, trained_answer
from .train_certify import certify_command
from .train_disputes import dispute_command, reveal_command, strike_command
from .train_publish import publish_command
from .train_register import register_command

_owner = click.option("--as", "name", required=True, metavar="NAME", help="Which of the plan's owners.")
_tls = click.option(
    "--tls", type=PATH, metavar="FOLDER", help="Where certificates and one's own key are; across hosts."
)


@click.group("train", no_args_is_help=False)
def entry() -> None:
    """Train a model on data that nobody shows, with every step proved; PLAN says who, what and for how long."""


@command("run", examples=["zkchain train run plan.toml"])
@click.argument("plan", type=PATH)
def run_command(screen: Screen, *, plan: Path) -> Answer:
    """Run the federation of PLAN on this machine, each owner a process; proof = "none" in PLAN makes it a rehearsal."""
    config, federation = read_config(), load_federation(plan, rehearsals=True)
    if federation.plan.proof == "none":
        return rehearsed_answer(rehearse_plan(federation, config=config, report=screen.report))
    return trained_answer(run_plan(plan, config=config, prover=make_engine(config), report=screen.report))


@command(
    "coordinator",
    examples=[
        "zkchain train coordinator plan.toml",
        "zkchain train coordinator plan.toml --listen 10.0.0.1:8443 --tls tls",
    ],
)
@click.argument("plan", type=PATH)
@click.option("--listen", metavar="HOST:PORT", help="Open a board here for clients on other hosts; needs --tls.")
@_tls
def coordinator_command(screen: Screen, *, plan: Path, listen: str | None, tls: Path | None) -> Answer:
    """Set the federation of PLAN up and run its rounds with `train client` processes that somebody else starts."""
    config = read_config()
    prover = make_engine(config)
    if listen is None and tls is None:
        return trained_answer(coordinate_plan(plan, config=config, prover=prover, report=screen.report))
    if listen is None or tls is None:
        raise UsageError("--listen and --tls go together", remedy="give both for clients on other hosts, or neither")
    return trained_answer(
        coordinate_hosts(plan, listen=listen, tls=tls, config=config, prover=prover, report=screen.report)
    )


@command(
    "client",
    examples=[
        "zkchain train client plan.toml --as north",
        "zkchain train client plan.toml --as north --board https://10.0.0.1:8443 --tls tls",
    ],
)
@click.argument("plan", type=PATH)
@_owner
@click.option("--board", metavar="URL", help="The board of a coordinator on another host; needs --tls.")
@_tls
@click.option("--listen", metavar="HOST:PORT", help="Where others reach this owner in a sum.  [default: any port here]")
@click.option(
    "--check",
    is_flag=True,
    help="Only see whether the owner's samples, and its account if the plan says it, will serve.",
)
@click.option("--parent", type=int, hidden=True, help="End when this process does, which has started this one.")
def client_command(
    screen: Screen,
    *,
    plan: Path,
    name: str,
    board: str | None,
    tls: Path | None,
    listen: str | None,
    check: bool,
    parent: int | None,
) -> Answer:
    """Take part in the federation of PLAN as one owner, from registration to the last round."""
    if parent is not None:
        die_with_parent(parent)
    config = read_config()
    if check:
        expect_own_data(load_federation(plan, rehearsals=True), name, config)
        return Answer(facts={"owner": name, "serves": True}, lines=[(name, "its samples will serve")])
    prover, report = make_engine(config), screen.report
    if board is not None and tls is not None:
        client: Client = join_hosts(
            plan, name, board=board, tls=tls, listen=listen, config=config, prover=prover, report=report
        )
        return _taken(client.take_part(load_federation(plan).plan.rounds))
    if board is not None or tls is not None or listen is not None:
        raise UsageError("--board and --tls go together, and --listen with them", remedy="give both, or neither")
    federation = load_federation(plan, rehearsals=True)
    if federation.plan.proof == "none":
        return _taken(rehearse_as(federation, name, config=config, report=report))
    client = Client(federation, name, config=config, prover=prover, report=report)
    return _taken(client.take_part(federation.plan.rounds))


@command("prove", examples=["zkchain train prove plan.toml --as north"])
@click.argument("plan", type=PATH)
@_owner
def prove_command(screen: Screen, *, plan: Path, name: str) -> Answer:
    """Prove one owner's step of the open round; it is kept, and sent by `zkchain train client`."""
    config = read_config()
    client = Client(load_federation(plan), name, config=config, prover=make_engine(config), report=screen.report)
    number, made = client.prove_now()
    facts: dict[str, object] = {"owner": name, "round": number, "batch": made.batch, "proof_bytes": len(made.proof)}
    return Answer(facts=facts, lines=[(key.replace("_", " "), str(value)) for key, value in facts.items()])


@command("verify", examples=["zkchain train verify plan.toml"])
@click.argument("plan", type=PATH)
def verify_command(screen: Screen, *, plan: Path) -> Answer:
    """Check PLAN's ledger, each proof and each opened noise, off the chain; exit code 1 for a wrong one."""
    config = read_config()
    return _verified(verify_plan(plan, config=config, prover=make_engine(config), report=screen.report))


@command(
    "audit",
    examples=[
        "zkchain train audit triageModel --plan plan.toml --report lineage.html",
        f"zkchain train audit 0x{'1f' * 32} --network sepolia --ledger 0x5FbDB2315678afecb367f032d93F642f64180aa3",
    ],
)
@click.argument("model")
@click.option("--network", default="local", show_default=True, metavar="NAME", help="Where it is deployed.")
@click.option("--plan", type=PATH, help="The plan; the ledger is compared with it, and opened noise recomputed.")
@click.option("--report", "page", type=PATH, help="Write the lineage as a page with a picture.")
@click.option(
    "--ledger",
    callback=parse_contract,
    metavar="ADDRESS",
    help="The federation's ledger; MODEL may then be an id of which nothing is recorded here.",
)
@click.option(
    "--gateway",
    callback=parse_contract,
    metavar="ADDRESS",
    help="Whose answers to list; needs --ledger.  [default: that of the model's record, if there is one]",
)
@click.option(
    "--block",
    type=click.IntRange(min=0),
    help="In which the ledger was created; needs --ledger.  [default: found with the node's old states]",
)
def audit_command(
    screen: Screen,
    *,
    model: str,
    network: str,
    plan: Path | None,
    page: Path | None,
    ledger: Address | None,
    gateway: Address | None,
    block: int | None,
) -> Answer:
    """Walk from MODEL, a deployment's name or a model's id, back to rounds, updates and data; exit code 1 for a gap."""
    if ledger is None and (gateway is not None or block is not None):
        raise UsageError("--gateway and --block go with --ledger", remedy="give --ledger too, or neither of them")
    named = None if ledger is None else NamedLedger(address=ledger, gateway=gateway, block=block)
    config = read_config()
    traced = trace_model(
        model, network, config=config, prover=make_engine(config), plan=plan, named=named, report=screen.report
    )
    if page is not None:
        write_atomic(page, lineage_page(traced).encode())
    return _traced(traced, page)


for _command in (
    register_command,
    run_command,
    certify_command,
    coordinator_command,
    client_command,
    prove_command,
    dispute_command,
    reveal_command,
    strike_command,
    verify_command,
    audit_command,
    publish_command,
):
    entry.add_command(_command)


def _taken(result: Taken) -> Answer:
    return Answer(
        facts=result.to_json(),
        lines=[
            ("owner", result.name),
            ("rounds", str(result.rounds)),
            ("epsilon", NO_NOISE if result.epsilon is None else f"{result.epsilon:.6f}"),
            ("gas", f"{result.gas:,}"),
        ],
    )


def _verified(result: Verified) -> Answer:
    lines: list[Line] = []
    for item in result.checks:
        verdict = "holds" if item.holds else f"DOES NOT HOLD{f': {item.why}' if item.why else ''}"
        when = f"round {item.round}" if item.round else "setup" if item.what in BEFOREHAND else "data"
        lines.append((when, f"{item.what} of {item.who}: {verdict}"))
    return Answer(facts=result.to_json(), lines=lines, good=result.good)


def _traced(traced: Traced, page: Path | None) -> Answer:
    answers = "no answers looked for" if traced.gateway is None else f"{len(traced.answers)} proved answers"
    lines: list[Line] = [
        ("model", f"{traced.model_id}, {answers}"),
        ("weights", f"after round {traced.round}: {traced.model}"),
        ("ledger", traced.ledger),
        ("epsilon", f"at most {privacy_of(traced)}" if traced.epsilon else NO_NOISE),
    ]
    lines += [("answer", f"{event.tx_hash} in block {event.block}") for event in traced.answers[-LATEST:]]
    for circuit in traced.circuits:
        lines.append(("circuit", f"{circuit.statement}, {circuit.digest}, {circuit.checked_by}"))
        if circuit.entry != "registered":
            lines.append(("", f"its entry in the registry: {circuit.entry}"))
    for item in traced.rounds:
        lines.append((f"round {item.round}", f"{item.before[:12]} to {item.after[:12]}"))
        lines += [
            ("", f"{update.client} batch {update.batch}, epsilon {epsilon_of(update.epsilon)}, noise {update.noise}")
            for update in item.updates
        ]
    for case in traced.disputes:
        lines.append((f"dispute {case.round}", f"{len(case.revealed)} updates revealed, round {case.outcome}"))
        lines += [("", f"{client} struck: it did not reveal") for client in case.struck]
        lines += [("", f"{client} expelled by the coordinator") for client in case.expelled]
    for data in traced.data:
        lines.append(("data", f"{data.root} of {data.client}, {data.samples} samples, committed by {data.commitment}"))
        if data.registered is not None:
            lines.append(("", f"registered by hashes as {data.registered.root}, {data.registered.day}"))
    lines += [("not checked", text) for text in traced.unchecked]
    lines += [("PROBLEM", problem) for problem in traced.problems]
    if page is not None:
        lines.append(("picture", str(page)))
    return Answer(facts=traced.to_json(), lines=lines, good=not traced.problems)
