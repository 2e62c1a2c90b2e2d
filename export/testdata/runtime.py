"""Runs exported models with ONNX Runtime and compares with what the model answers."""
import json
import sys

import numpy as np
import onnx
import onnxruntime

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 3
worst, where, failed = 0.0, "", 0


def read(a):
    return np.fromfile(a["file"], a["type"]).reshape(a["shape"])


jobs = json.load(open(sys.argv[1], encoding="utf-8"))
for job in jobs:
    try:
        onnx.checker.check_model(onnx.load(job["file"]), full_check=True)
        session = onnxruntime.InferenceSession(job["file"], options, providers=["CPUExecutionProvider"])
        inputs = {name: read(a) for name, a in job["inputs"].items()}
        names = [o.name for o in session.get_outputs()]
        got = dict(zip(names, session.run(None, inputs)))
        assert sorted(got) == sorted(job["outputs"]), names
        for name, a in job["outputs"].items():
            want = read(a)
            want = want.reshape(len(inputs["present"]), -1)
            size = np.maximum(1, np.abs(want).max(axis=1, keepdims=True))  # of the row: sums round by it
            off = (np.abs(got[name].reshape(want.shape) - want) / size).max()
            if not off <= worst:
                worst, where = off, job["name"] + " " + name
            assert off <= 1e-5, f"{name} is off by {off:.3g}"
    except Exception as e:  # the others are of interest, too
        failed += 1
        print(job["name"], "FAILED", str(e)[:400])
print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}: {len(jobs)} models, off by at most {worst:.2g} ({where})")
sys.exit(failed > 0)
