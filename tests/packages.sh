#!/usr/bin/env bash
# Builds the packages for Linux, installs them, starts the program from its menu entry, checks an echo, and removes them
# without a trace. Also checks the layout of the app for macOS.
#
#     tests/packages.sh PROGRAM
#
# PROGRAM is the built echoscope. Run it as root, since it installs and removes the Debian package. assets/packaging
# lists what the packages are built with. THIRD_PARTY may name a folder with the collected licenses.
# Also needs: lintian, desktop-file-utils, appstream, libglib2.0-bin, man-db, file, zip, unzip, Xvfb, xdotool,
# python3, Mesa's software OpenGL.
set -euo pipefail
program=$(realpath "${1:?usage: tests/packages.sh PROGRAM}")
cd "$(dirname "$0")/.."

what="packages"
# shellcheck source=support/display.sh source-path=SCRIPTDIR
. tests/support/display.sh
need lintian desktop-file-validate appstreamcli gio man lexgrog apt-get dpkg unzip file Xvfb xdotool python3
[ "$(id -u)" = 0 ] || fail "only root can install a package"
! dpkg --status echoscope >/dev/null 2>&1 || fail "the package is installed already, and the test would remove it"

say() { echo "packages: $*"; }

# check PROGRAM ARGUMENTS…: runs the program and fails if it fails.
check() {
    "$@" >"$work/check.out" 2>&1 || fail "$*: $(cat "$work/check.out")"
    say "$1 is content"
}

if [ -z "${THIRD_PARTY:-}" ]; then
    assets/packaging/third-party "$work/third-party"
    export THIRD_PARTY=$work/third-party
