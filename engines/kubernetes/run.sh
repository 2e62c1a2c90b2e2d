#!/bin/sh
# Run the stages of a fusor job one after the other as Indexed Jobs of Kubernetes, then merge it:
#   run.sh JOB OUT
# JOB and the media lie on the volume claim CLAIM, which pods mount as /data and this machine sees
# as DATA (default /data). IMAGE is built from the Containerfile beside this script.
set -eu
job=$1 out=$2
: "${IMAGE:=fusor}" "${CLAIM:=fusor}" "${DATA:=/data}" "${PARALLELISM:=50}" "${KUBECTL:=kubectl}" "${POLL:=5}"
here=$(cd "$(dirname "$0")" && pwd)
NAME=fusor-$(sed -n 's/^  "id": "\(.*\)",$/\1/p' "$DATA/$job/job.json")
LC_ALL=C fusor merge "$DATA/$job" --status | while read -r STAGE done of TASKS tasks; do
  [ "$of" = of ] && [ "$tasks" = tasks ] || continue # not the line of a failed task
  [ "$done" != "$TASKS" ] || continue
  sed -e "s|\${NAME}|$NAME|g; s|\${STAGE}|$STAGE|g; s|\${TASKS}|$TASKS|g; s|\${PARALLELISM}|$PARALLELISM|g" \
    -e "s|\${IMAGE}|$IMAGE|g; s|\${CLAIM}|$CLAIM|g; s|\${JOB}|/data/$job|g" "$here/job.yaml" | $KUBECTL apply -f -
  while :; do
    case $($KUBECTL get "job/$NAME-$STAGE" -o 'jsonpath={.status.conditions[?(@.status=="True")].type}') in
    *Complete*) break ;;
    *Failed*) fusor merge "$DATA/$job" --status && exit 1 ;;
    esac
    sleep "$POLL"
  done
done
fusor merge "$DATA/$job" -o "$out"
