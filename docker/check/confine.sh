#!/usr/bin/env bash
# Runs a command as a container of ours would: confine.sh FOLDER APP MODELS INIT COMMAND..., in a mount namespace of its own
# (unshare --mount). The root is this machine's, with /app, /models, /run/secrets (from FOLDER/secrets) and /run/init.sh added; it
# cannot be written, but for a /tmp in memory. The user is 10001, without capabilities.
set -euo pipefail

folder=$1 app=$2 models=$3 init=$4
shift 4
mount -t tmpfs tmpfs "$folder/root"
mkdir "$folder/root"/{upper,work,new}
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/root/upper,workdir=$folder/root/work" "$folder/root/new"
cd "$folder/root/new"
mkdir -p app models run/secrets
mount --bind "$app" app
mount --bind "$models" models
mount -o remount,bind,ro models
for secret in "$folder/secrets"/*; do
  touch "run/secrets/${secret##*/}"
  mount --bind "$secret" "run/secrets/${secret##*/}"
done
cp "$init" run/init.sh
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs -o size=64m,mode=1777 tmpfs tmp
mount -o remount,bind,ro .
exec chroot . setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all "$@"
