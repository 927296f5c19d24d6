# shellcheck shell=bash
# Sourced by krewe: ./krewe cluster. A trial cluster on this machine: a private PostgreSQL, silos, and a gateway,
# all on loopback. A folder holds the state, with one file per process, for later commands.

: "${root:?the script that sources this names the repository root}"
cluster=${KREWE_CLUSTER_DIR:-$root/artifacts/cluster}
start_seconds=120
stop_seconds=60
# The exit code of a member that was declared dead, see docs/operating.md.
declared_dead=75

cluster_help() {
  cat <<'END'
  ./krewe cluster up [OPTION...]     build, start a private PostgreSQL, silos and a gateway on loopback, and return
                                     when the gateway is ready. The processes run until ./krewe cluster down.
      --silos N                      how many silos (3)
      --models DIR                   the folder of models (a copy of the samples, removed with the cluster)
      --http-port PORT               the gateway's port (8000; 0 takes a free one)
      --memory-budget SIZE           the memory limit of the models of each silo (512MiB)
      --idle-time TIME               unload a model after this time without calls
                                     A member that exits because it was declared dead is restarted.
  ./krewe cluster status             processes, addresses, readiness and restarts
  ./krewe cluster logs [N]           the log of silo N (from 1), or of the gateway
  ./krewe cluster kill N             kill -9 of silo N
  ./krewe cluster stop N             stop silo N gracefully, and wait for it
  ./krewe cluster start N            start silo N again
  ./krewe cluster down               stop everything and remove the database
                                     KREWE_CLUSTER_DIR names another folder for its state (artifacts/cluster)
END
}

misuse() {
  say "$@"
  cluster_help >&2
  exit 2
}

# Processes: the name is silo-N or gateway; its file holds the process id and the start time.

# The start time: a process id alone may have been reused.
birth() { # pid
  if [[ -r /proc/$1/stat ]]; then
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
  else
    ps -o lstart= -p "$1" 2>/dev/null || true
  fi
}

pid_of() { # name
  local pid born
  [[ -e $cluster/$1.pid ]] || return 1
  { read -r pid && read -r born; } <"$cluster/$1.pid" || return 1
  [[ -n $born && $(birth "$pid") == "$born" ]] || return 1
  echo "$pid"
}

is_running() { pid_of "$1" >/dev/null; }

silos() { # numbers of all silos that were ever started here
  local file
  for file in "$cluster"/silo-*.pid; do
    [[ ! -e $file ]] || basename "$file" .pid | cut -d - -f 2
  done | sort -n
}

launch() { # name folder assembly option...
  local name=$1 program=$root/$2/bin/Release/net10.0/publish/$3.dll
  shift 3
  [[ ! -e $cluster/$name.log ]] || mv "$cluster/$name.log" "$cluster/$name.log.before"
  rm -f "$cluster/$name.pid"
  supervise "$name" "$program" "$@" </dev/null >"$cluster/$name.log" 2>&1 9>&- &
  until [[ -e $cluster/$name.pid ]]; do sleep 0.05; done
}

# Runs a program in its own session, so that Ctrl-C and a closed terminal do not reach it. Restarts it if the other members have
# declared it dead, unless the cluster was taken down or another process of this name was started meanwhile.
supervise() { # name program option...
  local name=$1 code pid database detach=()
  shift
  trap '' HUP INT
  ! command -v setsid >/dev/null || detach=(setsid)
  # The caller's settings are not for these programs.
  unset "${!KREWE_@}"
  database=$(<"$cluster/connection")
  while :; do
    KREWE_DATABASE=$database ${detach[@]+"${detach[@]}"} dotnet "$@" &
    pid=$! code=0
    printf '%s\n%s\n' "$pid" "$(birth "$pid")" >"$cluster/$name.pid.new"
    mv "$cluster/$name.pid.new" "$cluster/$name.pid"
    wait "$pid" || code=$?
    ((code == declared_dead)) || return 0
    sleep 1
    [[ $(head -n 1 "$cluster/$name.pid" 2>/dev/null) == "$pid" ]] || return 0
    say "$name exited because it was declared dead; restarting it"
  done
}

