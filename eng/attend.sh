# shellcheck shell=bash
# Sourced by the scripts here: long work shows that it goes on, and Ctrl-C or SIGTERM ends it with the script.

: "${root:?the script that sources this names the repository root}"
attended=
progress=

say() { printf 'krewe: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# Prints the time every $tick seconds (10; 0 is never), and what the command in $progress prints. The command reads nothing, and inherits no lock:
# a compiler server that it leaves behind would hold it.
attend() { # command [argument...]
  local start=$SECONDS every=${tick:-10} code=0 next
  next=$every
  "$@" </dev/null 9>&- &
  attended=$!
  while kill -0 "$attended" 2>/dev/null; do
    sleep 0.1
    if ((every > 0 && SECONDS - start >= next)); then
      say "… $next s$($progress)"
      next=$((next + every))
    fi
  done
  wait "$attended" || code=$?
  attended=
  return "$code"
}

# Runs a command whose output matters only when it fails.
attend_quietly() { # log command [argument...]
  local code=0
  attend log_to "$@" || code=$?
  ((code == 0)) || cat "$1" >&2
  return "$code"
}

# Works from the root, where global.json chooses the SDK; ends the (sub)shell.
log_to() { # log command [argument...]
  local log=$1
  shift
  cd "$root" || exit
  exec "$@" >"$log" 2>&1
}

end_attended() {
  [[ -n $attended ]] || return 0
  kill -TERM "$attended" 2>/dev/null || return 0
  for _ in {1..50}; do
    kill -0 "$attended" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$attended" 2>/dev/null || true
}

# One at a time in a clone, where the system has flock. Held until unlock or the end of the script.
lock() { # file message
  mkdir -p "$(dirname "$1")"
  command -v flock >/dev/null || return 0
  exec 9>"$1"
  flock -n 9 && return 0
  say "$2"
  until flock -n 9; do sleep 0.2; done
}

unlock() { exec 9>&-; }

trap 'end_attended; exit 130' INT
trap 'end_attended; exit 143' TERM HUP
