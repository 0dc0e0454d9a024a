"""Break the contracts one line at a time, and count how often forge's tests notice.

    python scripts/mutate_contracts.py --sample 300 --jobs 2
    python scripts/mutate_contracts.py --again          # those that no test noticed, after more tests were written

The mutants are slither-mutate's; it would run every test for every one of them, one after the other, in the sources
themselves. Here each runs in a copy, most of forge's work is cached, and the sample is drawn by a seed. Left out are
the mutators that mostly make the same program again: other widths and visibilities (SBR, FHR) and declarations
without their zero (MVIV). A mutant that does not compile does not count; one that no test notices is named, after
everything was compiled for it: tests that are linked when they run do not see it in a contract that they inherit.

Runs in slither's environment (make mutants); forge and solc come from npm. Results: tests/golden/mutants.json.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue

from check_contracts import ROOT, forge_path
from slither import Slither
from slither.slithir.operations import Binary
from slither.tools.mutator.mutators import AOR, BOR, CR, LIR, LOR, MIA, MVIE, MWA, ROR, RR, UOR
from slither.tools.mutator.utils.patch import create_patch_with_line


class Compared(ROR.ROR):
    """The comparisons, one by one: slither's own puts a part of the whole condition in the place of each."""

    operators = ROR.relational_operators

    def _mutate(self) -> dict:
        made: dict = {}
        for function in self.contract.functions_and_modifiers_declared:
            for ir in (ir for node in function.nodes for ir in node.irs):
                if isinstance(ir, Binary) and ir.type in self.operators:
                    place = ir.expression.source_mapping
                    sides = place.content.split(f" {ir.type.value} ")
                    for other in self.operators if len(sides) == 2 else ():
                        if other is not ir.type:
                            new = f" {other.value} ".join(sides)
                            given = self.in_file, place.start, place.start + place.length, place.content, new
                            create_patch_with_line(made, *given, place.lines[0])
        return made


class Joined(Compared):
    """The same of conditions that are joined."""

    NAME = LOR.LOR.NAME
    operators = LOR.logical_operators


MUTATORS = (AOR.AOR, BOR.BOR, CR.CR, LIR.LIR, Joined, MIA.MIA, MVIE.MVIE, MWA.MWA, Compared, RR.RR, UOR.UOR)
#: Generated code, and probes, which run inside a call and not in forge's tests.
LEFT_OUT = ("contracts/generated", "contracts/conformance")
WANTED = 0.85
#: Seconds after which a mutant hangs, which is noticed. All tests take about two, compiling about ten.
PATIENCE = 300
#: The same when everything has to be compiled, so that slowness is not taken for a hang.
WHOLE_PATIENCE = 1800
RESULTS = ROOT / "tests" / "golden" / "mutants.json"
WORK = ROOT / "build" / "mutants"


@dataclass(frozen=True, slots=True, order=True)
class Mutant:
    """One change of one file, by byte offsets."""

    file: str
    start: int
    end: int
    line: int
    old: str
    new: str
    mutator: str


def mutants() -> list[Mutant]:
    """All changes slither makes to contracts of ours, each once, in a fixed order."""
    found: dict[tuple[str, int, int, str], Mutant] = {}
    slither = Slither(".", foundry_ignore_compile=True, foundry_out_directory="build/forge/out")
    for unit in slither.compilation_units:
        for contract in unit.contracts:
            file = str(Path(contract.source_mapping.filename.absolute).relative_to(ROOT))
            if not file.startswith("contracts/") or file.startswith(LEFT_OUT) or contract.is_interface:
                continue
            for mutator in MUTATORS:
                for patch in _patches(mutator(unit, 0, "", "", contract, None, False, WORK, [])):
                    mutant = Mutant(
                        file=file,
                        start=patch["start"],
                        end=patch["end"],
                        line=patch["line_number"],
                        old=patch["old_string"],
                        new=patch["new_string"],
                        mutator=mutator.NAME,
                    )
                    found.setdefault((file, mutant.start, mutant.end, mutant.new), mutant)
    return sorted(found.values())


def _patches(mutator) -> Iterator[dict]:
    try:
        made = mutator._mutate()
    except AttributeError:  # slither's own, for a declaration without a value
        return
    for patches in made.get("patches", {}).values():
        yield from patches


class Copy:
    """A copy of what forge needs, with everything built; one mutant at a time is put into it and taken out again."""

    def __init__(self, folder: Path, forge: Path) -> None:
        self.folder, self.forge = folder, forge

    def judge(self, mutant: Mutant) -> str:
        """What became of it: killed, survived, or invalid."""
        path = self.folder / mutant.file
        kept = path.read_bytes()
        path.write_bytes(kept[: mutant.start] + mutant.new.encode() + kept[mutant.end :])
        cache = self.folder / "build" / "forge"
        saved = self.folder / "build" / "saved"
        try:
            done = self.test()
            if done.returncode == 0:
                done = self.test(WHOLE_PATIENCE, linked=False)
        except subprocess.TimeoutExpired:
            return "killed"
        finally:
            path.write_bytes(kept)
            shutil.rmtree(cache)
            shutil.copytree(saved, cache)
        if "Compiler run failed" in done.stdout + done.stderr:
            return "invalid"
        if done.returncode == 0:
            return "survived"
        if "[FAIL" not in done.stdout:
            raise SystemExit(f"{done.stdout[-2000:]}{done.stderr[-1000:]}\nforge failed, and no test did")
        return "killed"

    def test(self, patience: int = PATIENCE, *, linked: bool = True) -> subprocess.CompletedProcess[str]:
        """All tests until one fails. `linked` to contracts when they run, they are not compiled again."""
        command = [str(self.forge), "test", "--fail-fast", *(["--dynamic-test-linking"] if linked else [])]
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=patience, env=_environment()
        )


