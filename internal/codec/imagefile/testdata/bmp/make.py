"""Makes bitmaps by hand and beside each NAME.bmp what it shows, of the array it was made from:

    python3 make.py DIR         the whole grid
    python3 make.py DIR small   the part that is kept here

Pillow and ffmpeg read what they can of it, and differences are printed.
"""
import itertools
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
from PIL import Image

out, small = sys.argv[1], len(sys.argv) > 2
os.makedirs(out, exist_ok=True)
count = 0


def save(name, header, masks, palette, pixels, shown):
    global count
    if small and zlib.crc32(name.encode()) % 12:
        return
    body = header + masks + palette
    gap = b"\0" * (8 if "gap" in name else 0)
    data = b"BM" + struct.pack("<IHHI", 14 + len(body) + len(gap) + len(pixels), 0, 0, 14 + len(body) + len(gap)) + body + gap + pixels
    path = f"{out}/{name}.bmp"
    open(path, "wb").write(data)
    shown = np.asarray(shown).astype(np.uint8)
    Image.fromarray(shown).save(path + ".png", optimize=True)
    try:
        theirs = Image.open(path)
        if theirs.mode == "RGBA":
            theirs = Image.alpha_composite(Image.new("RGBA", theirs.size, "white"), theirs)
        worst = abs(np.asarray(theirs.convert("RGB")).astype(int) - shown).max()
        if worst > 1:
            print("Pillow differs", name, worst)
    except Exception as e:
        print("Pillow cannot read", name, e)
    if not small and "alpha" not in name and "32" not in name:
        h, w = shown.shape[:2]
        got = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True).stdout
        if len(got) != shown.size:
            print("ffmpeg cannot read", name)
        elif abs(np.frombuffer(got, np.uint8).reshape(shown.shape).astype(int) - shown).max() > 8:
            print("ffmpeg differs", name)
    count += 1


def header(size, w, h, bits, compression, used, masks=(0, 0, 0, 0)):
    if size == 12:
        return struct.pack("<IHHHH", 12, w, h, 1, bits)
    b = struct.pack("<IiiHHIIiiII", size, w, h, 1, bits, compression, 0, 2835, 2835, used, 0)
    if size == 16:
        return b[:16]
    b += struct.pack("<4I", *masks)
    if size >= 108 and compression == 0:
        b += b"BGRs"
    return b.ljust(size, b"\0")[:size]


