# shellcheck shell=bash
# Sourced by krewe: ./krewe test.

: "${root:?the script that sources this names the repository root}"
passed=0
failed=0
skipped=0
extent=usual
test_seconds=${KREWE_TEST_SECONDS:-2400}

# Selects the test projects whose names contain one of the words (all, without words).
choose_projects() { # [word...]
  local folder name
  projects=()
  for folder in "$root"/tests/*.Tests; do
    name=$(basename "$folder")
    [[ -e $folder/$name.csproj ]] || continue
    [[ $extent != fast ]] || grep -q "$name.csproj" "$root/eng/Fast.slnf" || continue
    if is_wanted "$name" "$@"; then projects+=("$name"); fi
  done
}

is_wanted() { # name [word...]
  local name=$1 word
  shift
  (($# > 0)) || return 0
  for word in "$@"; do
    [[ $name != *"$word"* ]] || return 0
  done
  return 1
}

# Counts come from the runner's XML. A project that crashes, hangs, does not start or runs no test counts as one failure.
run_project() { # name [runner option...]
  local name=$1 code=0 start=$SECONDS results=$root/artifacts/tests/$1.xml
  local program=$root/tests/$name/bin/Release/net10.0/Krewe.$name.dll
  shift
  rm -f "$results"
  local selection=()
  (($# > 0)) || case $extent in
    fast) selection=(-trait- category=long -trait- category=slow) ;;
    usual) selection=(-trait- category=long) ;;
  esac
  tick=0 attend in_limited_time dotnet "$program" -result-xml "$results" -reporter quiet -longRunning 60 \
    -noLogo -noColor ${selection[@]+"${selection[@]}"} "$@" || code=$?
  local p f s
  p=$(count passed "$results")
  f=$(($(count failed "$results") + $(count errors "$results")))
  s=$(count skipped "$results")
  if ((f == 0)) && { ((code != 0)) || [[ ! -e $results ]] || ((p + s == 0 && $# == 0)); }; then f=1; fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  printf '%-28s %5d passed, %d failed, %d skipped, %d s%s\n' \
    "$name" "$p" "$f" "$s" "$((SECONDS - start))" "$(explain "$code" "$results")"
}

in_limited_time() {
  cd "$root" || exit
  if command -v timeout >/dev/null; then exec timeout -k 10 "$test_seconds" "$@"; else exec "$@"; fi
}

count() { # attribute results
  local number
  number=$(head -c 4000 "$2" 2>/dev/null | sed -n "s/.*<assembly [^>]* $1=\"\([0-9]*\)\".*/\1/p" | head -n 1 || true)
  echo "${number:-0}"
}

explain() { # exit-code results
  case $1 in
    124 | 137) echo " (stopped: not finished after $test_seconds s)" ;;
    *) [[ -e $2 ]] || echo " (exited with code $1 before it reported)" ;;
  esac
}

finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  ((failed == 0 && passed > 0)) && exit 0
  exit 1
}

# A failure before the tests run counts as one failure.
finish_with_failure() {
  echo "$*"
  failed=$((failed + 1))
  finish
}

run_tests() { # [--fast | --long] [word...] [-- runner option...]
  local words=() name solution=Orleans.sln
  while (($# > 0)) && [[ $1 != -- ]]; do
    case $1 in
      --fast) extent=fast solution=eng/Fast.slnf ;;
      --long) extent=long ;;
      -*)
        say "unknown option '$1' of ./krewe test: expected --fast, --long, or -- before options of the runner."
        exit 2
        ;;
      *) words+=("$1") ;;
    esac
    shift
  done
  (($# == 0)) || shift
  (require_dotnet) || finish_with_failure "The .NET 10 SDK is missing, see above."
  choose_projects ${words[@]+"${words[@]}"}
  ((${#projects[@]} > 0)) || finish_with_failure "No test project's name contains: ${words[*]-}"
  build_quietly "$solution" || finish_with_failure "Building $solution failed, see above."
  mkdir -p "$root/artifacts/tests"
  for name in "${projects[@]}"; do run_project "$name" "$@"; done
  (($# > 0)) || case $extent in
    fast) echo "Only unit tests ran; ./krewe test adds processes and clusters." ;;
    usual) echo "Long-running tests were left out; ./krewe test --long adds them." ;;
  esac
  finish
}
