"""What epsilon comes to where less of the noise hides somebody than all of it."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from zkchain.pipeline.training.revealing import against_members, exposure
from zkchain.training.accounting import UNITS, epsilon
from zkchain.training.plan import noise_of, read_plan

need_training()


def test_another_owner_knows_its_own_share_of_the_noise(tmp_path: Path) -> None:
    plan = read_plan(write_plan(tmp_path, owners=4, uses=2))
    noise = noise_of(plan)
    for steps, spent in enumerate(noise.schedule, start=1):
        expected = epsilon(noise.multiplier * math.sqrt(3 / 4), steps, 1e-5, "rdp")
        assert against_members(plan, noise, spent) == pytest.approx(expected, abs=2e-9)
        assert against_members(plan, noise, spent) > spent / UNITS


def test_summed_in_the_clear_every_owner_hides_itself(tmp_path: Path) -> None:
    plan = read_plan(write_plan(tmp_path, aggregation="clear"))
    noise = noise_of(plan)
    assert against_members(plan, noise, noise.schedule[0]) == noise.schedule[0] / UNITS
    assert exposure(plan, noise) == noise.schedule[0] / UNITS


def test_before_the_first_round_nothing_is_spent(tmp_path: Path) -> None:
    plan = read_plan(write_plan(tmp_path))
    assert against_members(plan, noise_of(plan), 0) == 0.0


def test_alone_nothing_hides_an_owner_from_the_one_other(tmp_path: Path) -> None:
    plan = replace(read_plan(write_plan(tmp_path)), quorum=1)  # which no plan's file may say
    noise = noise_of(plan)
    assert against_members(plan, noise, noise.schedule[0]) is None


def test_without_noise_there_is_no_epsilon(tmp_path: Path) -> None:
    plan = read_plan(write_plan(tmp_path, private=False))
    assert against_members(plan, noise_of(plan), 0) is None
    assert exposure(plan, noise_of(plan)) is None
    assert exposure(replace(plan, quorum=1), noise_of(plan)) is None
