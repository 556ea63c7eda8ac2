"""Two small Parquet files with nested messages, as the hub stores data sets.

Run: python src/benchmarks/golden/parquet_files.py  (writes src/core/src/test/resources/data/pairs-*.parquet)
"""

import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

OUT = pathlib.Path(__file__).parents[2] / "core/src/test/resources/data"


def talk(*turns):
    return [{"role": ("user", "assistant")[i % 2], "content": turn} for i, turn in enumerate(turns)]


rows = [
    {"chosen": talk("q", "yés"), "rejected": talk("q", "no"), "chosen_score": 4.0, "rejected_score": 1.5},
    {"chosen": None, "rejected": talk("q", "no"), "chosen_score": 4.0, "rejected_score": None},
    {"chosen": talk("a", "b", "q", "x"), "rejected": talk("a", "b", "q", "y"), "chosen_score": 2.0, "rejected_score": 1.0},
]
message = pa.list_(pa.struct([("content", pa.string()), ("role", pa.string())]))
schema = pa.schema([("chosen", message), ("rejected", message), ("chosen_score", pa.float64()),
                    ("rejected_score", pa.float64())])
OUT.mkdir(parents=True, exist_ok=True)
for codec in ("snappy", "zstd"):
    # Two row groups, so that a reader has to go on behind the first.
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), OUT / f"pairs-{codec}.parquet", compression=codec,
                   row_group_size=2)
