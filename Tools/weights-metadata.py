"""A weights file with other metadata.

    Tools/weights-metadata.py IN OUT [KEY=VALUE...]

Copies the safetensors file IN to OUT with these keys set; KEY= takes a key away. Without any, prints the metadata of IN.
"""

import json
import struct
import sys

if len(sys.argv) < 2:
    sys.exit(__doc__)
with open(sys.argv[1], "rb") as file:
    (length,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
    tensors = file.read()
metadata = header.setdefault("__metadata__", {})
if len(sys.argv) < 3:
    for key, value in sorted(metadata.items()):
        print(f"{key} = {value}")
    sys.exit()
for pair in sys.argv[3:]:
    key, _, value = pair.partition("=")
    metadata.pop(key, None)
    if value:
        metadata[key] = value
encoded = json.dumps(header, separators=(",", ":")).encode()
# The tensors begin at a multiple of 8, as the format asks.
encoded += b" " * (-len(encoded) % 8)
with open(sys.argv[2], "wb") as file:
    file.write(struct.pack("<Q", len(encoded)) + encoded + tensors)
