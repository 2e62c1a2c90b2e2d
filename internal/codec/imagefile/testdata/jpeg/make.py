"""Makes JPEG files with libjpeg-turbo's cjpeg and beside each NAME.jpg what Pillow decodes it to:

    python3 make.py DIR

The whole grid; a few of it are kept beside this file.
"""
import itertools
import os
import subprocess
import sys

import numpy as np
from PIL import Image

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
rng = np.random.default_rng(3)
count = 0
for (w, h), kind in itertools.product([(1, 1), (2, 3), (5, 4), (16, 16), (17, 33), (48, 40), (63, 31), (130, 67)], ("smooth", "noise")):
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack([127 + 120 * np.sin(x / 9) * np.cos(y / 7), 127 + 120 * np.cos(x / 13 + y / 5), (x * 3 + y * 5) % 256], -1)
    if kind == "noise":
        a = rng.integers(0, 256, (h, w, 3))
    ppm = f"{out}/x.ppm"
    Image.fromarray(np.clip(a, 0, 255).astype(np.uint8)).save(ppm)
    for q, sample, o in itertools.product((30, 90), ("1x1", "2x1", "1x2", "2x2", "4x1", "4x2"), ([], ["-progressive"], ["-restart", "1"], ["-grayscale"], ["-rgb"])):
        if o and o[0] in ("-grayscale", "-rgb") and sample != "1x1":
            continue
        name = f"{out}/{kind}-{w}x{h}-q{q}-{sample}{''.join(o)}.jpg"
        subprocess.run(["cjpeg", "-quality", str(q), "-sample", sample, *o, "-outfile", name, ppm], check=True)
        Image.open(name).convert("RGB").save(name + ".png")
        count += 1
    os.remove(ppm)
print(count, "files")
