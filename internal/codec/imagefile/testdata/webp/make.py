"""Writes lossy WebP pictures and what Pillow decodes them to, as PNG."""

import numpy as np
from PIL import Image

rng = np.random.default_rng(1)
for w, h, q, alpha in [
    (1, 1, 80, 0), (2, 1, 80, 0), (1, 2, 80, 0), (3, 2, 50, 0), (5, 7, 90, 0), (16, 16, 75, 0), (17, 15, 20, 0),
    (33, 18, 100, 0), (40, 31, 5, 0), (6, 5, 80, 1), (19, 16, 60, 1), (34, 33, 90, 1),
]:
    small = rng.integers(0, 256, (max(1, h // 3), max(1, w // 3), 4 if alpha else 3), dtype=np.uint8)
    m = Image.fromarray(small, "RGBA" if alpha else "RGB").resize((w, h), Image.BICUBIC)
    name = f"{w}x{h}-q{q}" + ("-alpha" if alpha else "")
    m.save(name + ".webp", quality=q, method=4, exact=True)
    Image.open(name + ".webp").save(name + ".png")
