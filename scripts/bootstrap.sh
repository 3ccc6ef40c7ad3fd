#!/usr/bin/env bash
# Bring the project's own Python 3.10 environment up to date with requirements.lock, in .venv.
# Quick when nothing changed: the lock's hash is kept in .venv/lock.sha256.
set -euo pipefail
cd "$(dirname "$0")/.."

lock=requirements.lock
stamp=.venv/lock.sha256
wanted=$(sha256sum "$lock" 2>/dev/null || shasum -a 256 "$lock")
wanted=${wanted%% *}
if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi

is_python_310() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' >/dev/null 2>&1; }

find_python() {
    local candidate
    for candidate in \
        "$(command -v python3.10 || true)" \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10.*/bin/python \
        "$(uv python find 3.10 2>/dev/null || true)" \
        "$(command -v python3 || true)"; do
        if [ -n "$candidate" ] && is_python_310 "$candidate"; then echo "$candidate"; return; fi
    done
    if command -v uv >/dev/null 2>&1 && uv python install 3.10 >&2; then uv python find 3.10; return; fi
    if command -v pyenv >/dev/null 2>&1 && pyenv install --skip-existing 3.10 >&2; then
        candidate=$(ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10.*/bin/python | tail -1)
        if is_python_310 "$candidate"; then echo "$candidate"; return; fi
    fi
    return 1
}

if ! [ -x .venv/bin/python ] || ! is_python_310 .venv/bin/python; then
    python=$(find_python) || {
        echo "Python 3.10 is needed and was not found: install python3.10, pyenv or uv, then run this again." >&2
        exit 1
    }
    echo "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi

# uv installs the lock in seconds; it comes from the lock itself, checked by hash like everything else.
if ! .venv/bin/python -m uv --version >/dev/null 2>&1; then
    awk '/^uv==/ {on=1} on && /^[^ ]/ && !/^uv==/ {exit} on' "$lock" > .venv/uv.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
fi
echo "Installing the locked packages (2.7 GB; the first time takes a minute or two)"
.venv/bin/python -m uv pip sync --quiet --python .venv/bin/python --require-hashes "$lock" || {
    echo "uv could not install the lock; trying pip" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
}
# Python would compile them at first use, in each process anew where it may not write: 15 s for Rasa.
env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m compileall -q -j 0 .venv/lib >/dev/null 2>&1 || true
echo "$wanted" > "$stamp"
