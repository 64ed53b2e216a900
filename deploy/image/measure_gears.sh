#!/bin/sh
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# In the image's build: lets the server measure the gears of /models once, so that a container need not.
# usage: measure_gears.sh FOLDER
set -eu
folder=$1
mkdir -p "$folder"
cat >/tmp/measure.pbtxt <<END
model_dir: "/models"
listeners { grpc: "127.0.0.1:0" health: "127.0.0.1:0" metrics: "127.0.0.1:0" }
cache_dir: "$folder"
END
/opt/omserve/bin/omserve --config=/tmp/measure.pbtxt --ports-file=/tmp/ports.json &
server=$!
tries=0
until [ -s /tmp/ports.json ]; do
  kill -0 "$server"
  tries=$((tries + 1))
  [ "$tries" -lt 1200 ]
  sleep 0.1
done
kill "$server"
wait "$server"
rm /tmp/measure.pbtxt /tmp/ports.json
ls "$folder"/gears-* >/dev/null
