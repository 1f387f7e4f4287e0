#!/bin/sh
# systemd: copy to /usr/local/bin/image-gateway, mode 755. Runs a command with the settings that the service has:
#   sudo image-gateway doctor
# The shell reads /etc/image-gateway.env as systemd does if values with special characters are in single quotes.
set -a
DATA_DIR=/var/lib/image-gateway
[ ! -f /etc/image-gateway.env ] || . /etc/image-gateway.env
exec /opt/image-gateway/bin/image-gateway.cjs "$@"