def _environment() -> dict[str, str]:
    return {**os.environ, "ZKCHAIN_PYTHON": str(ROOT / ".venv" / "bin" / "python"), "FOUNDRY_DENY": "never"}


@contextmanager
def copies(number: int, forge: Path) -> Iterator[SimpleQueue]:
    """So many copies without halmos's rules, their tests run once and kept.

    Raises SystemExit when they fail without any mutant.
    """
    shutil.rmtree(WORK, ignore_errors=True)
    first = WORK / "0"
    for part in ("contracts", "tests/contracts", "scripts"):
        shutil.copytree(ROOT / part, first / part, ignore=shutil.ignore_patterns("Symbolic*"))
    shutil.copy(ROOT / "foundry.toml", first)
    (first / "node_modules").symlink_to(ROOT / "node_modules")
    done = Copy(first, forge).test(WHOLE_PATIENCE)
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout[-3000:]}{done.stderr[-1000:]}\nthe tests fail without any change")
    shutil.copytree(first / "build" / "forge", first / "build" / "saved")
    free: SimpleQueue = SimpleQueue()
    for index in range(number):
        if index:
            shutil.copytree(first, WORK / str(index), symlinks=True)
        free.put(Copy(WORK / str(index), forge))
    try:
        yield free
    finally:
        shutil.rmtree(WORK)


def main() -> int:
    """0 when enough mutants were killed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sample", type=int, default=300, help="how many mutants to try; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="files whose path contains this")
    parser.add_argument("--again", action="store_true", help="only the survivors of the last run, whose results change")
    given = parser.parse_args()
    forge = forge_path()
    os.environ["PATH"] = f"{forge.parent}{os.pathsep}{os.environ['PATH']}"
    os.chdir(ROOT)
    build = [str(forge), "build", "--build-info", "--force", "contracts"]
    subprocess.run(build, check=True, capture_output=True, env=_environment())
    everything = [mutant for mutant in mutants() if given.only in mutant.file]
    chosen = everything
    if given.again:
        survivors = json.loads(RESULTS.read_bytes())["survivors"]
        chosen = [mutant for mutant in everything if _told(mutant) in survivors]
    elif given.sample and given.sample < len(everything):
        chosen = sorted(random.Random(given.seed).sample(everything, given.sample))  # noqa: S311 - no secret
    print(f"{len(chosen)} of {len(everything)} mutants", flush=True)
    with copies(given.jobs, forge) as free, ThreadPoolExecutor(given.jobs) as pool:

        def judged(mutant: Mutant) -> str:
            copy = free.get()
            try:
                fate = copy.judge(mutant)
            finally:
                free.put(copy)
            print(f"{fate:8} {mutant.mutator:4} {mutant.file}:{mutant.line} {_short(mutant)}", flush=True)
            return fate

        fates = list(pool.map(judged, chosen))
    known = list(zip(chosen, fates, strict=True))
    report = _again(known) if given.again else _report(given, len(everything), known)
    if not given.only:
        RESULTS.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"{report['killed']} of {report['valid']} killed: {report['rate']:.1%} (at least {WANTED:.0%} is wanted)")
    return 0 if report["rate"] >= WANTED else 1


def _report(given: argparse.Namespace, everything: int, judged: list[tuple[Mutant, str]]) -> dict[str, object]:
    killed = sum(fate == "killed" for _, fate in judged)
    valid = sum(fate != "invalid" for _, fate in judged)
    survivors = [_told(mutant) for mutant, fate in judged if fate == "survived"]
    return {
        "mutants": everything,
        "sample": len(judged),
        "seed": given.seed,
        "valid": valid,
        "killed": killed,
        "rate": round(killed / valid, 4) if valid else 0.0,
        "survivors": survivors,
    }


def _again(judged: list[tuple[Mutant, str]]) -> dict[str, object]:
    """The last run's results, without the survivors that are noticed now."""
    report = json.loads(RESULTS.read_bytes())
    noticed = [_told(mutant) for mutant, fate in judged if fate == "killed"]
    report["survivors"] = [one for one in report["survivors"] if one not in noticed]
    report["killed"] = report["valid"] - len(report["survivors"])
    report["rate"] = round(report["killed"] / report["valid"], 4)
    return report


def _told(mutant: Mutant) -> dict[str, object]:
    """What is told of a mutant: all but its place in bytes."""
    return {name: value for name, value in asdict(mutant).items() if name not in ("start", "end")}


def _short(mutant: Mutant) -> str:
    old, new = (" ".join(text.split())[:70] for text in (mutant.old, mutant.new))
    return f"{old!r} -> {new!r}"


if __name__ == "__main__":
    sys.exit(main())