fi
rm -f target/packages/*.deb target/packages/*.tar.gz target/packages/*-macos-*.zip
assets/packaging/deb "$program"
assets/packaging/tarball "$program"
deb=$(realpath target/packages/*.deb)
archive=$(realpath target/packages/*.tar.gz)

# The same sources must make identical packages.
sha256sum "$deb" "$archive" >"$work/sums"
assets/packaging/deb "$program" >/dev/null
assets/packaging/tarball "$program" >/dev/null
check sha256sum --check "$work/sums"

# --- The app for macOS, with a Linux program in place of one for a Mac: only the layout can be checked here.
assets/packaging/macos-app "$program"
unzip -q target/packages/*-macos-*.zip -d "$work/macos"
python3 - "$work/macos/Echoscope.app/Contents" "$(cargo pkgid --locked)" <<'PYTHON' || fail "the app's layout is wrong"
import os, plistlib, re, sys
contents, version = sys.argv[1], re.split("[#@]", sys.argv[2])[-1]
with open(f"{contents}/Info.plist", "rb") as file:
    info = plistlib.load(file)
assert info["CFBundleShortVersionString"] == info["CFBundleVersion"] == re.split("[-+]", version)[0], info
assert info["CFBundlePackageType"] == "APPL" and info["NSHighResolutionCapable"] is True, info
assert re.fullmatch(r"[A-Za-z0-9.-]+", info["CFBundleIdentifier"]), info
assert os.access(f"{contents}/MacOS/{info['CFBundleExecutable']}", os.X_OK)
with open(f"{contents}/Resources/{info['CFBundleIconFile']}", "rb") as file:
    assert file.read(4) == b"icns"
assert not re.search("@[A-Z]+@", str(info)), info
for text in "LICENSE", "THIRD-PARTY.txt":
    assert os.path.getsize(f"{contents}/Resources/{text}") > 1000
PYTHON
say "the app for macOS has its layout"

# --- The window of the installed program, started from its menu entry.
open_display
export XDG_DATA_HOME=$HOME/.local/share
unset XDG_DATA_DIRS
port=$(free_port)
echoes() { python3 "$support/echo.py" "$port" 0 2>/dev/null; }

# Sets `app` to the ID of the process that runs exactly this file; fails if there is none.
started() {
    local process
    for process in $(pidof "$(basename "$1")" || true); do
        [ "$(readlink "/proc/$process/exe")" = "$1" ] && app=$process && return
    done
    return 1
}

# open_from_menu ENTRY PROGRAM: starts the program from its menu entry, presses Ctrl+Enter in its window, and checks an
# echo.
open_from_menu() {
    mkdir -p "$HOME/echoscope"
    printf 'host = "127.0.0.1"\nport = %s\n' "$port" >"$HOME/echoscope/settings.toml"
    (cd "$work" && gio launch "$1") >"$work/launch.err" 2>&1 || fail "the entry starts nothing"
    until_true 20 started "$2" || fail "$2 was not started by $1"
    wait_for_window
    xdotool windowfocus "$window"
    until_true 20 start_and_echo || fail "the window of $2 does not echo"
    say "$(basename "$1") opens the window, and it echoes"
}

# A window can be visible before it has the keyboard focus.
start_and_echo() {
    echoes && return
    xdotool windowfocus "$window" key --clearmodifiers ctrl+Return
    until_true 3 echoes
}

close_window() {
    kill "$app"
    until_true 10 has_ended || fail "the program does not end"
    app=
}

# --- The Debian package.
# The suppressed tag is only about uploads to Debian's archive.
check lintian --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs --allow-root "$deb"

# Removing the package leaves its dependencies installed.
apt-get satisfy -y -qq --no-install-recommends "$(dpkg-deb --field "$deb" Depends)" >"$work/apt.out" 2>&1 ||
    fail "what the package needs can't be installed: $(cat "$work/apt.out")"
trees() {
    # Some of the folders may not be there.
    { find /etc /opt /usr /var/lib /root/.local /root/.config \
        \( -path /var/lib/apt -o -path /var/lib/dpkg/updates \) -prune -o -print 2>/dev/null || true; } | LC_ALL=C sort
}
dpkg --triggers-only --pending
trees >"$work/before"
trap 'dpkg --purge echoscope >/dev/null 2>&1 || true; clean_up' EXIT
dpkg --install "$deb" >"$work/dpkg.out" 2>&1 || fail "it can't be installed: $(cat "$work/dpkg.out")"
trees >"$work/during"

[ "$(command -v echoscope)" = /usr/bin/echoscope ] || fail "the program is not in the PATH"
[ "$(echoscope --version)" = "echoscope $(dpkg-deb --field "$deb" Version | sed 's/-[^-]*$//')" ] || fail "the versions differ"
entry=/usr/share/applications/echoscope.desktop
check desktop-file-validate $entry
check appstreamcli validate --no-net /usr/share/metainfo/io.github.echoscope.Echoscope.metainfo.xml
check lexgrog /usr/share/man/man1/echoscope.1.gz
check man --where echoscope
for file in bash-completion/completions/echoscope zsh/vendor-completions/_echoscope \
    fish/vendor_completions.d/echoscope.fish icons/hicolor/scalable/apps/echoscope.svg \
    icons/hicolor/48x48/apps/echoscope.png doc/echoscope/{copyright,changelog.Debian.gz,third-party.txt.gz}; do
    [ -s "/usr/share/$file" ] || fail "/usr/share/$file is not there"
done
zcat /usr/share/doc/echoscope/third-party.txt.gz >"$work/licenses"
for crate in rustls egui clap; do
    grep -q "^  $crate [0-9]" "$work/licenses" || fail "the license of $crate is missing"
done
for holder in "The OpenSSL Project" "Bitstream, Inc" "The Inter Project Authors" "The JetBrains Mono Project Authors"; do
    grep -q "Copyright .*$holder" "$work/licenses" || fail "the notice of $holder is missing"
done

open_from_menu $entry /usr/bin/echoscope
# The program loads libraries only from packages that it depends on or recommends.
read -ra recommended < <(dpkg-deb --field "$deb" Recommends | sed 's/[,|]/ /g')
{
    printf '%s\n' echoscope "${recommended[@]}"
    apt-cache depends --recurse --important --installed echoscope "${recommended[@]}" |
        sed -n 's/^[ |]*\(Pre\)\?Depends: //p; s/^    //p'
} | sed 's/:.*//' | sort -u >"$work/needed"
awk '$6 ~ /^\// && $2 ~ /x/ {print $6}' "/proc/$app/maps" | sort -u >"$work/loaded"
while read -r library; do
    # If /lib is a link to /usr/lib, dpkg may list a file under either path.
    owner=$(dpkg --search "$library" 2>/dev/null || dpkg --search "${library#/usr}" 2>/dev/null || true)
    owner=${owner%%:*}
    grep -qx "$owner" "$work/needed" ||
        fail "it loads $library of ${owner:-no package}, which it neither needs nor recommends"
