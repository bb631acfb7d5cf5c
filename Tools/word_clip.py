# SPDX-License-Identifier: GPL-3.0-or-later
"""How the synthesise scripts leave a word: 8 kHz, mono, 16-bit FLAC, trimmed to 50 to 100 ms of silence on both sides, peaks of
-3 to -9 dB."""

import subprocess
import tempfile
import wave


def draw_edges(chance):
    """The silence in seconds before and after the word, and the peak in dB."""
    return [f"{chance.uniform(0.05, 0.095):.3f}" for _ in range(2)] + [f"{-chance.uniform(3, 9):.1f}"]


def finish(source, target, edges):
    """Makes the clip `target` of the sound file `source`. Needs sox."""
    before, after, peak = edges
    # A soft voice's breath lies under 1 % of the peak.
    trim = "silence 1 0.005 0.8%".split()
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["sox", "-V1", "-R", source, "--comment", "", "-r", "8000", "-b", "16", "-c", "1", f"{work}/clip.flac",
                        "highpass", "20", "norm", "-1", *trim, "pad", before, "reverse", *trim, "pad", after, "reverse",
                        "rate", "8000", "norm", peak], check=True)
        target.parent.mkdir(exist_ok=True)
        # Moved in whole, so that a script that is stopped leaves no half of a clip.
        subprocess.run(["mv", f"{work}/clip.flac", str(target)], check=True)


def write(audio, target, chance):
    """Makes the clip `target` of samples at 24 kHz (a numpy array) of any level."""
    scaled = audio / max(1e-6, abs(audio).max()) * 32000
    with tempfile.TemporaryDirectory() as work:
        with wave.open(f"{work}/raw.wav", "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(24000)
            file.writeframes(scaled.astype("<i2").tobytes())
        finish(f"{work}/raw.wav", target, draw_edges(chance))
