#!/usr/bin/env bash
# Tests the Windows program under Wine. With its window on a real X server: a client gets its echo, the server stops and
# starts again, the file dialog saves the log, and the window closes. Then headless: it prints, and Ctrl-C stops it.
#
#     tests/windows.sh PROGRAM.exe WINE [FOLDER]
#
# WINE runs a Windows program. A screenshot goes to FOLDER (windows-main.png); without FOLDER it is checked and deleted.
# Wine is not Windows: this checks the program's own parts, not the sockets and the console of Windows.
# Needs: Wine, Xvfb, xdotool, ImageMagick, python3, and Mesa's software OpenGL.
set -euo pipefail

program=$(realpath "${1:?usage: tests/windows.sh PROGRAM.exe WINE [FOLDER]}")
wine=$(realpath "${2:?usage: tests/windows.sh PROGRAM.exe WINE [FOLDER]}")
what="Windows program"
# Start with a fresh Wine prefix: with one from an earlier run, the file dialog of Wine 8 crashed.
if [ -z "${WINEPREFIX-}" ]; then
    export WINEPREFIX=$HOME/.cache/echoscope-wine
    rm -rf "$WINEPREFIX"
fi
# shellcheck source=support/display.sh source-path=SCRIPTDIR
. "$(dirname "$0")/support/display.sh"
shots=${3:-$work/shots}
mkdir -p "$shots"
need Xvfb xdotool import identify python3
open_display

# Prints the Windows path of a file: Wine maps Z: to the root.
windows_name() { printf 'Z:%s' "${1//\//\\}"; }

# Runs a command in a console, which Wine provides in a terminal, waits for a text, then presses Ctrl-C.
cat >"$work/console.py" <<'PYTHON'
import os, pty, re, select, signal, sys, time

wine, command, expected = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execv(wine, [wine, "cmd", "/c", command])
seen, text, pressed, deadline = b"", "", False, time.monotonic() + 60
while time.monotonic() < deadline:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            part = b""
        if not part:
            break
        seen += part
        # Remove the escape sequences that move the cursor and set the title.
        text = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07", b"", seen).decode(errors="replace")
    if expected in text and not pressed:
        pressed = True
        os.write(terminal, b"\x03")
else:
    os.kill(child, signal.SIGKILL)
    sys.exit("it goes on after Ctrl-C" if pressed else f"only this came: {text!r}")
sys.exit(None if pressed else f"only this came: {text!r}")
PYTHON

serves() { python3 "$support/echo.py" "$1" 2>"$work/client.err" || fail "the echo did not come back"; }
refuses() {
    ! python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$1" 2>/dev/null
}
# ends_with CODE: waits until the program exits, and fails if its exit code is another one.
ends_with() {
    local code=0
    until_true 20 has_ended || fail "the program is still running"
    wait "$app" || code=$?
    app=
    [ "$code" -eq "$1" ] || fail "the program ended with $code and not with $1"
}

port=$(free_port)
printf 'theme = "light"\nhost = "127.0.0.1"\n' >"$work/settings.toml"
settings=$(windows_name "$work/settings.toml")

"$wine" "$program" --start --port "$port" --settings "$settings" 2>"$work/window.err" &
app=$!
wait_for_window
serves "$port"
xdotool windowfocus "$window"
shot=$shots/windows-main.png
rich_picture() {
    import -silent -window "$window" "$shot" &&
        read -r width height colors < <(identify -format '%w %h %k\n' "$shot") &&
        [ "$width" -ge 900 ] && [ "$height" -ge 600 ] && [ "$colors" -ge 50 ]
}
until_true 20 rich_picture || fail "the picture is blank or small: ${width:-?}x${height:-?}, ${colors:-?} colors"
echo "$what: ${width}x$height, $colors colors; the echo came back"

xdotool key ctrl+Return
until_true 10 refuses "$port" || fail "Ctrl+Enter did not stop the server"
xdotool key ctrl+Return
serves "$port"
echo "$what: stopped and started by Ctrl+Enter"

# Enter a file name into the file dialog, which saves the log to that file.
find_dialog() {
    dialog=$(xdotool search --onlyvisible --name '^Save the log' 2>/dev/null | head -n 1)
    [ -n "$dialog" ]
}
saved() { grep -qsF "Received: b'Hello\\n'" "$work/saved.txt"; }
xdotool key ctrl+s
until_true 20 find_dialog || fail "Ctrl+S opened no file dialog"
sleep 1
xdotool windowfocus "$dialog" key --clearmodifiers ctrl+a type --delay 20 "$(windows_name "$work/saved.txt")"
xdotool key Return
until_true 20 saved || fail "the log was not saved where the dialog said"
xdotool windowfocus "$window"
echo "$what: a file was picked, and the log saved to it"

xdotool key alt+F4
ends_with 0
refuses "$port" || fail "port $port is still served after the end"
echo "$what: closed"

# Run headless, with the log redirected.
"$wine" "$program" --headless --host 127.0.0.1 --port "$port" --settings "$settings" \
    >"$work/headless.out" 2>"$work/headless.err" &
app=$!
serves "$port"
until_true 10 grep -qF "Received: b'Hello\\n'" "$work/headless.out" || fail "the log is not printed"
[ ! -s "$work/headless.err" ] || fail "it printed an error"
kill "$app"
wait "$app" || true
app=
echo "$what: without a window it prints where it is told to"

# Run from a console: the output appears there, and Ctrl-C reaches the program. `cmd` waits for the program here, as in
# a
# batch file; at a prompt it would return at once.
in_console() { python3 "$work/console.py" "$wine" "$@" || fail "the console does not show: ${*: -1}"; }
in_console "$(windows_name "$program") --version" "echoscope "
in_console "$(windows_name "$program") --port 70000" "Port must be"
in_console "$(windows_name "$program") --headless --host 127.0.0.1 --port $port --settings $settings" "Listening on"
until_true 10 refuses "$port" || fail "Ctrl-C did not stop the server"
echo "$what: a part in the console it was started from"
echo "$what: passed"
