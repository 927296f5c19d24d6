#!/usr/bin/env python3
"""Converts a service of a compose file to the configuration of an OCI container, as an engine does. Needs PyYAML.

    bundle.py hosts COMPOSE                         prints /etc/hosts of the network 'members': a line for each service
    bundle.py health COMPOSE SERVICE                prints the words of the health check, one per line
    bundle.py create COMPOSE SERVICE BUNDLE IMAGE   changes BUNDLE/config.json (written by `runc spec`) for service and image

BUNDLE/rootfs is the image's file system. Beside BUNDLE are secrets/, volumes/ (of named volumes), hosts, and netns-SERVICE.
IMAGE is a file with the image's configuration, as `buildah inspect` prints it.
"""
import json
import pathlib
import re
import subprocess
import sys

import yaml

NETWORK = "10.213.7"
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def load(path):
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", pathlib.Path(path).read_text())
    return yaml.safe_load(text)


def hosts(compose):
    members = [(name, service["networks"]) for name, service in compose["services"].items() if "members" in service.get("networks", [])]
    for number, (name, networks) in enumerate(members, start=1):
        aliases = (networks["members"] or {}).get("aliases", []) if isinstance(networks, dict) else []
        print(f"{NETWORK}.{number}", name, *aliases)


def health(service):
    kind, *words = service["healthcheck"]["test"]
    print(*(words if kind == "CMD" else ["sh", "-c", *words]), sep="\n")


def size(text):
    number, unit = re.fullmatch(r"(\d+)([kmg]?)b?", str(text).lower()).groups()
    return int(number) * UNITS[unit]


def bind(source, destination, *options):
    return {"destination": destination, "source": str(source), "type": "bind", "options": ["bind", *options]}


def tmpfs(text):
    destination, _, options = text.partition(":")
    return {"destination": destination, "source": "tmpfs", "type": "tmpfs",
            "options": ["nosuid", "nodev", "noexec", *filter(None, options.split(","))]}


def volume(text, folder, beside, root):
    source, destination, *options = text.split(":")
    if source.startswith((".", "/")):
        path = (folder / source).resolve()
    else:
        path = beside / "volumes" / source
        if not path.exists():
            # A new volume gets the image's files at its path, with their owner.
            path.parent.mkdir(exist_ok=True)
            subprocess.run(["cp", "-a", f"{root}{destination}", path], check=True)
    return bind(path, destination, *options)


def create(compose, name, folder, bundle, image):
    service, beside, root = compose["services"][name], bundle.parent, (bundle / "rootfs").resolve()
    config = json.loads((bundle / "config.json").read_text())
    environment = dict(variable.split("=", 1) for variable in image.get("Env") or [])
    environment |= {variable: str(value) for variable, value in (service.get("environment") or {}).items()}
    user, group = (service.get("user") or image["User"]).split(":")

    process = config["process"]
    process["terminal"] = False
    process["args"] = [*image["Entrypoint"], *(service.get("command") or image.get("Cmd") or [])]
    process["env"] = [f"{variable}={value}" for variable, value in environment.items()]
    process["cwd"] = image.get("WorkingDir") or "/"
    process["user"] = {"uid": int(user), "gid": int(group)}
    process["rlimits"] = []
    process["noNewPrivileges"] = "no-new-privileges:true" in service.get("security_opt", [])
    if service.get("cap_drop") == ["ALL"]:
        process["capabilities"] = {}

    config["root"] = {"path": str(root), "readonly": service.get("read_only", False)}
    config["hostname"] = service.get("hostname", name)
    config["mounts"] += [bind(beside / "hosts", "/etc/hosts", "ro")]
    config["mounts"] += [tmpfs(mount) for mount in service.get("tmpfs", [])]
    config["mounts"] += [volume(mount, folder, beside, root) for mount in service.get("volumes", [])]
    config["mounts"] += [bind(beside / "secrets" / pathlib.Path(compose["secrets"][secret]["file"]).name, f"/run/secrets/{secret}", "ro")
                         for secret in service.get("secrets", [])]
    linux = config["linux"]
    if "mem_limit" in service:
        linux["resources"]["memory"] = {"limit": size(service["mem_limit"])}
    next(namespace for namespace in linux["namespaces"] if namespace["type"] == "network")["path"] = str(beside / f"netns-{name}")
    (bundle / "config.json").write_text(json.dumps(config, indent=2))


verb, path, *rest = sys.argv[1:]
file = load(path)
if verb == "hosts":
    hosts(file)
elif verb == "health":
    health(file["services"][rest[0]])
else:
    image = json.loads(pathlib.Path(rest[2]).read_text())["Docker"]["config"]
    create(file, rest[0], pathlib.Path(path).parent, pathlib.Path(rest[1]), image)
