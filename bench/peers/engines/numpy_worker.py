"""NumPy for `npm run bench:peers`: one JSON request a line on stdin, one JSON answer a line on stdout.

  prepare  {"work": …, "arrays": {name: [path, dtype, shape]}}   answers {}
  time     {"runs": n}                                           answers {"seconds": s}, measured here
  result   {"path": …}                                           writes float32, answers {}

What goes wrong is answered as {"error": …}. Work that can be done in place is, and allocates nothing.
"""
import json
import sys
import time

import numpy as np


def gemm(work, a, b):
    left = a if work["layout"] == "nn" else a.T
    c = np.empty((work["m"], work["n"]), np.float32)
    return (lambda: np.dot(left, b, out=c)), (lambda: c)


def elementwise(work, x):
    y = np.empty_like(x)
    if work["f"] == "exp":
        return (lambda: np.exp(x, out=y)), (lambda: y)
    return (lambda: sigmoid(x, y)), (lambda: y)


def sigmoid(x, y):
    np.negative(x, out=y)
    np.exp(y, out=y)
    np.add(y, 1, out=y)
    np.reciprocal(y, out=y)


def softmax_work(work, x):
    p = np.empty_like(x)
    return (lambda: softmax(x, p)), (lambda: p)


def softmax(x, p):
    np.subtract(x, x.max(axis=1, keepdims=True), out=p)
    np.exp(p, out=p)
    np.divide(p, p.sum(axis=1, keepdims=True), out=p)


class Network:
    """Dense layers with room for every intermediate result."""

    def __init__(self, work, x, parameters):
        self.x = x
        self.weights = parameters[0::2]
        self.biases = parameters[1::2]
        self.activation = work["activation"]
        self.outputs = [np.empty((len(x), w.shape[1]), np.float32) for w in self.weights]

    def forward(self):
        z = self.x
        for layer, (w, b, output) in enumerate(zip(self.weights, self.biases, self.outputs)):
            np.dot(z, w, out=output)
            np.add(output, b, out=output)
            if layer < len(self.weights) - 1:
                if self.activation == "relu":
                    np.maximum(output, 0, out=output)
                else:
                    sigmoid(output, output)
            z = output
        return z


def step(work, x, targets, *parameters):
    net = Network(work, x, parameters)
    rate = np.float32(work["learningRate"] / len(x))
    deltas = [np.empty_like(output) for output in net.outputs]
    slopes = [np.empty_like(output) for output in net.outputs]
    changes = [np.empty_like(w) for w in net.weights]

    def run():
        dz = deltas[-1]
        softmax(net.forward(), dz)
        np.subtract(dz, targets, out=dz)
        np.multiply(dz, rate, out=dz)  # the learning rate goes in where there is least to multiply
        for layer in reversed(range(len(net.weights))):
            z = net.x if layer == 0 else net.outputs[layer - 1]
            dz = deltas[layer]
            if layer > 0:
                dy, slope = deltas[layer - 1], slopes[layer - 1]
                np.dot(dz, net.weights[layer].T, out=dy)
                if net.activation == "relu":
                    np.sign(z, out=slope)
                else:
                    np.multiply(z, z, out=slope)
                    np.subtract(z, slope, out=slope)
                np.multiply(dy, slope, out=dy)
            np.dot(z.T, dz, out=changes[layer])
            np.subtract(net.weights[layer], changes[layer], out=net.weights[layer])
            np.subtract(net.biases[layer], dz.sum(axis=0), out=net.biases[layer])

    return run, (lambda: np.concatenate([p.ravel() for p in parameters]))


def forward(work, x, *parameters):
    net = Network(work, x, parameters)
    return net.forward, (lambda: net.outputs[-1])


