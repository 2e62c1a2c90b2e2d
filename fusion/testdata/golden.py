"""Writes golden.json: what the published formulas make of small numbers, in float64.

Each formula is written down as the paper has it, not as package fusion computes it: Dempster's rule
joins one opinion after the other, a mixture sums probabilities, attention loops over what it weighs.
Needs numpy and scipy: python golden.py > golden.json
"""
import json
import sys

import numpy as np
from scipy.special import digamma, gammaln

rng = np.random.default_rng(16)


def draw(*shape):
    return np.round(rng.normal(size=shape), 3)


def linear(p, name, x):
    return p[name + ".weight"] @ x + p[name + ".bias"]


def with_linear(p, name, out, width):
    p[name + ".weight"], p[name + ".bias"] = draw(out, width), draw(out)


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log1p(np.exp(x))


PRESENT = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1], [0, 0, 1], [1, 1, 0]])
WIDTHS = [3, 2, 4]
CLASSES = 3
FLOOR = 1e-12  # the one thing added to the formulas: it keeps the logarithm of a mixture finite


def here(row):
    return [k for k in range(len(row)) if row[k]]


def moe(p, xs, row, task):
    zeroed = np.concatenate([x * m for x, m in zip(xs, row)])
    ks = here(row)
    g = softmax(np.array([linear(p, f"gate.{k}", zeroed)[0] for k in ks]))
    votes = [linear(p, f"expert.{k}", xs[k]) for k in ks]
    if task == "regression":
        z = sum(w * v for w, v in zip(g, votes))
    elif task == "multilabel":
        P = sum(w * sigmoid(v) for w, v in zip(g, votes))
        z = np.log((P + FLOOR) / (1 - P + FLOOR))
    else:
        z = np.log(sum(w * softmax(v) for w, v in zip(g, votes)) + FLOOR)
    weights = np.zeros(len(row))
    weights[ks] = g
    return z, weights


def opinion(e):
    K = len(e)
    S = e.sum() + K
    return e / S, K / S


def dempster(one, other):
    """Definition 4 of TMC: the reduced combination rule of two opinions."""
    (b1, u1), (b2, u2) = one, other
    conflict = sum(b1[i] * b2[j] for i in range(len(b1)) for j in range(len(b2)) if i != j)
    scale = 1 / (1 - conflict)
    return scale * (b1 * b2 + b1 * u2 + b2 * u1), scale * u1 * u2


def joint(opinions):
    o = opinions[0]
    for other in opinions[1:]:
        o = dempster(o, other)
    b, u = o
    S = len(b) / u
    return b * S + 1  # alpha


def evidential(p, xs, row, task):
    ks = here(row)
    e = {k: softplus(linear(p, f"head.{k}", xs[k])) for k in ks}
    labels = [slice(0, CLASSES)] if task == "class" else [slice(2 * l, 2 * l + 2) for l in range(CLASSES)]
    z, believed = [], np.zeros(len(row))
    for l in labels:
        alpha = joint([opinion(e[k][l]) for k in ks])
        z.append(np.log(alpha / alpha.sum()) if task == "class" else np.log(alpha[1] / alpha[0]))
        for k in ks:
            believed[k] += opinion(e[k][l])[0].sum()
    believed[ks] += 1e-6
    return np.hstack(z), believed / believed.sum()


def tmc_loss(alpha, y, kl):
    """Equations 7 to 9 of TMC."""
    S = alpha.sum()
    acc = (y * (digamma(S) - digamma(alpha))).sum()
    a = y + (1 - y) * alpha
    K = len(a)
    div = gammaln(a.sum()) - gammaln(K) - gammaln(a).sum() + ((a - 1) * (digamma(a) - digamma(a.sum()))).sum()
    return acc + kl * div


def evidential_loss(p, xs, present, target, weights, kl, task):
    total = 0
    for r in range(len(present)):
        ks = here(present[r])
        e = {k: softplus(linear(p, f"head.{k}", xs[k][r])) for k in ks}
        if task == "class":
            parts, targets = [slice(0, CLASSES)], [target[r]]
        else:
            parts = [slice(2 * l, 2 * l + 2) for l in range(CLASSES)]
            targets = [np.array([1 - y, y]) for y in target[r]]
        for l, y in zip(parts, targets):
            own = sum(tmc_loss(e[k][l] + 1, y, kl) for k in ks)
            total += weights[r] * (own + tmc_loss(joint([opinion(e[k][l]) for k in ks]), y, kl)) / len(parts)
    return total / weights.sum()


