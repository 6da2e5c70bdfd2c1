"""PyTorch for `npm run bench:peers`: the requests and answers of numpy_worker.py. Convolutional networks alone; one thread."""
import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def logits(layers, x, parameters):
    left = iter(parameters)
    for layer in layers:
        kind = layer["kind"]
        if kind in ("conv", "depthwise"):
            groups = layer["inputs"] if kind == "depthwise" else 1
            x = F.conv2d(x, next(left), next(left), padding=layer["padding"], groups=groups)
        elif kind == "dense":
            w, b = next(left), next(left)
            x = torch.addmm(b, x.flatten(1), w)
        elif kind == "maxPool":
            x = F.max_pool2d(x, 2)
        elif kind == "meanPool":
            x = x.mean(dim=(2, 3))
        else:
            x = F.relu(x)
    return x


def forward(work, x, *parameters):
    last = []

    def run():
        with torch.no_grad():
            last[:] = [logits(work["layers"], x, parameters)]

    return run, (lambda: last[0])


def step(work, x, targets, *parameters):
    labels = targets.argmax(dim=1)
    parameters = [p.requires_grad_() for p in parameters]

    def run():
        loss = F.cross_entropy(logits(work["layers"], x, parameters), labels)
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients):
                parameter.sub_(gradient, alpha=work["learningRate"])

    return run, (lambda: torch.cat([p.detach().flatten() for p in parameters]))


KINDS = {"convForward": forward, "convStep": step}


def answer(request, state):
    if request["command"] == "prepare":
        if request["work"]["kind"] not in KINDS:
            raise ValueError("measured for convolutional networks alone")
        arrays = [np.fromfile(path, dtype).reshape(shape) for path, dtype, shape in request["arrays"]]
        tensors = [torch.from_numpy(array) for array in arrays]
        state["run"], state["result"] = KINDS[request["work"]["kind"]](request["work"], *tensors)
        return {}
    if request["command"] == "time":
        run, runs = state["run"], request["runs"]
        start = time.process_time()
        for _ in range(runs):
            run()
        return {"seconds": time.process_time() - start}
    np.ascontiguousarray(state["result"]().numpy(), np.float32).tofile(request["path"])
    return {}


def main():
    print(json.dumps({"version": torch.__version__}), flush=True)
    state = {}
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), state)
        except Exception as error:  # every failure becomes an answer
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


main()
