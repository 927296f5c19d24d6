# shellcheck shell=bash
# Sourced by the scripts here: shows progress of long-running commands, and stops them with the script on Ctrl-C or SIGTERM.

: "${root:?the script that sources this names the repository root}"
attended=
progress=

# How curl checks servers with TLS, and the certificate that it has for them.
trust=()
[[ -z ${KREWE_CA_FILE-} ]] || trust+=(--cacert "$KREWE_CA_FILE")
[[ -z ${KREWE_CLIENT_CERTIFICATE-} ]] || trust+=(--cert "$KREWE_CLIENT_CERTIFICATE")

say() { printf 'krewe: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# Prints the time every $tick seconds (10; 0 is never), and the output of the command in $progress. The command has no input and no lock:
# a compiler server that it starts would keep the lock.
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

# Runs a command and shows its output only if it fails.
attend_quietly() { # log command [argument...]
  local code=0
  attend log_to "$@" || code=$?
  ((code == 0)) || cat "$1" >&2
  return "$code"
}

# Runs in the root, where global.json selects the SDK; ends the (sub)shell.
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

# Takes the clone's lock, if the system has flock. Held until unlock or the end of the script.
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