def quality(p, xs, row, task, scale=0.1, T=1.0):
    ks = here(row)
    f = {k: linear(p, f"head.{k}", xs[k]) for k in ks}
    c = np.zeros(len(row))
    for k in ks:
        if task == "class":
            energy = -T * np.log(np.exp(f[k] / T).sum())
        else:
            energy = np.mean([-T * np.log(np.exp(v / 2 / T) + np.exp(-v / 2 / T)) for v in f[k]])
        c[k] = scale * -energy
    z = sum(c[k] * f[k] for k in ks)
    if task == "class":
        z = np.log(softmax(z))
    share = np.maximum(c, 0)
    share[ks] += 1e-6
    return z, share / share.sum()


def stacking(p, xs, row, task):
    z = p["bias"].copy()
    for k in here(row):
        vote = linear(p, f"head.{k}", xs[k])
        z += p[f"scale.{k}"] * (np.log(softmax(vote)) if task == "class" else vote)
    return np.log(softmax(z)) if task == "class" else z, None


def mlb(p, xs, row, task):
    one = np.ones(p["question.bias"].shape)
    ask = np.tanh(linear(p, "ask", xs[0])) if row[0] else one
    question = np.tanh(linear(p, "question", xs[0])) if row[0] else one
    ks = [k for k in here(row) if k > 0]
    if not ks:
        return question, None
    h = {k: linear(p, f"proj.{k}", xs[k]) for k in ks}
    v = []
    for g in p["glimpse"]:
        a = softmax(np.array([g @ (ask * np.tanh(linear(p, "look", h[k]))) for k in ks]))
        v.append(sum(w * h[k] for w, k in zip(a, ks)))
    return question * np.tanh(linear(p, "answer", np.concatenate(v))), None


def norm(p, name, x):
    x = x - x.mean(axis=1, keepdims=True)
    return x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-5) * p[name + ".weight"] + p[name + ".bias"]


def attention(p, name, q, kv, heads):
    w, b, E = p[name + ".in_proj_weight"], p[name + ".in_proj_bias"], q.shape[1]
    q, k, v = q @ w[:E].T + b[:E], kv @ w[E:2 * E].T + b[E:2 * E], kv @ w[2 * E:].T + b[2 * E:]
    e, out = E // heads, np.zeros_like(q)
    for h in range(heads):
        at = slice(h * e, (h + 1) * e)
        for i in range(len(q)):
            out[i, at] = softmax(k[:, at] @ q[i, at] / np.sqrt(e)) @ v[:, at]
    return out @ p[name + ".out_proj.weight"].T + p[name + ".out_proj.bias"]


def transformer(p, name, y, source, heads, layers):
    """The authors' encoder: norms first, ReLU, a norm at the end. source is None for itself."""
    for i in range(layers):
        l = f"{name}.layers.{i}"
        seen = y if source is None else source
        y = y + attention(p, l + ".self_attn", norm(p, l + ".norm1", y), norm(p, l + ".norm1", seen), heads)
        f = np.maximum(norm(p, l + ".norm2", y) @ p[l + ".linear1.weight"].T + p[l + ".linear1.bias"], 0)
        y = y + f @ p[l + ".linear2.weight"].T + p[l + ".linear2.bias"]
    return norm(p, name + ".norm", y)


def mult(p, xs, row, task, heads=2, layers=2):
    """xs are the steps that are there, [T, D]."""
    ks, h = here(row), {}
    for k in ks:
        x = xs[k] @ p[f"proj.{k}.weight"].T + p[f"proj.{k}.bias"]
        d = x.shape[1]
        for pos in range(len(x)):
            for c in range(d):
                angle = pos / 10000 ** ((c - c % 2) / d)
                x[pos, c] += np.sin(angle) if c % 2 == 0 else np.cos(angle)
        h[k] = x
    z = []
    for k in range(len(row)):
        if k not in ks:
            z.append(p[f"absent.{k}"])
            continue
        ys = [transformer(p, f"cross.{k}.{j}", h[k], h[j], heads, layers) for j in ks if j != k]
        y = sum(ys) / len(ys) if ys else h[k]
        z.append(transformer(p, f"self.{k}", y, None, heads, layers)[-1])
    return np.concatenate(z), None


