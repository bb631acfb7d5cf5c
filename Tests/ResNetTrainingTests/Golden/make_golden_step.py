"""Two training steps of torchvision's resnet18 in PyTorch, for TrainingStepTests.

    make_golden_step.py --output step.json
    make_golden_step.py --margins 40        how near to zero each of 40 seeds brings an input of a ReLU


Weights and windows come from the LCG below, so that only these numbers are stored: logits and loss of both steps; of the
first, every parameter's gradient norm and some of its elements; the same elements after AdamW's update, and some
running statistics after it. Computed in double precision: the numbers are the exact ones. Needs torch, torchvision and
numpy.

A ReLU's input within rounding of zero is cut off in one arithmetic and not in another, which changes the gradients of all
layers before it by 1e-3. WINDOWS_SEED is the seed of windows that keep the widest distance from that.
"""

import argparse
import json
import math

import numpy
import torch
import torchvision

BATCH = 4
WINDOWS_SEED = 15  # see --margins
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 0.05
SMOOTHING = 0.1


def lcg(seed, count):
    """`count` numbers in [-1, 1): x = 1664525 x + 1013904223 mod 2^32, upper 24 bits. The same as LCG.swift."""
    multiplier, increment, mask = 1664525, 1013904223, 0xFFFFFFFF
    states = numpy.array([(multiplier * seed + increment) & mask], dtype=numpy.uint64)
    while len(states) < count:  # (multiplier, increment) advances by len(states) steps at once
        states = numpy.concatenate([states, (states * multiplier + increment) & mask])
        multiplier, increment = multiplier * multiplier & mask, (multiplier * increment + increment) & mask
    top = (states[:count] >> 8).astype(numpy.float32)
    return top * numpy.float32(2**-23) - numpy.float32(1)


def lcg_state(model, seed):
    """All tensors from one sequence, in the order of the state dictionary. The same as TrainingStepTests.swift."""
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


def numbers(tensor):
    return [float(f"{value:.7g}") for value in tensor.detach().flatten().tolist()]


def chosen(gradient):
    """Four elements, one from each quarter: the first there whose gradient is of ordinary size. AdamW's first update is
    nearly its sign times the learning rate, so that one near zero would say nothing."""
    flat = gradient.flatten()
    usual = flat.abs() > 0.5 * flat.square().mean().sqrt()
    quarters = numpy.linspace(0, flat.numel(), 5).astype(int)
    return [int(a + usual[a:b].nonzero()[0]) for a, b in zip(quarters, quarters[1:]) if usual[a:b].any()]


def network():
    model = torchvision.models.resnet18(num_classes=11)
    model.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    model.load_state_dict(lcg_state(model, 1), strict=True)
    return model.double().train()


def windows_of(seed):
    values = lcg(seed, 2 * BATCH * 3840) * numpy.float32(1.75)
    return torch.from_numpy(values).double().reshape(2, BATCH, 1, 40, 96)


def print_margins(count):
    nearest = []
    model = network()
    for module in model.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False
            module.register_forward_hook(lambda _, inputs, output: nearest.append(inputs[0].abs().min().item()))
    with torch.no_grad():
        for seed in range(2, 2 + count):
            nearest.clear()
            model(windows_of(seed)[0])
            print(f"seed {seed}: {min(nearest):.2e}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output")
    parser.add_argument("--margins", type=int)
    arguments = parser.parse_args()
    if arguments.margins:
        return print_margins(arguments.margins)

    model = network()
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0}], lr=LEARNING_RATE)
    criterion = torch.nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    windows = windows_of(WINDOWS_SEED)

    golden = {
        "seed": WINDOWS_SEED, "batch": BATCH, "learningRate": LEARNING_RATE, "weightDecay": WEIGHT_DECAY, "smoothing": SMOOTHING,
        "steps": [], "parameters": {}, "statistics": {},
    }
    for step in range(2):
        labels = torch.arange(BATCH) * (3 + step) % 11
        logits = model(windows[step])
        loss = criterion(logits, labels)
        optimiser.zero_grad()
        loss.backward()
        golden["steps"].append({"labels": labels.tolist(), "loss": numbers(loss)[0], "logits": numbers(logits)})
        if step == 1:
            continue
        for name, parameter in model.named_parameters():
            indices = chosen(parameter.grad)
            golden["parameters"][name] = {
                "norm": numbers(parameter.grad.norm())[0], "indices": indices,
                "gradient": numbers(parameter.grad.flatten()[indices]),
            }
        optimiser.step()
        for name, parameter in model.named_parameters():
            entry = golden["parameters"][name]
            entry["updated"] = numbers(parameter.flatten()[entry["indices"]])
        for name, buffer in model.named_buffers():
            if not name.endswith("num_batches_tracked"):
                indices = [0, buffer.numel() // 2, buffer.numel() - 1]
                golden["statistics"][name] = {"indices": indices, "values": numbers(buffer[indices])}
    with open(arguments.output, "w") as file:
        json.dump(golden, file)
        file.write("\n")


if __name__ == "__main__":
    main()
