#!/usr/bin/env python3
"""Do the tasks of a fusor job on a Spark cluster: fusor_spark.py JOB --master spark://HOST:7077.

Spark places tasks, and runs them again where a machine is lost; `fusor work JOB -` does them. JOB
must lie where driver and executors see it under one name. Afterwards: fusor merge JOB -o OUT.
"""

import argparse
import json
import os
import shlex
import sys

from pyspark import SparkConf, SparkContext


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", help="folder that fusor tasks made")
    parser.add_argument("--master", help="master URL (default: that of spark-submit)")
    parser.add_argument("--binary", default="fusor", help="fusor for Linux, which is sent to the executors")
    parser.add_argument("--installed", action="store_true", help="the executors have --binary under that name already")
    parser.add_argument("--work", default="--threads 1", help="flags of fusor work (default: %(default)s)")
    args = parser.parse_args()

    job = os.path.abspath(args.job)
    with open(os.path.join(job, "job.json"), encoding="utf-8") as f:
        stages = json.load(f)["stages"]
    with open(os.path.join(job, "tasks.jsonl"), encoding="utf-8") as f:
        tasks = f.read().splitlines()

    conf = SparkConf().setAppName("fusor " + os.path.basename(job))
    if args.master:
        conf.setMaster(args.master)
    sc = SparkContext(conf=conf)
    binary = args.binary
    if not args.installed:
        sc.addFile(os.path.abspath(binary))
        binary = "./" + os.path.basename(binary)
    # A task that fails is named by fusor; || true keeps Spark from trying it four times over.
    script = f"{binary} work {shlex.quote(job)} - {args.work} || test $? -eq 1"
    command = "sh -c " + shlex.quote(script)

    failed = []
    for stage in stages:
        lines = tasks[stage["first"] : stage["first"] + stage["tasks"]]
        done = sc.accumulator(0)

        def count(line, done=done):
            done.add(1)
            print(line, file=sys.stderr, flush=True)  # a line a task in the executor's log
            return line

        out = sc.parallelize(lines, len(lines)).pipe(command, checkCode=True).map(count).map(json.loads).collect()
        bad = [line for line in out if line["state"] in ("failed", "waiting")]
        print(f"{stage['name']}: {done.value} tasks, {len(bad)} failed", flush=True)
        missing = {json.loads(line)["task"] for line in lines} - {line["task"] for line in out}
        failed += bad + [{"task": n, "error": "no answer"} for n in sorted(missing)]
        if failed:
            break
    sc.stop()
    for line in failed:
        print(f"task {line['task']}: {line.get('error', line.get('state'))}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
