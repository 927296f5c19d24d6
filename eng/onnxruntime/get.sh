#!/usr/bin/env bash
# Makes sure that the ONNX Runtime package which src/Serving references can be restored.
# Where a NuGet source carries it there is nothing to do. Elsewhere, on 64-bit Intel Linux, the same
# version is put together from npm packages into packages/, which nuget.config names as a source.
# The CUDA and TensorRT providers are large: they are added where an NVIDIA device is present, or with
# KREWE_GPU=1 (KREWE_GPU=0 leaves them out).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=eng/attend.sh
source "$root/eng/attend.sh"

# The parts of this version: npm package, download size, SHA-512. A new OnnxRuntimeVersion needs new ones.
known_version=1.29.0
# The C# sources, and the native library for the CPU alone.
base=(com.github.asus4.onnxruntime@0.4.9 '150 MB'
  064cf176e499f4891e0cfe90f25cf64c553689eee1492bd2ed921fccca28131a2ad02373267bae19a509ec8b288c182a3b8a2e0f58d76a1f0e63225b08ddbd16)
# The native library that can take the CUDA and TensorRT providers in.
core=(onnxruntime-node@1.29.0 '112 MB'
  5a3895541ef6ae220bcfc1db62fc6f9a32b213f5a6918a127ca63ef9ac68e63011eb4f47420f0cc221bf1e14a1a537097e6980773c71981f8c3124f703e4a23c)
# These providers.
providers=(com.github.asus4.onnxruntime.linux-x64-gpu@0.4.9 '180 MB'
  168a4884d13f360fafd97eb9c1573d7253c2042be1bc0e771f1a3653429fe5f19d56c0bb88203e999d0a2d6820710023ed3219ea9362751e000b5d20ef85e8eb)

version=$(sed -n 's:.*<OnnxRuntimeVersion>\(.*\)</OnnxRuntimeVersion>.*:\1:p' "$root/Directory.Packages.props")
platform="$(uname -s) $(uname -m)"
case $platform in
  'Linux x86_64' | MINGW*x86_64 | MSYS*x86_64) package=Microsoft.ML.OnnxRuntime.Gpu ;;
  *) package=Microsoft.ML.OnnxRuntime ;;
esac

made=$root/packages/$package.$version.nupkg
variant_file=$root/packages/$package.$version.variant
restored=${NUGET_PACKAGES:-${HOME:-}/.nuget/packages}/$(tr '[:upper:]' '[:lower:]' <<<"$package")/$version

wanted_variant() {
  local device=0
  [[ -e /dev/nvidia0 ]] && device=1
  if [[ ${KREWE_GPU:-$device} == 1 ]]; then echo gpu; else echo cpu; fi
}

# Only a package made here has a PROVENANCE.txt; one from an ordinary source is always good enough.
is_restored() {
  [[ -e $restored/.nupkg.metadata ]] || return 1
  [[ ! -e $restored/PROVENANCE.txt || $variant == cpu ]] ||
    [[ -e $restored/runtimes/linux-x64/native/libonnxruntime_providers_cuda.so ]]
}

is_made() {
  [[ -e $made ]] && [[ $variant == cpu || $(cat "$variant_file" 2>/dev/null) == gpu ]]
}

is_ready() {
  is_restored || { [[ ! -e $restored ]] && is_made; }
}

# Asks once, with a restore of nothing but this package; what it fetches then the build needs anyway.
a_source_carries_it() {
  [[ ! -e $restored ]] || return 1
  tick=0 attend log_to "$work/probe.log" dotnet restore "$here/probe/Probe.csproj" -v q --nologo \
    -p:WorkFolder="$work" -p:ProbedPackage="$package" -p:ProbedVersion="$version" && return 0
  grep -Eq 'NU110[0-9]' "$work/probe.log" && return 1
  cat "$work/probe.log" >&2
  fail "NuGet could not restore $package $version, for the reason above."
}

refuse_other_platforms() {
  local advice="Add a NuGet source that carries it (dotnet nuget add source …) and try again."
  [[ $platform == 'Linux x86_64' ]] || fail "no NuGet source here carries $package $version, and only for" \
    "64-bit Intel Linux can it be put together from npm packages (this is $platform). $advice"
  [[ $version == "$known_version" ]] || fail "no NuGet source here carries $package $version, and only" \
    "$known_version can be put together from npm packages. $advice"
  command -v npm >/dev/null || fail "no NuGet source here carries $package $version, and to put it together" \
    "npm is needed. Install Node.js with npm, or else: $advice"
}

# Unpacks only the named paths, and only from an archive with the right checksum.
download() { # package size sha512 path...
  say "downloading $1 ($2) with npm"
  local folder=$work/download seen archive
  mkdir "$folder"
  attend_quietly "$work/npm.log" npm pack "$1" --pack-destination "$folder" --ignore-scripts --loglevel=error ||
    fail "npm could not download $1."
  archive=("$folder"/*.tgz)
  seen=$(sha512sum <"${archive[0]}" | cut -d ' ' -f 1)
  [[ $seen == "$3" ]] || fail "refused $1: its SHA-512 is $seen, not $3 as it should be. Nothing of it was used."
  say "the checksum of $1 is right"
  tar -xzf "${archive[0]}" -C "$work/parts" --strip-components=1 --no-same-owner "${@:4}"
  rm -r "$folder"
  echo "$1, SHA-512 $3" >>"$work/parts/PROVENANCE.txt"
}

put_together() {
  local native=Plugins/Linux/x64 core_library=bin/napi-v6/linux/x64/libonnxruntime.so.1
  mkdir -p "$work/parts"
  echo "ONNX Runtime $version, put together by Krewe's eng/onnxruntime from these npm packages:" \
    >"$work/parts/PROVENANCE.txt"
  download "${base[@]}" package/LICENSE package/ThirdPartyNotices.txt package/Runtime "package/$native"
  if [[ $variant == gpu ]]; then
    download "${core[@]}" "package/$core_library"
    mv "$work/parts/$core_library" "$work/parts/$native/libonnxruntime.so"
    download "${providers[@]}" "package/$native"
  fi
  say "packing $package $version ($variant)"
  attend_quietly "$work/pack.log" dotnet pack "$here/OnnxRuntime.csproj" -c Release -v q --nologo \
    -o "$work" -p:WorkFolder="$work" -p:Version="$version" || fail "packing $package $version failed."
  mkdir -p "$root/packages"
  mv -f "$work/$package.$version.nupkg" "$made"
  echo "$variant" >"$variant_file"
  say "made packages/${made##*/}"
}

# NuGet takes a version for immutable: what it restored from the other variant has to go first.
forget_other_variant() {
  if [[ ! -e $restored ]] || is_restored; then return 0; fi
  mv "$restored" "$work/other-variant"
  find "$root"/{src,tests,samples} -path '*/obj/project.nuget.cache' -delete 2>/dev/null || true
}

variant=$(wanted_variant)
if is_ready; then exit 0; fi

lock "$root/artifacts/onnxruntime/lock" "waiting for another run that makes the ONNX Runtime package"
if is_ready; then exit 0; fi
mkdir -p "$root/artifacts/onnxruntime"
work=$(mktemp -d "$root/artifacts/onnxruntime/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

if ! is_made; then
  # What it found may have been packages/ itself, with the variant that was made before.
  if a_source_carries_it && is_restored; then exit 0; fi
  refuse_other_platforms
  say "no NuGet source here carries $package $version: putting it together from npm packages (once)"
  put_together
fi
forget_other_variant
