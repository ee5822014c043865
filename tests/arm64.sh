#!/usr/bin/env bash
# Tests the program for Linux on ARM under qemu.
#
#     tests/arm64.sh PROGRAM [FOLDER]
#     tests/arm64.sh --core PROGRAM
#
# PROGRAM is echoscope, built for aarch64-unknown-linux-gnu. The first form makes the packages and tests the program of
# the Debian package: it echoes without and with TLS, and opens its window on a real X server. A screenshot goes to
# FOLDER (arm64-main.png); without FOLDER it is checked and deleted. The second form compiles the tests of the core and of
# the program for ARM and runs them, which takes half an hour.
#
# CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER runs a program for ARM, as with qemu-aarch64 -L /usr/aarch64-linux-gnu.
# qemu is not an ARM computer: this checks the code for ARM, but neither its speed nor the kernel and its drivers.
# Needs: Debian's apt, qemu-user, libc6-dev-arm64-cross, what assets/packaging/deb needs, lintian, nc, openssl, python3,
# Xvfb, xdotool, ImageMagick, perl.
set -euo pipefail

core=
if [ "${1:-}" = --core ]; then
    core=yes
    shift
fi
program=$(realpath "${1:?usage: tests/arm64.sh [--core] PROGRAM [FOLDER]}")
shots=${2:+$(realpath "$2")}
cd "$(dirname "$0")/.."
what="Linux on ARM"
# shellcheck source=support/display.sh source-path=SCRIPTDIR
. tests/support/display.sh
shots=${shots:-$work/shots}
mkdir -p "$shots"
target=aarch64-unknown-linux-gnu
need cargo perl qemu-aarch64

say() { echo "$what: $*"; }

# emulate FOLDER PROGRAM: makes a script that runs a program for ARM with the libraries in a folder.
emulate() {
    # Perl, because a shell prints a message if its folder no longer exists.
    printf '#!/usr/bin/perl\nexec "qemu-aarch64", "-L", "%s", "%s", @ARGV;\n' "$1" "$2" >"$work/echoscope"
    chmod 755 "$work" "$work/echoscope"
}

# With GLib's own allocator, qemu can hang in a child between fork and exec.
export G_SLICE=always-malloc

if [ -n "$core" ]; then
    skipped=(
        # qemu has no NETLINK_SOCK_DIAG, which reports the order of an accept queue.
        queued_clients_are_sorted_as_they_will_be_accepted
        # qemu has no SO_MEMINFO, which reports the dropped attempts to connect.
        full_accept_queue_is_reported_with_the_number_of_dropped_attempts
        while_paused_the_client_after_the_backlog_times_out
        # In qemu, /proc/self/maps is a file that has a size.
        pipes_and_devices_are_not_read
        # For each thread of the program, qemu allocates memory of its own.
        half_open_handshakes_take_limited_memory
        # It preloads a library, which it compiles for this machine.
        clock_can_be_set_back_by_an_hour
        # They start themselves a second time, without qemu.
        full_disk_is_reported
        file_size_limit_is_reported
        memory_of_the_window_is_limited
        # If the program is slow, it skips entries of the log, which these tests don't expect.
        own_program_passes_as_a_command
        sigterm_sigint_and_sighup_stop_the_server
        # Under qemu, an RSA key of 4096 bits takes longer than a test waits.
        a_server_that_requires_it_accepts_the_client_certificate
        every_client_accepts_rsa_4096
        the_script_creates_the_same_client_certificate
        the_script_creates_the_same_files_for_every_key
    )
    emulate /usr/aarch64-linux-gnu "$program"
    ECHOSCOPE_PROGRAM=$work/echoscope cargo test --locked --no-fail-fast --target "$target" \
        --lib --test library --test program --test check -- "${skipped[@]/#/--skip=}"
    say "the core passed"
    exit
fi
need apt-get dpkg-deb lintian Xvfb xdotool import identify nc openssl python3

# --- The packages.
rm -f target/packages/echoscope_*_arm64.deb
assets/packaging/deb --target "$target" "$program"
assets/packaging/tarball --target "$target" "$program"
deb=$(realpath target/packages/echoscope_*_arm64.deb)
# The suppressed tag is only about uploads to Debian's archive.
lintian --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs --allow-root "$deb"
[ "$(dpkg-deb --field "$deb" Architecture)" = arm64 ] || fail "the package is for another architecture"

# Extract the package, the packages that it depends on, and a driver for OpenGL into a folder. With apt's data in a
# folder, the machine gets neither another architecture nor packages for it.
mkdir -p "$work"/apt/{lists,cache/archives}/partial "$work/root"
: >"$work/apt/status"
arm_apt() {
    apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root \
        -o Acquire::Languages=none -o Dir::State="$work/apt" -o Dir::State::status="$work/apt/status" \
        -o Dir::Cache="$work/apt/cache" "$@" >"$work/apt.err" 2>&1 || fail "apt-get $1 failed"
}
arm_apt update
arm_apt satisfy --yes --no-install-recommends --download-only "$(dpkg-deb --field "$deb" Depends)" libgl1-mesa-dri
for package in "$deb" "$work"/apt/cache/archives/*.deb; do
    dpkg-deb --extract "$package" "$work/root"
done
say "the package is for arm64, and apt finds what it depends on"

# --- The program of the package.
emulate "$work/root" "$work/root/usr/bin/echoscope"
# The tests themselves are compiled for this machine.
ECHOSCOPE_PROGRAM=$work/echoscope cargo test --locked --test program -- the_version_is tutorial::transcript

open_display
port=$(free_port)
printf 'theme = "light"\ntab = 2\nstart_screen = false\n' >"$work/settings.toml"
"$work/echoscope" --start --host 127.0.0.1 --port "$port" --settings "$work/settings.toml" 2>"$work/window.err" &
app=$!
wait_for_window
python3 "$support/echo.py" "$port" 2>"$work/client.err" || fail "the echo did not come back"
# Under qemu, the window's first picture can stay for a second: it has no echo and a part of the dark theme.
light_picture() {
    import -silent -window "$window" "$shots/arm64-main.png" &&
        read -r width height colors shade < <(
            identify -format '%w %h %k %[fx:int(100*mean)]\n' "$shots/arm64-main.png"
        ) &&
        [ "$width" -ge 900 ] && [ "$height" -ge 600 ] && [ "$colors" -ge 50 ] && [ "$shade" -ge 80 ]
}
until_true 60 light_picture || fail "the picture is ${width:-?}x${height:-?}, ${colors:-?} colors, shade ${shade:-?}"
say "the window shows ${width}x$height, $colors colors, mean shade $shade of 100"
kill "$app"
until_true 20 has_ended || fail "the program does not end"
app=
say "passed"
