"""Makes Parquet files and their values with pyarrow.

    python3 make.py golden DIR    the small set that is kept beside this file
    python3 make.py grid DIR      the whole grid, which TestGrid compares where pyarrow is there

Beside each NAME.parquet stands NAME.json: column -> cells, as text, a list of numbers, or null.
"""
import base64
import datetime as dt
import decimal
import json
import math
import sys
import uuid

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

WORDS = ["amber", "birch", "cedar", "", "delta", "很好", "fjord", "größer", "iris", "juniper"]


def number(x):
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "+Inf" if x > 0 else "-Inf"
    return x


def cell(v, kind):
    if v is None:
        return None
    if kind == "list":
        return [number(float(np.float32(x))) if x is not None else "NaN" for x in v]
    if kind == "texts":
        return json.dumps([str(x) for x in v], ensure_ascii=False, separators=(",", ":"))
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, dt.time):
        s = v.hour * 3600 + v.minute * 60 + v.second
        return decimal_text(decimal.Decimal(s) + decimal.Decimal(v.microsecond) / 1000000)
    if isinstance(v, dt.datetime):
        return {"time": v.astimezone(dt.timezone.utc).isoformat() if v.tzinfo else v.isoformat() + "+00:00"}
    if isinstance(v, dt.date):
        return v.isoformat()
    if isinstance(v, uuid.UUID):
        return str(v)
    if isinstance(v, decimal.Decimal):
        return format(v, "f")
    if isinstance(v, (int,)):
        return str(v)
    if isinstance(v, (float, np.floating)):
        return {"number": number(float(v)), "bits": 32 if kind == "float32" else 64}
    return v


def decimal_text(d):
    t = format(d, "f")
    return t.rstrip("0").rstrip(".") if "." in t else t


