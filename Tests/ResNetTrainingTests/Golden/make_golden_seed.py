"""A few steps of the reference recipe in PyTorch, for ReferenceRecipeTests: make_golden_seed.py --output seed.json

torchvision's resnet18 with one input channel and ten classes, on pictures of 16 by 128. Weights and pictures come from the
LCG below, so that only these numbers are stored: the logits of four pictures in evaluation mode, and, twice, the losses
of some steps of Adam under StepLR: with all layers trained, and with all but the first convolution and the head frozen
(requires_grad = False, in training mode). Also the rate of every epoch of the recipe. In double precision. Needs torch,
torchvision and numpy.
"""

import argparse
import json
import math

import numpy
import torch
import torchvision

BATCH = 16
STEPS = 4
WINDOWS_SEED = 9
TRAINED = ["conv1.weight", "fc.weight", "fc.bias"]
# Nearest, furthest and middle: running statistics of frozen layers, which training mode goes on collecting.
STATISTICS = ["bn1.running_mean", "layer2.0.downsample.1.running_var", "layer4.1.bn2.running_mean"]


def lcg(seed, count):
    """`count` numbers in [-1, 1): x = 1664525 x + 1013904223 mod 2^32, upper 24 bits. The same as LCG.swift."""
    multiplier, increment, mask = 1664525, 1013904223, 0xFFFFFFFF
    states = numpy.array([(multiplier * seed + increment) & mask], dtype=numpy.uint64)
    while len(states) < count:  # (multiplier, increment) advances by len(states) steps at once
        states = numpy.concatenate([states, (states * multiplier + increment) & mask])
        multiplier, increment = multiplier * multiplier & mask, (multiplier * increment + increment) & mask
    top = (states[:count] >> 8).astype(numpy.float32)
    return top * numpy.float32(2**-23) - numpy.float32(1)


def network():
    """All tensors from one sequence, in the order of the state dictionary. The same as TrainingStepTests.swift."""
    model = torchvision.models.resnet18(num_classes=10)
    model.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    state = {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
    numbers, start = lcg(1, sum(v.numel() for v in state.values())), 0
    for name, tensor in state.items():
        u = numbers[start : start + tensor.numel()]
        start += tensor.numel()
        if tensor.dim() > 1:
            scale, offset = math.sqrt(6 / (tensor.numel() // tensor.shape[0])), 0
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
    model.load_state_dict(state, strict=True)
    return model.double()


def pictures():
    values = (lcg(WINDOWS_SEED, STEPS * BATCH * 2048) + numpy.float32(1)) * numpy.float32(0.5)
    return torch.from_numpy(values).double().reshape(STEPS, BATCH, 1, 16, 128)


def numbers(tensor):
    return [float(f"{value:.7g}") for value in tensor.detach().flatten().tolist()]


def train(frozen):
    model = network().train()
    if frozen:
        for name, parameter in model.named_parameters():
            parameter.requires_grad = name in TRAINED
    optimiser = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.001)
    # A step of the rate every two steps, so that the losses tell of it.
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, step_size=2, gamma=0.1)
    result = {"rates": [], "losses": []}
    for step, windows in enumerate(pictures()):
        result["rates"].append(optimiser.param_groups[0]["lr"])
        loss = torch.nn.functional.cross_entropy(model(windows), torch.arange(BATCH) * (3 + step) % 10)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        result["losses"] += numbers(loss)
    result["statistics"] = {name: numbers(model.state_dict()[name][:4]) for name in STATISTICS}
    return result


def recipe_rates(epochs=300):
    optimiser = torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=0.001)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, step_size=20, gamma=0.9)
    rates = []
    for _ in range(epochs):
        rates.append(float(f"{optimiser.param_groups[0]['lr']:.7g}"))
        optimiser.step()
        schedule.step()
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    with torch.no_grad():
        evaluation = numbers(network().eval()(pictures()[0][:4]))
    golden = {
        "seed": WINDOWS_SEED, "batch": BATCH, "evaluation": evaluation, "all": train(False), "frozen": train(True),
        "recipeRates": recipe_rates(),
    }
    with open(arguments.output, "w") as file:
        json.dump(golden, file)
        file.write("\n")


main()
