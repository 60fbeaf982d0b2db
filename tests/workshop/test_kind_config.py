"""kind-config.yaml against kind's rules; and the rules against configs that break them, one at a time."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tui.workshop import kind
from tui.workshop.kind import CLUSTER, config_file, node_names

from .kind_schema import problems

Config = dict[str, Any]


@pytest.fixture
def config() -> Config:
    loaded: Config = yaml.safe_load(config_file().read_text(encoding="utf-8"))
    return loaded


def test_our_config_breaks_no_rule() -> None:
    assert problems(config_file().read_text(encoding="utf-8")) == []


def test_our_config_asks_for_what_the_lessons_need(config: Config) -> None:
    (patch,) = map(yaml.safe_load, config["kubeadmConfigPatches"])
    assert patch["controllerManager"]["extraArgs"] == {
        "node-monitor-grace-period": "20s",
        "node-monitor-period": "2s",
    }
    assert patch["apiServer"]["extraArgs"] == {
        "default-not-ready-toleration-seconds": "20",
        "default-unreachable-toleration-seconds": "20",
    }
    assert config["name"] == CLUSTER


def test_a_wheel_carries_the_config_to_where_it_is_looked_for() -> None:
    checkout = config_file().parent
    wheel = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    carried = wheel["targets"]["wheel"]["force-include"]["kind-config.yaml"]
    assert checkout / carried == Path(kind.__file__).with_name("kind-config.yaml")


def test_nodes_are_named_as_kind_names_them(config: Config) -> None:
    assert node_names(config) == [
        "gapwatch-control-plane",
        "gapwatch-worker",
        "gapwatch-worker2",
        "gapwatch-worker3",
    ]


OTHER = "kindest/node:v1.34.11@sha256:" + "4" * 64


def port(host_port: int, **more: Any) -> Config:
    return {"containerPort": 30080, "hostPort": host_port, **more}


def with_ports(*mappings: tuple[int, Config]) -> Callable[[Config], None]:
    def change(config: Config) -> None:
        for node, mapping in mappings:
            config["nodes"][node].setdefault("extraPortMappings", []).append(mapping)

    return change


def with_patch(text: str) -> Callable[[Config], None]:
    return lambda config: config.update(kubeadmConfigPatches=[text])


WRONG: dict[str, tuple[Callable[[Config], object], str]] = {
    "top-level typo": (lambda c: c.update(networkin={}), "networkin: unknown field"),
    "networking typo": (lambda c: c["networking"].update(port=1), "networking.port: unknown field"),
    "node typo": (lambda c: c["nodes"][1].update(label={}), "nodes[1].label: unknown field"),
    "mapping typo": (
        with_ports((1, {"hostport": 80})),
        "nodes[1].extraPortMappings[0].hostport: unknown field",
    ),
    "mount typo": (
        lambda c: c["nodes"][0].update(extraMounts=[{"path": "/"}]),
        "nodes[0].extraMounts[0].path: unknown field",
    ),
    "label no string": (
        lambda c: c["nodes"][1]["labels"].update(rack=1),
        "nodes[1].labels.rack: int, not str",
    ),
    "nodes no list": (lambda c: c.update(nodes={}), "nodes: not a list"),
    "other version": (
        lambda c: c.update(apiVersion="kind.x-k8s.io/v1alpha3"),
        "not a kind.x-k8s.io/v1alpha4",
    ),
    "name": (lambda c: c.update(name="Gap Watch"), "name: not a cluster name"),
    "open to the network": (
        lambda c: c["networking"].update(apiServerAddress="0.0.0.0"),
        "apiServerAddress: not a loopback address",
    ),
    "address by default": (lambda c: c.pop("networking"), "apiServerAddress: not a loopback address"),
    "port out of range": (lambda c: c["networking"].update(apiServerPort=70000), "apiServerPort: not a port"),
    "ip family": (lambda c: c["networking"].update(ipFamily="ipv5"), "ipFamily: unknown"),
    "proxy mode": (lambda c: c["networking"].update(kubeProxyMode="ebpf"), "kubeProxyMode: unknown"),
    "role": (lambda c: c["nodes"][1].update(role="master"), "unknown role ['master']"),
    "two control planes": (lambda c: c["nodes"].append(c["nodes"][0]), "not exactly one control plane"),
    "two zones": (lambda c: c["nodes"].pop(), "workers in zones ['zone-a', 'zone-b']"),
    "tag only": (
        lambda c: [n.update(image="kindest/node:v1.35.8") for n in c["nodes"]],
        "nodes[3].image: not a kindest/node release pinned by digest",
    ),
    "digest cut short": (
        lambda c: [n.update(image=n["image"][:-1]) for n in c["nodes"]],
        "nodes[0].image: not a kindest/node release pinned by digest",
    ),
    "no image": (lambda c: c["nodes"][2].pop("image"), "nodes[2].image: not a kindest/node release"),
    "two images": (lambda c: c["nodes"][3].update(image=OTHER), "nodes: not all of one image"),
    "host port twice on a node": (with_ports((1, port(80)), (1, port(80))), "host port 80/TCP twice"),
    "host port twice in the cluster": (with_ports((1, port(80)), (2, port(80))), "host port 80/TCP twice"),
    "host port under a wildcard": (
        with_ports((1, port(80, listenAddress="127.0.0.1")), (2, port(80, listenAddress="::"))),
        "host port 80/TCP twice",
    ),
    "protocol": (with_ports((1, port(80, protocol="QUIC"))), "unknown protocol QUIC"),
    "host port out of range": (with_ports((1, port(65536))), "not a port"),
    "patch no YAML": (with_patch("kind: [unclosed"), "kubeadmConfigPatches[0]: not YAML"),
    "patch no mapping": (
        with_patch("- kind: ClusterConfiguration"),
        "kubeadmConfigPatches[0]: not a mapping",
    ),
    "patch without kind": (with_patch("apiServer: {}"), "kind None matches nothing"),
    "patch for no one": (with_patch("kind: ClusterConfig"), "kind 'ClusterConfig' matches nothing"),
    "patch with apiVersion": (
        with_patch("{kind: ClusterConfiguration, apiVersion: kubeadm.k8s.io/v1beta3}"),
        "apiVersion ties it to one kubeadm version",
    ),
    "patch in list form": (
        with_patch("{kind: ClusterConfiguration, apiServer: {extraArgs: [{name: v, value: '2'}]}}"),
        "apiServer.extraArgs is no map",
    ),
    "argument no string": (
        with_patch("{kind: ClusterConfiguration, apiServer: {extraArgs: {v: 2}}}"),
        "apiServer.extraArgs has a value that is no string",
    ),
    "a node's own patch": (
        lambda c: c["nodes"][1].update(kubeadmConfigPatches=["kind: Nothing"]),
        "nodes[1].kubeadmConfigPatches[0]: kind 'Nothing'",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_checker_catches(case: str, config: Config) -> None:
    spoil, complaint = WRONG[case]
    spoil(config)
    found = problems(yaml.safe_dump(config))
    assert any(complaint in problem for problem in found), found


@pytest.mark.parametrize(
    "fine",
    [
        with_ports((1, port(80)), (2, port(81))),
        with_ports((1, port(80)), (2, port(80, protocol="udp"))),
        with_ports((1, port(0)), (2, port(0)), (3, port(-1))),
        with_ports((1, port(80, listenAddress="127.0.0.1")), (2, port(80, listenAddress="127.0.0.2"))),
    ],
    ids=["two ports", "two protocols", "chosen by kind", "two addresses"],
)
def test_the_checker_lets_different_host_ports_pass(fine: Callable[[Config], None], config: Config) -> None:
    fine(config)
    assert problems(yaml.safe_dump(config)) == []


def test_the_checker_names_what_is_no_yaml() -> None:
    assert problems("nodes: [")[0].startswith("not YAML")
