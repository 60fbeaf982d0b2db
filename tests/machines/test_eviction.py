"""A kubelet's threshold for its disk, as its files have it."""

from __future__ import annotations

import pytest

from tui.machines.eviction import disk_threshold, threshold_bytes

from .fake_engine import KIND_DEFAULT

HEAD = "kind: KubeletConfiguration\n"
SIZE = 100 * 2**30


@pytest.mark.parametrize(
    ("config", "flags", "written"),
    [
        (KIND_DEFAULT, "", "0%"),
        (HEAD, "", "10%"),
        (HEAD + "evictionHard: null", "", "10%"),
        (HEAD + "evictionHard: {}", "", "0%"),
        (HEAD + "evictionHard: {nodefs.available: 1Gi}", "", "1Gi"),
        (HEAD + "evictionHard: {nodefs.available: 1000}", "", "1000"),
        (HEAD + "evictionHard: {memory.available: 100Mi}", "", "0%"),
        (HEAD + "evictionHard: {memory.available: 100Mi}\nmergeDefaultEvictionSettings: true", "", "10%"),
        (KIND_DEFAULT, 'KUBELET_KUBEADM_ARGS="--eviction-hard=nodefs.available<2Gi --v=1"', "2Gi"),
        (KIND_DEFAULT, "--eviction-hard=memory.available<1%,nodefs.available<5%", "5%"),
        (
            KIND_DEFAULT,
            '"--eviction-hard=nodefs.available<1Gi" "--eviction-hard=nodefs.available<3Gi"',
            "3Gi",
        ),
        (HEAD, "--eviction-hard=memory.available<100Mi", "0%"),
        (HEAD, 'KUBELET_KUBEADM_ARGS="--eviction-soft=nodefs.available<5%"', "10%"),
    ],
)
def test_the_threshold_as_it_is_written(config: str, flags: str, written: str) -> None:
    assert disk_threshold(config, flags) == written


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ("kind: [", "not YAML"),
        ("", "no KubeletConfiguration"),
        ("kind: ClusterConfiguration", "no KubeletConfiguration"),
        (HEAD + "evictionHard: 10%", "evictionHard is no mapping"),
    ],
)
def test_what_is_no_configuration_is_told(config: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        disk_threshold(config)


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("0%", 0),
        ("100%", 0),
        ("0", 0),
        ("10%", 10 * 2**30),
        ("2.5%", SIZE // 40),
        ("1Gi", 2**30),
        ("1.5Gi", 3 * 2**29),
        ("500M", 500_000_000),
        ("64k", 64_000),
        ("1e9", 10**9),
        ("2E", 2 * 10**18),
        ("4096", 4096),
    ],
)
def test_the_threshold_in_bytes(written: str, size: int) -> None:
    assert threshold_bytes(written, SIZE) == size


@pytest.mark.parametrize("written", ["", "much", "10 %", "-1Gi", "1KB", "1gi", "%"])
def test_what_is_no_quantity_is_told(written: str) -> None:
    with pytest.raises(ValueError, match=r'its nodefs\.available is "'):
        threshold_bytes(written, SIZE)
