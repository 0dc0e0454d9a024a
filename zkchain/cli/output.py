"""The only module that prints: answers on stdout, progress and errors on stderr."""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from ..errors import ZkchainError
from .answer import Answer, Line
from .trouble import escaped, paragraph, printable


class ReaderGone(Exception):
    """Whoever read stdout has closed it."""


class PatientConsole(Console):
    """A console whose reader may go away, as `head` does, without a change to the work or to its exit code."""

    def on_broken_pipe(self) -> None:
        """Write to nowhere from now on."""
        self.quiet = True
        # Python flushes the stream once more at exit; that must not fail either.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


class Screen:
    """Where one run of the command line writes. A context manager: leaving it takes the progress display away."""

    def __init__(self, *, json_wanted: bool) -> None:
        self._json = json_wanted
        self._answered = False
        # The stream as it is now: while work is done, what others print goes to stderr (`command`).
        self._out = PatientConsole(file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._err = PatientConsole(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._stages: Stages = AnimatedStages(self._err) if self._err.is_terminal else PlainStages(self._err)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stages.end(finished=error is None)

    def report(self, stage: str, fraction: float | None = None) -> None:
        """Show on stderr what is being done: the `progress.Report` that use cases are given."""
        self._stages.move(printable(stage), fraction)

    def show(self, answer: Answer) -> None:
        """Print the answer: one JSON object, or lines for a person."""
        self._stages.end(finished=True)
        if self._json:
            self._json_line(answer.facts)
        else:
            self.text("\n".join(aligned(answer.lines)))

    def line(self, answer: Answer) -> None:
        """Print one of many answers: a JSON object on a line, or a block of lines. Raises ReaderGone."""
        self.show(answer)
        if not self._json:
            self.text("")
        if self._out.quiet:
            raise ReaderGone

    def text(self, text: str) -> None:
        """Print help, or lines that are ready, to stdout."""
        self._out.print(Text(text))

    def fail(self, error: ZkchainError) -> None:
        """Say on stderr what went wrong, and with --json on stdout too unless an answer stands there already."""
        self._stages.end(finished=False)
        head, *rest = paragraph(error)
        self._err.print(Text.assemble(("error: ", "bold red"), head))
        for line in rest:
            self._err.print(Text(f"  {line}"))
        if self._json and not self._answered:
            self._json_line(error.to_json())

    def _json_line(self, facts: Mapping[str, object]) -> None:
        self._answered = True
        self._out.print(Text(json.dumps(facts, allow_nan=False)))


class Stages(Protocol):
    """How the stages of the work are shown."""

    def move(self, stage: str, fraction: float | None) -> None:
        """`stage` begins or moves on."""

    def end(self, *, finished: bool) -> None:
        """No more stages come; the last one was `finished` or given up."""


class PlainStages:
    """A line when a stage begins, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = ""

    def move(self, stage: str, fraction: float | None) -> None:
        """Print `stage` unless it only moves on."""
        if stage != self._stage:
            self._stage = stage
            self._console.print(Text(f"{stage} ..."))

    def end(self, *, finished: bool) -> None:
        """Forget the stage."""
        self._stage = ""


class AnimatedStages:
    """A spinner, and a bar where the fraction is known; a finished stage stays as a line with its seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._stage = ""
        self._began = 0.0

    def move(self, stage: str, fraction: float | None) -> None:
        """Show `stage`, and how far it is."""
        if stage != self._stage:
            self.end(finished=True)
            self._stage, self._began = stage, time.monotonic()
            self._progress = self._display()
            self._task = self._progress.add_task(stage, total=None)
            self._progress.start()
        if fraction is not None and self._progress is not None:
            self._progress.update(self._task, total=1.0, completed=min(max(fraction, 0.0), 1.0))

    def end(self, *, finished: bool) -> None:
        """Take the display away and leave a line."""
        if self._progress is None:
            return
        self._progress.stop()
        mark = ("✓ ", "green") if finished else ("✗ ", "red")
        seconds = f" {time.monotonic() - self._began:.1f} s"
        self._console.print(Text.assemble(mark, self._stage, (seconds, "dim")))
        self._progress, self._stage = None, ""

    def _display(self) -> Progress:
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
        return Progress(*columns, console=self._console, transient=True)


def aligned(lines: Iterable[Line]) -> Iterator[str]:
    """Lines as text; the values of neighbouring labelled lines stand in one column."""
    for labelled, group in groupby(lines, key=lambda line: isinstance(line, tuple)):
        block = [(escaped(line[0]), escaped(line[1])) if isinstance(line, tuple) else escaped(line) for line in group]
        width = max((len(line[0]) for line in block), default=0) if labelled else 0
        for line in block:
            yield f"{line[0]:<{width}}  {line[1]}" if isinstance(line, tuple) else line
