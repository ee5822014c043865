#!/usr/bin/env bash
# Takes the first steps of a newcomer in the real window on a real X server: an echo from the start screen with the mouse
# alone, then the first lesson with mouse and keyboard.
#
#     tests/real_window_lesson.sh PROGRAM [FOLDER]
#
# PROGRAM is the built echoscope. A screenshot of each step goes to FOLDER, if given. The places of the controls are found
# over AT-SPI, and clicked with the mouse. The button for the next lesson appears only after the last step. That lesson's
# first step changes the form, which the settings file shows.
# Needs: Xvfb, xdotool and ImageMagick, Mesa's software OpenGL, and what tests/accessible_window.sh needs.
set -euo pipefail

program=$(realpath "${1:?usage: tests/real_window_lesson.sh PROGRAM [FOLDER]}")
what="real window, lesson"
[ -n "${OWN_BUS:-}" ] || exec "$(dirname "$0")/support/own_bus.sh" "$0" "$program" ${2:+"$(realpath -m "$2")"}
# shellcheck source=support/display.sh source-path=SCRIPTDIR
. "$(dirname "$0")/support/display.sh"
shots=${2:-$work/shots}
mkdir -p "$shots"
need Xvfb xdotool import
find_python_with_atspi
open_display

settings=$work/settings.toml
printf 'theme = "light"\nhost = "127.0.0.1"\nport = 0\n' >"$settings"
"$program" --settings "$settings" 2>"$work/app.err" &
app=$!

wait_for_window
xdotool windowsize --sync "$window" 1180 760 windowfocus "$window"

cat >"$work/learn.py" <<'PYTHON'
import subprocess, sys, time
from hands import Atspi, BUTTON, ROW, TAB, Window, wait_until

window_id, folder, settings = sys.argv[1:]
window = Window()
shots = 0

def shot(what):
    global shots
    subprocess.run(["import", "-silent", "-window", window_id, f"{folder}/lesson-{shots}-{what}.png"], check=True)
    shots += 1

def place(name, role):
    control = window.find(role, name)
    if not control or not control.get_state_set().contains(Atspi.StateType.ENABLED):
        return None
    bounds = Atspi.Component.get_extents(control, Atspi.CoordType.WINDOW)
    return (bounds.x + bounds.width // 2, bounds.y + bounds.height // 2) if bounds.width > 0 else None

def click(name, role=BUTTON):
    """Clicks a control once it has the same place twice."""
    def steady():
        one = place(name, role)
        time.sleep(0.15)
        return one if one and one == place(name, role) else None
    x, y = wait_until(name, steady)
    shot("".join(c if c.isalnum() else "-" for c in name.lower()))
    subprocess.run(["xdotool", "mousemove", "--window", window_id, str(x), str(y), "click", "1"], check=True)

def type_line(text):
    subprocess.run(["xdotool", "type", "--delay", "30", text], check=True)
    subprocess.run(["xdotool", "key", "Return"], check=True)

click("Send an echo")
wait_until("the connection", lambda: window.find(None, "*Client 1, connected*"))
type_line("Hi")
wait_until("the echo", lambda: window.find(ROW, "*received Hi*"))
click("Close")
wait_until("the end", lambda: window.find(None, "*Client 1, closed*"))
click("Stop server")
wait_until("the stop", lambda: window.button("Start server"))

click("Lessons")
click("1. Your first echo", None)
wait_until("the lesson", lambda: window.find(None, "Skip this step"))
click("Start server")
click("Client", TAB)
click("Connect")
wait_until("the connection", lambda: window.find(None, "*Client 1, connected*"))
click("Text to send", Atspi.Role.ENTRY)
subprocess.run(["xdotool", "key", "ctrl+a"], check=True)
type_line("Hello")
wait_until("the echo", lambda: window.find(ROW, "*received b'Hello*"))
click("Log", TAB)
click("*Received: b'Hello*", ROW)
click("Client", TAB)
click("b'', no bytes")
click("Close")
wait_until("the end", lambda: window.find(None, "*Client 1, closed*"))
click("Stop server")
click("Code", TAB)
click("Twice")
click("*Next lesson*")
click("Set it up")
wait_until("the settings", lambda: {'backlog = 2', 'mode = "one"'} <= set(open(settings).read().splitlines()))
shot("end")
PYTHON
timeout 150 "$python" "$work/learn.py" "$window" "$shots" "$settings" 2>"$work/learn.err" || {
    cat "$work/learn.err" >&2
    fail "the lesson was not done to its end; the settings are
$(cat "$settings")"
}
echo "real window, lesson: passed"