class ConvNetwork:
    """Convolutions as products of im2col's matrices, pooling by the first maximum of each window. Channels first."""

    def __init__(self, work, x, parameters):
        if any(layer["kind"] == "depthwise" for layer in work["layers"]):
            raise ValueError("no depthwise convolution in NumPy")
        self.layers = work["layers"]
        self.x = x
        self.parameters = list(parameters)

    def forward(self):
        x, left, self.saved = self.x, iter(self.parameters), []
        for layer in self.layers:
            kind = layer["kind"]
            if kind == "conv":
                w, b = next(left), next(left)
                columns = im2col(x, layer["size"], layer["padding"])
                flat = w.reshape(len(w), -1)
                self.saved.append((x.shape, columns, flat))
                n, _, h, width = x.shape
                more = 2 * layer["padding"] - layer["size"] + 1
                x = (columns @ flat.T + b).reshape(n, h + more, width + more, len(w)).transpose(0, 3, 1, 2)
            elif kind == "dense":
                w, b = next(left), next(left)
                rows = x.reshape(len(x), -1)
                self.saved.append((x.shape, rows, w))
                x = rows @ w + b
            elif kind == "maxPool":
                n, c, h, width = x.shape
                windows = x.reshape(n, c, h // 2, 2, width // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(-1, 4)
                first = windows.argmax(axis=1)
                self.saved.append((x.shape, first))
                x = windows[np.arange(len(windows)), first].reshape(n, c, h // 2, width // 2)
            elif kind == "relu":
                x = np.maximum(x, 0)
                self.saved.append(x)
            else:
                raise ValueError(f"no {kind} in NumPy")
        return x

    def backward(self, dy):
        """The parameters' gradients, in their order."""
        gradients, left = [], len(self.layers)
        for layer, saved in zip(reversed(self.layers), reversed(self.saved)):
            kind, left = layer["kind"], left - 1
            if kind == "relu":
                dy = dy * (saved > 0)
            elif kind == "dense":
                shape, rows, w = saved
                gradients += [dy.sum(axis=0), rows.T @ dy]
                dy = (dy @ w.T).reshape(shape)
            elif kind == "maxPool":
                (n, c, h, width), first = saved
                windows = np.zeros((len(first), 4), np.float32)
                windows[np.arange(len(first)), first] = dy.reshape(-1)
                dy = windows.reshape(n, c, h // 2, width // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h, width)
            else:
                shape, columns, flat = saved
                dy = dy.transpose(0, 2, 3, 1).reshape(-1, len(flat))
                size = layer["size"]
                gradients += [dy.sum(axis=0), (columns.T @ dy).T.reshape(len(flat), shape[1], size, size)]
                if left > 0:
                    dy = col2im(dy @ flat, shape, size, layer["padding"])
        return gradients[::-1]


def im2col(x, size, padding):
    n, c, h, w = x.shape
    padded = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    oh, ow = h + 2 * padding - size + 1, w + 2 * padding - size + 1
    columns = np.empty((n, c, size, size, oh, ow), np.float32)
    for i in range(size):
        for j in range(size):
            columns[:, :, i, j] = padded[:, :, i : i + oh, j : j + ow]
    return columns.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, -1)


def col2im(columns, shape, size, padding):
    n, c, h, w = shape
    oh, ow = h + 2 * padding - size + 1, w + 2 * padding - size + 1
    columns = columns.reshape(n, oh, ow, c, size, size).transpose(0, 3, 4, 5, 1, 2)
    padded = np.zeros((n, c, h + 2 * padding, w + 2 * padding), np.float32)
    for i in range(size):
        for j in range(size):
            padded[:, :, i : i + oh, j : j + ow] += columns[:, :, i, j]
    return padded[:, :, padding : padding + h, padding : padding + w]


def conv_forward(work, x, *parameters):
    net, last = ConvNetwork(work, x, parameters), []

    def run():
        last[:] = [net.forward()]

    return run, (lambda: last[0])


def conv_step(work, x, targets, *parameters):
    net = ConvNetwork(work, x, parameters)
    rate = np.float32(work["learningRate"] / len(x))

    def run():
        dz = np.empty_like(targets)
        softmax(net.forward(), dz)
        gradients = net.backward((dz - targets) * rate)
        for parameter, gradient in zip(net.parameters, gradients):
            parameter -= gradient

    return run, (lambda: np.concatenate([p.ravel() for p in net.parameters]))


KINDS = {
    **{"gemm": gemm, "map": elementwise, "softmax": softmax_work, "step": step, "forward": forward},
    **{"convForward": conv_forward, "convStep": conv_step},
}


def answer(request, state):
    if request["command"] == "prepare":
        arrays = [np.fromfile(path, dtype).reshape(shape) for path, dtype, shape in request["arrays"]]
        state["run"], state["result"] = KINDS[request["work"]["kind"]](request["work"], *arrays)
        return {}
    if request["command"] == "time":
        run, runs = state["run"], request["runs"]
        start = time.process_time()
        for _ in range(runs):
            run()
        return {"seconds": time.process_time() - start}
    np.ascontiguousarray(state["result"](), np.float32).tofile(request["path"])
    return {}


def main():
    print(json.dumps({"version": np.__version__}), flush=True)
    state = {}
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), state)
        except Exception as error:  # every failure becomes an answer
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


main()
