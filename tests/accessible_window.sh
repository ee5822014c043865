#!/usr/bin/env bash
# The real window as a screen reader has it: every control is found by its role and its name over AT-SPI, the server is
# started with the button's own action, an echo from outside is read in the log, and the server is stopped again.
#
#     tests/accessible_window.sh PROGRAM
#
# PROGRAM is the built echoscope.
# Needs: Xvfb, Mesa's software OpenGL, dbus-run-session, at-spi2-core, and a python3 that has gi with Atspi (on Debian
# xvfb, dbus, at-spi2-core, python3-gi and gir1.2-atspi-2.0).
set -euo pipefail

program=$(realpath "${1:?usage: tests/accessible_window.sh PROGRAM}")
what="accessible window"
# A bus of its own: nobody else's windows are on it, and it ends with this script.
if [ -z "${ECHOSCOPE_OWN_BUS:-}" ]; then
    command -v dbus-run-session >/dev/null || { echo "$what: dbus-run-session is not installed" >&2; exit 1; }
    exec env ECHOSCOPE_OWN_BUS=yes GSETTINGS_BACKEND=memory dbus-run-session -- "$0" "$program"
fi
. "$(dirname "$0")/support/display.sh"
need Xvfb

# Debian's packages are for Debian's Python, which need not be the first in the path.
has_atspi() { "$1" -c 'import gi; gi.require_version("Atspi", "2.0"); from gi.repository import Atspi' 2>/dev/null; }
python=
for candidate in python3 /usr/bin/python3; do
    if [ -z "$python" ] && has_atspi "$candidate"; then python=$candidate; fi
done
[ -n "$python" ] || fail "no python3 has gi with Atspi: install at-spi2-core, python3-gi and gir1.2-atspi-2.0"
open_display
mkdir -m 700 "$work/run"
export XDG_RUNTIME_DIR=$work/run

cat >"$work/reader.py" <<'PYTHON'
import socket, sys, time
import gi
gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib

port = int(sys.argv[1])

def until(what, look, patience=40):
    deadline = time.monotonic() + patience
    while True:
        try:
            found = look()
        except GLib.Error:
            # What was there a moment ago is gone: the window has changed meanwhile.
            found = None
        if found:
            return found
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)

# What a screen reader does when it starts.
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
bus.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Set",
              GLib.Variant("(ssv)", ("org.a11y.Status", "IsEnabled", GLib.Variant("b", True))), None, 0, -1, None)
Atspi.init()

def application():
    desktop = Atspi.get_desktop(0)
    children = [desktop.get_child_at_index(index) for index in range(desktop.get_child_count())]
    return next((child for child in children if child and (child.get_name() or "").lower() == "echoscope"), None)

def walk(node):
    yield node
    for index in range(node.get_child_count()):
        child = node.get_child_at_index(index)
        if child:
            yield from walk(child)

def find(role, name):
    return next((node for node in walk(app) if node.get_role() == role and is_it(node, name)), None)

def is_it(node, name):
    return name(node.get_name() or "") if callable(name) else node.get_name() == name

def press(name):
    button = until(f"the button {name}", lambda: find(Atspi.Role.PUSH_BUTTON, name))
    assert button.get_state_set().contains(Atspi.StateType.ENABLED), f"{name} can't be pressed"
    assert button.get_n_actions() > 0, f"{name} has no action"
    assert button.do_action(0), f"{name} was not pressed"

def text(name):
    field = until(f"the field {name}", lambda: find(Atspi.Role.ENTRY, name))
    return Atspi.Text.get_text(field, 0, -1)

app = until("the program on the accessibility bus", application)
until("its tree", lambda: find(Atspi.Role.PUSH_BUTTON, "Start server"))

nameless = [node for node in walk(app)
            if node.get_state_set().contains(Atspi.StateType.FOCUSABLE)
            and not (node.get_name() or "").strip() and node.get_role() != Atspi.Role.FRAME]
assert not nameless, [(node.get_role_name(), node.get_name()) for node in nameless]
controls = sum(node.get_state_set().contains(Atspi.StateType.FOCUSABLE) for node in walk(app))
assert controls > 20, f"only {controls} controls"
assert text("Host") == "127.0.0.1" and text("Port") == str(port), (text("Host"), text("Port"))

press("Start server")
until("the button's other name", lambda: find(Atspi.Role.PUSH_BUTTON, "Stop server"))
with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
    client.sendall(b"heard, not seen\n")
    got = b""
    while len(got) < 16:
        got += client.recv(1024) or sys.exit("the server closed")
    assert got == b"heard, not seen\n", got
    line = until("the log's line", lambda: find(
        Atspi.Role.LIST_ITEM, lambda name: r"#1 Received: b'heard, not seen\n'" in name))
    print("read in the log:", line.get_name())
press("Stop server")
until("rest", lambda: find(Atspi.Role.PUSH_BUTTON, "Start server"))
try:
    socket.create_connection(("127.0.0.1", port), timeout=20).close()
    sys.exit("somebody still listens")
except ConnectionRefusedError:
    pass
print(f"{controls} controls, each with a name")
PYTHON

port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
settings=$work/settings.toml
printf 'theme = "light"\nhost = "127.0.0.1"\nport = %s\n' "$port" >"$settings"
"$program" --settings "$settings" 2>"$work/app.err" &
app=$!
code=0
timeout 120 "$python" "$work/reader.py" "$port" >"$work/reader.out" 2>"$work/reader.err" || code=$?
sed "s/^/$what: /" "$work/reader.out"
[ "$code" -eq 0 ] || fail "the screen reader got stuck ($code)"
kill -0 "$app" 2>/dev/null || fail "the program ended before it was to"
echo "$what: passed"
