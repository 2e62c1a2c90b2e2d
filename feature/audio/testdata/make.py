"""Writes modulation.json and spectral.json: these views of made-up sounds over a grid of rates, kinds
and lengths, computed in float64 with numpy, scipy and the mel filters of librosa (pip install librosa).
values_test.go makes the same sounds and compares."""

import itertools
import json
import os

import librosa
import numpy as np
from scipy.fft import dct

FLOOR = 10**-5.5


def noise(n):
    """The upper bits of a linear congruential generator (Numerical Recipes), in [-1, 1)."""
    state, out = 1, np.empty(n)
    for i in range(n):
        state = (state * 1664525 + 1013904223) % 2**32
        out[i] = (state >> 16) / 2**15 - 1
    return out


def make(kind, rate, samples):
    t = np.arange(samples) / rate
    if kind == "glide":
        x = 0.4 * np.sin(2 * np.pi * (300 + 200 * t) * t) * (1 + 0.8 * np.sin(2 * np.pi * 5 * t)) / 2
        x += 0.002 * noise(samples)
    elif kind == "hiss":
        x = 0.3 * noise(samples)
    elif kind == "ticks":
        x = 0.5 * noise(samples) * np.exp(-60 * (t % 0.31))
    elif kind == "island":  # a tone between silent ends
        x = np.where((t >= 0.2) & (t < 1.6), 0.2 * np.sin(2 * np.pi * 440 * t) + 0.01 * noise(samples), 0)
    return x.astype(np.float32).astype(np.float64)


