# shellcheck shell=bash
# Sourced by krewe: ./krewe test.

: "${root:?the script that sources this names the repository root}"
passed=0
failed=0
skipped=0
left_out=()
left_out_why=
solution=
test_seconds=${KREWE_TEST_SECONDS:-1200}

# Everything, or what can be built where the Orleans packages cannot be restored.
choose_solution() {
  solution=Orleans.sln
  grep -qs 'Microsoft\.Orleans\.' "$root"/{src,tests}/*/*.csproj || return 0
  local log=$root/artifacts/orleans.log
  mkdir -p "$root/artifacts"
  attend log_to "$log" dotnet restore Orleans.sln -v q --nologo && return 0
  if ! grep -q 'Microsoft\.Orleans\.' "$log"; then
    cat "$log" >&2
    finish_with_failure "restoring Orleans.sln failed, see above."
  fi
  solution=Standalone.slnf
  left_out_why=$(sed -n 's/.*\(NU[0-9]*: .*Microsoft\.Orleans\.[A-Za-z.]*[A-Za-z]\).*/\1/p' "$log" | head -n 1 || true)
}

# Test projects of the chosen solution whose names contain one of the words (any, without words).
choose_projects() { # [word...]
  local folder name
  projects=()
  for folder in "$root"/tests/*.Tests; do
    name=$(basename "$folder")
    if [[ ! -e $folder/$name.csproj ]] || ! is_wanted "$name" "$@"; then continue; fi
    if [[ $solution == Orleans.sln ]] || grep -q "[/\\]$name\.csproj" "$root/$solution"; then
      projects+=("$name")
    else
      left_out+=("$name")
    fi
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

say_what_is_left_out() {
  [[ $solution == Standalone.slnf ]] || return 0
  echo "LEFT OUT, NEITHER BUILT NOR TESTED: what Orleans.sln has beyond Standalone.slnf"
  echo "  test projects: ${left_out[*]-}"
  echo "  why: the Orleans packages cannot be restored from the NuGet sources here (${left_out_why:-see artifacts/orleans.log})"
}

# Counts come from the runner's own XML. A project that crashes, hangs or never starts is one failure.
run_project() { # name [runner option...]
  local name=$1 code=0 start=$SECONDS results=$root/artifacts/tests/$1.xml
  local program=$root/tests/$name/bin/Release/net10.0/Krewe.$name.dll
  shift
  rm -f "$results"
  tick=0 attend in_limited_time dotnet "$program" -xml "$results" -reporter quiet -longRunning 60 \
    -noLogo -noColor "$@" || code=$?
  local p f s
  p=$(count passed "$results")
  f=$(($(count failed "$results") + $(count errors "$results")))
  s=$(count skipped "$results")
  if ((f == 0)) && { ((code != 0)) || [[ ! -e $results ]]; }; then f=1; fi
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
    124 | 137) echo " (ended: it had not finished after $test_seconds s)" ;;
    *) [[ -e $2 ]] || echo " (it ended with code $1 before it could report)" ;;
  esac
}

finish() {
  say_what_is_left_out
  echo "$passed passed, $failed failed, $skipped skipped"
  ((failed == 0 && passed > 0)) && exit 0
  exit 1
}

# What keeps the tests from running counts as one failure.
finish_with_failure() {
  echo "$*"
  failed=$((failed + 1))
  finish
}

run_tests() { # [word...] [-- runner option...]
  local words=() name
  while (($# > 0)) && [[ $1 != -- ]]; do
    words+=("$1")
    shift
  done
  (($# == 0)) || shift
  prepare || finish_with_failure "Preparing failed, see above."
  choose_solution
  choose_projects ${words[@]+"${words[@]}"}
  say_what_is_left_out
  ((${#projects[@]} > 0)) || finish_with_failure "No test project's name contains: ${words[*]-}"
  build_quietly "$solution" || finish_with_failure "Building $solution failed, see above."
  mkdir -p "$root/artifacts/tests"
  for name in "${projects[@]}"; do run_project "$name" "$@"; done
  finish
}
