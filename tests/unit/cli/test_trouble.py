"""What ends a command early, as errors and as paragraphs."""

import errno

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain.cli.trouble import from_click, from_system, paragraph, printable, stopped
from zkchain.errors import DiskFull, FileError, FileForbidden, ModelUnreadable


@given(st.text())
def test_whatever_a_file_holds_becomes_one_short_printable_line(text):
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) <= 600
    assert "\n" not in shown


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"]), max_size=600))
def test_a_line_of_ordinary_characters_is_not_changed(text):
    assert printable(text) == text


def caused(error: Exception, cause: Exception, *, hidden: bool = False) -> Exception:
    """`error`, raised from `cause`, or while `cause` was handled."""
    error.__context__ = cause
    error.__cause__ = None if hidden else cause
    return error


def test_causes_follow_the_message_root_last_and_only_when_they_say_something_new():
    middle = caused(ValueError("no graph\nin the file"), KeyError("graph"))
    assert paragraph(caused(ModelUnreadable("m.onnx cannot be read: no graph in the file"), middle)) == [
        "m.onnx cannot be read: no graph in the file",
        "because: 'graph'",
        "try: export the model to ONNX again and give that file",
    ]


def test_what_was_only_handled_in_passing_is_not_a_cause():
    error = caused(ModelUnreadable("bad", remedy=""), ValueError("https://user:token@host"), hidden=True)
    assert paragraph(error) == ["bad"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EFBIG, DiskFull),
        (errno.EACCES, FileForbidden),
        (errno.EPERM, FileForbidden),
        (errno.EROFS, FileForbidden),
        (errno.ENOTDIR, FileError),
        (errno.EISDIR, FileError),
        (errno.ENAMETOOLONG, FileError),
    ],
)
def test_file_trouble_that_a_user_can_put_right_is_an_error_of_ours(number, kind):
    error = from_system(OSError(number, "words of the system", "/some/file"))
    assert type(error) is kind
    assert error.message == "/some/file: words of the system"
    assert error.remedy
    assert error.facts == {"path": "/some/file"}


def test_a_full_disk_has_no_file_name():
    assert isinstance(from_system(OSError(errno.ENOSPC, "No space left on device")), DiskFull)


@pytest.mark.parametrize(
    "bug",
    [
        OSError("no number"),
        OSError(errno.ENOENT, "missing", "/part/of/the/package"),
        OSError(errno.ECONNREFUSED, "refused"),
        OSError(errno.EACCES, "nameless"),
        OSError(errno.EISDIR, "by descriptor", 16),
    ],
)
def test_other_system_errors_stay_bugs(bug):
    assert from_system(bug) is None


def test_clicks_words_name_the_command_whose_help_to_read():
    context = click.Context(click.Command("deploy"), info_name="deploy", parent=None)
    error = from_click(click.UsageError("No such option: --nom", ctx=context))
    assert (error.code, error.exit_code) == ("usage", 2)
    assert error.message == "No such option: --nom"
    assert error.remedy == "run: deploy --help"
    assert from_click(click.ClickException("odd")).remedy == "run: zkchain --help"


def test_a_stop_has_the_exit_code_of_an_interrupt():
    assert stopped().exit_code == 130
