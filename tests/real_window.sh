#!/usr/bin/env bash
# Tests the real window on a real X server with the light and the dark theme: echoes over TLS, reads the log, and closes
# the window; then closes it again under load.
#
#     tests/real_window.sh PROGRAM [FOLDER]
#
# PROGRAM is the built echoscope. Screenshots go to FOLDER (main-light.png, main-dark.png), as for assets/screenshots;
# without FOLDER they are checked and deleted.
# Needs: Xvfb, xdotool, xprop, xclip, ImageMagick, openssl, python3, and Mesa's software OpenGL.
set -euo pipefail

program=$(realpath "${1:?usage: tests/real_window.sh PROGRAM [FOLDER]}")
what="real window"
# shellcheck source=support/display.sh source-path=SCRIPTDIR
. "$(dirname "$0")/support/display.sh"
shots=${2:-$work/shots}
mkdir -p "$shots"
need Xvfb xdotool xprop xclip import identify convert openssl python3
open_display

# Create the certificate files with the tutorial's commands.
(
    cd "$work"
    openssl genrsa -out server.key 2048
    openssl req -new -key server.key -out server.csr -subj /CN=localhost
    openssl x509 -req -days 365 -in server.csr -signkey server.key -out server.crt
) >"$work/openssl.out" 2>&1 || fail "openssl made no certificate: $(cat "$work/openssl.out")"

# Three clients: two use TLS, check their echo and stay until stdin ends; one sends HTTP.
cat >"$work/clients.py" <<'PYTHON'
import ssl, sys
from echo import connect, echo

port = int(sys.argv[1])

def tls(conn, newest):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = newest
    return context.wrap_socket(conn, server_hostname="localhost")

first = tls(connect(port), ssl.TLSVersion.TLSv1_3)
echo(first, b"Hello\n")
with connect(port) as second:
    second.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    try:
        while second.recv(1024):
            pass
    except ConnectionResetError:
        pass
third = tls(connect(port, "localhost"), ssl.TLSVersion.TLSv1_2)
echo(third, b"\x00\x01\x02caf\xc3\xa9")
echo(first, b"the text to be seen\n")
print("echoed", flush=True)
sys.stdin.read()
PYTHON

# Sends the message that a window manager sends when the close button is clicked.
cat >"$work/close.py" <<'PYTHON'
import ctypes, sys

x11 = ctypes.CDLL("libX11.so.6")
x11.XOpenDisplay.restype = ctypes.c_void_p
x11.XInternAtom.restype = ctypes.c_ulong
x11.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]

class ClientMessage(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong),
                ("format", ctypes.c_int), ("data", ctypes.c_long * 5), ("pad", ctypes.c_long * 16)]