def mult_case(steps, views):
    """Views of so many steps in each row; 0 is a vector."""
    dim, hidden, layers, p = 4, 5, 2, {}
    xs = [draw(len(PRESENT), max(steps[k]), WIDTHS[k]) if steps[k] else draw(len(PRESENT), WIDTHS[k]) for k in range(views)]

    def stack(name):
        for i in range(layers):
            l = f"{name}.layers.{i}"
            p[l + ".self_attn.in_proj_weight"], p[l + ".self_attn.in_proj_bias"] = draw(3 * dim, dim), draw(3 * dim)
            with_linear(p, l + ".self_attn.out_proj", dim, dim)
            with_linear(p, l + ".linear1", hidden, dim)
            with_linear(p, l + ".linear2", dim, hidden)
            for n in (l + ".norm1", l + ".norm2"):
                p[n + ".weight"], p[n + ".bias"] = draw(dim), draw(dim)
        p[name + ".norm.weight"], p[name + ".norm.bias"] = draw(dim), draw(dim)

    for k in range(views):
        with_linear(p, f"proj.{k}", dim, WIDTHS[k])
        p[f"absent.{k}"] = draw(dim)
        stack(f"self.{k}")
        for j in range(views):
            if j != k:
                stack(f"cross.{k}.{j}")
    present = PRESENT[:4, :views] if views == 3 else np.array([[1, 1], [1, 0], [0, 1], [1, 1], [1, 1]])
    z = []
    for r in range(len(present)):
        one = [xs[k][r][:steps[k][r]] if steps[k] else xs[k][r][None] for k in range(views)]
        z.append(mult(p, one, present[r], "class")[0].tolist())
    return {"method": "mult", "task": "class", "config": {"dim": dim, "heads": 2, "layers": layers, "hidden": hidden}, "outputs": CLASSES,
            "present": present.tolist(), "xs": [x[:len(present)].tolist() for x in xs], "lengths": [s[:len(present)] if s else [] for s in steps[:views]],
            "params": {n: v.tolist() for n, v in p.items()}, "z": z}


def case(method, formula, task, config, params, outputs):
    xs = [draw(len(PRESENT), w) for w in WIDTHS]
    p = params()
    z, weights = [], []
    for r in range(len(PRESENT)):
        a, w = formula(p, [x[r] for x in xs], PRESENT[r], task)
        z.append(a.tolist())
        if w is not None:
            weights.append(w.tolist())
    c = {"method": method, "task": task, "config": config, "outputs": outputs, "present": PRESENT.tolist(),
         "xs": [x.tolist() for x in xs], "params": {n: v.tolist() for n, v in p.items()}, "z": z}
    if weights:
        c["weights"] = weights
    return c, p, xs


def heads(name, width):
    def params():
        p = {}
        for k, w in enumerate(WIDTHS):
            with_linear(p, f"{name}.{k}", width, w)
        return p
    return params


def moe_params(out):
    def params():
        p = heads("expert", out)()
        for k in range(len(WIDTHS)):
            with_linear(p, f"gate.{k}", 1, sum(WIDTHS))
        return p
    return params


def stacking_params(out):
    def params():
        p = heads("head", out)()
        for k in range(len(WIDTHS)):
            p[f"scale.{k}"] = draw(out)
        p["bias"] = draw(out)
        return p
    return params


def mlb_params():
    dim, p = 3, {"glimpse": draw(2, 3)}
    for name in ("question", "ask"):
        with_linear(p, name, dim, WIDTHS[0])
    with_linear(p, "look", dim, dim)
    with_linear(p, "answer", dim, 2 * dim)
    for k in (1, 2):
        with_linear(p, f"proj.{k}", dim, WIDTHS[k])
    return p


cases = []
for task, out in (("class", CLASSES), ("multilabel", CLASSES), ("regression", 1)):
    cases.append(case("moe", moe, task, {}, moe_params(out), out)[0])
for task in ("class", "multilabel"):
    width = CLASSES if task == "class" else 2 * CLASSES
    c, p, xs = case("evidential", evidential, task, {"anneal": 10}, heads("head", width), CLASSES)
    target = np.eye(CLASSES)[[0, 2, 1, 0, 2]] if task == "class" else rng.integers(0, 2, (len(PRESENT), CLASSES)).astype(float)
    weights = np.array([1, 0.5, 2, 1, 1.5])
    c["loss"] = {"target": target.tolist(), "weights": weights.tolist(), "epoch": 4,
                 "value": evidential_loss(p, xs, PRESENT, target, weights, 4 / 10, task)}
    cases.append(c)
    cases.append(case("quality", quality, task, {}, heads("head", CLASSES), CLASSES)[0])
    cases.append(case("quality", lambda *a: quality(*a, scale=1.5, T=2.0), task, {"scale": 1.5, "temperature": 2.0}, heads("head", CLASSES), CLASSES)[0])
cases.append(case("mlb", mlb, "class", {"dim": 3, "glimpses": 2}, mlb_params, CLASSES)[0])
cases.append(mult_case([[3, 1, 2, 3, 2], [2, 2, 1, 4, 3]], 2))
cases.append(mult_case([[2, 1, 2, 1, 2], [], [1, 3, 2, 2, 1]], 3))
for task, out in (("class", CLASSES), ("multilabel", CLASSES), ("regression", 1)):
    cases.append(case("stacking", stacking, task, {}, stacking_params(out), out)[0])

json.dump(cases, sys.stdout, separators=(",", ":"))
print()