restarts_of() { { grep -s 'exited because it was declared dead; restarting it$' "$cluster/$1.log" || true; } | wc -l; }

launch_silo() { # number
  local options=() option
  while IFS= read -r option; do options+=("$option"); done <"$cluster/silo.options"
  say "starting silo $1"
  launch "silo-$1" src/Silo Krewe.Silo --silo-name "silo-$1" --silo-port 0 --client-port 0 --admin-port 0 "${options[@]}"
}

wait_until_ready() { # name
  local start=$SECONDS
  until grep -q " $1 ready: " "$cluster/$1.log"; do
    is_running "$1" || give_up "$1" "ended before it was ready"
    ((SECONDS - start < start_seconds)) || give_up "$1" "was not ready after $start_seconds s"
    sleep 0.1
  done
  say "$1 is ready"
}

give_up() { # name what
  tail -n 20 "$cluster/$1.log" >&2
  fail "$1 $2: the end of $cluster/$1.log is above."
}

# Waits for a process to exit after a signal.
wait_for_end() { # name seconds
  local start=$SECONDS
  while is_running "$1"; do
    ((SECONDS - start < $2)) || return
    sleep 0.1
  done
}

tell() { # signal name
  local pid
  pid=$(pid_of "$2") || return 0
  kill "-$1" "$pid" 2>/dev/null || true
}

# Addresses from the programs' start messages; the last one counts after a restart.

admin_of() { sed -n 's/^Admin on \(http[^ ]*\).*/\1/p' "$cluster/$1.log" | tail -n 1; }
dashboard_of() { sed -n 's/^Admin on .*dashboard: \(http[^)]*\)).*/\1/p' "$cluster/$1.log" | tail -n 1; }
gateway_address() { sed -n 's/^Listening on \(http[^ ]*\).*/\1/p' "$cluster/gateway.log" 2>/dev/null | tail -n 1; }

