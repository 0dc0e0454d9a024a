"""`python -m benchmarks.run`: measure the models of the zoo, row by row, into a results file."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from zkchain.config import read_config
from zkchain.model import load_model
from zkchain.pipeline.engine import make_engine

from .machine import Watch, source_digest, this_machine, version
from .measure import Bench, measure, prepare_srs
from .page import write_page
from .records import SIDES, Identity, Options, Results, Row, Side
from .store import OtherMachine, measured_row, resumed, with_row, write_results
from .summary import ratios
from .zoo import ZOO, Recipe
from .zoo.recipe import ModelFiles, write_files

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 when one of our rows failed, 2 for a mistake in the arguments."""
    warnings.simplefilter("ignore")  # scikit-learn's about convergence: an unconverged model is a model too
    given = _parser().parse_args(arguments)
    recipes = _selected(given.models, quick=given.quick)
    out: Path = given.out or RESULTS / ("quick.json" if given.quick else "all.json")
    machine = this_machine()
    try:
        results = resumed(out, machine)
    except OtherMachine as other:
        if not given.fresh:
            print(f"{other}; give --fresh to replace it, or another --out", file=sys.stderr)
            return 2
        results = Results(machine=machine)
    options = Options(repeats=given.repeats, gas=given.gas, sides=SIDES if given.goals else ("stock", "ours"))
    results = _measure_all(recipes, results, options, given, out)
    # Only what is committed is shown; a run into another file is somebody's own.
    if out.parent == RESULTS:
        write_page(out)
    failed = [side for row in results.rows for side, outcome in row.outcomes.items() if outcome.failed]
    return 1 if set(failed) - {"stock"} else 0


def _measure_all(
    recipes: Sequence[Recipe], results: Results, options: Options, given: argparse.Namespace, out: Path
) -> Results:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (
        SpinnerColumn(),
        MofNCompleteColumn(),
        BarColumn(20),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(recipes))
        bench = Bench(
            folder=given.folder.absolute(),
            options=options,
            limit=given.limit,
            prover=make_engine(read_config({**os.environ, "ZKCHAIN_HOME": str(given.folder.absolute() / "home")})),
            say=lambda text: progress.update(task, description=text),
        )
        for recipe in recipes:
            bench.say(f"{recipe.name}: training")
            files = write_files(recipe, bench.folder / "models")
            identity = _identity(recipe, files, options)
            row = None if given.fresh else measured_row(results, identity)
            if row is None:
                row = _measured(recipe, files, identity, bench)
                if source_digest() != identity.source_digest:
                    # Half a row of each of two versions says nothing of either.
                    console.print(f"{recipe.name}: zkchain was changed meanwhile; the row is dropped")
                    continue
                results = with_row(results, row, [one.name for one in ZOO])
                write_results(out, results)
            console.print(_line(row))
            progress.advance(task)
    return results


def _identity(recipe: Recipe, files: ModelFiles, options: Options) -> Identity:
    return Identity(
        model=recipe.name,
        model_digest=load_model(files.model).spec.digest,
        samples_digest=files.samples_digest,
        source_digest=source_digest(),
        options=options,
    )


def _measured(recipe: Recipe, files: ModelFiles, identity: Identity, bench: Bench) -> Row:
    prepare_srs(bench, recipe.max_logrows)
    began, watch = datetime.now(UTC), Watch()
    sides = bench.options.sides
    first: Side = sides[ZOO.index(recipe) % len(sides)]
    outcomes = measure(recipe, files, bench, first)
    return Row(
        identity=identity,
        family=recipe.family,
        parameters=load_model(files.model).spec.parameters,
        version=version(),
        date=began.isoformat(timespec="seconds"),
        others=watch.others(),
        first=first,
        **outcomes,
    )


def _line(row: Row) -> str:
    for side, outcome in row.outcomes.items():
        if outcome.failed:
            return f"{row.identity.model:22} {side} failed: {outcome.failed}"
    stock, ours, of = row.stock.figures, row.ours.figures, ratios(row)
    assert stock is not None
    assert ours is not None
    parts = [f"{row.identity.model:22} 2^{stock.logrows} to 2^{ours.logrows}"]
    parts += [f"prove {stock.prove_seconds:.2f} to {ours.prove_seconds:.2f} s"]
    return ", ".join(parts + [f"{name} x{value:.3g}" for name, value in of.items()])


def _selected(names: str, *, quick: bool) -> list[Recipe]:
    wanted = [name for name in names.split(",") if name]
    unknown = set(wanted) - {recipe.name for recipe in ZOO}
    if unknown:
        raise SystemExit(f"no such model: {', '.join(sorted(unknown))}; known: {', '.join(r.name for r in ZOO)}")
    if wanted:
        return [recipe for recipe in ZOO if recipe.name in wanted]
    return [recipe for recipe in ZOO if recipe.quick or not quick]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few small models")
    parser.add_argument("--models", default="", metavar="A,B", help="these models only")
    parser.add_argument("--repeats", type=int, default=3, help="proofs of each side; the median counts")
    parser.add_argument("--gas", action="store_true", help="measure verification on an EVM too; needs a compiler")
    parser.add_argument("--goals", action="store_true", help="also with --max-error 0.01, and with --optimize gas")
    parser.add_argument("--out", type=Path, help="results file  [default: benchmarks/results/{all,quick}.json]")
    parser.add_argument("--fresh", action="store_true", help="measure again what the file holds already")
    parser.add_argument("--limit", type=float, default=3600.0, metavar="SECONDS", help="longest time for one command")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmarks", help="for models, SRS and keys")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
