#!/usr/bin/env bash
# Takes the screenshots for the README: each tab of the real window while clients are served, light and dark, and a
# lesson. It finds the controls by name over AT-SPI, so that a change of the layout doesn't matter.
#
#     tests/screenshots.sh PROGRAM FOLDER
#
# PROGRAM is the built echoscope. tests/real_window.sh takes the screenshot of the log, with the tutorial's certificate.
# Port 12345, the default, has to be free.
# Needs: Xvfb, xdotool, ImageMagick, Mesa's software OpenGL, and what tests/accessible_window.sh needs.
set -euo pipefail

program=$(realpath "${1:?usage: tests/screenshots.sh PROGRAM FOLDER}")
mkdir -p "${2:?usage: tests/screenshots.sh PROGRAM FOLDER}"
shots=$(realpath "$2")
what=screenshots
[ -n "${OWN_BUS:-}" ] || exec "$(dirname "$0")/support/own_bus.sh" "$0" "$program" "$shots"
# shellcheck source=support/display.sh source-path=SCRIPTDIR
. "$(dirname "$0")/support/display.sh"
need Xvfb xdotool import
find_python_with_atspi
open_display

cat >"$work/shoot.py" <<'PYTHON'
import socket, ssl, subprocess, sys, time
from hands import ROW, TAB, Window, wait_until

what, theme, window_id, folder = sys.argv[1:]
window = Window()

def shot(name):
    # Move the pointer where it changes nothing, and wait until the effect of the last click is painted.
    subprocess.run(["xdotool", "mousemove", "1399", "899"], check=True)
    time.sleep(1)
    subprocess.run(["import", "-silent", "-window", window_id, f"{folder}/{name}-{theme}.png"], check=True)

def type_into_the_window(text):
    subprocess.run(["xdotool", "windowfocus", window_id], check=True)
    subprocess.run(["xdotool", "type", "--delay", "40", text], check=True)
    subprocess.run(["xdotool", "key", "Return"], check=True)

def echo(newest, data):
    context = ssl.create_default_context(cafile="server.crt")
    context.maximum_version = newest
    client = context.wrap_socket(socket.create_connection(("127.0.0.1", 12345), timeout=20), server_hostname="localhost")
    client.sendall(data)
    assert client.recv(1024) == data
    return client

def served():
    wait_until("the server", lambda: window.button("Stop server"))
    clients = [echo(ssl.TLSVersion.TLSv1_3, b"Hello\n"), echo(ssl.TLSVersion.TLSv1_2, b"and another client\n")]
    wait_until("both", lambda: window.find(ROW, "*#2 Received*"))
    # Wait until the rate is 0 again.
    time.sleep(3)
    window.press("Live", TAB)
    window.press("*Connection #1 *", ROW)
    shot("live")
    window.press("Wire", TAB)
    window.press("*Application data*", ROW)
    shot("wire")
    window.press("Code", TAB)
    shot("code")
    for client in clients:
        client.close()

def be_a_client():
    wait_until("the server", lambda: window.button("Stop server"))
    window.press("Client", TAB)
    window.press("Connect")
    wait_until("the connection", lambda: window.find(None, "*Client 1, connected*"))
    for text in ["Hello", "A stream has no messages"]:
        type_into_the_window(text)
        wait_until(text, lambda: window.find(ROW, f"*received {text}*"))
    window.press("Add a client")
    window.press("Connect")
    wait_until("the second one waits", lambda: window.find(None, "*Client 2, waits to be accepted*"))
    window.press("*Client 1, connected*", None)
    window.press("*sent Hello*", ROW)
    time.sleep(3)
    shot("client")

def learn():
    window.press("Lessons")
    window.press("1. Your first echo", role=None)
    window.press("Start server")
    window.press("Client", TAB)
    window.press("Connect")
    wait_until("the connection", lambda: window.find(None, "*Client 1, connected*"))
    type_into_the_window("Hello")
    wait_until("the echo", lambda: window.find(ROW, "*received b'Hello*"))
    window.press("Log", TAB)
    wait_until("the log", lambda: window.find(ROW, "*Received: b'Hello*"))
    time.sleep(3)
    shot("lesson")

{"served": served, "client": be_a_client, "lesson": learn}[what]()
PYTHON

"$program" create-certificate --out "$work" --key p256 >"$work/create.out"

# shoot WHAT THEME SETTING ARGUMENT…: opens the window, takes the screenshots, and closes the window.
shoot() {
    local what_is_seen=$1 theme=$2 setting=$3
    shift 3
    # The second tab is the log.
    printf 'theme = "%s"\ntab = 2\nstart_screen = false\n%s\n' "$theme" "$setting" >"$work/settings.toml"
    (cd "$work" && exec "$program" --settings "$work/settings.toml" "$@" 2>"$work/app.err") &
    app=$!
    wait_for_window
    xdotool windowsize --sync "$window" 1180 760
    (cd "$work" && timeout 180 "$python" shoot.py "$what_is_seen" "$theme" "$window" "$shots" 2>"$work/shoot.err") ||
        fail "no pictures of $what_is_seen, $theme"
    kill "$app"
    wait "$app" || true
    app=
}

for theme in light dark; do
    shoot served "$theme" "" --start --tls --cert server.crt --key server.key
    shoot client "$theme" 'mode = "one"' --start
done
shoot lesson light ""
ls -l "$shots"
