# Functions for the packaging scripts: the version, the program, and files that several packages have.
#
# A script sets `what`, its name in messages, and sources this file. Packages are written to target/packages. THIRD_PARTY
# may name a file with the licenses of the dependencies; otherwise cargo-about collects them.
# shellcheck shell=bash

set -euo pipefail
: "${what:?is the name of the script that makes the package}"
# Arguments are relative to the caller's folder.
caller=$PWD
[ -z "${THIRD_PARTY:-}" ] || THIRD_PARTY=$(realpath "$THIRD_PARTY")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=assets/packaging
target=${CARGO_TARGET_DIR:-target}
packages=target/packages
stage=target/packaging/$what
program=${program:-}
triple=

fail() {
    echo "$what: $*" >&2
    exit 1
}

# need PROGRAM…
need() {
    local needed
    for needed; do
        command -v "$needed" >/dev/null || fail "$needed is not installed"
    done
}

# arguments [--target TRIPLE] [PROGRAM]: sets `triple`, which is empty for this machine's architecture, and `program`.
arguments() {
    if [ "${1:-}" = --target ]; then
        triple=${2:-}
        [ -n "$triple" ] || fail "--target needs a target triple, such as aarch64-unknown-linux-gnu"
        shift 2
    fi
    [ $# -le 1 ] || fail "usage: assets/packaging/$what [--target TRIPLE] [PROGRAM]"
    program=${1:+$(cd "$caller" && realpath "$1")}
}

# run ARGUMENT…: runs the program. For another architecture it uses cargo's runner for the target, if that is set.
run() {
    local runner=${triple:+CARGO_TARGET_${triple//-/_}_RUNNER}
    runner=${runner^^}
    # Like cargo, this splits the runner at spaces.
    # shellcheck disable=SC2086
    ${runner:+${!runner:-}} "$program" "$@" ||
        fail "can't run $program${runner:+: set $runner to an emulator, such as qemu-aarch64 -L /usr/aarch64-linux-gnu}"
}

need cargo gzip sed
version=$(cargo pkgid --locked --offline 2>/dev/null || cargo pkgid --locked)
version=${version##*[#@]}
[ -n "$version" ] || fail "Cargo.toml has no version"

# Reproducible packages: no file in them is newer than the last commit.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    # Without git, as in a source archive, the files have the dates.
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date -r Cargo.toml +%s)
fi
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C
umask 022

rm -rf "$stage"
mkdir -p "$stage" "$packages"

# commit_date +FORMAT: prints the commit's date with GNU's or BSD's date(1).
commit_date() { date -u -d "@$SOURCE_DATE_EPOCH" "$1" 2>/dev/null || date -u -r "$SOURCE_DATE_EPOCH" "$1"; }

# fill TEMPLATE FILE: replaces the placeholders for the version, its numbers (without -rc1 or the like) and its date.
fill() {
    sed -e "s/@VERSION@/$version/g" -e "s/@NUMBERS@/${version%%[-+]*}/g" -e "s/@DATE@/$(commit_date +%Y-%m-%d)/g" -e "s/@YEAR@/$(commit_date +%Y)/g" \
        -e "s/@RFC2822@/$(commit_date '+%a, %d %b %Y %H:%M:%S +0000')/g" "$1" >"$2"
}

# copy MODE FILE… FOLDER: copies into a folder, which it creates if necessary.
copy() {
    local mode=$1 into=${*: -1}
    mkdir -p "$into"
    cp "${@:2:$#-2}" "$into"
    local file
    for file in "${@:2:$#-2}"; do
        chmod "$mode" "$into/$(basename "$file")"
    done
}

# build [TARGET]: compiles the program with the profile dist unless `program` names one; sets `program`.
build() {
    local suffix=
    if [ -n "$program" ]; then
        [ -f "$program" ] || fail "$program is not there"
        return
    fi
    # The program doesn't depend on the date, but another date would recompile some crates.
    env -u SOURCE_DATE_EPOCH cargo build --locked --profile dist ${1:+--target "$1"}
    case ${1:-$(rustc -vV)} in *windows*) suffix=.exe ;; esac
    program=$target/${1:+$1/}dist/echoscope$suffix
}

# third_party FILE: writes the licenses of all linked crates and of the fonts.
third_party() {
    if [ -n "${THIRD_PARTY:-}" ]; then
        cp "$THIRD_PARTY" "$1"
        return
    fi
    cargo about --version >/dev/null 2>&1 ||
        fail "cargo-about is not installed: .ci/tools cargo-about"
    # Fetches the crates for all OSes, so that the next step needs no network.
    cargo fetch --locked --quiet
    cargo about generate --locked --offline --fail --config .cargo/about.toml --output-file "$1" "$here/third-party.hbs"
    notices "$1"
}

# notices FILE: adds notices that aren't in a license file at a crate's top, or contain more than a license.
notices() {
    local crate name
    for name in aws-lc-rs aws-lc-sys epaint_default_fonts; do
        crate=$(cargo metadata --locked --offline --format-version 1 |
            grep -o "\"manifest_path\":\"[^\"]*/$name-[0-9][^\"]*\"" | head -n 1 | cut -d '"' -f 4)
        crate=${crate%/Cargo.toml}
        case $name in
            aws-lc-*) notice "$1" "$name: AWS-LC and what it is made from" "$crate/LICENSE" ;;
            *) notice "$1" "epaint_default_fonts: fonts for what the window's own fonts lack" "$crate"/fonts/*.txt ;;
        esac
    done
    for name in Inter JetBrainsMono; do
        notice "$1" "$name, a font of the window" "assets/fonts/$name-LICENSE.txt"
    done
}

# notice INTO TITLE FILE…: appends files under a title.
notice() {
    local rule text
    rule=$(printf '%080d' 0 | tr 0 =)
    printf '\n%s\n%s\n%s\n\n' "$rule" "$2" "$rule" >>"$1"
    for text in "${@:3}"; do
        [ $# -eq 3 ] || printf -- '--- %s\n\n' "$(basename "$text")" >>"$1"
        cat "$text" >>"$1"
        echo >>"$1"
    done
}

# stage_linux PREFIX: copies the files for PREFIX on Linux (/usr in a .deb, else ~/.local), except licenses and readme.
stage_linux() {
    local prefix=$1 size
    mkdir -p "$prefix/bin"
    cp "$program" "$prefix/bin/echoscope"
    chmod 755 "$prefix/bin/echoscope"
    copy 644 $here/linux/echoscope.desktop "$prefix/share/applications"
    mkdir -p "$prefix/share/metainfo"
    fill $here/linux/io.github.echoscope.Echoscope.metainfo.xml \
        "$prefix/share/metainfo/io.github.echoscope.Echoscope.metainfo.xml"
    for size in 16 32 48 64 128 256 512; do
        mkdir -p "$prefix/share/icons/hicolor/${size}x$size/apps"
        cp icons/echoscope-$size.png "$prefix/share/icons/hicolor/${size}x$size/apps/echoscope.png"
    done
    copy 644 icons/echoscope.svg "$prefix/share/icons/hicolor/scalable/apps"
    mkdir -p "$prefix"/share/{man/man1,bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d}
    run manual-page | gzip -9n >"$prefix/share/man/man1/echoscope.1.gz"
    run completions bash >"$prefix/share/bash-completion/completions/echoscope"
    run completions zsh >"$prefix/share/zsh/vendor-completions/_echoscope"
    run completions fish >"$prefix/share/fish/vendor_completions.d/echoscope.fish"
}

# stage_windows FOLDER: copies the files of the zip and the installer.
stage_windows() {
    case $(rustc -vV) in
        *"host: "*windows*) build ;;
        *) build x86_64-pc-windows-gnu ;;
    esac
    mkdir -p "$1"
    cp "$program" "$1/echoscope.exe"
    fill $here/windows/README.txt "$1/README.txt"
    cp LICENSE "$1/LICENSE.txt"
    third_party "$1/THIRD-PARTY.txt"
    # Old versions of Notepad show a text without carriage returns on one line.
    sed -i.bak -e 's/\r*$/\r/' "$1"/*.txt
    rm "$1"/*.bak
}

# zip_folder ARCHIVE FOLDER: zips a folder of $stage, with files in a fixed order and none newer than the commit.
zip_folder() {
    local archive
    archive=$(realpath "$packages")/$1
    need zip
    rm -f "$archive"
    find "$stage/$2" -exec touch -h -d "$(commit_date +%Y-%m-%dT%H:%M:%SZ)" {} +
    (cd "$stage" && find "$2" | LC_ALL=C sort | zip -X -q -9 -y "$archive" -@)
}

made() { echo "$what: made $packages/$1 ($(wc -c <"$packages/$1" | tr -d ' ') bytes)"; }
