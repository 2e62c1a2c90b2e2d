"""Makes the picture files of the tests with Pillow: python3 make.py (in this folder).

Every file shows four quadrants of 48 × 40 pixels in all: red, green / blue, yellow,
with a smooth shade over them so that JPEG has more than flat blocks to code.
"""
import io
import struct

import numpy as np
from PIL import Image

W, H = 48, 40
COLOURS = [[(220, 30, 30), (30, 200, 40)], [(30, 40, 210), (230, 220, 40)]]


def picture():
    a = np.zeros((H, W, 3), np.float64)
    for y in range(H):
        for x in range(W):
            shade = 8 * np.sin(x / 5) * np.cos(y / 4)
            a[y, x] = np.array(COLOURS[y >= H // 2][x >= W // 2]) + shade
    return Image.fromarray(np.clip(a.round(), 0, 255).astype(np.uint8))


def turned(im, orientation):
    """The stored picture that a viewer turns back by orientation."""
    t = Image.Transpose
    return {
        1: im, 2: im.transpose(t.FLIP_LEFT_RIGHT), 3: im.transpose(t.ROTATE_180), 4: im.transpose(t.FLIP_TOP_BOTTOM),
        5: im.transpose(t.TRANSPOSE), 6: im.transpose(t.ROTATE_90), 7: im.transpose(t.TRANSVERSE), 8: im.transpose(t.ROTATE_270),
    }[orientation]


def exif(orientation):
    e = Image.Exif()
    e[0x0112] = orientation
    return e


def ycck(data):
    """Marks the components of a CMYK JPEG as YCCK; the test looks at the decoder's agreement with the standard library only."""
    at = data.index(b"Adobe")
    return data[: at + 11] + b"\x02" + data[at + 12 :]


im = picture()
for o in range(1, 9):
    turned(im, o).save(f"orientation{o}.jpg", quality=90, exif=exif(o))
im.save("baseline444.jpg", quality=92, subsampling=0)
im.save("baseline422.jpg", quality=92, subsampling=1)
im.save("baseline420.jpg", quality=85, subsampling=2)
im.save("restart.jpg", quality=85, restart_marker_blocks=2)
im.save("progressive.jpg", quality=85, progressive=True)
im.save("progressive444.jpg", quality=95, progressive=True, subsampling=0)
im.convert("L").save("grey.jpg", quality=90)
im.convert("L").save("grey_progressive.jpg", quality=90, progressive=True)
im.convert("CMYK").save("cmyk.jpg", quality=92)
open("ycck.jpg", "wb").write(ycck(open("cmyk.jpg", "rb").read()))
im.save("optimised.jpg", quality=30, optimize=True)

im.save("rgb.png")
im.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save("palette.png")
p = im.convert("P", palette=Image.Palette.ADAPTIVE, colors=8)
p.save("palette_transparent.png", transparency=p.getpixel((12, 10)))
grey16 = (np.asarray(im.convert("L")).astype(np.uint16) * 257)
Image.fromarray(grey16).save("grey16.png")
turned(im, 6).save("orientation6.png", exif=exif(6))
a = im.copy()
a.putalpha(Image.fromarray(np.repeat(np.where(np.arange(W) < W // 2, 255, 0)[None].astype(np.uint8), H, 0)))
a.save("alpha.png")
im.save("rgb.bmp")
im.save("lzw.tiff", compression="tiff_lzw")
turned(im, 8).save("orientation8.tiff", exif=exif(8))
frames = [im.quantize(32), Image.new("RGB", (W, H), (0, 0, 0)).quantize(2)]
frames[0].save("animated.gif", save_all=True, append_images=frames[1:], duration=100)
im.save("lossy.webp", quality=90)
im.save("lossless.webp", lossless=True)
a.save("alpha.webp", quality=90)
turned(im, 3).save("orientation3.webp", lossless=True, exif=exif(3))
im.save("animated.webp", save_all=True, append_images=[Image.new("RGB", (W, H))], duration=100, lossless=True)
a.save("animated_alpha.webp", save_all=True, append_images=[Image.new("RGBA", (W, H))], duration=100, quality=90)


def png16(path):
    """A 16-bit RGB PNG, which Pillow cannot write."""
    import zlib
    rows = b"".join(b"\x00" + (np.asarray(im)[y].astype(">u2") * 257).astype(">u2").tobytes() for y in range(H))
    chunk = lambda n, d: struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d))
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 16, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


png16("rgb16.png")