# GET, in clear text without curl: prints the body; fails without a response or if the status is not 200.
fetch_page() { # http://host:port path
  local host=${1#http://} line status
  if [[ $1 == https://* ]]; then
    curl --silent --fail --max-time 10 --noproxy '*' ${trust[@]+"${trust[@]}"} "$1$2"
    return
  fi
  exec 3<>"/dev/tcp/${host%:*}/${host##*:}" || return 1
  printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$2" "$host" >&3
  IFS= read -r -t 10 -u 3 status || return 1
  while IFS= read -r -t 10 -u 3 line && [[ -n ${line%$'\r'} ]]; do :; done
  cat <&3
  exec 3>&-
  [[ $status == *' 200 '* ]]
}

is_ready() { (fetch_page "$1" /v2/health/ready) >/dev/null 2>&1; }

# Commands.

require_cluster() { [[ -d $cluster ]] || fail "there is no cluster here; ./krewe cluster up starts one."; }

require_silo() { # argument...
  [[ $# == 1 && $1 =~ ^[1-9][0-9]*$ ]] || misuse "expected the number of a silo, from 1"
  require_cluster
  [[ -e $cluster/silo-$1.pid ]] || fail "there is no silo $1, only: $(silos | xargs)."
}

read_up_options() {
  count=3 models= http_port=8000 budget=512MiB idle_time=
  while (($# > 0)); do
    case $1 in
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    esac
    (($# > 1)) || misuse "$1 needs a value"
    case $1 in
      --silos) count=$2 ;;
      --models) models=$2 ;;
      --http-port) http_port=$2 ;;
      --memory-budget) budget=$2 ;;
      --idle-time) idle_time=$2 ;;
      *) misuse "unknown option '$1'" ;;
    esac
    shift 2
  done
  [[ $count =~ ^[1-9][0-9]?$ ]] || misuse "--silos is '$count': expected a number from 1 to 99"
  [[ $http_port =~ ^(0|[1-9][0-9]{0,4})$ ]] || misuse "--http-port is '$http_port': expected a number from 0 to 65535"
  ((http_port < 65536)) || misuse "--http-port is $http_port: expected at most 65535"
  [[ -n $models ]] || return 0
  [[ -d $models ]] || misuse "--models is '$models': expected a folder"
  models=$(cd "$models" && pwd)
}

build_cluster() {
  build src/Silo
  build src/Gateway
}

hold() { lock "$cluster.lock" "waiting for another ./krewe cluster"; }

is_already_up() {
  [[ -d $cluster ]] || return
  if ! is_running gateway || ! is_ready "$(gateway_address)"; then
    fail "parts of a cluster are in $cluster; ./krewe cluster down removes them."
  fi
  say "it is already up; ./krewe cluster down ends it."
  cluster_status
}

cluster_up() {
  local count models http_port budget idle_time number
  read_up_options "$@"
  ! is_already_up || return 0
  "$root/eng/postgres.sh" find >/dev/null || exit
  if ((http_port > 0)) && (: <"/dev/tcp/127.0.0.1/$http_port") 2>/dev/null; then
    fail "port $http_port is taken; --http-port names another, 0 a free one."
  fi
  build_cluster
  hold
  ! is_already_up || return 0
  mkdir -p "$cluster"
  trap 'take_down; say "the cluster did not come up; the logs are in $cluster.failed"' EXIT
  start_database
  [[ -n $models ]] || copy_samples "${models:=$cluster/models}"
  printf '%s\n' --models "$models" --memory-budget "$budget" ${idle_time:+--idle-time "$idle_time"} >"$cluster/silo.options"
  for ((number = 1; number <= count; number++)); do launch_silo "$number"; done
  for ((number = 1; number <= count; number++)); do wait_until_ready "silo-$number"; done
  say "starting the gateway"
  launch gateway src/Gateway Krewe.Gateway --silo-name gateway --silo-port 0 --http-port "$http_port"
  wait_until_ready gateway
  until is_ready "$(gateway_address)"; do
    is_running gateway || give_up gateway "ended before it was ready"
    sleep 0.2
  done
  trap - EXIT
  say_how_to_use
}

# Not below the repository, which PostgreSQL's user may not be allowed to read.
start_database() {
  local folder
  say "starting PostgreSQL"
  folder=$(mktemp -d "${TMPDIR:-/tmp}/krewe-cluster.XXXXXX")
  echo "$folder" >"$cluster/database"
  (umask 077 && "$root/eng/postgres.sh" start "$folder" --fast >"$cluster/connection") || fail "PostgreSQL did not start, see above."
}

say_how_to_use() {
  local call
  call=$(sed -n '/^Try:/{n;s/^ *//;p;}' "$cluster/gateway.log" | head -n 1)
  [[ -n $call ]] || call="curl -s $(gateway_address)/v2/repository/index -d '{}'"
  echo "The cluster is ready at $(gateway_address)"
  echo "  try:        $call"
  echo "  dashboard:  $(dashboard_of silo-1)"
  echo "  end it:     ./krewe cluster down"
}

cluster_status() {
  local number
  require_cluster
  for number in $(silos); do show_process "silo-$number" "$(admin_of "silo-$number")"; done
  show_process gateway "$(gateway_address)"
  show_database
  ! is_running gateway || show_cluster
}

show_process() { # name address
  local pid restarts state='not running'
  if pid=$(pid_of "$1"); then
    state="process $pid, not ready"
    [[ -z $2 ]] || ! is_ready "$2" || state="process $pid, ready"
  fi
  restarts=$(restarts_of "$1")
  ((restarts == 0)) || state+=", restarts: $restarts"
  printf '%-10s %-28s %s\n' "$1" "$state" "$2"
}

show_database() {
  local place
  place=$(sed -n 's/^Host=\([^;]*\);Port=\([^;]*\);.*/\1:\2/p' "$cluster/connection" 2>/dev/null || true)
  if [[ -n $place ]] && (: <"/dev/tcp/${place%:*}/${place#*:}") 2>/dev/null; then
    printf '%-10s %-28s %s\n' database running "$place"
  else
    printf '%-10s %s\n' database 'not running'
  fi
}

# The gateway's view of each silo, from GET /v2/cluster.
show_cluster() {
  local page
  page=$(fetch_page "$(gateway_address)" /v2/cluster 2>/dev/null) || { echo "GET /v2/cluster has no answer now."; return; }
  echo "GET /v2/cluster:"
  paste -d ' ' \
    <(grep -o '"name":"[^"]*","address":"[^"]*","state":"[^"]*"' <<<"$page" | sed 's/"name":"\([^"]*\)","address":"\([^"]*\)","state":"\(.*\)"/  \1 \3/') \
    <(grep -o '"memory_budget_bytes":[0-9]*,"memory_used_bytes":[0-9]*,"queue_depth":[0-9]*' <<<"$page" |
      sed 's/[^0-9]*\([0-9]*\)[^0-9]*\([0-9]*\)[^0-9]*\([0-9]*\)/\1 \2 \3/' |
      while read -r budget used waiting; do echo "uses $(people_bytes "$used") of $(people_bytes "$budget"), $waiting requests wait"; done)
}

people_bytes() { # bytes
  awk -v bytes="$1" 'BEGIN {
    split("bytes KiB MiB GiB TiB", units)
    for (unit = 1; bytes >= 1024 && unit < 5; unit++) bytes /= 1024
    text = sprintf("%.1f", bytes); sub(/\.0$/, "", text); print text " " units[unit]
  }'
}

cluster_logs() {
  local name=gateway
  (($# < 2)) || misuse "expected the number of one silo, or nothing for the gateway"
  if (($# == 1)); then
    require_silo "$1"
    name=silo-$1
  fi
  require_cluster
  [[ -e $cluster/$name.log ]] || fail "there is no log of $name."
  cat "$cluster/$name.log"
}

cluster_kill() {
  require_silo "$@"
  is_running "silo-$1" || fail "silo $1 does not run."
  tell KILL "silo-$1"
  wait_for_end "silo-$1" 10 || fail "silo $1 does not end."
  say "silo $1 is killed"
}

cluster_stop() {
  require_silo "$@"
  is_running "silo-$1" || fail "silo $1 does not run."
  say "stopping silo $1"
  tell TERM "silo-$1"
  wait_for_end "silo-$1" "$stop_seconds" || fail "silo $1 still runs after $stop_seconds s, see ./krewe cluster logs $1."
  say "silo $1 has stopped"
}

cluster_start() {
  require_silo "$@"
  ! is_running "silo-$1" || fail "silo $1 runs already."
  launch_silo "$1"
  wait_until_ready "silo-$1"
}

# The gateway first, then the silos. The drain is cut short: there is no silo to move to.
stop_everything() {
  end_all 10 gateway
  # shellcheck disable=SC2046
  end_all 10 $(silos | sed 's/^/silo-/')
}

end_all() { # seconds name...
  local name deadline=$((SECONDS + $1))
  shift
  for name in "$@"; do tell TERM "$name"; done
  for name in "$@"; do wait_for_end "$name" $((deadline - SECONDS)) || tell KILL "$name"; done
  for name in "$@"; do wait_for_end "$name" 10 || fail "$name does not end."; done
}

take_down() {
  local folder
  stop_everything
  if [[ -e $cluster/database ]]; then
    folder=$(<"$cluster/database")
    [[ ! -e $folder/data ]] || "$root/eng/postgres.sh" stop "$folder" || say "PostgreSQL in $folder could not be stopped."
    rm -rf -- "$folder"
  fi
  rm -rf -- "$cluster.failed"
  mv "$cluster" "$cluster.failed"
}

cluster_down() {
  (($# == 0)) || misuse "down takes no arguments"
  require_cluster
  say "stopping the cluster"
  take_down
  rm -rf -- "$cluster.failed"
  say "the cluster is down"
}

run_cluster() { # command [argument...]
  local command=${1-}
  shift || true
  case $command in
    up) cluster_up "$@" ;;
    down | kill | stop | start)
      hold
      "cluster_$command" "$@"
      ;;
    status)
      (($# == 0)) || misuse "status takes no arguments"
      cluster_status
      ;;
    logs) cluster_logs "$@" ;;
    help | -h | --help) cluster_help ;;
    *) misuse "unknown command 'cluster $command'" ;;
  esac
}
