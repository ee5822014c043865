#!/usr/bin/env bash
# Tests the packages for Windows under Wine: the program in the zip runs; the installer asks nothing and needs no
# administrator; the installed program echoes; and the uninstaller leaves nothing behind.
#
#     tests/packages_windows.sh EXE [WINE]
#
# EXE is the built echoscope.exe. WINE runs a Windows program and respects WINEPREFIX.
# Needs: makensis, zip, unzip, python3, and what assets/packaging lists.
set -euo pipefail
exe=$(realpath "${1:?usage: tests/packages_windows.sh EXE [WINE]}")
wine=$(command -v "${2:-wine}") || { echo "packages for Windows: Wine is not installed" >&2; exit 1; }
wine=$(realpath "$wine")
cd "$(dirname "$0")/.."

what="packages for Windows"
# shellcheck source=support/display.sh source-path=SCRIPTDIR
. tests/support/display.sh
need makensis zip unzip python3 file
say() { echo "packages for Windows: $*"; }

if [ -z "${THIRD_PARTY:-}" ]; then
    assets/packaging/third-party "$work/third-party"
    export THIRD_PARTY=$work/third-party
fi
assets/packaging/windows-zip "$exe"
assets/packaging/windows-installer "$exe"
version=$(cargo pkgid --locked)
version=${version##*[#@]}
zip=target/packages/echoscope-$version-windows-x86_64.zip
installer=$(realpath "target/packages/echoscope-$version-windows-x86_64-setup.exe")
unzip -q "$zip" -d "$work"
unpacked=$work/echoscope-$version-windows-x86_64

# A fresh Wine prefix is a fresh computer.
export WINEPREFIX=$work/wine HOME=$work/home WINEDEBUG=-all
unset DISPLAY WAYLAND_DISPLAY
drive=$WINEPREFIX/drive_c
run() { "$wine" "$@" 2>>"$work/wine.err" | tr -d '\r'; }
# The registry key exists only after a first installation.
registry() { run reg query "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall" /s || true; }
# Ignores the folder for a user's programs, which Windows has and Wine creates.
everything() {
    (cd "$drive" && find . -not -path '*/Temp/*' -not -path './users/*/AppData/Local/Programs' | LC_ALL=C sort)
}

[ "$(run "$unpacked/echoscope.exe" --version)" = "echoscope $version" ] || fail "the zip's program does not run"
for text in README LICENSE THIRD-PARTY; do
    grep -q $'\r$' "$unpacked/$text.txt" || fail "$text.txt is not a text for Windows"
done
say "the zip's program runs"

everything >"$work/before"
run "$installer" /S || fail "the installer failed"
installed=$(find "$drive/users" -path '*AppData/Local/Programs/Echoscope/echoscope.exe')
[ -n "$installed" ] || fail "nothing was installed"
cmp -s "$installed" "$exe" || fail "another program was installed"
[ -n "$(find "$drive/users" -path '*Start Menu/Programs/Echoscope.lnk')" ] ||
    fail "there is no entry in the Start menu"
registry >"$work/registry"
for words in "DisplayName .*Echoscope" "DisplayVersion .*$version" "QuietUninstallString .*uninstall.exe"; do
    grep -q "$words" "$work/registry" || fail "the list of installed programs has no $words: $(cat "$work/registry")"
done

# The installed program echoes, and can't be uninstalled while it runs.
"$wine" "$installed" --headless --port 0 --host 127.0.0.1 >"$work/server.out" 2>"$work/server.err" &
app=$!
until_true 30 grep -q "Listening on" "$work/server.out" || fail "the installed program does not serve"
port=$(tr -d '\r' <"$work/server.out" | sed -n 's/^Listening on .*:\([0-9]*\)$/\1/p')
python3 "$support/echo.py" "$port" 2>>"$work/client.err" || fail "the installed program does not echo"
uninstaller=$(dirname "$installed")/uninstall.exe
# The uninstaller copies itself to a temporary folder and restarts there; _?= prevents that.
code=0
"$wine" "$uninstaller" /S "_?=$("$wine" winepath -w "$(dirname "$installed")" 2>/dev/null | tr -d '\r')" 2>/dev/null || code=$?
if [ ! -e "$installed" ] || [ "$code" -eq 0 ]; then
    fail "a program that runs was removed"
fi
kill "$app"
wait "$app" || true
app=
say "the installed program echoes"

# Update the program as soon as Windows has released the file of the ended one.
until_true 30 run "$installer" /S || fail "the installer does not update what is there"
run "$uninstaller" /S || fail "the uninstaller failed"
removed() { [ ! -e "$installed" ] && [ ! -e "$uninstaller" ] && everything | cmp -s - "$work/before"; }
until_true 30 removed || fail "the uninstaller leaves a trace: $(everything | diff "$work/before" - || true)"
! registry | grep -i echoscope >"$work/trace.err" || fail "the uninstaller leaves a trace in the registry"
say "it was removed without a trace"
say "passed"
