#!/usr/bin/env bash
# Installs, starts and tests a copy of the last commit as somebody else would: as another user (when root runs this), with no
# configuration of npm, and with a PATH that holds Node and npm but neither Python, nor a compiler, nor git.
set -euo pipefail
[[ ${1:-} != --help ]] || { sed -n '2,3s/^# //p' "$0"; exit 0; }

source=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d /tmp/newcomer-XXXXXX)
gateway=
finish() {
  [[ -z $gateway ]] || kill -KILL "$gateway" 2> /dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

mkdir "$folder/bin" "$folder/home" "$folder/project" "$folder/data"
git -C "$source" archive HEAD | tar -x -C "$folder/project"
for tool in node npm sh bash env dirname basename uname sed cat mkdir rm ln cp mv ls chmod sleep; do
  ln -s "$(command -v "$tool")" "$folder/bin/$tool"
done

as_newcomer=()
if [[ $(id -u) == 0 ]]; then
  chown -R 65534:65534 "$folder"
  as_newcomer=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
newcomer() {
  # A certificate authority of the network is no configuration of npm.
  (cd "$folder/project" && exec "${as_newcomer[@]}" env -i HOME="$folder/home" PATH="$folder/bin" TMPDIR="$folder/home" LANG=C.UTF-8 \
    ${NODE_EXTRA_CA_CERTS:+NODE_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS"} npm_config_globalconfig="$folder/home/none" npm_config_update_notifier=false \
    DATA_DIR="$folder/data" PORT=0 REFRESH_INTERVAL=0 "$@")
}
fail() {
  echo "newcomer: $1" >&2
  [[ ! -s $folder/log ]] || cat "$folder/log" >&2
  exit 1
}

echo 'newcomer: npm ci' >&2
newcomer npm ci > "$folder/log" 2>&1 || fail 'npm ci failed'
! grep -iE '\bwarn' "$folder/log" || fail 'npm ci warned'

echo 'newcomer: npm start' >&2
newcomer npm start > "$folder/log" 2>&1 &
gateway=$!
for _ in $(seq 240); do
  url=$(sed -nE 's/^ *Image server +(http:[^ ]+)\/imgapi.*/\1/p' "$folder/log")
  [[ -z $url ]] || break
  kill -0 "$gateway" 2> /dev/null || fail 'npm start ended'
  sleep 0.5
done
[[ -n $url ]] || fail 'npm start told no address within two minutes'
curl -sf "$url/livez" > /dev/null || fail "$url/livez does not answer"
pkill -TERM -P "$gateway" 2> /dev/null || kill -TERM "$gateway"
for _ in $(seq 60); do
  kill -0 "$gateway" 2> /dev/null || break
  sleep 0.5
done
! kill -0 "$gateway" 2> /dev/null || fail 'SIGTERM to npm start did not end the gateway'
gateway=

echo 'newcomer: npm test -- one file' >&2
newcomer npm test -- --project sqlite test/imgapi/manifest.test.ts > "$folder/log" 2>&1 || fail 'a test failed'
echo 'newcomer: all is well' >&2
