"""Writes the golden pictures of this folder: python make_golden_images.py (numpy 2.4.6, librosa 0.11.0, Pillow 11.3.0).

voice.png and hard.png are the reference recipe's pictures of the samples in voice.json and hard.json, taken for sounds of
16 kHz; *-16x128.png are those resized by Pillow; resized-*.png are patterns of other sizes resized by Pillow. (Pillow 13
resizes some pictures' columns last, which rounds a fifth of the pixels to the neighbouring grey level.)
"""

import json
import pathlib

import librosa
import numpy as np
from PIL import Image

FOLDER = pathlib.Path(__file__).parent
# Narrower and wider than the result, equal to it, a single column, and a few rows.
SIZES = [(1, 128), (7, 128), (128, 16), (129, 40), (300, 128), (5, 3)]


def picture(samples):
    power = librosa.feature.melspectrogram(y=samples, sr=16000)
    decibels = librosa.power_to_db(power, ref=np.max)
    stretched = (decibels - decibels.min()) / (decibels.max() - decibels.min()) * 255
    return Image.fromarray(stretched.astype(np.uint8))


def resized(image):
    return image.resize((128, 16), Image.Resampling.BILINEAR)


def pattern(width, height):
    """The upper 8 bits of x = 1664525 x + 1013904223 mod 2^32 from 1 on, row by row."""
    values, x = [], 1
    for _ in range(width * height):
        x = (1664525 * x + 1013904223) & 0xFFFFFFFF
        values.append(x >> 24)
    return Image.fromarray(np.array(values, dtype=np.uint8).reshape(height, width))


for name in ("hard", "voice"):
    samples = json.loads((FOLDER / f"{name}.json").read_text())["samples"]
    image = picture(np.array(samples, dtype=np.float32) / 32768)
    image.save(FOLDER / f"{name}.png")
    resized(image).save(FOLDER / f"{name}-16x128.png")
for width, height in SIZES:
    resized(pattern(width, height)).save(FOLDER / f"resized-{width}x{height}.png")
