"""The numbers of a heal as JSON, CSV and words: the same in each."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.histories.scripted import Play, read
from tui.heal_document import COLUMNS, csv_header, csv_line, export_heals, heal_record, json_line, sentence
from tui.session.heal_news import HealNews


@pytest.fixture
def heals() -> tuple[HealNews, ...]:
    return Play(read("reopening")).run()


def test_one_heal_is_a_line_of_json(heals: tuple[HealNews, ...]) -> None:
    told = json.loads(json_line(heals[0]))
    phases = told.pop("phases")
    assert told == {
        "namespace": "shop",
        "deployment": "web",
        "uid": "uid-web",
        "cause": "someone deleted pod a",
        "kind": "loss",
        "opened_at": "2027-01-15T08:00:01.000Z",
        "dead_s": 0.0,
        "depth": 1,
        "total_s": 7.0,
        "overshoot": 0,
        "lost_pod_s": 2.1,
        "settled_s": 12.0,
        "guessed": False,
    }
    assert [phase["from_s"] for phase in phases[1:]] == [phase["to_s"] for phase in phases[:-1]]
    assert (phases[0]["from_s"], phases[-1]["to_s"]) == (0.0, 7.0)


def test_a_row_of_csv_has_the_same_numbers(heals: tuple[HealNews, ...]) -> None:
    (row,) = csv.DictReader(io.StringIO(f"{csv_header()}\n{csv_line(heals[0])}\n"))
    assert tuple(row) == COLUMNS
    told = heal_record(heals[0])
    for name in ("dead_s", "depth", "total_s", "overshoot", "lost_pod_s", "settled_s"):
        assert float(row[name]) == told[name]
    assert row["guessed"] == "false"
    parts = [float(part.rpartition("=")[2]) for part in row["phases"].split(";")]
    assert sum(parts) == pytest.approx(told["total_s"])


def test_what_is_not_known_is_null_and_empty_and_never_zero(heals: tuple[HealNews, ...]) -> None:
    unknown = replace(heals[0], dead_s=None, total_s=None, settled=None, opened_at="")
    told = heal_record(unknown)
    assert [told[name] for name in ("dead_s", "total_s", "settled_s", "opened_at")] == [None] * 4
    (row,) = csv.DictReader(io.StringIO(f"{csv_header()}\n{csv_line(unknown)}\n"))
    assert [row[name] for name in ("dead_s", "total_s", "settled_s", "opened_at")] == [""] * 4
    assert "total" not in sentence(unknown)


@pytest.mark.parametrize("name", ["heals.csv", "heals.CSV", "heals.jsonl", "heals"])
def test_all_heals_go_into_a_file_of_the_kind_that_its_name_says(
    heals: tuple[HealNews, ...], tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    export_heals(heals, path)
    lines = path.read_text().splitlines()
    if name.lower().endswith(".csv"):
        assert lines == [csv_header(), *map(csv_line, heals)]
    else:
        assert [json.loads(line) for line in lines] == [heal_record(heal) for heal in heals]


def test_a_cause_with_commas_quotes_and_newlines_stays_one_cell(heals: tuple[HealNews, ...]) -> None:
    odd = replace(heals[0], cause='a "b", c')
    (row,) = csv.DictReader(io.StringIO(f"{csv_header()}\n{csv_line(odd)}\n"))
    assert row["cause"] == odd.cause


def test_people_read_the_same_numbers(heals: tuple[HealNews, ...]) -> None:
    assert sentence(heals[0]) == "loss · total 7.00 s · dead 0.00 s · depth 1 · 2.10 pod-seconds lost"
    guessed = replace(heals[0], guessed=True, overshoot=2)
    assert "overshoot 2" in sentence(guessed)
    assert sentence(guessed).endswith("which pod replaced which is a guess")
