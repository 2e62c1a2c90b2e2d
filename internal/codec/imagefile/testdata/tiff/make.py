"""Makes TIFF files with tifffile, Pillow and libtiff's tools, and beside each NAME.tif what it shows
as NAME.tif.png, of the array that it was made from or by libtiff:

    python3 make.py DIR         the whole grid
    python3 make.py DIR small   the part that is kept in this folder
"""
import itertools
import os
import shutil
import struct
import subprocess
import sys
import zlib

import numpy as np
import tifffile
from PIL import Image

out, small = sys.argv[1], len(sys.argv) > 2
os.makedirs(out, exist_ok=True)
W, H = (19, 14) if small else (37, 29)
y, x = np.mgrid[0:H, 0:W]
PLANES = np.stack([(x * 7) % 256, (y * 9) % 256, (x * y) % 256, (x + 2 * y) % 256, 255 - (x * 5) % 256], -1)
count = 0


def over_white(c, a):
    t = (255 - c.astype(int)) * a.astype(int) + 128
    return 255 - ((t + (t >> 8)) >> 8)


def narrow(a):
    return (a.astype(np.uint64) * 255 + 32767) // 65535


def done(name, rgb):
    global count
    rgb = np.asarray(rgb)
    if rgb.ndim == 2:
        rgb = np.stack([rgb] * 3, -1)
    Image.fromarray(rgb.astype(np.uint8)).save(f"{out}/{name}.png", optimize=True)
    count += 1


def keep(name):
    """Of the grid a part is kept, the same every time."""
    return not small or zlib.crc32(name.encode()) % (4 if name.startswith("hand") else 25) == 0


def by_tifffile():
    layouts = {"strip": {}, "rows": {"rowsperstrip": 5}, "tile": {"tile": (16, 32)}}
    for dtype, channels, planar, comp, order, layout in itertools.product(
        ("u1", "u2", "u4", "i1", "i2", "f2", "f4", "f8"), (1, 2, 3, 4, 5), (False, True), ("none", "lzw", "zlib", "packbits", "zstd"), "<>", layouts
    ):
        if planar and channels < 3 or small and comp == "zstd":
            continue
        for predictor in (False, True):
            if predictor and (comp in ("none", "packbits") or dtype == "f2"):
                continue
            name = f"{dtype}-{channels}{'p' if planar else 'c'}-{comp}{'-pred' if predictor else ''}-{'be' if order == '>' else 'le'}-{layout}.tif"
            if not keep(name):
                continue
            p = PLANES[..., :channels].astype(np.uint8)
            if dtype[0] == "u":
                n = int(dtype[1])
                data = p.astype(order + dtype)
                for _ in range(n - 1):
                    data = data * 256 + p
            elif dtype[0] == "i":
                data = (p.astype(int) - 128).astype(order + dtype)
            else:
                data = (p / 255).astype(order + dtype)
            shown = p
            if dtype[0] == "i":  # from the smallest to the largest of the picture's colors
                c = p[..., : 3 if channels >= 3 else 1].astype(float)
                shown = np.floor((p - c.min()) / (c.max() - c.min()) * 255 + 0.5)
            extra = {1: None, 2: ["unassalpha"], 3: None, 4: ["unassalpha"], 5: ["unassalpha", "unspecified"]}[channels]
            if dtype[0] == "i" and extra:
                continue
            photometric = "rgb" if channels >= 3 else "minisblack"
            array = data[..., 0] if channels == 1 else data
            o = dict(layouts[layout])
            if planar:
                array, o["planarconfig"] = np.moveaxis(array, -1, 0), "separate"
            elif channels > 1:
                o["planarconfig"] = "contig"
            tifffile.imwrite(
                f"{out}/{name}", array, byteorder=order, photometric=photometric, compression=None if comp == "none" else comp,
                predictor=predictor, extrasamples=extra, bigtiff=layout == "rows" and order == ">", metadata=None, **o,
            )
            rgb = shown[..., :3] if channels >= 3 else np.repeat(shown[..., :1], 3, -1)
            if channels in (2, 4, 5):
                a = p[..., {2: 1, 4: 3, 5: 3}[channels]]
                rgb = over_white(rgb, a[..., None])
            done(name, rgb)