def frames(x, rate):
    fft, win, hop = rate * 4 // 125, rate // 40, rate // 100
    count, n = 1 + len(x) // hop, len(x)
    at = np.arange(count)[:, None] * hop - win // 2 + np.arange(win)
    if n > 1:
        at = np.abs((at + n - 1) % (2 * n - 2) - n + 1)
    else:
        at = at * 0
    w = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(win) / win)
    power = np.abs(np.fft.rfft(x[at] * w, fft)) ** 2 * 4 / win**2
    crossings = np.zeros(count)
    for t in range(count):
        part = np.signbit(x[max(0, t * hop - win // 2) : min(n, t * hop - win // 2 + win)])
        if len(part) > 1:
            crossings[t] = (part[1:] != part[:-1]).sum() / len(part) * rate / 8000
    return power, crossings


def mel(rate, bands, low, high):
    return librosa.filters.mel(sr=rate, n_fft=rate * 4 // 125, n_mels=bands, fmin=low, fmax=high, dtype=np.float64).T


def modulation(b):
    n, spectra, at = 128, [], 0
    while at == 0 or at + n // 2 < len(b):
        part = b[at : at + n]
        w = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(part)) / len(part))
        energy = (w * w).sum()
        x = (part - part.mean(0)) * w[:, None]
        spectra.append(np.abs(np.fft.rfft(x, n, axis=0)) ** 2 / energy if energy else np.zeros((65, b.shape[1])))
        at += n // 2
    v = np.mean(spectra, axis=0) * 2 / n
    edges = [1, 2, 4, 8, 16, 32, 65]
    return np.log([[v[a:z, k].sum() + 1e-3 for a, z in zip(edges, edges[1:])] for k in range(b.shape[1])]).ravel()


def correlation(b):
    z = b - b.mean(0)
    dev = np.maximum(0.1, z.std(0))
    return ((z.T @ z) / len(z) / np.outer(dev, dev))[np.triu_indices(b.shape[1], 1)]


def rhythm(onsets):
    z = onsets - onsets.mean()
    power = (z * z).sum()
    c = [z[lag:] @ z[:-lag] / power if lag < len(z) and power > 1e-6 * len(z) else 0 for lag in range(5, 150)]
    return [max(c[:15]), max(c[15:45]), max(c[45:]), z.std() / (onsets.mean() + 0.01)]


def contrast(power, rate):
    edges, columns = [1, 9, 17, 33, 65, 129, 257], []
    for a, z in zip(edges, edges[1:]):
        if z > power.shape[1]:
            columns.append(np.zeros(len(power)))
            continue
        p = np.sort(power[:, a:z], axis=1)
        m = max(1, round(p.shape[1] / 5))
        columns.append(np.log(p[:, -m:].mean(1) + FLOOR) - np.log(p[:, :m].mean(1) + FLOOR))
    return np.r_[np.mean(columns, axis=1), np.std(columns, axis=1)]


def chroma(x, rate):
    n = rate * 128 // 1000
    w = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    hz = np.arange(n // 2 + 1) * rate / n
    keep = (hz >= 110) & (hz <= 2000)
    pitch = np.round(69 + 12 * np.log2(hz[keep] / 440)).astype(int) % 12
    shares, weights = [], []
    for at in range(0, len(x), n):
        part = x[at : at + n]
        p = np.abs(np.fft.rfft(part * w[: len(part)], n)[keep]) ** 2
        if p.sum() >= 1e-12:
            shares.append(np.bincount(pitch, p, 12) / p.sum())
            weights.append(np.sqrt(p.sum()))
    if not shares:
        return np.full(12, 1 / 12), np.zeros(12)
    mean = np.average(shares, axis=0, weights=weights)
    return mean, np.sqrt(np.average((shares - mean) ** 2, axis=0, weights=weights))


def ranks(x, *qs):
    """By columns, all quantiles of the first, then those of the second."""
    return np.sort(x, axis=0)[[int(q * (len(x) - 1) + 0.5) for q in qs]].T.ravel()


class Sound:
    """What the views share, of the part in which something is heard."""

    def __init__(self, x, rate):
        power, crossings = frames(x, rate)
        low = power @ mel(rate, 40, 20, 4000)
        peak = max(1e-12, low.max())
        low_log = np.log(low / peak + FLOOR)
        high = np.full((len(power), 8), np.log(FLOOR))
        if rate == 16000:
            high = np.log(power @ mel(rate, 8, 4000, 8000) / peak + FLOOR)
        sums = power[:, :129].sum(1)
        energy = np.log(sums / max(1e-12, sums.max()) + FLOOR)
        loud = np.flatnonzero(energy >= -2.8 * np.log(10))
        first, last = (loud[0], loud[-1] + 1) if len(loud) else (len(power) - 1, len(power))
        s = slice(first, last)

        m = librosa.hz_to_mel(np.arange(129) * 31.25)
        p = power[:, :129]
        some = np.maximum(1e-20, sums)
        centroid = np.where(sums >= 1e-20, p @ m / some, 0)
        tail = np.cumsum(p[:, ::-1], axis=1)
        rolloff = np.where(sums >= 1e-20, m[128 - np.argmax(tail >= 0.15 * sums[:, None], axis=1)], 0)
        flatness = low_log.mean(1) - np.log(low.mean(1) / peak + FLOOR)
        mfcc = dct(low_log, norm="ortho")[:, :13]

        hop = rate // 100
        start = min(first * hop, len(x) - 1)
        self.chroma, self.chroma_deviation = chroma(x[start : max(start + 1, min(last * hop, len(x)))], rate)
        self.rate, self.power = rate, power[s] / peak
        self.low, self.high, self.energy = low_log[s], high[s], energy[s]
        self.halved = (self.low[:, ::2] + self.low[:, 1::2]) / 2
        self.mfcc, self.slopes = mfcc[s], slopes(mfcc)[s]
        self.descriptors = np.c_[centroid, rolloff, flatness, crossings][s]


def slopes(x):
    y = np.pad(x, ((2, 2), (0, 0)), "edge")
    return (y[3:-1] - y[1:-3] + 2 * (y[4:] - y[:-4])) / 10


def modulation_view(s):
    a = np.c_[s.halved, s.high]
    b = np.c_[s.low.reshape(-1, 5, 8).mean(2), s.high.mean(1)]
    d = np.diff(a, axis=0) if len(a) > 1 else np.zeros((1, 28))
    flux = np.abs(d[:, :20]).mean(1)
    series = np.c_[s.descriptors, s.energy]
    steps = np.diff(series, axis=0) if len(series) > 1 else np.zeros((1, 5))
    return np.r_[
        modulation(b), correlation(b), np.abs(d).mean(0), rhythm(np.maximum(0, d).mean(1)), contrast(s.power, s.rate),
        ranks(flux[:, None], 0.2, 0.5, 0.8), flux.mean(), flux.std(), steps.std(0), s.chroma_deviation,
    ]


def stretches(x, pace, parts):
    """Means of x, a step function of the cumulated pace, over equal parts, by its integral."""
    ends = np.r_[0, np.cumsum(pace)]
    integral = np.vstack([np.zeros(x.shape[1]), np.cumsum(x * pace[:, None], axis=0)])
    at = np.linspace(0, ends[-1], parts + 1)
    whole = np.column_stack([np.interp(at, ends, column) for column in integral.T])
    return np.diff(whole, axis=0) * parts / ends[-1]


def spectral_view(s):
    inner = slopes(s.mfcc)
    change = np.sqrt((inner**2).sum(1))
    pace = change / max(1e-3, change.mean()) + 0.3
    mean = s.mfcc.mean(0)
    n = len(s.mfcc)
    thirds = [slice(k * n // 3, max(k * n // 3 + 1, (k + 1) * n // 3)) for k in range(3)]
    return np.r_[
        s.halved.mean(0), s.halved.std(0), s.high.mean(0), s.high.std(0),
        mean, s.mfcc.std(0), ranks(s.mfcc, 0.1, 0.9), s.slopes.std(0),
        (stretches(s.mfcc, pace, 10) - mean / 2).ravel(),
        np.ravel([np.r_[s.mfcc[t].mean(0) - mean / 2, s.mfcc[t].std(0)] for t in thirds]),
        np.ravel([inner[t].std(0) for t in thirds]),
        s.descriptors.mean(0), s.descriptors.std(0), ranks(s.descriptors, 0.1, 0.9),
        stretches(s.descriptors, pace, 5).ravel(),
        s.chroma, np.log(n * 0.01),
    ]


def write(name, view, lengths):
    cases = []
    for rate, kind, seconds in itertools.product((8000, 16000), ("glide", "hiss", "ticks", "island"), lengths):
        samples = max(1, int(rate * seconds))
        values = view(Sound(make(kind, rate, samples), rate))
        cases.append({"rate": rate, "kind": kind, "samples": samples, "values": [float("%.6g" % v) for v in values]})
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


write("modulation.json", modulation_view, (0.0, 0.021, 0.33, 1.5, 4.7))
write("spectral.json", spectral_view, (0.0, 0.021, 0.33, 1.5))
