# Animations by Pillow; what they show over white by ffmpeg (PNG) and by Pillow (WebP), frames one below the other.
# pip install pillow numpy; ffmpeg in the path.
import random, subprocess
import numpy as np
from PIL import Image
out = __file__.rsplit("/", 1)[0] + "/"
random.seed(5)
W, H, N = 37, 29, 5
def frames():
    for i in range(N):
        m = Image.new("RGBA", (W, H), (10, 200, 30, 255) if i == 0 else (0, 0, 0, 0))
        for _ in range(3):
            x, y = random.randrange(W - 8), random.randrange(H - 8)
            m.paste(tuple(random.randrange(256) for _ in range(3)) + (random.choice([0, 80, 255]),), (x, y, x + random.randrange(2, 9), y + random.randrange(2, 9)))
        yield m
def strip(name, rgba):
    rgba = rgba.astype(float)
    rgb = rgba[..., :3] * rgba[..., 3:] / 255 + 255 - rgba[..., 3:]
    Image.fromarray(rgb.round().astype(np.uint8).reshape(-1, W, 3)).save(out + name)
for disposal in 0, 1, 2:
    for blend in 0, 1:
        f, name = list(frames()), f"animated{disposal}{blend}"
        f[0].save(out + name + ".png", save_all=True, append_images=f[1:], duration=[100, 50, 200, 70, 80], disposal=disposal, blend=blend, default_image=blend == disposal)
        raw = subprocess.run(["ffmpeg", "-v", "error", "-f", "apng", "-i", out + name + ".png", "-vsync", "0", "-f", "rawvideo", "-pix_fmt", "rgba", "-"], capture_output=True, check=True).stdout
        strip(name + ".frames.png", np.frombuffer(raw, np.uint8).reshape(-1, H, W, 4))
for lossless in True, False:
    f, name = list(frames()), "lossless" if lossless else "lossy"
    f[0].save(out + name + ".webp", save_all=True, append_images=f[1:], duration=[100, 50, 200, 70, 80], lossless=lossless, quality=90, minimize_size=True, allow_mixed=not lossless)
    m, seen = Image.open(out + name + ".webp"), []
    for i in range(m.n_frames):
        m.seek(i)
        seen.append(np.array(m.convert("RGBA")))
    strip(name + ".frames.png", np.array(seen))