def raw(name, order, tags, strips, big=False):
    """Writes a TIFF of the given tags, all of them numbers, by hand."""
    b = bytearray(b"II*\0\0\0\0\0" if order == "<" else b"MM\0*\0\0\0\0")
    offsets = []
    for s in strips:
        offsets.append(len(b))
        b += s
    tags = dict(tags)
    tags[273], tags[279] = (4, offsets), (4, [len(s) for s in strips])
    entries = b""
    for tag in sorted(tags):
        kind, values = tags[tag]
        data = struct.pack(order + {1: "B", 3: "H", 4: "I", 12: "d"}[kind] * len(values), *values)
        if len(data) > 4:
            if len(b) % 2:
                b += b"\0"
            at = len(b)
            b += data
            data = struct.pack(order + "I", at)
        entries += struct.pack(order + "HHI", tag, kind, len(values)) + data.ljust(4, b"\0")
    if len(b) % 2:
        b += b"\0"
    b[4:8] = struct.pack(order + "I", len(b))
    b += struct.pack(order + "H", len(tags)) + entries + b"\0\0\0\0"
    open(f"{out}/{name}", "wb").write(b)


def pack(values, bits):
    """Packs samples row by row, most significant bit first."""
    rows = []
    for row in values.reshape(values.shape[0], -1):
        text = "".join(format(int(v), f"0{bits}b") for v in row)
        text += "0" * (-len(text) % 8)
        rows.append(int(text, 2).to_bytes(len(text) // 8, "big"))
    return rows


def by_hand():
    for bits, order, photo, channels, fill in itertools.product((1, 2, 4, 8, 12, 16), "<>", (0, 1, 2, 3, 5), (1, 3, 4), (1, 2)):
        if (photo in (0, 1, 3)) != (channels == 1) or (photo == 2) != (channels == 3) or photo == 3 and bits > 8 or photo == 5 and bits < 4:
            continue
        name = f"hand-{bits}bit-photo{photo}-{'be' if order == '>' else 'le'}-fill{fill}.tif"
        if not keep(name):
            continue
        top = (1 << bits) - 1
        v = (PLANES[..., :channels] * top + 127) // 255
        if bits == 16:
            rows = [r.astype(order + "u2").tobytes() for r in v.reshape(H, -1)]
        else:
            rows = pack(v, bits)
        if fill == 2:
            rows = [bytes(int(format(b, "08b")[::-1], 2) for b in r) for r in rows]
        tags = {256: (3, [W]), 257: (3, [H]), 258: (3, [bits] * channels), 259: (3, [1]), 262: (3, [photo]), 266: (3, [fill]), 277: (3, [channels]), 278: (3, [4])}
        eight = narrow(v) if bits == 16 else (v * 255 + top // 2) // top
        if photo == 0:
            eight = 255 - eight
        if photo == 3:
            rng = np.random.default_rng(bits)
            table = rng.integers(0, 65536, (3, 1 << bits))
            tags[320] = (3, [int(t) for t in table.reshape(-1)])
            eight = (table >> 8).T[v[..., 0]]
        if photo == 5:
            k = 255 - eight[..., 3:]
            t = (255 - eight[..., :3]) * k + 128
            eight = (t + (t >> 8)) >> 8
        raw(name, order, tags, [b"".join(rows[i : i + 4]) for i in range(0, H, 4)])
        done(name, eight[..., 0] if channels == 1 and photo != 3 else eight)


def reference(path):
    return np.asarray(Image.open(path).convert("RGB"))


def by_tools():
    source = f"{out}/source.tif"
    rgb = PLANES[..., :3].astype(np.uint8)
    smooth = np.stack([x * 6, y * 8, (x + y) * 3], -1).clip(0, 255).astype(np.uint8)
    tifffile.imwrite(source, smooth, photometric="rgb", metadata=None)
    ycc = np.asarray(Image.fromarray(smooth).convert("YCbCr"))
    for h, v, comp, order in itertools.product((1, 2, 4), (1, 2, 4), (1, 8), "<>"):
        name = f"ycc-{h}{v}-{comp}-{'be' if order == '>' else 'le'}.tif"
        if v > h or not keep(name) and (h, v, comp) != (2, 2, 1):  # TIFF 6.0 wants no more vertically
            continue
        padded = np.pad(ycc, ((0, -H % v), (0, -W % h), (0, 0)), "edge")
        rows = []
        for by in range(0, H, v):
            row = b""
            for bx in range(0, W, h):
                block = padded[by : by + v, bx : bx + h]
                row += block[..., 0].tobytes() + bytes(int(c) for c in block[0, 0, 1:])
            rows.append(row)
        strips = [b"".join(rows[i : i + 4]) for i in range(0, len(rows), 4)]
        if comp == 8:
            strips = [zlib.compress(t) for t in strips]
        raw(name, order, {256: (3, [W]), 257: (3, [H]), 258: (3, [8, 8, 8]), 259: (3, [comp]), 262: (3, [6]), 277: (3, [3]), 278: (3, [4 * v]), 530: (3, [h, v])}, strips)
        subprocess.run(["tiff2rgba", "-c", "none", f"{out}/{name}", f"{out}/x.tif"], check=True)
        done(name, reference(f"{out}/x.tif"))
    for args, more in itertools.product((["-c", "jpeg:90"], ["-c", "jpeg:r:75"]), ([], ["-t", "-w", "16", "-l", "16"], ["-r", "16"], ["-B"], ["-8"])):
        name = "jpeg" + "".join(args[1:] + more).replace(":", "") + ".tif"
        subprocess.run(["tiffcp", *args, *more, source, f"{out}/{name}"], check=True)
        done(name, reference(f"{out}/{name}"))
    for mode in ("L", "CMYK"):
        name = f"jpeg-{mode}.tif"
        Image.fromarray(smooth).convert(mode).save(f"{out}/{name}", compression="jpeg", quality=90)
        done(name, reference(f"{out}/{name}"))
    for i, (w, density) in enumerate(itertools.product((1, 7, 8, 33, 64, 200, 1000, 5000), (0.0, 0.02, 0.3, 0.5, 1.0))):
        rng = np.random.default_rng(i)
        page = np.repeat(rng.random((24, w)) < density, 1, 0)
        page[5:9] = page[4]
        page[10, : w // 2] = True
        page[11, w // 3 :] = True
        page[12, :] = page[11] ^ (rng.random(w) < 0.01)
        im = Image.fromarray(np.where(page, 0, 255).astype(np.uint8)).convert("1")
        im.save(f"{out}/page.tif", compression="raw")
        for comp, order in itertools.product(("g3:1d", "g3:2d", "g3:1d:fill", "g3:2d:fill", "g4"), ("msb2lsb", "lsb2msb")):
            name = f"fax-{w}-{density}-{comp.replace(':', '')}-{order}.tif"
            if keep(name) and not (small and w > 200):
                subprocess.run(["tiffcp", "-c", comp, "-f", order, "-r", "10", f"{out}/page.tif", f"{out}/{name}"], check=True)
                done(name, np.where(page, 0, 255))
        for comp, invert in itertools.product(("tiff_ccitt", "group3", "group4"), (False, True)):
            name = f"fax-{w}-{density}-{comp}{'-min' if invert else ''}.tif"
            if keep(name) and not (small and w > 200):
                im.save(f"{out}/{name}", compression=comp, tiffinfo={262: 0} if invert else {})
                done(name, reference(f"{out}/{name}"))
    for o in range(1, 9):
        name = f"turned-{o}.tif"
        if keep(name):
            im = Image.fromarray(rgb)
            t = Image.Transpose
            stored = {1: im, 2: im.transpose(t.FLIP_LEFT_RIGHT), 3: im.transpose(t.ROTATE_180), 4: im.transpose(t.FLIP_TOP_BOTTOM), 5: im.transpose(t.TRANSPOSE), 6: im.transpose(t.ROTATE_90), 7: im.transpose(t.TRANSVERSE), 8: im.transpose(t.ROTATE_270)}[o]
            stored.save(f"{out}/{name}", tiffinfo={274: o})
            done(name, rgb)
    # premultiplied color, two pages, floats with a scale of their own or without
    a = PLANES[..., 3].astype(np.uint8)
    pre = (rgb.astype(int) * a[..., None] // 255).astype(np.uint8)
    tifffile.imwrite(f"{out}/associated.tif", np.dstack([pre, a]), photometric="rgb", extrasamples=["assocalpha"], metadata=None)
    done("associated.tif", pre.astype(int) + 255 - a[..., None])
    with tifffile.TiffWriter(f"{out}/pages.tif") as w:
        w.write(rgb, photometric="rgb", metadata=None)
        w.write(255 - rgb, photometric="rgb", metadata=None)
    done("pages.tif", rgb)
    f = PLANES[..., 0].astype(np.float32)
    for name, data, tags, low, high in (
        ("float-bytes.tif", f, [], 0, 255),
        ("float-words.tif", f * 200, [], 0, 65535),
        ("float-below.tif", f * 3 - 100, [], -100, f.max() * 3 - 100),
        ("float-tags.tif", f * 3 - 100, [(340, 11, 1, -50.0, True), (341, 11, 1, 500.0, True)], -50, 500),
        ("float-nodata.tif", np.where(f < 20, -9999, f * 100).astype(np.float32), [(42113, 2, 6, "-9999", True)], 0, 65535),
    ):
        tifffile.imwrite(f"{out}/{name}", data, photometric="minisblack", metadata=None, extratags=tags)
        done(name, np.floor(np.clip((data.astype(float) - low) / (high - low), 0, 1) * 255 + 0.5))
    for n in ("source.tif", "x.tif", "page.tif"):
        os.path.exists(f"{out}/{n}") and os.remove(f"{out}/{n}")


by_tifffile()
by_hand()
by_tools()
print(count, "files")
