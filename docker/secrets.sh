#!/usr/bin/env bash
# Makes the passwords that compose.yaml hands to the containers, each in a file of its own in docker/secrets; what is there stays.
# The files can be read by everybody, because each container runs as another user; the folder only by you.
set -euo pipefail

folder=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/secrets}
mkdir -p "$folder"
chmod 700 "$folder"
for name in postgres-password krewe-owner-password krewe-password admin-password grafana-password; do
  [[ ! -e $folder/$name ]] || continue
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$folder/$name"
  chmod 444 "$folder/$name"
  echo "made $folder/$name"
done
