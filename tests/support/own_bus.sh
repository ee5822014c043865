#!/usr/bin/env bash
# Runs a script on a D-Bus session of its own: nobody else's windows are on its accessibility bus, and the bus ends with
# the script.
#
#     own_bus.sh SCRIPT ARGUMENT…
set -euo pipefail

command -v dbus-run-session >/dev/null || { echo "$(basename "$1"): dbus-run-session is not installed" >&2; exit 1; }
# The settings of whoever runs this are left alone.
export OWN_BUS=yes GSETTINGS_BACKEND=memory
exec dbus-run-session -- "$@"
