#!/usr/bin/env bash
# Builds the images from the Dockerfile without a container engine, and runs them as compose.yaml says: docker/check.sh
#
# buildah builds; runc runs each container in its own namespaces, with the user, capabilities, read-only root, mounts, secrets, memory
# and health check of its service (docker/check/bundle.py reads them from compose.yaml). PostgreSQL is the machine's. Everything is
# in one temporary folder and in network namespaces that are removed at the end; the next run reuses nothing.
#
# Base images that cannot be pulled are created from this machine's distribution (docker/check/base.sh), which needs debootstrap, apt
# and the .NET SDK. Exit codes: 0 all checks passed, 1 a check failed, 3 no base images: nothing was checked.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
# shellcheck source=eng/attend.sh
source "$root/eng/attend.sh"
[[ $(id -u) == 0 ]] || fail "docker/check.sh creates file systems and namespaces: run it as root."
for tool in buildah runc curl ip unshare setpriv python3; do
  command -v "$tool" >/dev/null || fail "docker/check.sh needs $tool."
done
python3 -c 'import yaml' 2>/dev/null || fail "docker/check.sh needs PyYAML (package python3-yaml)."
found=("$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb)
bin=$(dirname "$(readlink -f "${found[0]:-${found[-1]}}")")
[[ -x $bin/initdb ]] || fail "docker/check.sh needs PostgreSQL's programs (package postgresql)."

compose=$here/compose.yaml
id=docker-check-$$
work=$(mktemp -d)
chmod 755 "$work"
runc=(runc --root "$work/runc")
declare -A processes=()

clean_up() {
  local service
  for service in "${!processes[@]}"; do "${runc[@]}" delete --force "$id-$service" 2>/dev/null || true; done
  if [[ -e $work/data/postmaster.pid ]]; then as_postgres "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null || true; fi
  if [[ -n ${buildah-} ]]; then
    "${buildah[@]}" rm --all >/dev/null 2>&1 || true
    "${buildah[@]}" rmi --all --force >/dev/null 2>&1 || true
  fi
  for service in "$work"/netns-*; do ip netns delete "$id-${service#*/netns-}" 2>/dev/null || true; done
  ip netns delete "$id" 2>/dev/null || true
  # With vfs or overlay, remaining mounts are below storage.
  awk -v folder="$work/" 'index($5, folder) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs --no-run-if-empty umount -l
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT

# Nothing was checked; that is no failure of the images.
without_base() { say "docker/check.sh did not run: the Dockerfile's base images cannot be pulled, and $*"; exit 3; }

# Fails, with the end of the containers' logs.
wrong() {
  tail -n 20 "$work"/*.log >&2 2>/dev/null || true
  fail "$@"
}

# --- Images ---

export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=overlay
buildah=(buildah --root "$work/storage" --runroot "$work/run")
if ! probe=$("${buildah[@]}" from scratch 2>/dev/null) || ! "${buildah[@]}" mount "$probe" >/dev/null 2>&1; then
  export STORAGE_DRIVER=vfs
  rm -rf "$work/storage" "$work/run"
fi

bases=()
for argument in BUILD_IMAGE RUNTIME_IMAGE; do
  image=$(sed -n "s/^ARG $argument=//p" "$here/Dockerfile")
  say "pulling $image"
  attend_quietly "$work/pull" timeout 300 "${buildah[@]}" pull --quiet "$image" 2>/dev/null || bases=(localhost/build localhost/runtime)
done
arguments=()
if ((${#bases[@]} > 0)); then
  for tool in debootstrap apt-get dotnet; do
    command -v "$tool" >/dev/null || without_base "$tool is missing to create others."
  done
  say "pulling failed; creating base images from this machine's distribution"
  attend_quietly "$work/base" timeout 900 "$here/check/base.sh" "${bases[@]}" "${buildah[@]}" ||
    fail "creating the base images failed, see above."
  arguments=(--build-arg "BUILD_IMAGE=${bases[0]}" --build-arg "RUNTIME_IMAGE=${bases[1]}")
fi

declare -A containers=()
for image in gateway silo; do
  say "building the image $image"
  attend_quietly "$work/build" timeout 1800 "${buildah[@]}" build --quiet --layers --pull-never --format docker \
    --file "$here/Dockerfile" --ignorefile "$here/Dockerfile.dockerignore" ${arguments[@]+"${arguments[@]}"} \
    --target "$image" --tag "localhost/$image" "$root" ||
    fail "building the image $image failed, see above."
  "${buildah[@]}" inspect --type image "localhost/$image" >"$work/$image.json"
  containers[$image]=$("${buildah[@]}" from "localhost/$image")
done

megabytes() { du -s --block-size=1000 --apparent-size "$@" | awk '{ printf "%.1f", $1 / 1000 }'; }
for image in silo gateway; do
  folder=$("${buildah[@]}" mount "${containers[$image]}")
  say "image $image: $(megabytes "$folder") MB; .NET $(megabytes "$folder/usr/share/dotnet"), program $(megabytes "$folder/app")"
done

# --- The files ---

for image in silo gateway; do
  entry=$(python3 -c 'import json, sys; print(*json.load(open(sys.argv[1]))["Docker"]["config"]["Entrypoint"])' "$work/$image.json")
  # shellcheck disable=SC2086 # The words of an entry point.
  "${buildah[@]}" run "${containers[$image]}" -- $entry --help >"$work/$image.help"
done
python3 "$here/check/files.py" "$root" silo="$work/silo.help" gateway="$work/gateway.help" ||
  fail "the files are wrong, see above."
if command -v shellcheck >/dev/null; then shellcheck -x -P "$root" "$here"/*.sh "$here"/*/*.sh; fi
if command -v promtool >/dev/null; then promtool check config --syntax-only "$here/prometheus/prometheus.yml"; fi
if docker compose version >/dev/null 2>&1; then
  docker compose -f "$compose" config --quiet
  docker compose -f "$compose" -f "$here/compose.cuda.yaml" config --quiet
fi
say "the files agree with each other and with the programs"

# --- The network and the database ---

bundle() { python3 "$here/check/bundle.py" "$@"; }
mkdir "$work/volumes"
"$here/secrets.sh" "$work/secrets" >/dev/null
bundle hosts "$compose" >"$work/hosts"
address_of() { awk -v name="$1" '$2 == name { print $1 }' "$work/hosts"; }
ip netns add "$id"
ip -n "$id" link set lo up
ip -n "$id" link add members type bridge
ip -n "$id" address add "$(address_of postgres)/24" dev members
ip -n "$id" link set members up

join_network() { # service: its own namespace, with its address on the common network
  ip netns add "$id-$1"
  ln -s "/run/netns/$id-$1" "$work/netns-$1"
  ip -n "$id" link add "$1" type veth peer name eth0 netns "$id-$1"
  ip -n "$id" link set "$1" master members up
  ip -n "$id-$1" address add "$(address_of "$1")/24" dev eth0
  ip -n "$id-$1" link set eth0 up
  ip -n "$id-$1" link set lo up
}

as_postgres() { (cd / && ip netns exec "$id" setpriv --reuid postgres --regid "$(id -g postgres)" --clear-groups "$@"); }
install -d -o postgres -m 700 "$work/data"
install -o postgres -m 400 "$work/secrets/postgres-password" "$work/data.password"
as_postgres "$bin/initdb" -D "$work/data" --username=postgres --auth-host=scram-sha-256 --pwfile="$work/data.password" \
  --no-sync >"$work/initdb.log" 2>&1 || wrong "initdb failed."
echo "host all all all scram-sha-256" >>"$work/data/pg_hba.conf"
as_postgres "$bin/pg_ctl" -D "$work/data" -w -o "-k $work/data -c listen_addresses=* -c fsync=off" start >"$work/database.log"
readarray -t words < <(bundle health "$compose" postgres)
ip netns exec "$id" "${words[@]}" || wrong "the health check of postgres fails."
# shellcheck disable=SC2016 # For the inner shell.
PGHOST=127.0.0.1 PGPASSWORD=$(<"$work/secrets/postgres-password") ip netns exec "$id" unshare --mount sh -ec '
  mount -t tmpfs tmpfs /run && mkdir /run/secrets && cp "$1"/* /run/secrets && exec "$2"' sh "$work/secrets" "$here/postgres/init.sh" \
  >"$work/init.log" 2>&1 || wrong "postgres/init.sh failed."

# --- Containers ---

start() { # service image [compose file]
  local container
  container=$("${buildah[@]}" from "localhost/$2")
  mkdir "$work/$1"
  ln -s "$("${buildah[@]}" mount "$container")" "$work/$1/rootfs"
  "${runc[@]}" spec --bundle "$work/$1"
  bundle create "${3:-$compose}" "$1" "$work/$1" "$work/$2.json"
  "${runc[@]}" run --bundle "$work/$1" "$id-$1" >"$work/$1.log" 2>&1 </dev/null &
  processes[$1]=$!
}

becomes_healthy() { # service [compose file]
  local words until=$((SECONDS + 90))
  readarray -t words < <(bundle health "${2:-$compose}" "$1")
  until "${runc[@]}" exec "$id-$1" "${words[@]}" 2>/dev/null; do
    kill -0 "${processes[$1]}" 2>/dev/null || wrong "$1 has ended."
    ((SECONDS < until)) || wrong "$1 is not healthy after 90 s."
    sleep 0.5
  done
  ! "${runc[@]}" exec --env KREWE_HTTP_PORT=1 --env KREWE_ADMIN_PORT=1 "$id-$1" "${words[@]}" 2>/dev/null ||
    wrong "the health check of $1 succeeds on a port without a listener."
  is_confined "$1"
  say "$1: healthy, as user 10001, without capabilities, with a read-only root"
}

is_confined() { # service
  local pid field
  pid=$("${runc[@]}" state "$id-$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])')
  status() { awk -v field="$1:" '$1 == field { print $2 }' "/proc/$pid/status"; }
  [[ $(status Uid) == 10001 && $(status Gid) == 10001 ]] || wrong "$1 does not run as user 10001."
  for field in CapPrm CapEff CapBnd CapAmb; do
    [[ $(status "$field") =~ ^0+$ ]] || wrong "$1 has capabilities."
  done
  [[ $(status NoNewPrivs) == 1 ]] || wrong "$1 can get new privileges."
  ! touch "/proc/$pid/root/app/new" 2>/dev/null || wrong "the root of $1 can be written."
}

stop() { # service
  local code=0 started=$SECONDS
  "${runc[@]}" kill "$id-$1" TERM
  timeout 120 tail --pid="${processes[$1]}" -f /dev/null || wrong "$1 does not stop."
  wait "${processes[$1]}" || code=$?
  unset "processes[$1]"
  ((code == 0)) || wrong "$1 ended with $code after SIGTERM."
  say "$1: stopped by SIGTERM within $((SECONDS - started + 1)) s, exit code 0"
}

join_network init-db
start init-db silo
wait "${processes[init-db]}" || wrong "init-db failed."
say "init-db: $(tail -n 1 "$work/init-db.log")"
for service in silo-1 silo-2 gateway; do
  join_network "$service"
  start "$service" "${service%-*}"
done
for service in silo-1 silo-2 gateway; do becomes_healthy "$service"; done

# --- Calls ---

at_gateway() { ip netns exec "$id-gateway" "$@"; }
ask() { # status curl-option...: writes the body to $work/answer
  local status
  status=$(at_gateway curl --silent --max-time 60 --output "$work/answer" --write-out '%{http_code}' "${@:2}") || true
  [[ $status == "$1" ]] || wrong "${*: -1} answers $status instead of $1: $(cat "$work/answer" 2>/dev/null)"
}

calls=0
while IFS= read -r call && IFS= read -r expected; do
  answer=$(cd "$root" && at_gateway bash -c "$call")
  [[ $answer == "$expected" ]] || wrong "$call gives $answer instead of $expected"
  calls=$((calls + 1))
done < <(sed -n '/^## Try it/,/^## Your models/s/^\$ \(curl .*\)/\1/p; /^## Try it/,/^## Your models/{/^{/p}' "$root/README.md")
((calls == 4)) || wrong "README has $calls calls to try instead of 4."
say "README's $calls calls are answered through the gateway"

models=http://localhost:8000/v2/repository/models
ask 201 --upload-file "$root/samples/models/house-price/1/model.onnx" "$models/house-price/versions/2"
[[ $(stat -c %u "$work/volumes/models/house-price/2/model.onnx") == 10001 ]] || wrong "what was published is not in the volume."
house=$(sed -n "s/.*house-price.infer -d '\(.*\)'$/\1/p" "$root/README.md" | head -n 1)
ask 200 --data "$house" http://localhost:8000/v2/models/house-price/versions/2/infer
ask 200 --request DELETE "$models/house-price/versions/2"
[[ ! -e $work/volumes/models/house-price/2 ]] || wrong "what was deleted is still in the volume."
say "a version was published to the silos' volume, called, and deleted"

for silo in silo-1 silo-2; do
  metrics=(ip netns exec "$id-gateway" curl --silent --max-time 10 "http://$(address_of "$silo"):8081/metrics")
  "${metrics[@]}" --user "admin:$(<"$work/secrets/admin-password")" --output "$work/answer" || wrong "$silo does not answer."
  grep -q '^krewe_memory_budget_bytes' "$work/answer" || wrong "$silo has no metrics."
  [[ $("${metrics[@]}" --output /dev/null --write-out '%{http_code}') == 401 ]] || wrong "the metrics of $silo need no password."
done

# A graceful stop loses no call.
# shellcheck disable=SC2016 # For the inner shell.
at_gateway bash -c '
  until [[ -e $1 ]]; do
    curl --fail --fail-early --silent --show-error --max-time 10 --output /dev/null --data "@$2" "$3" || exit
  done' \
  bash "$work/enough" "$root/samples/requests/digits.json" "http://localhost:8000/v2/models/digits/infer?[1-20]" 2>"$work/callers.log" &
callers=$!
stop silo-1
touch "$work/enough"
wait "$callers" || wrong "calls failed while silo-1 stopped."
stop gateway
stop silo-2

# --- One process, as docs/docker.md runs it ---

cat >"$work/compose.yaml" <<'END'
services:
  alone:
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    tmpfs: [/tmp]
    environment: {KREWE_ALLOW_ANONYMOUS: "true"}
    volumes: ["alone-models:/models"]
    healthcheck: {test: [CMD, /app/Krewe.Silo, --health, live]}
END
echo "$(address_of postgres | sed 's/[0-9]*$/99/') alone" >>"$work/hosts"
join_network alone
start alone silo "$work/compose.yaml"
becomes_healthy alone "$work/compose.yaml"
ip netns exec "$id-alone" curl --fail --silent --data "@$root/samples/requests/digits.json" --output "$work/answer" \
  http://localhost:8000/v2/models/digits/infer && grep -q '"data":\[7\]' "$work/answer" || wrong "one process gives another answer."
stop alone
say "all checks passed in $SECONDS s"
