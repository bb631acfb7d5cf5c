"""PyTorch's side of compare-training.sh: windows a second of whole training steps on torchvision's resnet18.

One input channel, 40 x 96 windows that are already there, cross-entropy with label smoothing, fused AdamW, no
augmentation: what `digitd train-benchmark` does. With --frames the network for numbers on rows of so many frames, full of
utterances of two seconds with four digits each, and CTC: seconds of sound a second. Needs torch and torchvision.
"""

import argparse
import time

import torch
import torchvision


def columns(model, frames_per_column, rows):
    """The network for numbers: no strides in time where it has a column of logits each so many frames."""
    for layer in (model.layer2, model.layer3, model.layer4):
        if layer is model.layer2 and frames_per_column == 8:
            continue
        layer[0].conv1.stride = (2, 1)
        layer[0].downsample[0].stride = (2, 1)
    x = model.maxpool(model.relu(model.bn1(model.conv1(rows))))
    x = model.layer4(model.layer3(model.layer2(model.layer1(x))))
    return model.fc(x.mean(2).transpose(1, 2))


def numbers_rate(layout, arguments):
    torch.manual_seed(1)
    model = torchvision.models.resnet18(num_classes=13)
    model.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    model = model.to(memory_format=layout).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.05, fused=True)
    rows = torch.randn(arguments.batch_size, 1, 40, arguments.frames).to(memory_format=layout)
    length = 200 // arguments.frames_per_column
    seconds = []
    for step in range(arguments.steps + 2):
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.precision == "bf16"):
            logits = columns(model, arguments.frames_per_column, rows)
        logs = torch.log_softmax(logits.float(), 2)
        count = logs.shape[1] // length
        utterances = logs[:, : count * length].reshape(-1, length, 13).transpose(0, 1)
        number = utterances.shape[1]
        loss = torch.nn.functional.ctc_loss(
            utterances, torch.tensor([[4, 7, 1, 1]] * number), torch.full((number,), length),
            torch.full((number,), 4), blank=12)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step >= 2:
            seconds.append(time.perf_counter() - start)
    return arguments.batch_size * arguments.frames / 100 / sorted(seconds)[arguments.steps // 2]


def rate(layout, arguments):
    torch.manual_seed(1)
    model = torchvision.models.resnet18(num_classes=11)
    model.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    model = model.to(memory_format=layout).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.05, fused=True)
    criterion = torch.nn.CrossEntropyLoss(label_smoothing=0.05)
    windows = torch.randn(arguments.batch_size, 1, 40, 96).to(memory_format=layout)
    labels = torch.arange(arguments.batch_size) % 11
    seconds = []
    for step in range(arguments.steps + 2):
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.precision == "bf16"):
            loss = criterion(model(windows), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step >= 2:
            seconds.append(time.perf_counter() - start)
    return arguments.batch_size / sorted(seconds)[arguments.steps // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--layout", choices=["default", "channels-last"], default="default")
    parser.add_argument("--frames", type=int)
    parser.add_argument("--frames-per-column", type=int, choices=[4, 8], default=4)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    layout = torch.channels_last if arguments.layout == "channels-last" else torch.contiguous_format
    measure = numbers_rate if arguments.frames else rate
    print(f"{measure(layout, arguments):.2f}")


main()
