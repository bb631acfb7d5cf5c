"""Makes the folder seed-images beside this script: the reference recipe's pictures of some clips in digits, by librosa.

python make-seed-images.py (numpy 2.4.6, librosa 0.11.0 with soxr 1.1.0, Pillow 13.0.0)
"""

import pathlib

import librosa
import numpy as np
from PIL import Image

FOLDER = pathlib.Path(__file__).parent
CLIPS = ["0/espeak-en-us_0", "7/flite-slt_0", "music/flite-slt_0"]

(FOLDER / "seed-images").mkdir(exist_ok=True)
for clip in CLIPS:
    samples, _ = librosa.load(FOLDER / "digits" / f"{clip}.flac", sr=16000)
    power = librosa.feature.melspectrogram(y=samples, sr=16000)
    decibels = librosa.power_to_db(power, ref=np.max)
    stretched = (decibels - decibels.min()) / (decibels.max() - decibels.min()) * 255
    Image.fromarray(stretched.astype(np.uint8)).save(FOLDER / "seed-images" / f"{clip.replace('/', '_')}.png")
