# Sourced by the scripts: finds a Python, makes .venv and installs what a requirements file pins, once per change of it.
# After it, $python is the virtual environment's interpreter.

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] || continue
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Factstorm needs Python 3.11 or newer; none was found. Set PYTHON=/path/to/python3 if it is elsewhere." >&2
    exit 1
}

install() { # $1: the requirements file
    if [ ! -x .venv/bin/python ]; then
        echo "Making a virtual environment in .venv ..."
        "$(find_python)" -m venv .venv || {
            echo "Could not make .venv. On Debian and Ubuntu: apt-get install python3-venv" >&2
            exit 1
        }
    fi
    python=$PWD/.venv/bin/python
    stamp=.venv/installed-$(basename "$1")
    wanted=$(cat requirements.txt constraints.txt "$1" | cksum)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        echo "Installing from $1 ..."
        "$python" -m pip install --quiet --disable-pip-version-check -r "$1"
        echo "$wanted" >"$stamp"
    fi
}
