"""Every model that must be refused, at the command line: its error, its remedy, nothing left behind."""

import pytest

from tests.support.bad_models import BAD_MODELS, BadModel

from .bad_inputs import Case
from .runner import Zkchain
from .test_bad_inputs import check


def traces(folder):
    """Every path with its mode, size and time; contents are not read, as some are larger than memory."""
    found = {path: path.lstat() for path in folder.rglob("*")}
    return {path: (status.st_mode, status.st_size, status.st_mtime_ns) for path, status in found.items()}


@pytest.mark.parametrize("model", BAD_MODELS, ids=lambda model: model.name)
def test_a_bad_model_is_refused_and_leaves_nothing(tmp_path, model: BadModel):
    zkchain = Zkchain(cwd=tmp_path / "project", home=tmp_path / "home")
    zkchain.cwd.mkdir()
    path = model.write(zkchain.cwd)
    (tmp_path / "samples.json").write_text('{"input_data": [[0.1, 0.2, 0.3, 0.4]]}')
    before = traces(tmp_path)
    dims = [word for name, size in model.dims.items() for word in ("--dim", f"{name}={size}")]
    result = zkchain.here("compile", path, "--samples", "../samples.json", *dims, "--json")
    check(result, Case(model.name, (), model.error.code, model.says), secrets=[])
    assert result.exit_code == 3
    assert traces(tmp_path) == before
