#!/usr/bin/env bash
# Sets the project up in .venv (once) and runs it:
#   ./setup.sh lab [OPTIONS]     JupyterLab at the first part that is not solved
#   ./setup.sh test [OPTIONS]    the whole test suite (pytest)
#   ./setup.sh test NAME...      the answers of these exercises (workbook test)
#   ./setup.sh WORDS...          anything else goes to the `workbook` command
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

venv=.venv
stamp=$venv/installed-for
log=$venv/install.log

stop() { # fact, advice
    printf 'setup.sh: %s\n%s\n' "$1" "$2" >&2
    exit 1
}

find_python() {
    local candidate found
    local candidates=(python3.13 python3.12 python3.11 python3 python)
    [ -z "${PYTHON:-}" ] || candidates=("$PYTHON") # who names one wants no other
    for candidate in "${candidates[@]}"; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    found=$("${PYTHON:-python3}" --version 2>/dev/null || echo "no ${PYTHON:-python3} that runs")
    stop "Python 3.11, 3.12 or 3.13 is needed; found: $found." \
        "Install one of them, or name it: PYTHON=/path/to/python3.12 ./setup.sh ..."
}

need_space() {
    local free
    [ ! -d "$venv" ] || [ -z "$(find "$venv" -type d -path '*/site-packages/torch' -prune -print)" ] || return 0 # most is there already
    free=$(df -Pk . | awk 'NR == 2 { print $4 }')
    [ "$free" -ge 4000000 ] || stop "About 4 GB of disk are needed for the packages; only $((free / 1000000)) GB are free here." \
        "Make room, or clone the project to another disk."
}

pip_install() {
    if ! "$venv/bin/python" -m pip install --no-compile --disable-pip-version-check --quiet "$@" >>"$log" 2>&1; then
        tail -n 5 "$log" >&2
        if grep -q 'No space left' "$log"; then
            stop "The disk is full." "Make room and run the same command again; it continues where it stopped."
        elif grep -qE 'Failed to establish a new connection|Temporary failure in name resolution|Read timed out|ProxyError|Network is unreachable' "$log"; then
            stop "The package index could not be reached." "Check the network (or your pip settings) and run the same command again."
        fi
        stop "Installing failed: $*" "The whole story is in $log."
    fi
}

install() {
    local python
    python=$(find_python)
    need_space
    echo "Setting up $venv with $("$python" --version). This is done once and takes a few minutes."
    if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        "$python" -m venv --clear "$venv" || stop "Python could not make a virtual environment." \
            "On Debian and Ubuntu: apt install python3-venv. Then run the same command again."
    fi
    : >"$log"
    echo "  1/3 torch (the largest package)"
    pip_install torch==2.13.0 # first and exactly: a range would pull the newest build with all its GPU packages
    echo "  2/3 JupyterLab, nbgrader and the rest"
    pip_install --editable '.[dev]'
    echo "  3/3 the notebooks"
    "$venv/bin/workbook" build >>"$log" || stop "The notebooks could not be built." "Run $venv/bin/workbook check to see what is wrong."
    printf '%s\n' "$wanted" >"$stamp"
}

# What the environment depends on. A moved folder needs a new one: scripts in it hold its path.
wanted=$(printf '%s\n' "$PWD"; cat pyproject.toml setup.sh | cksum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    [ ! -f "$stamp" ] || [ "$(head -n 1 "$stamp")" = "$PWD" ] || rm -rf "$venv"
    install
fi

command=${1:-}
case "$command" in
    test)
        shift
        if [[ ${1:-} =~ ^[A-Za-z_][A-Za-z0-9_]*$ && ! -e $1 ]]; then # an exercise's name, not a path: `workbook test`
            exec "$venv/bin/workbook" test "$@"
        fi
        exec "$venv/bin/python" -m pytest "$@"
        ;;
    *)
        exec "$venv/bin/workbook" "$@"
        ;;
esac
