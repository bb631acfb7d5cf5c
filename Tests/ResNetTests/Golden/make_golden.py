"""Logits of torchvision's resnet18, one input channel and eleven or thirteen outputs, for ResNetTests.

    make_golden.py --lcg --output lcg.json              weights from the LCG below; only the logits are stored
    make_golden.py --weights FILE --output NAME.json    weights from any safetensors file with torchvision's names
    make_golden.py --weights FILE --compare NAME.json   compares instead of writing; fails above 1e-3
    make_golden.py --utterances --output utterances.json    the fully convolutional network, weights and frames from the LCG

Windows come from the LCG, or with --windows NAME.f32 from a file of little-endian floats, 3,840 a window, which then
belongs beside the JSON file. Needs torch, torchvision, numpy and safetensors.
"""

import argparse
import json
import math
import os
import sys

import numpy
import torch
import torchvision
from safetensors.torch import load_file


def lcg(seed, count):
    """`count` numbers in [-1, 1): x = 1664525 x + 1013904223 mod 2^32, upper 24 bits. The same as LCG.swift."""
    multiplier, increment, mask = 1664525, 1013904223, 0xFFFFFFFF
    states = numpy.array([(multiplier * seed + increment) & mask], dtype=numpy.uint64)
    while len(states) < count:  # (multiplier, increment) advances by len(states) steps at once
        states = numpy.concatenate([states, (states * multiplier + increment) & mask])
        multiplier, increment = multiplier * multiplier & mask, (multiplier * increment + increment) & mask
    top = (states[:count] >> 8).astype(numpy.float32)
    return top * numpy.float32(2**-23) - numpy.float32(1)


def network(classes=11):
    model = torchvision.models.resnet18(num_classes=classes)
    model.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    return model.eval()


def lcg_state(model, seed):
    """All tensors from one sequence, in the order of the state dictionary. The same as GoldenNetwork.swift."""
    state = {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
    numbers, start = lcg(seed, sum(v.numel() for v in state.values())), 0
    for name, tensor in state.items():
        u = numbers[start : start + tensor.numel()]
        start += tensor.numel()
        if tensor.dim() > 1:  # kernels and matrices: He's uniform bound
            fan_in = tensor.numel() // tensor.shape[0]
            scale, offset = math.sqrt(6 / fan_in), 0
        elif name.endswith("running_var"):
            scale, offset = 0.5, 1
        elif name.endswith(".weight"):
            scale, offset = 0.5, 0.75
        else:
            scale, offset = 0.25, 0
        values = u * numpy.float32(scale) + numpy.float32(offset)
        state[name] = torch.from_numpy(values.reshape(tensor.shape))
    for name, tensor in model.state_dict().items():
        state.setdefault(name, tensor)
    return state


class Utterances(torch.nn.Module):
    """resnet18 fully convolutional in time: [1, 1, 40, T] in, [1, columns, classes] out, a column each 4 or 8 frames."""

    def __init__(self, model, frames_per_column):
        super().__init__()
        self.model = model
        for index, layer in enumerate([model.layer2, model.layer3, model.layer4]):
            stride = (2, 2 if frames_per_column == 8 and index == 0 else 1)
            layer[0].conv1.stride = layer[0].downsample[0].stride = stride

    def forward(self, x):
        m = self.model
        x = m.maxpool(m.relu(m.bn1(m.conv1(x))))
        x = m.layer4(m.layer3(m.layer2(m.layer1(x))))
        return m.fc(x.mean(2).transpose(1, 2))


def utterances(output):
    model = network(13)
    model.load_state_dict(lcg_state(model, 1), strict=True)
    cases = []
    for frames_per_column in [4, 8]:
        for frames in [1, 9, 30, 101]:
            values = lcg(3, 40 * frames).reshape(frames, 40) * numpy.float32(1.75)
            with torch.no_grad():
                logits = Utterances(model, frames_per_column)(torch.from_numpy(values.T.copy())[None, None])[0].numpy()
            cases.append({
                "frames_per_column": frames_per_column, "frames": frames,
                "logits": [[round(float(value), 5) for value in row] for row in logits],
            })
    with open(output, "w") as file:
        json.dump(cases, file)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--lcg", action="store_true")
    source.add_argument("--weights")
    source.add_argument("--utterances", action="store_true")
    parser.add_argument("--windows")
    parser.add_argument("--output")
    parser.add_argument("--compare")
    arguments = parser.parse_args()

    if arguments.utterances:
        utterances(arguments.output)
        return
    model = network()
    state = lcg_state(model, 1) if arguments.lcg else load_file(arguments.weights)
    model.load_state_dict(state, strict=True)

    if arguments.windows:
        windows = numpy.fromfile(arguments.windows, dtype="<f4")
    else:
        windows = lcg(2, 5 * 3840) * numpy.float32(1.75)
    with torch.no_grad():
        logits = model(torch.from_numpy(windows.reshape(-1, 1, 40, 96))).numpy()

    if arguments.compare:
        with open(arguments.compare) as file:
            golden = numpy.array(json.load(file)["logits"])
        difference = float(abs(golden - logits).max())
        print(f"{len(logits)} windows, largest difference {difference:.2e}")
        sys.exit(difference > 1e-3)
    golden = {
        "windows": os.path.basename(arguments.windows) if arguments.windows else "lcg",
        "logits": [[round(float(value), 6) for value in row] for row in logits],
    }
    with open(arguments.output, "w") as file:
        json.dump(golden, file)
        file.write("\n")


main()
