"""`zkchain audit`."""

from pathlib import Path

import click

from ..config import read_config
from ..errors import UsageError
from ..pipeline.audit import Audit, audit_model
from ..pipeline.engine import make_engine
from ..pipeline.publication import (
    DEFAULT_KEY,
    Published,
    Service,
    publish_sources,
    publisher_for,
    sources_of,
    write_standard_json,
)
from ..values import ZERO_ADDRESS
from .answer import Answer, Line
from .command import command
from .output import Screen
from .parameters import PATH


@command(
    "audit",
    examples=[
        "zkchain audit credit --network local --bundle credit.bundle",
        "zkchain audit 0x5FbDB2315678afecb367f032d93F642f64180aa3 --network local --standard-json verification",
        "zkchain audit credit --network sepolia --publish sourcify",
        "zkchain audit credit --network sepolia --publish etherscan --api-key env:ETHERSCAN_API_KEY",
    ],
)
@click.argument("name", metavar="NAME|ADDRESS")
@click.option("--network", metavar="NAME", required=True, help="Where it stands; nothing is sent.")
@click.option("--bundle", type=PATH, help="Derive circuit, keys and verifier again from this bundle.")
@click.option(
    "--standard-json", type=PATH, metavar="DIR", help="Write what Sourcify and Etherscan ask for, a file a contract."
)
@click.option(
    "--publish",
    type=click.Choice(["sourcify", "etherscan"]),
    help="After a MATCH, hand the sources to this public service and wait for its verdict.",
)
@click.option(
    "--api-key",
    metavar="REFERENCE",
    help=f"Etherscan's key, as env:NAME, file:PATH or cmd:COMMAND; never the key itself.  [default: {DEFAULT_KEY}]",
)
@click.option("--publish-url", metavar="URL", help="Another server with the same interface.")
def entry(
    screen: Screen,
    *,
    name: str,
    network: str,
    bundle: Path | None,
    standard_json: Path | None,
    publish: Service | None,
    api_key: str | None,
    publish_url: str | None,
) -> Answer:
    """Compare a deployed model with everything that it follows from: MATCH, or MISMATCH naming what differs.

    Contracts are compiled from source again, where a compiler is at hand, and compared with the chain byte for byte.
    With --bundle, model, settings and SRS give the keys and the verifier once more. Exit code 1 for a mismatch.
    """
    config = read_config()
    if publish is None and (api_key is not None or publish_url is not None):
        raise UsageError("--api-key and --publish-url are for --publish", remedy="add --publish, or leave them out")
    # What is wrong with a key or a URL is said before the work.
    publisher = None if publish is None else publisher_for(publish, url=publish_url, key=api_key)
    result = audit_model(name, network, config=config, prover=make_engine(config), bundle=bundle, report=screen.report)
    sources = () if standard_json is None and publisher is None else sources_of(result, network, config=config)
    files = [] if standard_json is None else write_standard_json(sources, standard_json)
    published: tuple[Published, ...] = ()
    if publisher is not None and result.matches:
        published = publish_sources(result, sources, publisher, screen.report)
    return _answer(result, files, published)


def _answer(result: Audit, files: list[Path], published: tuple[Published, ...]) -> Answer:
    wrong = [item for item in result.fields if item.trouble]
    facts: dict[str, object] = {
        "verdict": "MATCH" if result.matches else "MISMATCH",
        "mismatches": [item.name for item in wrong],
        "fields": [item.to_json() for item in result.fields],
        "model_id": result.model.model_id,
        "owner": result.owner,
        "guardian": result.guardian,
        "stopped": result.stopped,
        "standard_json": [str(path) for path in files],
        "published": [item.to_json() for item in published],
    }
    width = max(len(item.name) for item in result.fields)
    lines: list[Line] = []
    for item in result.fields:
        said = f"{item.found}: {item.trouble}" if item.found and item.trouble else item.found or item.trouble
        lines.append(f"{'FAIL' if item.trouble else 'ok  '}  {item.name:{width}}  {said}")
    guardian = "nobody" if result.guardian == ZERO_ADDRESS else result.guardian
    lines.append(f"the model's owner is {result.owner}, its guardian is {guardian}")
    if result.stopped:
        lines.append("the model was stopped: no answer of it is accepted any more")
    lines += [f"wrote {path}" for path in files]
    lines += [f"published {item.name} at {item.address}: {item.match}" for item in published]
    lines.append("MATCH" if result.matches else "MISMATCH: " + ", ".join(item.name for item in wrong))
    return Answer(facts=facts, lines=lines, good=result.matches)
