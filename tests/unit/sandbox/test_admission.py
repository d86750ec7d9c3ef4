"""How much the sandbox's children may use together, by the machine and by its control groups."""

from pathlib import Path

import pytest

from tools_library.sandbox import admission
from tools_library.sandbox.admission import Admission, Bounds, NoRoom
from tools_library.sandbox.machine import memory_mb

MB = 1024 * 1024


def machine(root: Path, cgroup: str, **limits: str) -> int:
    """Return the memory of a machine with this `/proc/self/cgroup` and these files of limits."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(cgroup)
    for path, limit in limits.items():
        file = root / "sys/fs/cgroup" / path.replace("__", "/").replace("_max", ".max")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(limit)
    return memory_mb(root)


def test_a_machine_without_control_groups_has_all_its_memory(tmp_path: Path) -> None:
    assert memory_mb(tmp_path) > 64


@pytest.mark.parametrize("path", ["/", "/a/b", "/../../of/the/host"])
def test_the_limit_of_a_container_counts(tmp_path: Path, path: str) -> None:
    assert machine(tmp_path, f"0::{path}\n", memory_max=f"{48 * MB}\n") == 48


def test_the_narrowest_of_nested_limits_counts(tmp_path: Path) -> None:
    limits = {"a__memory_max": f"{40 * MB}\n", "a__b__memory_max": "max\n"}
    assert machine(tmp_path, "0::/a/b\n", **limits) == 40


def test_the_older_form_of_control_groups_is_read_too(tmp_path: Path) -> None:
    limits = {"memory__a__memory.limit_in_bytes": f"{32 * MB}\n"}
    assert machine(tmp_path, "5:cpu:/x\n4:cpuset,memory:/a\n0::/\n", **limits) == 32


def test_by_default_one_party_has_a_part_of_what_there_is() -> None:
    bounds = admission.bounds(None, None, None)
    assert bounds.places == 4 * bounds.places_each
    assert bounds.memory_each_mb <= bounds.memory_mb / 2 <= memory_mb() / 4


def test_memory_that_found_no_place_is_free_again() -> None:
    admitted = Admission(Bounds(places=1, places_each=1, memory_mb=100, memory_each_mb=100))
    with admitted.of(40, 0), pytest.raises(NoRoom, match="busy"), admitted.of(60, 0):
        pass
    with admitted.of(100, 0), pytest.raises(NoRoom, match="memory"), admitted.of(1, 0):
        pass
    with admitted.of(101, 0):
        pass
