#!/usr/bin/env bash
# Creates the passwords that compose.yaml passes to the containers, one file each in docker/secrets; existing ones are kept.
# The files are world-readable, because containers run as different users; the folder is readable by its owner only.
set -euo pipefail

folder=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/secrets}
mkdir -p "$folder"
chmod 700 "$folder"
for name in postgres-password krewe-owner-password krewe-password admin-password grafana-password; do
  [[ ! -e $folder/$name ]] || continue
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$folder/$name"
  chmod 444 "$folder/$name"
  echo "created $folder/$name"
done
