"""Writes the golden values of this folder: python make_golden.py (numpy 2.4.6, librosa 0.11.0)."""

import json
import pathlib

import librosa
import numpy as np

RATE = 8000
FOLDER = pathlib.Path(__file__).parent


def hard():
    """0.6 s with what the front end meets at worst: silence, a chirp over all bands, clicks, full scale, weak noise."""
    n = int(0.6 * RATE)
    t = np.arange(n) / RATE
    random = np.random.default_rng(1)
    x = 0.0005 * random.standard_normal(n)
    x[:400] = 0
    x += np.where(t > 0.1, 0.3 * np.sin(2 * np.pi * (60 * t + 0.5 * 6200 * t**2)), 0)
    x[1500:1503] += [0.9, -0.9, 0.5]
    x[3000:3400] = np.sign(np.sin(2 * np.pi * 440 * t[3000:3400]))
    x[4000:] = 0.001 * random.standard_normal(n - 4000)
    return x


def voice():
    """0.4 s like speech: a gliding voice through three formants, then a hiss, over a microphone's noise at -60 dB."""
    n = int(0.4 * RATE)
    t = np.arange(n) / RATE
    random = np.random.default_rng(2)
    pitch = 110 + 60 * t
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    x = np.zeros(n)
    for k in range(1, 32):
        f = k * pitch
        gain = sum(1 / (1 + ((f - centre) / width) ** 2) for centre, width in [(500, 80), (1500, 120), (2500, 160)])
        x += 0.3 * gain * np.sin(k * phase) / k**0.5 * (f < 3900)
    x *= np.clip(np.sin(2 * np.pi * t / 0.5), 0, 1)
    x[2200:] += 0.05 * np.diff(random.standard_normal(n - 2199))
    return x + 0.001 * random.standard_normal(n)


def golden(x):
    # 16-bit steps, so that the text of the file is exact.
    samples = np.clip(np.round(x * 32768), -32768, 32767).astype(np.int16)
    power = librosa.feature.melspectrogram(
        y=samples.astype(np.float32) / 32768,
        sr=RATE, n_fft=256, win_length=200, hop_length=80, n_mels=40, fmin=60, fmax=3800, center=False, power=2.0)
    return {"samples": samples.tolist(), "frames": [[float(f"{v:.8g}") for v in frame] for frame in power.T]}


for name, x in {"hard": hard(), "voice": voice()}.items():
    text = json.dumps(golden(x), separators=(",", ":")).replace("],", "],\n") + "\n"
    (FOLDER / f"{name}.json").write_text(text)
