"""`zkchain quickstart`."""

import shlex
import shutil
import sys
from pathlib import Path

import click

from ..config import read_config
from ..pipeline.engine import make_engine
from ..pipeline.quickstart import NETWORK, Quickstart, run_quickstart
from . import answers
from .answer import Answer, Line
from .command import command
from .output import Screen
from .parameters import PATH


@command("quickstart", examples=["zkchain quickstart", "zkchain quickstart --workdir /tmp/tour --json"])
@click.option(
    "--workdir", type=PATH, default="zkchain-quickstart", show_default=True, help="Where the tour's files go."
)
def entry(screen: Screen, *, workdir: Path) -> Answer:
    """Run the whole path on a model that ships with zkchain: compile, deploy, prove, verify, submit.

    It needs nothing running: a local devnet is started, and kept for what you try next.
    """
    config = read_config()
    tour = run_quickstart(workdir, config=config, prover=make_engine(config), report=screen.report)
    stages = {
        "compiled": answers.compiled(tour.compiled),
        "deployed": answers.deployed(tour.deployed),
        "proved": answers.proved(tour.proved),
        "verified": answers.judged(tour.verdict),
        "submitted": answers.submitted(tour.submitted),
    }
    lines: list[Line] = [f"{tour.about.get('title', tour.about['name'])}", ""]
    for name, stage in stages.items():
        lines += [f"{name}:", *stage.lines, ""]
    lines += ["Try next:", *_next_commands(tour)]
    facts = {"about": tour.about, "folder": str(tour.folder), **{name: stage.facts for name, stage in stages.items()}}
    return Answer(facts=facts, lines=lines, good=tour.verdict.valid)


def _next_commands(tour: Quickstart) -> list[Line]:
    model, bundle, proof = (tour.folder / "model.onnx", tour.compiled.folder, tour.proved.path)
    commands = (
        ["events", "--network", NETWORK],
        ["inspect", str(model)],
        ["verify", str(proof), "--bundle", str(bundle)],
        ["prove", str(bundle), "--input", str(tour.folder / "input.json"), "--network", NETWORK],
        ["compile", "YOUR-MODEL.onnx", "--samples", "YOUR-SAMPLES.json"],
        ["devnet", "--stop"],
    )
    return [f"  {shlex.join([*_program(), *command])}" for command in commands]


def _program() -> list[str]:
    """How to call zkchain again: by its name where the shell finds it, else by its place in this environment."""
    script = Path(sys.executable).with_name("zkchain")
    if shutil.which("zkchain") or not script.is_file():
        return ["zkchain"]
    return [str(script)]