def columns(n, rng):
    def gaps(values, every=7):
        return [None if i % every == 3 else v for i, v in enumerate(values)]

    words = [" ".join(WORDS[k] for k in rng.integers(0, len(WORDS), 1 + i % 12)) for i in range(n)]
    few = [WORDS[i % 5] for i in range(n)]
    ints = lambda bits, signed: [int(x) for x in (rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, n, np.int64, True) if signed else rng.integers(0, 2**bits - 1, n, np.uint64, True))]
    floats = [float(x) for x in rng.normal(0, 1000, n)]
    if n > 4:
        floats[1], floats[2], floats[4] = math.inf, -math.inf, math.nan
    day = dt.datetime(2024, 2, 29, 12, 34, 56, 789012)
    times = [day + dt.timedelta(seconds=int(s), microseconds=int(s) % 1000) for s in rng.integers(-(2**31), 2**31, n)]
    millis = [t.replace(microsecond=t.microsecond // 1000 * 1000) for t in times]
    seconds = [t.replace(microsecond=0) for t in times]
    c = {}
    for bits in (8, 16, 32, 64):
        c[f"int{bits}"] = (gaps(ints(bits, True)), getattr(pa, f"int{bits}")(), None)
        c[f"uint{bits}"] = (ints(bits, False), getattr(pa, f"uint{bits}")(), None)
    c["runs"] = ([i // 50 for i in range(n)], pa.int32(), None)
    c["rising"] = ([1_700_000_000_000 + 1000 * i for i in range(n)], pa.int64(), None)
    c["float16"] = ([np.float16(x) for x in floats], pa.float16(), "float32")
    c["float32"] = ([float(np.float32(x)) for x in floats], pa.float32(), "float32")
    c["float64"] = (gaps(floats), pa.float64(), None)
    c["decimal9"] = (gaps([decimal.Decimal(int(x)).scaleb(-2) for x in rng.integers(-(10**8), 10**8, n)]), pa.decimal128(9, 2), None)
    c["decimal38"] = ([decimal.Decimal(int(x)).scaleb(-10) * 1000003 for x in rng.integers(-(10**15), 10**15, n)], pa.decimal128(38, 10), None)
    c["bool"] = (gaps([bool(x) for x in rng.integers(0, 2, n)]), pa.bool_(), None)
    c["same"] = ([True] * n, pa.bool_(), None)
    c["text"] = (gaps(words), pa.string(), None)
    c["large"] = (words, pa.large_string(), None)
    c["bytes"] = ([w.encode() for w in words], pa.binary(), "bytes")
    c["fixed"] = ([w[:4].ljust(4).encode("ascii", "replace") for w in words], pa.binary(4), "bytes")
    c["few"] = (gaps(few), pa.dictionary(pa.int16(), pa.string()), None)
    c["nothing"] = ([None] * n, pa.null(), None)
    c["allnull"] = ([None] * n, pa.string(), None)
    c["date"] = (gaps([t.date() for t in times]), pa.date32(), None)
    c["ts_s"] = (seconds, pa.timestamp("s"), None)
    c["ts_ms"] = (gaps(millis), pa.timestamp("ms"), None)
    c["ts_us_utc"] = ([t.replace(tzinfo=dt.timezone.utc) for t in times], pa.timestamp("us", "UTC"), None)
    c["ts_ns_zone"] = ([t.replace(tzinfo=dt.timezone.utc) for t in times], pa.timestamp("ns", "Asia/Shanghai"), None)
    c["time_ms"] = ([t.time() for t in millis], pa.time32("ms"), None)
    c["time_us"] = (gaps([t.time() for t in times]), pa.time64("us"), None)
    c["floats"] = (gaps([floats[i : i + i % 4] for i in range(n)]), pa.list_(pa.float32()), "list")
    c["halves"] = ([[np.float16(x) for x in floats[i : i + i % 3]] for i in range(n)], pa.list_(pa.float16()), "list")
    c["holes"] = ([[1.5, None, 2.5][: i % 4] for i in range(n)], pa.list_(pa.float64()), "list")
    c["uints"] = ([[2**32 - 1 - i, i] for i in range(n)], pa.list_(pa.uint32()), "list")
    c["fixedlist"] = ([[i, i + 1, i + 2] for i in range(n)], pa.list_(pa.int32(), 3), "list")
    c["tags"] = (gaps([few[i : i + i % 3] for i in range(n)]), pa.list_(pa.string()), "texts")
    c["struct"] = ([{"a": i, "b": {"c": w}} if i % 5 else None for i, w in enumerate(words)], pa.struct([("a", pa.int32()), ("b", pa.struct([("c", pa.string())]))]), "struct")
    return c


def write(path, cols, **options):
    arrays, fields, expect = [], [], {}
    for name, (values, typ, kind) in cols.items():
        if pa.types.is_dictionary(typ):
            a = pa.array(values, pa.string()).dictionary_encode().cast(typ)
        else:
            a = pa.array(values, typ)
        arrays.append(a)
        fields.append(pa.field(name, typ))
        if kind == "struct":
            expect[name + ".a"] = [None if v is None else str(v["a"]) for v in values]
            expect[name + ".b.c"] = [None if v is None else v["b"]["c"] for v in values]
        elif kind == "bytes":
            expect[name] = [v.decode() for v in values]
        else:
            expect[name] = [cell(v, kind) for v in values]
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), path + ".parquet", store_schema=options.pop("store_schema", True), **options)
    json.dump(expect, open(path + ".json", "w"), ensure_ascii=False, separators=(",", ":"), default=str)


ENCODINGS = {
    "delta": {
        **{f"{u}int{b}": "DELTA_BINARY_PACKED" for u in ("", "u") for b in (8, 16, 32, 64)},
        **{k: "DELTA_BINARY_PACKED" for k in ("runs", "rising", "date", "ts_s", "ts_ms", "ts_us_utc", "ts_ns_zone", "time_ms", "time_us", "fixedlist", "uints")},
        **{k: "DELTA_LENGTH_BYTE_ARRAY" for k in ("text", "large", "bytes", "allnull")},
        **{k: "DELTA_BYTE_ARRAY" for k in ("fixed", "decimal38", "tags", "struct.b.c")},
        **{k: "RLE" for k in ("bool", "same")},
    },
    "split": {
        **{k: "BYTE_STREAM_SPLIT" for k in ("int32", "int64", "uint32", "float16", "float32", "float64", "fixed", "decimal38", "floats", "halves", "runs", "rising")},
        **{k: "DELTA_BYTE_ARRAY" for k in ("text", "large", "bytes", "struct.b.c")},
    },
}


def leaf(name):  # a list's column is named by its element
    return name + ".list.element" if name in ("floats", "halves", "holes", "uints", "fixedlist", "tags") else name


def grid(folder):
    count = 0
    rng = np.random.default_rng(1)
    for n in (1, 200, 3001):
        cols = columns(n, rng)
        for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
            for version in ("1.0", "2.0"):
                for encoding in ("plain", "dictionary", "delta", "split"):
                    for page in (64, 1 << 20):
                        o = dict(compression=codec, data_page_version=version, data_page_size=page, write_batch_size=16 if page == 64 else 1024, write_page_checksum=page == 64)
                        o["use_dictionary"] = encoding == "dictionary"
                        if encoding in ENCODINGS:
                            o["column_encoding"] = {leaf(k): v for k, v in ENCODINGS[encoding].items()}
                        if n == 3001:
                            o["row_group_size"] = 1000
                        write(f"{folder}/{n}-{codec}-v{version[0]}-{encoding}-{page}", cols, **o)
                        count += 1
    for version in ("1.0", "2.4", "2.6"):  # of the format: how old types are written
        write(f"{folder}/format-{version}", {k: v for k, v in cols.items() if version == "2.6" or k not in ("ts_ns_zone", "ts_s")}, version=version)
        count += 1
    write(f"{folder}/int96", {k: cols[k] for k in ("ts_s", "ts_ms", "ts_us_utc")}, use_deprecated_int96_timestamps=True)
    print(count + 1, "files")


def golden(folder):
    cols = columns(40, np.random.default_rng(2))
    text = {k: cols[k] for k in ("text", "few", "float64", "tags")}
    for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
        write(f"{folder}/codec-{codec}", text, compression=codec, data_page_size=256, write_batch_size=8, write_page_checksum=True)
    drop = lambda e: {k: v for k, v in cols.items() if k in ENCODINGS[e] or leaf(k) in ENCODINGS[e]}
    for e in ENCODINGS:
        names = {leaf(k): v for k, v in ENCODINGS[e].items() if k.split(".")[0] in cols}
        for v in ("1.0", "2.0"):
            write(f"{folder}/{e}-v{v[0]}", drop(e), use_dictionary=False, column_encoding={k: x for k, x in names.items() if not k.startswith("struct")}, data_page_version=v, compression="zstd")
    write(f"{folder}/types", cols, compression="zstd")


{"golden": golden, "grid": grid}[sys.argv[1]](sys.argv[2])
