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


KINDS = {"gemm": gemm, "map": elementwise, "softmax": softmax_work, "step": step, "forward": forward}


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
