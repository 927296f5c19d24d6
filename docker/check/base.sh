#!/usr/bin/env bash
# Creates base images from this machine's distribution and .NET SDK, if those of the Dockerfile cannot be pulled:
#
#   base.sh BUILD_IMAGE RUNTIME_IMAGE BUILDAH...
#
# BUILDAH is the command with its options. Uses this machine's packages, certificate authorities, NuGet sources and proxies.
set -euo pipefail

build_image=$1 runtime_image=$2
shift 2
buildah=("$@")

# shellcheck source=/dev/null
source /etc/os-release
mirror=$(apt-get indextargets --format '$(CODENAME) $(SITE)' 'Created-By: Packages' | sed -n "s/^$VERSION_CODENAME //p" | head -n 1)
eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
[[ -z ${http_proxy-} ]] || export http_proxy
owner_of() { dpkg-query -S "*/$1" | head -n 1 | cut -d : -f 1; }
libraries=("$(owner_of libc.so.6)" "$(owner_of libgcc_s.so.1)" "$(owner_of libstdc++.so.6)" "$(owner_of libssl.so.3)")

build=$("${buildah[@]}" from scratch)
folder=$("${buildah[@]}" mount "$build")
debootstrap --variant=minbase --include="$(IFS=,; echo "ca-certificates,locales,${libraries[*]}")" "$VERSION_CODENAME" "$folder" "$mirror"
rm -rf "$folder"/var/cache/apt/* "$folder"/var/lib/apt/lists/*

# Like the chiseled images: the files of the libraries' packages, without shell and package manager.
runtime=$("${buildah[@]}" from scratch)
slice=$("${buildah[@]}" mount "$runtime")
mkdir -p "$slice"/usr/{bin,sbin,lib,lib64}
chroot "$folder" dpkg -L base-files ca-certificates "${libraries[@]}" | grep -vE '^/usr/share/(doc|man|locale)|/gconv' |
  sed 's,^,.,' | sort -u | tar -C "$folder" -c --no-recursion -T - | tar -C "$slice" -x

mkdir -p "$folder/usr/share/dotnet" "$folder/root/.nuget"
cp -a "$(dirname "$(readlink -f "$(command -v dotnet)")")/." "$folder/usr/share/dotnet"
ln -s /usr/share/dotnet/dotnet "$folder/usr/bin/dotnet"
[[ ! -d ~/.nuget/NuGet ]] || cp -a ~/.nuget/NuGet "$folder/root/.nuget"
for image in "$folder" "$slice"; do
  for authorities in /etc/ssl/certs /usr/local/share/ca-certificates; do
    [[ -d $authorities ]] || continue
    mkdir -p "$image$authorities"
    cp -a "$authorities/." "$image$authorities"
  done
done

"${buildah[@]}" config --env PATH=/usr/sbin:/usr/bin:/sbin:/bin --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$build"
while IFS= read -r variable; do
  "${buildah[@]}" config --env "$variable=${!variable}" "$build"
done < <(compgen -e | grep -iE '^((http|https|no)_proxy|SSL_CERT_.*|NUGET_CERT_.*)$')
"${buildah[@]}" commit --quiet --rm "$build" "$build_image"
"${buildah[@]}" commit --quiet --rm "$runtime" "$runtime_image"
