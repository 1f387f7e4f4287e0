#!/bin/sh
# Prints the names of the images that you can use in a datacenter, one a line. Needs curl and nothing else.
#
#   GATEWAY_TOKEN=… examples/images.sh [datacenter, default main]
#
# The gateway is at GATEWAY_URL, by default http://127.0.0.1:4000.
set -eu

url=${GATEWAY_URL:-http://127.0.0.1:4000}
datacenter=${1:-main}
if [ -z "${GATEWAY_TOKEN:-}" ]; then
  echo 'Set GATEWAY_TOKEN to an API key or a JWT.' >&2
  exit 2
fi

# Names of datacenters and images have no character that JSON would escape.
case $datacenter in
  *[!A-Za-z0-9._-]*) echo "\"$datacenter\" is no name of a datacenter." >&2; exit 2 ;;
esac

query='query($dc: String!) { usableImages(datacenter: $dc, first: 200) { nodes { name } } }'
answer=$(curl --silent --show-error "$url/graphql" \
  --header "Authorization: Bearer $GATEWAY_TOKEN" \
  --header 'Content-Type: application/json' \
  --data "{\"query\": \"$query\", \"variables\": {\"dc\": \"$datacenter\"}}")

# A GraphQL answer can carry errors whatever its HTTP status is.
case $answer in
  *'"errors":'*) echo "$answer" >&2; exit 1 ;;
esac
echo "$answer" | grep -o '"name":"[^"]*"' | cut -d '"' -f 4 || true
