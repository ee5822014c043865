# Helpers for the scripts that use the real window: an X server, a temporary folder, and error messages.
#
# Set `what` (the script's name in messages) and `program` before sourcing it. It sets `work`, and at exit removes that
# folder and ends the processes in `app`, `clients` and `xserver`.
# shellcheck shell=bash

: "${what:?is the name of the script in messages}"
work=$(mktemp -d)
support=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# Python code that the scripts share.
export PYTHONPATH=$support PYTHONDONTWRITEBYTECODE=yes
mkdir -p "$work/home"
app="" clients="" xserver=""

fail() {
    echo "$what: $*" >&2
    for file in "$work"/*.err; do
        [ -s "$file" ] && { echo "--- $file" >&2; tail -n 20 "$file" >&2; }
    done
    exit 1
}

clean_up() {
    for process in $app $clients $xserver; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT

# need PROGRAM…: fails if one isn't installed.
need() {
    local needed
    for needed; do
        command -v "$needed" >/dev/null || fail "$needed is not installed"
    done
}

# until_true SECONDS COMMAND…: repeats the command until it succeeds; fails after that time.
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Succeeds if the program in `app` has exited by itself.
has_ended() { ! kill -0 "$app" 2>/dev/null; }

# Starts an X server on a free display number. Without -noreset it would restart when the first window closes, and
# reject connections meanwhile.
open_display() {
    mkfifo "$work/display"
    Xvfb -displayfd 3 -screen 0 1400x900x24 -nolisten tcp -noreset 3>"$work/display" 2>"$work/xvfb.err" &
    xserver=$!
    read -r -t 20 number <"$work/display" || fail "Xvfb did not start"
    export DISPLAY=:$number
    unset WAYLAND_DISPLAY WAYLAND_SOCKET
    export HOME=$work/home XDG_CONFIG_HOME=$work/home LIBGL_ALWAYS_SOFTWARE=1
}

# Waits for the program's window; sets `window`.
wait_for_window() {
    window=
    until_true 60 find_window || fail "no window came"
}

find_window() {
    kill -0 "$app" 2>/dev/null || fail "the program ended before its window opened"
    window=$(xdotool search --onlyvisible --name '^Echoscope' 2>/dev/null | head -n 1)
    [ -n "$window" ]
}

# Sets `python` to a Python that has AT-SPI: Debian's packages are for Debian's Python, which may not be first in PATH.
find_python_with_atspi() {
    local candidate
    python=
    for candidate in python3 /usr/bin/python3; do
        if [ -z "$python" ] && "$candidate" -c 'import gi; gi.require_version("Atspi", "2.0")' 2>/dev/null; then
            python=$candidate
        fi
    done
    [ -n "$python" ] || fail "no python3 has gi with Atspi: install at-spi2-core, python3-gi and gir1.2-atspi-2.0"
    mkdir -m 700 "$work/run"
    export XDG_RUNTIME_DIR=$work/run
}