def rows(values, bits, top_down):
    lines = []
    for row in values:
        text = "".join(format(int(v), f"0{bits}b") for v in row) if bits < 8 else ""
        if bits < 8:
            text += "0" * (-len(text) % 8)
            line = int(text, 2).to_bytes(len(text) // 8, "big")
        else:
            line = b"".join(int(v).to_bytes(bits // 8, "little") for v in row)
        lines.append(line + b"\0" * (-len(line) % 4))
    return b"".join(lines if top_down else lines[::-1])


def run_lengths(values, bits, rng):
    """Runs, stretches as they stand and jumps, at random; returns what is shown too."""
    data, shown = b"", values.copy()
    for y in range(values.shape[0] - 1, -1, -1):
        row, x = values[y], 0
        while x < len(row):
            n = int(min(len(row) - x, rng.integers(1, 12)))
            kind = rng.integers(0, 3)
            if kind == 0:
                v, u = int(row[x]), int(row[min(x + 1, len(row) - 1)])
                if bits == 8:
                    shown[y, x : x + n] = v
                    data += bytes([n, v])
                else:
                    shown[y, x : x + n] = [(v, u)[i % 2] for i in range(n)]
                    data += bytes([n, v << 4 | u])
            elif kind == 1 and n >= 3:
                if bits == 8:
                    part = bytes(int(v) for v in row[x : x + n])
                else:
                    p = [int(v) for v in row[x : x + n]] + [0]
                    part = bytes(p[i] << 4 | p[i + 1] for i in range(0, n, 2))
                data += bytes([0, n]) + part + b"\0" * (len(part) % 2)
            elif kind == 2:
                shown[y, x : x + n] = 0
                data += bytes([0, 2, n, 0])
            else:
                continue
            x += n
        data += b"\0\0"
    return data + b"\0\1", shown


for (w, h), seed in (((19, 14), 1), ((8, 3), 2), ((1, 1), 3)):
    rng = np.random.default_rng(seed)
    for size, bits, top_down, gray, gap in itertools.product((12, 16, 40, 56, 64, 108, 124), (1, 2, 4, 8), (False, True), (False, True), (False, True)):
        if size in (12, 16, 64) and top_down or size == 12 and bits == 2:
            continue
        v = rng.integers(0, 1 << bits, (h, w))
        table = rng.integers(0, 256, (1 << bits, 3))
        if gray:
            table[:] = table[:, :1]
        palette = b"".join(bytes([int(c[2]), int(c[1]), int(c[0])]) + (b"" if size == 12 else b"\0") for c in table)
        name = f"{w}x{h}-{size}-{bits}bit{'-down' if top_down else ''}{'-gray' if gray else ''}{'-gap' if gap else ''}"
        save(name, header(size, w, -h if top_down else h, bits, 0, 0), b"", palette, rows(v, bits, top_down), table[v])
        if bits in (4, 8) and size >= 40 and not top_down:
            data, shown = run_lengths(v, bits, rng)
            save(name + "-rle", header(size, w, h, bits, 2 if bits == 4 else 1, 0), b"", palette, data, table[shown])
    for size, top_down in itertools.product((12, 16, 40, 52, 56, 64, 108, 124), (False, True)):
        if size in (12, 16, 64) and top_down:
            continue
        rgb = rng.integers(0, 256, (h, w, 3))
        tail = f"{w}x{h}-{size}{'-down' if top_down else ''}"
        hh = -h if top_down else h
        v24 = rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2]
        save(f"{tail}-24bit", header(size, w, hh, 24, 0, 0), b"", b"", rows(v24, 24, top_down), rgb)
        if size < 40 or size == 64:
            continue
        save(f"{tail}-32bit", header(size, w, hh, 32, 0, 0), b"", b"", rows(v24 | 77 << 24, 32, top_down), rgb)
        for what, bits, masks in (
            ("555", 16, (31 << 10, 31 << 5, 31, 0)), ("565", 16, (31 << 11, 63 << 5, 31, 0)), ("444", 16, (15 << 8, 15 << 4, 15, 0)), ("555plain", 16, None), ("888", 32, (255 << 16, 255 << 8, 255, 0)),
            ("rgbx", 32, (255 << 24, 255 << 16, 255 << 8, 0)), ("101010", 32, (1023 << 20, 1023 << 10, 1023, 0)), ("alpha", 32, (255 << 16, 255 << 8, 255, 255 << 24)), ("alphazero", 32, (255 << 16, 255 << 8, 255, 255 << 24)), ("alpha1555", 16, (31 << 10, 31 << 5, 31, 1 << 15)),
        ):
            if masks is None:
                used, compression = (31 << 10, 31 << 5, 31, 0), 0
            else:
                used, compression = masks, 3
            if used[3] and size < 56:
                continue
            v = rng.integers(0, 1 << bits, (h, w), np.int64)
            if what == "alphazero":
                v &= ~used[3]
            parts = [(v & m) // (m & -m) * 255 // (m // (m & -m)) if m else v * 0 for m in used]
            shown = np.stack(parts[:3], -1)
            if used[3] and (v & used[3]).any():  # opacity that is 0 everywhere is not meant
                t = (255 - shown) * parts[3][..., None] + 128
                shown = 255 - ((t + (t >> 8)) >> 8)
            extra = struct.pack("<3I", *used[:3]) if size == 40 and compression == 3 else b""
            save(f"{tail}-{what}", header(size, w, hh, bits, compression, 0, used if compression else (0, 0, 0, 0)), extra, b"", rows(v, bits, top_down), shown)
print(count, "files")
