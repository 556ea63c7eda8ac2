"""An event file as TensorBoard's own classes write it: a version record and one scalar.

Run: python src/benchmarks/golden/tensorboard_events.py  (writes src/core/src/test/resources/golden/tensorboard.tfevents)
With the path of a tensorboard/ folder as argument it prints what TensorBoard reads from there instead.
"""

import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

OUT = pathlib.Path(__file__).parents[2] / "core/src/test/resources/golden/tensorboard.tfevents"

if len(sys.argv) > 1:
    events = EventAccumulator(sys.argv[1])
    events.Reload()
    for tag in events.Tags()["scalars"]:
        print(tag, [(e.step, round(e.value, 4)) for e in events.Scalars(tag)][:5])
else:
    with open(OUT, "wb") as file:
        writer = RecordWriter(file)
        writer.write(Event(wall_time=1.7e9, file_version="brain.Event:2").SerializeToString())
        value = Summary.Value(tag="ppo/kl", simple_value=1.5)
        writer.write(Event(wall_time=1700000000.5, step=7, summary=Summary(value=[value])).SerializeToString())
        writer.flush()
