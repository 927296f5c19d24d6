#!/usr/bin/env bash
# Publishes a program as the images hold it: docker/publish.sh src/Silo /app
# KREWE_GPU=1 keeps the CUDA and TensorRT providers of ONNX Runtime; they are ten times what the rest takes.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$1 folder=$2
(cd "$root" && dotnet publish "$program" -c Release -v q --nologo -p:UseAppHost=false -o "$folder")

# The package of ONNX Runtime carries the libraries of other systems too.
for runtime in "$folder"/runtimes/*; do
  case ${runtime##*/} in
    "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" | linux | unix | '*') ;;
    *) rm -r "$runtime" ;;
  esac
done
if [[ ${KREWE_GPU:-0} != 1 ]]; then
  rm -f "$folder"/runtimes/*/native/libonnxruntime_providers_{cuda,tensorrt}.so
fi
