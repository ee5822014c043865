#!/usr/bin/env bash
# Runs a script in its own D-Bus session, whose accessibility bus has no other windows and ends with the script.
#
#     own_bus.sh SCRIPT ARGUMENT…
set -euo pipefail

command -v dbus-run-session >/dev/null || { echo "$(basename "$1"): dbus-run-session is not installed" >&2; exit 1; }
# This keeps the user's own settings unchanged.
export OWN_BUS=yes GSETTINGS_BACKEND=memory
exec dbus-run-session -- "$@"
