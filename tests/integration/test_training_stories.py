"""The stories of training, run as their READMEs say: owners train together, and a contract acts on a proved answer."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.examples import EXAMPLES
from tests.support.extras import need_training
from zkchain.chain.devnet import stop_devnet

need_training()

#: Story, what its contract says in the end, and the least accuracy of the model on data that no owner has.
STORIES = {
    "health": ("queues:   1 urgent, 0 routine", 0.94),
    "finance": (r"line:     0x\w{40} may draw 10000", 0.85),
    "iot": ("switch:   tripped", 0.94),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_owners_train_a_model_and_a_contract_acts_on_its_proved_answer(name: str, tmp_path: Path) -> None:
    says, least = STORIES[name]
    home = tmp_path / "home"
    command = [sys.executable, EXAMPLES / name / "story.py", tmp_path / name]
    environment = {**os.environ, "ZKCHAIN_HOME": str(home)}
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=900)
    finally:
        stop_devnet(home)
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^{says}$", done.stdout, re.MULTILINE), done.stdout
    trained = re.search(r"accuracy (\S+), epsilon (\S+) at delta 1e-05", done.stdout)
    assert trained is not None, done.stdout
    assert float(trained[1]) >= least
    assert 0 < float(trained[2]) <= 3
    picture = (tmp_path / name / "lineage.html").read_text(encoding="utf-8")
    assert "<svg" in picture
    elsewhere = re.sub(r"http://www\.w3\.org/\S+", "", picture)
    assert "://" not in elsewhere, "the page asks for something elsewhere"