display, window = x11.XOpenDisplay(None), int(sys.argv[1])
protocols, delete = (x11.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
event = ClientMessage(33, 0, 1, display, window, protocols, 32, (ctypes.c_long * 5)(delete, 0, 0, 0, 0))
x11.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
x11.XSendEvent(display, window, 0, 0, ctypes.byref(event))
x11.XSync.argtypes = [ctypes.c_void_p, ctypes.c_int]
x11.XSync(display, 0)
PYTHON

# Clicks down the log until the entry under the pointer, copied, is the expected one.
find_row() {
    local y
    for ((y = 136; y <= 560; y += 8)); do
        xdotool mousemove --window "$window" 930 "$y" click 1 key --clearmodifiers ctrl+c
        # The program sets the clipboard within two frames. Other entries are skipped.
        for _ in 1 2 3; do
            copied=$(timeout 2 xclip -o -selection clipboard 2>/dev/null || true)
            [[ $copied == *"$1"* ]] && return 0
            sleep 0.05
        done
    done
    return 1
}

for theme in light dark; do
    # Pictures for the README show the default port.
    port=12345
    [ $# -gt 1 ] || port=$(free_port)
    settings=$work/$theme.toml
    # The second tab is the log.
    printf 'theme = "%s"\ntab = 2\nstart_screen = false\n' "$theme" >"$settings"
    (
        cd "$work"
        exec "$program" --start --port "$port" --tls --cert server.crt --key server.key --settings "$settings" \
            2>"$work/$theme.err"
    ) &
    app=$!
    wait_for_window
    xprop -id "$window" WM_CLASS | grep -qi echoscope || fail "the window has no class: $(xprop -id "$window" WM_CLASS)"
    xprop -id "$window" -len 8 _NET_WM_ICON | grep -q '=\|Icon' || fail "the window has no icon"

    mkfifo "$work/$theme.in"
    python3 "$work/clients.py" "$port" <"$work/$theme.in" >"$work/$theme.out" 2>"$work/$theme-clients.err" &
    clients=$!
    exec 4>"$work/$theme.in"
    until_true 40 grep -qs echoed "$work/$theme.out" || fail "the echo did not come back"

    xdotool windowfocus "$window"
    copied=
    until_true 30 find_row "Received: b'the text to be seen\\n'" ||
        fail "the echo is not in the window's log; last copied: ${copied:-nothing}"
    echo "real window, $theme: copied from the log: ${copied}"

    # Move the pointer out of the picture, and wait for the notice about the copy to disappear.
    xdotool mousemove 1399 899
    [ $# -le 1 ] || sleep 4
    shot=$shots/main-$theme.png
    rich_picture() {
        import -silent -window "$window" "$shot" &&
            read -r width height colors < <(identify -format '%w %h %k\n' "$shot") &&
            [ "$width" -ge 900 ] && [ "$height" -ge 600 ] && [ "$colors" -ge 50 ]
    }
    until_true 10 rich_picture || fail "the picture is blank or small: ${width:-?}x${height:-?}, ${colors:-?} colors"
    # The middle of the log shows whether the theme is light or dark.
    shade=$(convert "$shot" -crop 200x20+500+500 -colorspace Gray -format '%[fx:100*mean]' info:)
    case $theme in
        light) [ "${shade%.*}" -ge 70 ] || fail "the light theme is dark ($shade of 100)" ;;
        dark) [ "${shade%.*}" -le 30 ] || fail "the dark theme is light ($shade of 100)" ;;
    esac
    echo "real window, $theme: ${width}x$height, $colors colors, mean shade $shade of 100"

    python3 "$work/close.py" "$window"
    until_true 10 has_ended || fail "the window was closed and the program goes on"
    code=0
    wait "$app" || code=$?
    app=
    [ "$code" -eq 0 ] || fail "the window was closed and the program ended with $code"
    exec 4>&-
    wait "$clients" || fail "a client failed"
    clients=
    python3 -c 'import socket, sys
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen()' \
        "$port" || fail "port $port is still taken after the end"
done

# Close the window under load: clients send as fast as they can, and a setting was just changed.
cat >"$work/load.py" <<'PYTHON'
import socket, sys, threading

def load():
    try:
        with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as conn:
            while True:
                conn.sendall(b"x" * 1000)
                if not conn.recv(65536):
                    return
                under_way.set()
    except OSError:
        pass

under_way = threading.Event()
threads = [threading.Thread(target=load) for _ in range(20)]
for thread in threads:
    thread.start()
under_way.wait(20)
print("under way", flush=True)
for thread in threads:
    thread.join()
PYTHON

port=$(free_port)
settings=$work/middle.toml
printf 'theme = "light"\nhost = "127.0.0.1"\n' >"$settings"
"$program" --start --port "$port" --settings "$settings" 2>"$work/middle.err" &
app=$!
wait_for_window
xdotool windowsize --sync "$window" 1180 760 windowfocus "$window"
python3 "$work/load.py" "$port" >"$work/load.out" 2>"$work/load.err" &
clients=$!
until_true 20 grep -qs "under way" "$work/load.out" || fail "the clients are not served"
# Click the button for the dark theme. A setting is saved half a second after a change, or at exit.
xdotool mousemove --window "$window" 1060 22 click 1
python3 "$work/close.py" "$window"
until_true 10 has_ended || fail "the window was closed in the middle of everything and the program goes on"
code=0
wait "$app" || code=$?
app=
[ "$code" -eq 0 ] || fail "closed in the middle of everything the program ended with $code"
[ ! -s "$work/middle.err" ] || fail "it complained when it was closed"
grep -q 'theme = "dark"' "$settings" || fail "the setting changed last was lost: $(cat "$settings")"
wait "$clients" || fail "a client was left hanging"
clients=
echo "real window: closed in the middle of everything, nothing lost"
# A variable that is left over from a Wayland session doesn't keep the window from opening by X11.
WAYLAND_DISPLAY=wayland-of-yesterday XDG_RUNTIME_DIR=$work "$program" --settings "$work/stale.toml" 2>"$work/stale.err" &
app=$!
wait_for_window
python3 "$work/close.py" "$window"
until_true 10 has_ended || fail "the window was closed and the program goes on"
wait "$app" || fail "with a stale WAYLAND_DISPLAY the program failed"
app=
echo "real window: opened by X11 in spite of a stale WAYLAND_DISPLAY"

# winit panics for this scale factor. The program ends and names --headless.
code=0
WINIT_X11_SCALE_FACTOR=0 timeout 20 "$program" --settings "$work/scale.toml" 2>"$work/scale.out" || code=$?
[ "$code" -eq 1 ] || fail "with a scale factor of 0 the program ended with $code"
grep -q '^echoscope: .*--headless' "$work/scale.out" || fail "it ended without advice: $(cat "$work/scale.out")"
echo "real window: a window that fails ends the program"

# A panic of the window's thread leaves a report, and the next window reports it.
code=0
ECHOSCOPE_PANIC=ui timeout 30 "$program" --settings "$work/crash/settings.toml" 2>"$work/crash.out" || code=$?
[ "$code" -eq 1 ] || fail "after a panic of the window's thread the program ended with $code"
grep -q '^echoscope: A crash report is in ' "$work/crash.out" || fail "no report: $(cat "$work/crash.out")"
report=$(ls "$work"/crash/echoscope-crash-*.txt)
for fact in '^Thread:   main' 'src/ui/window.rs:' '^Renderer: glow, '; do
    grep -q "$fact" "$report" || fail "the report lacks $fact: $(cat "$report")"
done
"$program" --settings "$work/crash/settings.toml" 2>"$work/crash.err" &
app=$!
wait_for_window
# The window saves which report it has shown.
until_true 20 grep -qs "reported_crash = \"$(basename "$report")\"" "$work/crash/settings.toml" ||
    fail "the next window doesn't report the crash: $(cat "$work/crash/settings.toml")"
python3 "$work/close.py" "$window"
until_true 10 has_ended || fail "the window was closed and the program goes on"
app=
echo "real window: a crash report is written and reported"
echo "real window: passed"
