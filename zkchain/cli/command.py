"""The frame that every command shares: its help, its examples, --json, and what becomes of its answer."""

import contextlib
import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from .answer import Answer
from .output import Screen

#: A command's work: its screen and parameters in, its answer out; None when it has shown the answer itself.
Work = Callable[..., Answer | None]


class Command(click.Command):
    """A command whose help ends with examples."""

    examples: Sequence[str] = ()

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, each on a line of its own so that it can be copied."""
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


def command(name: str, *, examples: Sequence[str]) -> Callable[[Work], Command]:
    """Make a click command of `work`; its docstring is the help.

    `work` is called with the run's Screen and its parameters. The exit code is 0, or 1 for a negative verdict.
    """

    def wrap(work: Work) -> Command:
        @functools.wraps(work)
        def callback(**parameters: Any) -> int:
            screen = click.get_current_context().find_object(Screen)
            assert screen is not None
            # A plan's own code may print; stdout is for the answer.
            with screen, contextlib.redirect_stdout(sys.stderr):
                answer = work(screen, **parameters)
            if answer is None:
                return 0
            screen.show(answer)
            return answer.exit_code

        made = click.command(name, cls=Command)(callback)
        made.examples = tuple(examples)
        # Read from the arguments before click parses them, so that click's own errors are JSON too.
        made.params.append(click.Option(["--json"], is_flag=True, expose_value=False, help="Print one JSON object."))
        return made

    return wrap
