#!/usr/bin/env bash
# Checks docker/ without a container engine: docker/check.sh [PUBLISHED]
#
# Publishes the programs as the Dockerfile does (or takes them from PUBLISHED/silo and so on), holds the files against each other and
# against the programs' settings (docker/check/files.py), and runs every program as its container would: another root that cannot be
# written, /tmp in memory, /app, /models and /run/secrets where the images have them, user 10001, no capabilities; with the
# entry point and the health check of the Dockerfile and the environment of compose.yaml, on free ports.
#
# Needs root, PostgreSQL, python3 with PyYAML, curl, unshare and setpriv. Looks with shellcheck, promtool and docker compose as well
# where they are there. Ends with 1 where anything is wrong.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
[[ $(id -u) == 0 ]] || { echo "check.sh: run it as root: it builds what containers see with mounts of its own." >&2; exit 1; }

work=$(mktemp -d)
processes=()
end() {
  for process in ${processes[@]+"${processes[@]}"}; do kill "$process" 2>/dev/null || true; done
  wait
  [[ ! -e $work/data/postmaster.pid ]] || as_postgres "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null || true
  rm -rf "$work"
}
trap end EXIT
chmod 755 "$work"

say() { echo "check.sh: $*"; }
fail() {
  say "$@" >&2
  tail -n 20 "$work"/*.log >&2 2>/dev/null || true
  exit 1
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# --- The files ---

published=${1:-$work/published}
export ORT_DISABLE_TELEMETRY=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
for program in Silo Gateway Standalone; do
  folder=$published/${program,,}
  [[ -e $folder ]] || "$here/publish.sh" "src/$program" "$folder"
  dotnet "$folder/Krewe.$program.dll" --help >"$work/${program,,}.help"
done
python3 "$here/check/files.py" "$root" silo="$work/silo.help" gateway="$work/gateway.help" standalone="$work/standalone.help" ||
  fail "the files are wrong, see above."
"$here/secrets.sh" "$work/secrets" >/dev/null
if command -v shellcheck >/dev/null; then shellcheck "$here"/*.sh "$here"/*/*.sh; fi
if command -v promtool >/dev/null; then promtool check config --syntax-only "$here/prometheus/prometheus.yml"; fi
if docker compose version >/dev/null 2>&1; then
  docker compose -f "$here/compose.yaml" config --quiet
  docker compose -f "$here/compose.yaml" -f "$here/compose.cuda.yaml" config --quiet
fi
say "the files agree with each other and with the programs"

# --- The programs, as in their containers ---

# Runs a command where the root is that of an image: PROGRAM COMMAND..., with the environment of the caller's `settings`.
settings=()
confined() {
  local program=$1
  shift
  exec unshare --mount --propagation private "$here/check/confine.sh" "$work" "$published/$program" "$root/samples/models" "$here/postgres/init.sh" \
    env --ignore-environment PATH="$PATH" ORT_DISABLE_TELEMETRY=1 CUDA_CACHE_PATH=/tmp/cuda ${settings[@]+"${settings[@]}"} "$@"
}
mkdir "$work/root"

# A key of a stage of the Dockerfile, as one line: HEALTHCHECK's command, or ENTRYPOINT as words.
stage() {
  python3 - "$here/Dockerfile" "$1" "$2" <<'END'
import json, re, sys
text = open(sys.argv[1]).read().replace("\\\n", " ")
stage = next(part for part in re.split(r"^FROM ", text, flags=re.M) if re.match(rf"\S+ AS {sys.argv[2]}\n", part))
if sys.argv[3] == "HEALTHCHECK":
    print(re.search(r"^HEALTHCHECK .*? CMD (.*)$", stage, re.M)[1])
else:
    print("\n".join(json.loads(re.search(r"^ENTRYPOINT (.*)$", stage, re.M)[1])))
END
}

# The environment of a service of compose.yaml, a line for each variable.
service() {
  python3 - "$here/compose.yaml" "$1" <<'END'
import re, sys, yaml
text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", open(sys.argv[1]).read())
for name, value in yaml.safe_load(text)["services"][sys.argv[2]]["environment"].items():
    print(f"{name}={value}")
END
}

# Sets `settings`: a service's environment, but for what differs here.
settle() { # service NAME=VALUE...
  readarray -t settings < <([[ $1 == standalone ]] || service "$1")
  shift
  settings+=("$@")
}

is_healthy() { # program port
  local command
  command=$(stage "$1" HEALTHCHECK)
  env KREWE_ADMIN_PORT="$2" KREWE_HTTP_PORT="$2" sh -c "$command" 2>/dev/null
}

run() { # program port; the process is the last of `processes`
  local words
  readarray -t words < <(stage "$1" ENTRYPOINT)
  ! is_healthy "$1" "$2" || fail "the health check of $1 is content with nothing."
  (confined "$1" "${words[@]}") >"$work/$1.log" 2>&1 &
  processes+=($!)
  local attempt
  for attempt in {1..120}; do
    kill -0 "${processes[-1]}" 2>/dev/null || fail "$1 has ended."
    if is_healthy "$1" "$2"; then break; fi
    ((attempt < 120)) || fail "$1 is not healthy after two minutes."
    read -rt 1 <> <(:) || true
  done
  [[ $(awk '/^Uid:/ { print $2 }' "/proc/${processes[-1]}/status") == 10001 ]] || fail "$1 does not run as user 10001."
  [[ $(awk '/^CapEff:/ { print $2 }' "/proc/${processes[-1]}/status") =~ ^0+$ ]] || fail "$1 has capabilities."
  say "$1: healthy, as user 10001 on a root it cannot write to"
}

stop() { # program port
  local process=${processes[-1]} code=0 started=$SECONDS
  kill -TERM "$process"
  wait "$process" || code=$?
  ((code == 0)) || fail "$1 ended with $code after SIGTERM."
  ! is_healthy "$1" "$2" || fail "the health check of $1 is content with what has ended."
  unset 'processes[-1]'
  say "$1: stopped by SIGTERM within $((SECONDS - started)) s, exit code 0"
}

answers() { # url [curl option...]: waits until it does
  local attempt
  for attempt in {1..60}; do
    curl --fail --silent --max-time 4 --output "$work/answer" "${@:2}" "$1" && return
    read -rt 1 <> <(:) || true
  done
  fail "$1 does not answer."
}

port=$(free_port)
settle standalone KREWE_BIND=0.0.0.0 KREWE_MODELS=/models KREWE_HTTP_PORT="$port"
run standalone "$port"
answers "http://127.0.0.1:$port/v2/models/digits/infer" --data "@$root/samples/requests/digits.json"
grep -q '"data":\[7\]' "$work/answer" || fail "standalone gives another answer: $(cat "$work/answer")"
stop standalone "$port"

# The database: roles as postgres/init.sh makes them, tables as the service init-db does.
found=("$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb)
bin=$(dirname "$(readlink -f "${found[0]:-${found[-1]}}")")
as_postgres() { (cd / && setpriv --reuid postgres --regid "$(id -g postgres)" --clear-groups "$@"); }
install -d -o postgres -m 700 "$work/data"
install -o postgres -m 400 "$work/secrets/postgres-password" "$work/data.password"
as_postgres "$bin/initdb" -D "$work/data" --username=postgres --auth-host=scram-sha-256 --pwfile="$work/data.password" \
  --no-sync >"$work/initdb.log" 2>&1 || fail "initdb failed."
database_port=$(free_port)
as_postgres "$bin/pg_ctl" -D "$work/data" -w -o "-p $database_port -k /tmp -c listen_addresses=127.0.0.1 -c fsync=off" start >"$work/database.log"
pg_isready --quiet --host=127.0.0.1 --username=krewe --dbname=krewe --port="$database_port" || fail "the health check of postgres fails."
settings=(PGHOST=127.0.0.1 PGPORT="$database_port" PGPASSWORD="$(cat "$work/secrets/postgres-password")")
(confined silo bash /run/init.sh) >"$work/init.log" 2>&1 || fail "postgres/init.sh failed."
here_database="Host=127.0.0.1;Port=$database_port;Database=krewe;Username"
settle init-db KREWE_DATABASE="$here_database=krewe_owner"
readarray -t words < <(stage silo ENTRYPOINT)
(confined silo "${words[@]}" --init-db) >"$work/init-db.log" 2>&1 || fail "init-db failed."
say "init-db: $(tail -n 1 "$work/init-db.log")"

admin_port=$(free_port)
settle silo-1 KREWE_DATABASE="$here_database=krewe" KREWE_ADVERTISE=127.0.0.1 KREWE_SILO_PORT="$(free_port)" \
  KREWE_CLIENT_PORT="$(free_port)" KREWE_ADMIN_PORT="$admin_port"
run silo "$admin_port"
answers "http://127.0.0.1:$admin_port/v2/health/ready"
answers "http://127.0.0.1:$admin_port/metrics" --user "admin:$(cat "$work/secrets/admin-password")"
grep -q '^krewe_memory_budget_bytes' "$work/answer" || fail "the silo has no metrics."
[[ $(curl --silent --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:$admin_port/metrics") == 401 ]] ||
  fail "the silo's metrics need no password."
port=$(free_port)
settle gateway KREWE_DATABASE="$here_database=krewe" KREWE_ADVERTISE=127.0.0.1 KREWE_SILO_PORT=0 KREWE_HTTP_PORT="$port"
run gateway "$port"
answers "http://127.0.0.1:$port/v2/health/ready"
answers "http://127.0.0.1:$port/v2/models/digits/infer" --data "@$root/samples/requests/digits.json"
grep -q '"data":\[7\]' "$work/answer" || fail "the gateway gives another answer: $(cat "$work/answer")"
[[ -z ${KREWE_CHECK_HOLD-} ]] || { echo "silo $admin_port gateway $port secrets $work/secrets"; read -r; }
stop gateway "$port"
stop silo "$admin_port"
say "all is well"
