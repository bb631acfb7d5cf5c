"""PyTorch's side of compare-training.sh: windows a second of whole training steps on torchvision's resnet18.

One input channel, 40 x 96 windows that are already there, cross-entropy with label smoothing, fused AdamW, no
augmentation: what `digitd train-benchmark` does. Needs torch and torchvision.
"""

import argparse
import time

import torch
import torchvision


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
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    layout = torch.channels_last if arguments.layout == "channels-last" else torch.contiguous_format
    print(f"{rate(layout, arguments):.2f}")


main()