done <"$work/loaded"
say "it loads $(wc -l <"$work/loaded") files, all from packages that it needs or recommends"
close_window

dpkg --purge echoscope >"$work/dpkg.out" 2>&1 || fail "it can't be removed: $(cat "$work/dpkg.out")"
trees >"$work/after"
[ "$(comm -13 "$work/before" "$work/during" | wc -l)" -ge 20 ] || fail "nothing was seen to be installed"
diff "$work/before" "$work/after" >"$work/trace.err" || fail "the package leaves a trace"
say "the Debian package was removed without a trace"

# --- The archive, installed into a home folder whose name contains every special character but the percent sign: GLib
# looks for the program before it unescapes `%%`.
export HOME="$work/a home with 'quotes', \"more\", \$HOME & a \\ | \`"
mkdir "$HOME"
export XDG_CONFIG_HOME=$HOME
# Mesa's shader cache isn't Echoscope's.
export XDG_CACHE_HOME=$work/cache
unset XDG_DATA_HOME
mkdir -p "$work/unpacked" "$HOME/.local/share/applications"
: >"$HOME/.local/share/applications/another.desktop"
tar -xzf "$archive" -C "$work/unpacked"
install=$(find "$work/unpacked" -name install)
home() { (cd "$HOME" && find . -print0 | LC_ALL=C sort -z | tr '\0' '\n'); }
home >"$work/before"
"$install" >"$work/install.out" || fail "the archive can't be installed"
grep -q "is not in your PATH" "$work/install.out" || fail "no message about the PATH"
home >"$work/first"
# Install again, as an update does. It removes a file that only the earlier version had.
: >"$HOME/.local/share/doc/echoscope/OLD"
echo "$HOME/.local/share/doc/echoscope/OLD" >>"$HOME/.local/share/echoscope/files"
"$install" >/dev/null
home | diff "$work/first" - >"$work/update.err" || fail "a second install leaves something else than the first"
entry=$HOME/.local/share/applications/echoscope.desktop
check desktop-file-validate "$entry"
open_from_menu "$entry" "$HOME/.local/bin/echoscope"
close_window
check lexgrog "$HOME/.local/share/man/man1/echoscope.1.gz"
"$HOME/.local/share/echoscope/uninstall" --settings >"$work/uninstall.out" || fail "it can't be removed"
home | diff "$work/before" - >"$work/trace.err" || fail "the archive's install leaves a trace"

# Install with XDG_DATA_HOME, and with a prefix.
mkdir "$work/data"
XDG_DATA_HOME=$work/data "$install" >/dev/null
[ -s "$work/data/applications/echoscope.desktop" ] || fail "XDG_DATA_HOME is not honoured"
"$work/data/echoscope/uninstall" --quiet
PREFIX=$work/prefix "$install" >/dev/null
[ "$("$work/prefix/bin/echoscope" --version)" = "$("$program" --version)" ] || fail "PREFIX is not honoured"
"$work/prefix/share/echoscope/uninstall" --quiet
[ -z "$(find "$work/data" -mindepth 1)" ] || fail "something is left in XDG_DATA_HOME"
[ ! -e "$work/prefix" ] || fail "the prefix that was made is left"
home | diff "$work/before" - >"$work/trace.err" || fail "the archive's install leaves a trace"
say "the archive was removed without a trace"
say "passed"
