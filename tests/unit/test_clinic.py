"""The clinic's facts: read and checked."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from assistant.clinic import (
    MINUTES_A_DAY,
    Spell,
    Words,
    check_ready_for_production,
    examples_left,
    load_clinic,
)

CLINIC_FILE = Path(__file__).resolve().parents[2] / "clinic.yml"
CLINIC = load_clinic(CLINIC_FILE)
JEDDAH = CLINIC.branches[0]
RIYADH_TIME = ZoneInfo("Asia/Riyadh")
LRI, PDI = "\u2066", "\u2069"
ALL_DAY = (Spell(0, MINUTES_A_DAY),)


def bare(value: Any) -> Any:
    """The file's content as it will be once every example is replaced."""
    if isinstance(value, dict):
        return bare(value["value"]) if "example" in value else {k: bare(v) for k, v in value.items()}
    return [bare(item) for item in value] if isinstance(value, list) else value


FACTS = bare(yaml.safe_load(CLINIC_FILE.read_text(encoding="utf-8")))


def written(folder: Path, facts: Any) -> Path:
    path = folder / "clinic.yml"
    path.write_text(yaml.safe_dump(facts, allow_unicode=True), encoding="utf-8")
    return path


def changed(key: str, value: Any) -> Any:
    """The facts with one dotted key changed, or taken out (None)."""
    facts = deepcopy(FACTS)
    *parents, name = [int(part) if part.isdigit() else part for part in key.split(".")]
    target = facts
    for parent in parents:
        target = target[parent]
    if value is None:
        del target[name]
    else:
        target[name] = value
    return facts


class TestLoading:
    def test_the_file_that_comes_with_the_project_loads(self) -> None:
        assert [branch.id for branch in CLINIC.branches] == ["jeddah", "riyadh"]
        assert CLINIC.emergency.ambulance == "997"
        assert JEDDAH.city == Words(ar="جدة", en="Jeddah")
        assert JEDDAH.schedule.week["friday"] == (Spell(16 * 60, 22 * 60),)
        assert CLINIC.privacy.retention_days == 365

    def test_an_example_and_the_bare_value_read_the_same(self, tmp_path: Path) -> None:
        assert load_clinic(written(tmp_path, FACTS)) == CLINIC

    def test_a_value_whose_mark_is_deleted_may_stay_wrapped(self, tmp_path: Path) -> None:
        clinic = load_clinic(written(tmp_path, changed("phone", {"value": "+966 1"})))
        assert clinic.phone == "+966 1"

    @pytest.mark.parametrize(
        ("key", "value", "complaint"),
        [
            ("phone", None, "phone is missing"),
            ("phone", 966, "phone must be a text"),
            ("email", " ", "email must be a text"),
            ("name", {"ar": "العيادة"}, "name.en is missing"),
            ("price_policy", "ask us", "price_policy must be a mapping"),
            ("timezone", "Mars/Phobos", "timezone must be a time zone"),
            ("timezone", "../x", "timezone must be a time zone"),
            ("branches", [], "branches must hold at least one"),
            ("branches", {"jeddah": 1}, "branches must be a list"),
            ("branches.1.id", "jeddah", "branches holds an id twice"),
            ("branches.0.phone", None, "branches.jeddah.phone is missing"),
            ("branches.0.hours.friday", None, "branches.jeddah.hours.friday is missing"),
            ("branches.0.hours.fryday", [], "branches.jeddah.hours holds an unknown day: fryday"),
            ("branches.0.hours.friday", "10:00-22:00", "branches.jeddah.hours.friday must be a list"),
            ("branches.0.hours.friday", ["10-22"], "branches.jeddah.hours.friday.1 must be hours"),
            ("branches.0.hours.friday", [600], "branches.jeddah.hours.friday.1 must be hours"),
            ("branches.0.hours.friday", ["22:00-02:00"], "friday.1 must close after it opens"),
            ("branches.0.hours.friday", ["22:00-24:30"], "friday.1 must close after it opens"),
            ("branches.0.hours.friday", ["10:00-14:00", "13:00-20:00"], "friday must be in order"),
            ("holidays.0.to", date(2020, 1, 1), "holidays.1.to lies before"),
            ("holidays.0.from", "soon", "holidays.1.from must be a date"),
            ("holidays.0.from", datetime(2026, 1, 1), "holidays.1.from must be a date"),
            ("holidays.0.closed", False, "holidays.1 needs either"),
            ("holidays.1.closed", True, "holidays.2 needs either"),
            ("emergency.unified", 911, "emergency.unified must be a text"),
            ("privacy.retention_days", "a year", "privacy.retention_days must be a whole number"),
            ("privacy.retention_days", True, "privacy.retention_days must be a whole number"),
        ],
    )
    def test_a_bad_file_is_refused_in_one_line(self, key: str, value: Any, complaint: str, tmp_path: Path) -> None:
        path = written(tmp_path, changed(key, value))
        with pytest.raises(ValueError, match="clinic") as error:
            load_clinic(path)
        assert str(error.value).startswith(f"{path}: ")
        assert complaint in str(error.value)
        assert "\n" not in str(error.value)

    @pytest.mark.parametrize("content", [b"branches: [", b"\xff\xfe\x00x", b"", b"- a list"])
    def test_what_is_no_clinic_file_is_refused_in_one_line(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "clinic.yml"
        path.write_bytes(content)
        with pytest.raises(ValueError, match="clinic") as error:
            load_clinic(path)
        assert "clinic.yml" in str(error.value)
        assert "\n" not in str(error.value)


class TestExamples:
    def test_every_mark_of_the_file_is_named(self) -> None:
        left = examples_left(CLINIC_FILE)
        marks = [line for line in CLINIC_FILE.read_text(encoding="utf-8").splitlines() if "#" not in line]
        assert len(left) >= sum("example: true" in line for line in marks)
        assert {"name", "branches.jeddah.phone", "branches.riyadh.hours", "privacy.contact"} <= set(left)
        assert not any(key.startswith(("timezone", "emergency")) for key in left)

    def test_production_is_refused_and_told_what_to_replace(self) -> None:
        with pytest.raises(ValueError, match=r"branches\.jeddah\.phone.*example: true") as error:
            check_ready_for_production(CLINIC_FILE)
        assert "\n" not in str(error.value)

    def test_one_mark_left_is_enough_to_refuse(self, tmp_path: Path) -> None:
        path = written(tmp_path, changed("branches.1.map", {"value": "https://x.example", "example": True}))
        assert examples_left(path) == ["branches.riyadh.map"]
        with pytest.raises(ValueError, match=r"branches\.riyadh\.map"):
            check_ready_for_production(path)

    @pytest.mark.parametrize("mark", ["true", "yes", 1, None])
    def test_a_mark_written_another_way_still_counts(self, mark: Any, tmp_path: Path) -> None:
        path = written(tmp_path, changed("phone", {"value": "+966 1", "example": mark}))
        assert examples_left(path) == ["phone"]

    def test_real_facts_may_serve(self, tmp_path: Path) -> None:
        path = written(tmp_path, FACTS)
        assert examples_left(path) == []
        check_ready_for_production(path)

    def test_a_broken_file_may_not_serve(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="phone is missing"):
            check_ready_for_production(written(tmp_path, changed("phone", None)))
