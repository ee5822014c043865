#!/usr/bin/env bash
# Completes the first lesson with mouse and keyboard in the real window on a real X server.
#
#     tests/real_window_lesson.sh PROGRAM [FOLDER]
#
# PROGRAM is the built echoscope. A screenshot of each step goes to FOLDER, if given. The button for the next lesson
# appears only after the last step. That lesson's first step changes the form, which the settings file shows.
# Needs: Xvfb, xdotool and ImageMagick, and Mesa's software OpenGL.
set -euo pipefail

program=$(realpath "${1:?usage: tests/real_window_lesson.sh PROGRAM [FOLDER]}")
what="real window, lesson"
# shellcheck source=support/display.sh source-path=SCRIPTDIR
. "$(dirname "$0")/support/display.sh"
shots=${2:-$work/shots}
mkdir -p "$shots"
need Xvfb xdotool import identify
open_display

settings=$work/settings.toml
printf 'theme = "light"\nhost = "127.0.0.1"\nport = 0\n' >"$settings"
"$program" --settings "$settings" 2>"$work/app.err" &
app=$!

wait_for_window
xdotool windowsize --sync "$window" 1180 760 windowfocus "$window"

# Prints a checksum of the window's picture, with the pointer where it changes nothing.
picture() { import -silent -window "$window" "$work/now.png" && identify -format '%#' "$work/now.png"; }

# Succeeds if the window has changed and is stable again, since it paints only when something happens.
last=
rests() {
    local one two
    one=$(picture) && sleep 0.2 && two=$(picture) && [ "$one" = "$two" ] && [ "$one" != "$last" ] && last=$one
}

# wait_for_effect WHAT: waits until the window has changed and is stable again; fails with WHAT otherwise.
wait_for_effect() {
    xdotool mousemove 1399 899
    until_true 20 rests || fail "nothing changed after: $1"
    cp "$work/now.png" "$shots/lesson-$1.png"
}

click() { xdotool mousemove --window "$window" "$1" "$2" click 1; }

wait_for_effect 0-window
click 1140 22
wait_for_effect 1-menu
click 860 150
wait_for_effect 2-begun
click 160 693
wait_for_effect 3-started
click 400 192
wait_for_effect 4-client-tab
click 789 320
wait_for_effect 5-connected
click 700 665
xdotool type --delay 30 Hello
xdotool key Return
wait_for_effect 6-echoed
click 395 192
wait_for_effect 7-log
click 400 192
wait_for_effect 8-client-tab
click 363 391
wait_for_effect 9-closed
click 160 693
wait_for_effect 10-stopped
click 470 192
wait_for_effect 11-next-lesson
click 370 202
wait_for_effect 12-set-up
remembered() { grep -qs '^backlog = 2$' "$settings" && grep -qs '^mode = "one"$' "$settings"; }
until_true 10 remembered || fail "the lesson was not done to its end; see the pictures: the settings are
$(cat "$settings")"
echo "real window, lesson: passed"
