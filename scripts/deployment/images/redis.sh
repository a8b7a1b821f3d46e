#!/bin/sh
set -e
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  exec setpriv --reuid=redis --regid=redis --clear-groups "$0" "$@"
fi
# The official image is built so.
exec "$@" --protected-mode no
