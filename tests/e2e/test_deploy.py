"""The files in deploy/ that nothing here can run: their shape, and every
configuration and command line in them."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from support.daemon import run_tocsin
from support.paths import ROOT, TOCSIN

yaml = pytest.importorskip("yaml")

DEPLOY = ROOT / "deploy"
DAEMONS = ["ship", "index", "alert"]
PORTS = {"ship": 9601, "index": 9602, "alert": 9603}


def load(path):
    with open(DEPLOY / path, encoding="utf-8") as file:
        return [part for part in yaml.safe_load_all(file) if part]


def check(config, *words):
    done = run_tocsin("check", "--strict", "-c", config, *words)
    assert done.returncode == 0, done.stderr


# systemd


@pytest.mark.parametrize("daemon", DAEMONS)
def test_a_unit_is_one_that_systemd_takes(tmp_path, daemon):
    text = (DEPLOY / f"systemd/tocsin-{daemon}.service").read_text("utf-8")
    for line in (f"ExecStart=/usr/bin/tocsin {daemon}", "Restart=always",
                 "ExecReload=/bin/kill -HUP $MAINPID", "TimeoutStopSec=35s",
                 "NoNewPrivileges=yes", "ProtectSystem=strict",
                 "RestartPreventExitStatus=64 78"):
        assert f"\n{line}\n" in text
    assert "\nStateDirectory=tocsin" in text
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze")
    unit = tmp_path / f"tocsin-{daemon}.service"
    unit.write_text(text.replace("/usr/bin/tocsin", str(TOCSIN)), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], check=False,
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"tocsin-{daemon}" not in done.stderr


# the image


def test_the_image_holds_every_library_that_the_program_needs():
    text = (DEPLOY / "docker/Dockerfile").read_text("utf-8")
    needed = subprocess.run(["ldd", TOCSIN], check=True, capture_output=True,
                            text=True).stdout
    direct = subprocess.run(["readelf", "-d", TOCSIN], check=True, text=True,
                            capture_output=True).stdout
    if not shutil.which("dpkg"):
        pytest.skip("no dpkg")
    for name in re.findall(r"\(NEEDED\).*\[(.*)\]", direct):
        path = re.search(rf"{re.escape(name)} => (\S+)", needed)
        if not path or re.match(r"lib(c|m|gcc_s|asan|ubsan)\.", name):
            continue
        owner = subprocess.run(
            ["dpkg", "-S", f"*/{os.path.basename(path[1])}"], check=True,
            capture_output=True, text=True).stdout.split(":")[0]
        assert re.search(rf"^ +{re.escape(owner)} \\$", text, re.M), owner


# compose


def test_compose_names_only_what_is_there():
    [compose] = load("compose/compose.yaml")
    services = compose["services"]
    assert {"kafka", "elasticsearch", "setup", *DAEMONS} <= set(services)
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            assert other in services and other != name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or \
                source == "./logs" or (DEPLOY / "compose" / source).exists()
    for name in ["setup", *DAEMONS]:
        assert services[name]["command"] == [name]
        assert (DEPLOY / "compose" / services[name]["build"]["context"] /
                services[name]["build"]["dockerfile"]).exists()


def test_the_configuration_of_compose_is_right():
    check(DEPLOY / "compose/tocsin.conf", "-s",
          f'alert.rules=["{ROOT}/rules/*.conf"]')


# Kubernetes


@pytest.fixture(name="objects")
def kubernetes_objects():
    return {(thing["kind"], thing["metadata"]["name"]): thing
            for thing in load("kubernetes/tocsin.yaml")}


def test_the_configuration_of_kubernetes_is_right(objects, tmp_path):
    for name, text in objects["ConfigMap", "tocsin"]["data"].items():
        (tmp_path / name).write_text(text, "utf-8")
    config = tmp_path / "tocsin.conf"
    text = config.read_text("utf-8")
    assert "/etc/tocsin/*.rules" in text
    config.write_text(text.replace("/etc/tocsin", str(tmp_path)), "utf-8")
    check(config, "-s", "ship.host_id=as the DaemonSet sets it")
    done = run_tocsin("check", "-c", config)
    assert done.stdout.startswith("ok: 1 rules, 1 receivers")


@pytest.mark.parametrize("kind, name", [
    ("Job", "setup"), ("DaemonSet", "ship"), ("Deployment", "index"),
    ("Deployment", "alert")])
def test_an_object_of_kubernetes_fits_together(objects, kind, name):
    thing = objects[kind, f"tocsin-{name}"]
    pod = thing["spec"]["template"]
    labels = {"app.kubernetes.io/name": "tocsin",
              "app.kubernetes.io/component": name}
    assert thing["metadata"]["namespace"] == "tocsin"
    assert pod["metadata"]["labels"] == labels
    [container] = pod["spec"]["containers"]
    assert container["args"][0] == name
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["spec"]["volumes"]}
    overrides = container["args"][1:]
    assert run_tocsin("check", "-c", "/dev/null", *overrides).returncode == 0
    for variable in re.findall(r"\$\((\w+)\)", " ".join(overrides)):
        assert variable in {entry["name"] for entry in container["env"]}
    if kind == "Job":
        return
    assert thing["spec"]["selector"]["matchLabels"] == labels
    assert pod["spec"]["terminationGracePeriodSeconds"] > 30
    [port] = container["ports"]
    assert port["containerPort"] == PORTS[name]
    config = objects["ConfigMap", "tocsin"]["data"]["tocsin.conf"]
    assert f'http = "0.0.0.0:{PORTS[name]}"' in config
    assert container["livenessProbe"]["httpGet"] == {
        "path": "/health", "port": port["name"]}
    assert container["readinessProbe"]["httpGet"] == {
        "path": "/ready", "port": port["name"]}


def test_every_folder_of_deploy_is_explained():
    text = (DEPLOY / "README.md").read_text("utf-8")
    for entry in pathlib.Path(DEPLOY).iterdir():
        if entry.is_dir():
            assert f"`{entry.name}/`" in text
