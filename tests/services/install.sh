#!/usr/bin/env bash
# Brings a virtual environment to a hashed lock file: install.sh BIN LOCK. uv where it can be had, else pip.
set -eu -o pipefail
bin=$1 lock=$2
echo "Installing $lock"
if [ -x "$bin/uv" ] || "$bin/python" -m pip install --quiet --disable-pip-version-check uv; then
    exec "$bin/uv" pip sync --quiet --python "$bin/python" --require-hashes "$lock"
fi
echo "uv is not to be had; pip takes longer"
exec "$bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$lock"
