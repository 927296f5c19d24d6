#!/usr/bin/env python3
"""Checks the files of docker/ without a container engine. Needs PyYAML.

    files.py REPOSITORY [PROGRAM=HELP-FILE ...]

Each HELP-FILE holds the output of `PROGRAM --help`: silo, gateway. It must list every setting that the files use.
With a schema of the Compose Specification in COMPOSE_SCHEMA (and the module jsonschema) the compose files are validated against it.
Prints the mistakes and exits with 1, or exits with 0.
"""
import json
import os
import pathlib
import re
import sys

import yaml

mistakes = []


def wrong(text):
    mistakes.append(text)


def names(value):
    """The keys of a mapping, or the entries of a list: Compose accepts both."""
    return list(value or [])


def interpolated(text):
    """Interpolates ${NAME:-default} as Compose does without variables."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


class Compose:
    def __init__(self, path):
        self.path = path
        self.folder = path.parent
        self.file = yaml.safe_load(interpolated(path.read_text()))

    def check(self):
        for name, service in self.file["services"].items():
            self.check_references(name, service)
            self.check_hardening(name, service)
            self.check_mounts(name, service)
            self.check_ports(name, service)
            self.check_secrets(name, service)
        for secret in self.file["secrets"].values():
            if not secret["file"].startswith("./secrets/"):
                wrong(f"{self.path.name}: {secret['file']} is not in docker/secrets, which git ignores")

    def check_references(self, name, service):
        for kind in ("networks", "secrets"):
            for used in names(service.get(kind)):
                if used not in self.file[kind]:
                    wrong(f"{self.path.name}: {name} uses {kind} {used}, which is not there")
        for other in names(service.get("depends_on")):
            if other not in self.file["services"]:
                wrong(f"{self.path.name}: {name} depends on {other}, which is not there")
            elif service["depends_on"][other]["condition"] == "service_healthy" and "test" not in self.file["services"][other].get("healthcheck", {}):
                wrong(f"{self.path.name}: {name} waits for the health of {other}, which has no check")

    def check_hardening(self, name, service):
        if service.get("read_only") is not True:
            wrong(f"{self.path.name}: {name} may write to its own files")
        if service.get("cap_drop") != ["ALL"] or service.get("security_opt") != ["no-new-privileges:true"]:
            wrong(f"{self.path.name}: {name} keeps rights it does not need")
        ours = "build" in service
        if not ours and str(service.get("user", "root")).split(":")[0] in ("root", "0"):
            wrong(f"{self.path.name}: {name} runs as root")
        if "healthcheck" not in service:
            wrong(f"{self.path.name}: {name} has no health check")

        # The advertised address must be reachable by members only.
        if advertised := (service.get("environment") or {}).get("KREWE_ADVERTISE"):
            where = [network for network, use in service["networks"].items() if advertised in (use or {}).get("aliases", [])]
            if not where or not all((self.file["networks"][network] or {}).get("internal") for network in where):
                wrong(f"{self.path.name}: {name} announces {advertised}, which is not its alias on internal networks only")

    def check_mounts(self, name, service):
        for mount in names(service.get("volumes")):
            source = mount.split(":")[0]
            if source.startswith("."):
                if not (self.folder / source).exists():
                    wrong(f"{self.path.name}: {name} mounts {source}, which is not there")
                if not mount.endswith(":ro"):
                    wrong(f"{self.path.name}: {name} may write to {source}")
            elif source not in self.file["volumes"]:
                wrong(f"{self.path.name}: {name} mounts volume {source}, which is not there")

    def check_ports(self, name, service):
        ports = names(service.get("ports"))
        for port in ports:
            if not port.startswith("127.0.0.1:"):
                wrong(f"{self.path.name}: {name} publishes {port} beyond loopback")
        if ports and all((self.file["networks"][network] or {}).get("internal") for network in names(service.get("networks"))):
            wrong(f"{self.path.name}: {name} publishes ports, but is on internal networks only, which publish none")

    def check_secrets(self, name, service):
        for variable, value in (service.get("environment") or {}).items():
            if re.search(r"password=", str(value), re.IGNORECASE):
                wrong(f"{self.path.name}: {name} has a password in {variable}")
            if "PASSWORD" in variable:
                if not variable.endswith("FILE"):
                    wrong(f"{self.path.name}: {name} has a password in {variable}")
                elif pathlib.PurePosixPath(value).name not in names(service.get("secrets")):
                    wrong(f"{self.path.name}: {name} reads {value}, a secret it does not have")

    def settings(self):
        """(program, variable) of every Krewe setting, and (program, option) of every option on a command line."""
        for service in self.file["services"].values():
            program = (service.get("build") or {}).get("target")
            if program:
                yield from ((program, variable) for variable in names(service.get("environment")) if variable.startswith("KREWE_"))
                words = [*names(service.get("command")), *names(service["healthcheck"].get("test"))]
                yield from ((program, word) for word in words if word.startswith("--"))


def dockerfile_settings(text):
    program = None
    for line in text.replace("\\\n", " ").splitlines():
        if stage := re.match(r"FROM .* AS (.+)", line):
            program = stage[1]
        if program in ("silo", "gateway") and line.startswith(("ENV ", "HEALTHCHECK ")):
            yield from ((program, variable) for variable in re.findall(r"\bKREWE_\w+", line))


def check_settings(used, help_of):
    for program, setting in sorted(set(used)):
        if program not in help_of:
            continue
        option = setting if setting.startswith("--") else "--" + setting.removeprefix("KREWE_").lower().replace("_", "-")
        if not re.search(re.escape(option) + r"(?![\w-])", help_of[program]):
            wrong(f"{setting} is set for {program}, which has no {option}")


def check_dockerfile(text, root):
    stages = re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]
    for stage in stages:
        name = re.search(r" AS (\S+)", stage)[1]
        if name == "runtime" and not re.search(r"^USER [1-9]\d*:[1-9]\d*$", stage, re.MULTILINE):
            wrong("Dockerfile: the images run as root, or as a user without a number")
        if name in ("silo", "gateway"):
            if not stage.startswith("runtime "):
                wrong(f"Dockerfile: {name} is not made from the stage runtime")
            if "HEALTHCHECK" not in stage:
                wrong(f"Dockerfile: {name} has no health check")
    for script in re.findall(r"^RUN (\./\S+)", text, re.MULTILINE):
        if not os.access(root / script, os.X_OK):
            wrong(f"Dockerfile: {script} cannot be run")


def check_metrics(dashboard, root):
    """Every metric on the dashboard must exist in the sources, and every panel must use the provisioned data source."""
    sources = "".join(path.read_text() for path in (root / "src").rglob("*.cs") if "obj" not in path.parts)
    known = set(re.findall(r'"((?:nv|krewe|process)_[a-z_]+)"', sources))
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            for metric in re.findall(r"\b(?:nv|krewe|process)_[a-z_]+\b", target["expr"]):
                if metric not in known and re.sub("_(bucket|sum|count)$", "", metric) not in known:
                    wrong(f"dashboard: '{panel['title']}' shows {metric}, which does not exist in the sources")


def check_schema(compose):
    path = os.environ.get("COMPOSE_SCHEMA")
    if path:
        import jsonschema

        schema = json.loads(pathlib.Path(path).read_text())
        for error in jsonschema.Draft7Validator(schema).iter_errors(compose.file):
            wrong(f"{compose.path.name}: {'.'.join(map(str, error.path))}: {error.message[:200]}")


def main(root, helps):
    docker = root / "docker"
    compose, cuda = Compose(docker / "compose.yaml"), Compose(docker / "compose.cuda.yaml")
    compose.check()
    check_schema(compose)
    check_schema(cuda)
    for name in cuda.file["services"]:
        if name not in compose.file["services"]:
            wrong(f"compose.cuda.yaml: there is no service {name} to change")

    text = (docker / "Dockerfile").read_text()
    check_dockerfile(text, root)
    check_settings([*compose.settings(), *dockerfile_settings(text)], {name: pathlib.Path(file).read_text() for name, file in helps})

    prometheus = yaml.safe_load((docker / "prometheus/prometheus.yml").read_text())
    targets = {target for job in prometheus["scrape_configs"] for static in job["static_configs"] for target in static["targets"]}
    for target in targets:
        if target.split(":")[0] not in compose.file["services"]:
            wrong(f"prometheus.yml: {target} is not a service")
    for name in compose.file["services"]:
        if re.match(r"silo-\d+$", name) and f"{name}:8081" not in targets:
            wrong(f"prometheus.yml: {name} is not scraped")
    source = yaml.safe_load((docker / "grafana/provisioning/datasources/prometheus.yaml").read_text())["datasources"][0]
    yaml.safe_load((docker / "grafana/provisioning/dashboards/krewe.yaml").read_text())
    dashboard = json.loads((docker / "grafana/dashboards/krewe.json").read_text())
    if any(panel.get("datasource", {"uid": source["uid"]})["uid"] != source["uid"] for panel in dashboard["panels"]):
        wrong("dashboard: a panel uses a data source that is not provisioned")
    check_metrics(dashboard, root)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main(pathlib.Path(sys.argv[1]).resolve(), [argument.split("=", 1) for argument in sys.argv[2:]])
for mistake in mistakes:
    print(mistake)
sys.exit(1 if mistakes else 0)
