#!/usr/bin/env bash
# Brings a virtual environment to a hashed lock file: install.sh BIN LOCK PYTHON. uv where it can be had,
# else pip; pip is the environment's own, or where it has none that of PYTHON.
set -eu -o pipefail
bin=$1 lock=$2 pip=("$1/python" -m pip)
"${pip[@]}" --version >/dev/null 2>&1 || pip=("$3" -m pip --python "$bin/python")
echo "Installing $lock"
if [ -x "$bin/uv" ] || "${pip[@]}" install --quiet --disable-pip-version-check uv; then
    exec "$bin/uv" pip sync --quiet --python "$bin/python" --require-hashes "$lock"
fi
echo "uv is not to be had; pip takes longer"
exec "${pip[@]}" install --quiet --disable-pip-version-check --require-hashes --requirement "$lock"
