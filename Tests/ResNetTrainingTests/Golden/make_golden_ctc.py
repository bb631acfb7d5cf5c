"""PyTorch's CTC loss and its gradient, for CTCLossTests.

    make_golden_ctc.py --output ctc.json

The logits come from the LCG of make_golden_step.py, times 4. Double precision; needs torch and numpy.
"""

import argparse
import json

import torch

from make_golden_step import lcg

CLASSES = 13  # the last one is the blank
CASES = [  # columns and labels
    (1, []),
    (3, [7]),
    (25, [4, 7, 1, 1]),
    (60, [5, 5, 5, 1, 2, 0, 0]),
    (90, [4, 1, 2, 10, 6, 8, 4, 4, 11, 9]),
    (128, [8, 8, 8, 8, 8, 8, 8, 8, 10, 10, 3]),
]


def case(seed, columns, labels):
    values = 4 * lcg(seed, columns * CLASSES).astype("float64")
    logits = torch.tensor(values.reshape(columns, 1, CLASSES), requires_grad=True)
    loss = torch.nn.functional.ctc_loss(
        torch.log_softmax(logits, 2),
        torch.tensor([labels], dtype=torch.long),
        torch.tensor([columns]),
        torch.tensor([len(labels)]),
        blank=CLASSES - 1,
        reduction="sum",
    )
    loss.backward()
    gradient = logits.grad.flatten()
    kept = range(0, len(gradient), max(1, len(gradient) // 40))
    return {
        "seed": seed,
        "columns": columns,
        "labels": labels,
        "loss": loss.item(),
        "indices": list(kept),
        "gradient": [gradient[i].item() for i in kept],
    }


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--output", required=True)
arguments = parser.parse_args()
with open(arguments.output, "w", encoding="utf-8") as file:
    json.dump([case(20 + i, *c) for i, c in enumerate(CASES)], file, indent=1)
    file.write("\n")
