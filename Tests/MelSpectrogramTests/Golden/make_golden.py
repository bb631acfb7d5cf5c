"""Writes the golden values of this folder: python make_golden.py (numpy 2.4.6, librosa 0.11.0)."""

import json
import pathlib

import librosa
import numpy as np

RATE = 8000
FOLDER = pathlib.Path(__file__).parent


def signal():
    """0.6 s with what the front end meets: silence, hum, a chirp over all bands, clicks, full scale, weak noise."""
    n = int(0.6 * RATE)
    t = np.arange(n) / RATE
    random = np.random.default_rng(1)
    x = 0.0005 * random.standard_normal(n)
    x[:400] = 0
    x += np.where(t > 0.1, 0.3 * np.sin(2 * np.pi * (60 * t + 0.5 * 6200 * t**2)), 0)
    x[1500:1503] += [0.9, -0.9, 0.5]
    x[3000:3400] = np.sign(np.sin(2 * np.pi * 440 * t[3000:3400]))
    x[4000:] = 0.001 * random.standard_normal(n - 4000)
    # 16-bit steps, so that the text of the file is exact.
    return np.clip(np.round(x * 32768), -32768, 32767).astype(np.int16)


samples = signal()
power = librosa.feature.melspectrogram(
    y=samples.astype(np.float32) / 32768,
    sr=RATE, n_fft=256, win_length=200, hop_length=80, n_mels=40, fmin=60, fmax=3800, center=False, power=2.0)
filters = librosa.filters.mel(sr=RATE, n_fft=256, n_mels=40, fmin=60, fmax=3800)
golden = {
    "samples": samples.tolist(),
    "filter_rows": [float(f"{v:.9g}") for v in filters.sum(axis=1)],
    "frames": [[float(f"{v:.9g}") for v in frame] for frame in power.T],
}
with open(FOLDER / "librosa.json", "w") as file:
    file.write(json.dumps(golden, separators=(",", ":")).replace("],", "],\n") + "\n")
