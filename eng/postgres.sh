#!/usr/bin/env bash
# A private PostgreSQL in a folder, for tests and ./krewe cluster: on loopback, with its own password.
#
#   eng/postgres.sh start DIR [--port N] [--fast] [--listen ADDRESS]
#                                                   creates it if it does not exist, starts it, and prints the connection string
#                                                   --fast: without durability (a crash of the machine may lose data)
#                                                   --listen: another address than loopback, at creation
#   eng/postgres.sh stop DIR [--now]                stops it; --now: immediately, as in a crash
#   eng/postgres.sh find                            prints the folder of PostgreSQL's programs; fails if there is none
#
# Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 PostgreSQL is not installed.
set -euo pipefail

say() { printf 'postgres.sh: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
misuse() { say "$@"; sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 2; }

bin=
find_programs() {
  local folder
  for folder in "$(dirname "$(command -v pg_ctl || echo /none/pg_ctl)")" "$(pg_config --bindir 2>/dev/null || true)" \
    /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin /opt/homebrew/opt/postgresql*/bin; do
    # The last match: the newest of several releases.
    [[ -x $folder/pg_ctl && -x $folder/initdb && -x $folder/postgres ]] && bin=$folder
  done
  [[ -n $bin ]] && return
  say "PostgreSQL is not installed: no folder with initdb, pg_ctl and postgres in PATH or /usr/lib/postgresql/*/bin. Install the package postgresql."
  exit 3
}

# PostgreSQL refuses to run as root.
user=
choose_user() {
  local name
  [[ $(id -u) == 0 ]] || return 0
  for name in postgres nobody; do
    id "$name" >/dev/null 2>&1 || continue
    user=$name
    return
  done
  fail "PostgreSQL does not run as root, and neither user postgres nor user nobody exists."
}

# Runs a command as that user, with $input as its input and without the caller's lock.
input=/dev/null
as_user() {
  cd "$dir" || fail "$dir cannot be entered"
  if [[ -z $user ]]; then
    "$@" <"$input" 9>&-
  elif command -v setpriv >/dev/null; then
    setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "$@" <"$input" 9>&-
  else
    runuser -u "$user" -- "$@" <"$input" 9>&-
  fi
}

create() {
  [[ -z $(ls -A "$dir") ]] || fail "$dir is not empty and has no database of this script."
  [[ -z $user ]] || chown "$user" "$dir"
  chmod 700 "$dir"
  as_user test -w "$dir" || fail "user $user cannot write to $dir: a folder above it is closed to others."
  (umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$dir/password")
  [[ -z $user ]] || chown "$user" "$dir/password"
  as_user "$bin/initdb" -D "$dir/data" -U krewe --pwfile="$dir/password" --auth=scram-sha-256 -E UTF8 --locale=C --no-sync \
    >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; fail "initdb failed, see above."; }
  # The socket's folder is relative to the data: socket paths must be short.
  cat >>"$dir/data/postgresql.conf" <<END
listen_addresses = '$address'
unix_socket_directories = '.'
max_connections = 200
shared_buffers = 32MB
END
  if [[ $fast == yes ]]; then
    printf '%s\n' 'fsync = off' 'synchronous_commit = off' 'full_page_writes = off' >>"$dir/data/postgresql.conf"
  fi
  [[ $address == 127.0.0.1 ]] || echo 'host all all samenet scram-sha-256' >>"$dir/data/pg_hba.conf"
  echo 'CREATE DATABASE krewe' >"$dir/create.sql"
  input=$dir/create.sql as_user "$bin/postgres" --single -D "$dir/data" postgres >>"$dir/initdb.log" 2>&1 ||
    fail "the database could not be created, see $dir/initdb.log."
}

is_running() { [[ -e $dir/data/postmaster.pid ]] && as_user "$bin/pg_ctl" -D "$dir/data" status >/dev/null 2>&1; }

run_at() { # port
  as_user "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 -o "-p $1" start >>"$dir/pg_ctl.log" 2>&1
}

is_taken() { (: <"/dev/tcp/$address/$1") 2>/dev/null; }

start() {
  mkdir -p "$dir"
  [[ -e $dir/data/PG_VERSION ]] || create
  if ! is_running; then
    local attempt known=$port
    [[ -n $known || ! -e $dir/port ]] || known=$(<"$dir/port")
    for attempt in {1..20}; do
      port=${known:-$((20000 + (RANDOM * 32768 + RANDOM) % 12000))}
      if is_taken "$port"; then
        [[ -z $known ]] || fail "port $port is taken."
        continue
      fi
      if run_at "$port"; then
        echo "$port" >"$dir/port"
        break
      fi
      ((attempt < 3)) || { tail -n 20 "$dir/log" >&2; fail "PostgreSQL did not start, see above."; }
    done
  fi
  local tls=''
  [[ $address == 127.* ]] || tls=';SSL Mode=Disable'
  echo "Host=$address;Port=$(<"$dir/port");Database=krewe;Username=krewe;Password=$(<"$dir/password")$tls"
}

stop() {
  [[ -e $dir/data/PG_VERSION ]] || fail "$dir has no database of this script."
  is_running || return 0
  as_user "$bin/pg_ctl" -D "$dir/data" -m "$mode" -w -t 30 stop >>"$dir/pg_ctl.log" 2>&1 || fail "PostgreSQL in $dir did not stop, see $dir/pg_ctl.log."
}

command=${1-}
shift || true
dir='' port='' address=127.0.0.1 fast=no mode=fast
case $command in
  find) (($# == 0)) || misuse "find takes no arguments" ;;
  start | stop)
    (($# > 0)) || misuse "$command needs a folder"
    dir=$1
    shift
    [[ $dir == /* ]] || dir=$PWD/$dir
    while (($# > 0)); do
      case $command$1 in
        start--port)
        port=${2-}
        if ! [[ $port =~ ^[0-9]+$ ]] || ((port < 1 || port > 65535)); then misuse "--port needs a number from 1 to 65535"; fi
        shift
        ;;
        start--fast) fast=yes ;;
        start--listen)
        address=${2-}
        [[ $address =~ ^[0-9.]+$ ]] || misuse "--listen needs an IPv4 address"
        shift
        ;;
        stop--now) mode=immediate ;;
        *) misuse "unknown argument '$1'" ;;
      esac
      shift
    done
    ;;
  *) misuse "expected start, stop or find" ;;
esac

find_programs
choose_user
case $command in
  find) echo "$bin" ;;
  start) start ;;
  stop) stop ;;
esac
