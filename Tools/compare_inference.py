"""The other engines' side of compare-inference.sh: milliseconds for one window, on the weights that digitd ships.

    compare_inference.py --engine ENGINE --threads N --weights FILE [--count N] [--windows FILE]

ENGINE: torch-f32, ort-f32, ort-int8, openvino-f32, openvino-bf16, openvino-int8, or librosa (seconds of sound a second of its log
mel spectrogram, for the front end). The int8 engines get the network quantised by ONNX Runtime's static calibration, per channel, on the
windows of FILE. Needs torch, torchvision, safetensors, onnx, onnxruntime, openvino and librosa, each only for its own engines.
"""

import argparse
import os
import statistics
import tempfile
import time

import numpy as np

CALIBRATION_WINDOWS = 64


def medians(call, count):
    for _ in range(5):
        call()
    times = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def load_windows(path):
    if path:
        return np.fromfile(path, dtype=np.float32).reshape(-1, 1, 40, 96)
    return np.random.default_rng(1).standard_normal((CALIBRATION_WINDOWS, 1, 40, 96)).astype(np.float32)


def load_torch(weights):
    import torch
    import torchvision
    from safetensors.torch import load_file

    model = torchvision.models.resnet18(num_classes=11)
    model.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    model.load_state_dict({name: value.float() for name, value in load_file(weights).items()})
    return model.eval()


def export_onnx(weights, path):
    import torch

    torch.onnx.export(
        load_torch(weights), (torch.zeros(1, 1, 40, 96),), path, input_names=["window"], output_names=["logits"],
        dynamo=False)


def quantise(source, target, windows, form):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.windows = iter(windows[:CALIBRATION_WINDOWS])

        def get_next(self):
            window = next(self.windows, None)
            return None if window is None else {"window": window[None]}

    prepared = target + ".prepared"
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared, target, Reader(), quant_format=getattr(QuantFormat, form), per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)


def time_onnxruntime(path, threads, count, window):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return medians(lambda: session.run(None, {"window": window}), count)


def time_openvino(path, threads, count, window, precision):
    import openvino

    core = openvino.Core()
    model = core.compile_model(
        core.read_model(path), "CPU",
        {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision})
    request = model.create_infer_request()
    return medians(lambda: request.infer({0: window}), count)


def time_librosa(count):
    import librosa

    sound = np.random.default_rng(1).standard_normal(8000 * 60).astype(np.float32) * 0.1
    milliseconds = medians(
        lambda: np.log(librosa.feature.melspectrogram(
            y=sound, sr=8000, n_fft=256, win_length=200, hop_length=80, n_mels=40, fmin=60, fmax=3800, center=False,
            power=2.0) + np.float32(1e-10)), count)
    return 60e3 / milliseconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--weights")
    parser.add_argument("--windows")
    parser.add_argument("--count", type=int, default=100)
    arguments = parser.parse_args()
    engine, _, precision = arguments.engine.partition("-")
    if engine == "librosa":
        print(f"{time_librosa(arguments.count):.1f}")
        return
    windows = load_windows(arguments.windows)
    window = windows[:1]
    if engine == "torch":
        import torch

        torch.set_num_threads(arguments.threads)
        model = load_torch(arguments.weights)
        with torch.inference_mode():
            tensor = torch.from_numpy(window)
            print(f"{medians(lambda: model(tensor), arguments.count):.3f}")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "network.onnx")
        export_onnx(arguments.weights, path)
        paths = [path]
        if precision == "int8":
            # Whichever of ONNX Runtime's two forms is faster counts.
            paths = []
            for form in ["QDQ", "QOperator"] if engine == "ort" else ["QDQ"]:
                paths.append(os.path.join(folder, f"{form}.onnx"))
                quantise(path, paths[-1], windows, form)
        if engine == "ort":
            times = [time_onnxruntime(path, arguments.threads, arguments.count, window) for path in paths]
        else:
            hint = "bf16" if precision == "bf16" else "f32"
            times = [time_openvino(path, arguments.threads, arguments.count, window, hint) for path in paths]
        print(f"{min(times):.3f}")


main()
