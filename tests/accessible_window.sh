#!/usr/bin/env bash
# Uses the real window as a screen reader does: finds each control by role and name over AT-SPI, starts the server by
# the action of its button, reads the accept queue in the Live tab, disconnects a client, reads an echo in the log, and
# stops the server.
#
#     tests/accessible_window.sh PROGRAM
#
# PROGRAM is the built echoscope.
# Needs: Xvfb, Mesa's software OpenGL, dbus-run-session, at-spi2-core, and a python3 that has gi with Atspi (on Debian
# xvfb, dbus, at-spi2-core, python3-gi and gir1.2-atspi-2.0).
set -euo pipefail

program=$(realpath "${1:?usage: tests/accessible_window.sh PROGRAM}")
what="accessible window"
[ -n "${OWN_BUS:-}" ] || exec "$(dirname "$0")/support/own_bus.sh" "$0" "$program"
# shellcheck source=support/display.sh source-path=SCRIPTDIR
. "$(dirname "$0")/support/display.sh"
need Xvfb

find_python_with_atspi
open_display

cat >"$work/reader.py" <<'PYTHON'
import socket, sys
from echo import connect, echo
from hands import Atspi, LABEL, ROW, TAB, Window, wait_until

port = int(sys.argv[1])
window = Window()
wait_until("the button", lambda: window.button("Start server"))

def can_be_reached(node):
    return node.get_state_set().contains(Atspi.StateType.FOCUSABLE) and node.get_role() != Atspi.Role.FRAME

controls = [(node.get_role_name(), (node.get_name() or "").strip()) for node in window.walk() if can_be_reached(node)]
assert len(controls) > 20, f"only {len(controls)} controls"
assert all(name for _, name in controls), f"nameless: {controls}"
assert window.text("Host") == "127.0.0.1" and window.text("Port") == str(port), (window.text("Host"), window.text("Port"))

window.press("Start server")
wait_until("the button's other name", lambda: window.button("Stop server"))
# The Live tab is the first one. Its accessible texts describe the picture.
queue = wait_until("the accept queue", lambda: window.find(LABEL, f"*Accept queue of 127.0.0.1:{port}*"))
print("announced in the picture:", queue.get_name())
assert "0 of 6 waiting" in queue.get_name() and "0 packets dropped" in queue.get_name(), queue.get_name()
with connect(port) as client:
    echo(client, b"to be disconnected\n")
    picture = wait_until("the connection", lambda: window.find(ROW, "*19 B received, 19 B sent*"))
    print("announced in the picture:", picture.get_name())
    window.press("*Connection #1 from*", ROW)
    window.press("Disconnect")
    assert client.recv(1) == b"", "the client is still connected"
wait_until("the empty picture", lambda: window.find(LABEL, "No client is connected."))
window.press("Log", TAB)
with connect(port) as client:
    echo(client, b"read aloud\n")
    line = wait_until("the log entry", lambda: window.find(ROW, r"*#2 Received: b'read aloud\n'*"))
    print("announced in the log:", line.get_name())
window.press("Stop server")
wait_until("the stopped server", lambda: window.button("Start server"))
try:
    socket.create_connection(("127.0.0.1", port), timeout=20).close()
    sys.exit("the port is still in use")
except ConnectionRefusedError:
    pass
print(f"{len(controls)} controls, each with a name")
PYTHON

port=$(free_port)
settings=$work/settings.toml
printf 'theme = "light"\nhost = "127.0.0.1"\nport = %s\n' "$port" >"$settings"
"$program" --settings "$settings" 2>"$work/app.err" &
app=$!
code=0
timeout 120 "$python" "$work/reader.py" "$port" >"$work/reader.out" 2>"$work/reader.err" || code=$?
sed "s/^/$what: /" "$work/reader.out"
[ "$code" -eq 0 ] || fail "the screen reader failed ($code)"
kill -0 "$app" 2>/dev/null || fail "the program ended too early"
echo "$what: passed"
