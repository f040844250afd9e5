"""Arrays in and out: the library's own, buffers, NumPy's.

SPDX-License-Identifier: MIT"""
import array as standard
import ctypes
import gc
import unittest

from support import flat, numpy, selfattn
from selfattn import _dlpack
from selfattn._arrays import view


def ordinary(array):
    """The same memory, known as nothing but a buffer."""
    return array.memory


class Own(unittest.TestCase):
    def test_lists(self):
        x = selfattn.array([[1, 2, 3], [4, 5, 6]])
        self.assertEqual((x.shape, x.dtype, x.tolist()), ((2, 3), "float32", [[1, 2, 3], [4, 5, 6]]))
        self.assertEqual((x[1].tolist(), x[1, 2], x[-1, -1], len(x)), ([4, 5, 6], 6, 6, 2))
        self.assertEqual(selfattn.array([[1.5]], "float16").tolist(), [[1.5]])
        self.assertEqual(selfattn.array([True, False], "bool").tolist(), [True, False])
        with self.assertRaisesRegex(ValueError, "not of equal lengths"):
            selfattn.array([[1, 2], [3]])
        with self.assertRaises(IndexError):
            x[2]

    def test_buffers_are_read_in_place(self):
        x = selfattn.array([[[[1, 0], [0, 1]]]])
        seen = view(ordinary(x), "x")
        self.assertEqual((seen.address, seen.shape, seen.strides), (x.view.address, (1, 1, 2, 2), (4, 4, 2, 1)))
        out = selfattn.scaled_dot_product_attention(ordinary(x), ordinary(x), ordinary(x))
        self.assertEqual(flat(out), flat(selfattn.scaled_dot_product_attention(x, x, x)))

    def test_memory_that_may_not_be_written(self):
        raw = memoryview(standard.array("f", [1, 2]).tobytes()).cast("f", (1, 1, 1, 2))
        self.assertEqual(flat(selfattn.attention(raw, raw, raw)), [1, 2])
        with self.assertRaisesRegex(ValueError, "out cannot be used"):
            selfattn.attention(raw, raw, raw, out=raw)

    def test_what_is_no_array(self):
        x = selfattn.array([[[[1, 0]]]])
        with self.assertRaisesRegex(TypeError, "key is a list"):
            selfattn.attention(x, [[1.0]], x)
        with self.assertRaisesRegex(TypeError, "value has elements of the format 'd'"):
            selfattn.attention(x, x, standard.array("d", [1.0]))

    def test_dlpack_by_itself(self):
        x = selfattn.array([[1, 2], [3, 4]])
        capsule = x.__dlpack__()
        address, code, bits, shape, strides = _dlpack.read(capsule)
        self.assertEqual((address, code, bits, shape, strides),
                         (x.view.address, _dlpack.FLOAT, 32, (2, 2), (2, 1)))
        self.assertEqual(len(_dlpack._exported), 1)
        del capsule
        gc.collect()
        self.assertEqual(len(_dlpack._exported), 0, "a capsule that nobody took lets go")

    def test_dlpack_of_another(self):
        """An object that has nothing but __dlpack__."""
        class Other:
            def __init__(self, array):
                self.array = array

            def __dlpack__(self, **_):
                return self.array.__dlpack__()

        x = selfattn.array([[[[1, 0], [0, 1]]]])
        found = selfattn.scaled_dot_product_attention(Other(x), Other(x), Other(x))
        self.assertEqual(flat(found), flat(selfattn.scaled_dot_product_attention(x, x, x)))
        self.assertEqual(len(_dlpack._exported), 0)

    def test_another_device(self):
        class Elsewhere:
            def __dlpack__(self, **_):
                capsule = selfattn.array([[[[1.0]]]]).__dlpack__()
                place = ctypes.pythonapi.PyCapsule_GetPointer(capsule, b"dltensor")
                _dlpack.ManagedTensor.from_address(place).tensor.device_type = 2
                return capsule

        with self.assertRaisesRegex(TypeError, "not in the CPU's memory"):
            selfattn.attention(Elsewhere(), Elsewhere(), Elsewhere())

    def test_types(self):
        for dtype in ("float16", "bfloat16"):
            x = selfattn.Array((1, 1, 2, 4), dtype)
            ctypes.memset(x.view.address, 0, 16)
            self.assertEqual(selfattn.attention(x, x, x).dtype, dtype)


class Sizes(unittest.TestCase):
    """What the library would read of a bare pointer is as long as it has to be."""

    def refuse(self, words, work, *arguments, **options):
        with self.assertRaisesRegex(ValueError, words):
            work(*arguments, **options)

    def test_of_attention(self):
        x = selfattn.Array((2, 3, 4, 4))
        self.refuse("key_lengths has 1 numbers for 2", selfattn.attention, x, x, x, key_lengths=[1])
        self.refuse("offset has 3 numbers for 2", selfattn.attention, x, x, x, offset=[1, 2, 3])
        self.refuse("alibi_slopes has 2 numbers for 3", selfattn.attention, x, x, x, alibi_slopes=[1, 2])
        self.refuse("sink_logits has 1 numbers for 3", selfattn.attention, x, x, x, sink_logits=[1])
        self.refuse(r"\[3, 2 reach", selfattn.attention, x, x, x, relative_bias=selfattn.Array((2, 5)))
        selfattn.attention(x, x, x, relative_bias=selfattn.Array((3, 5)), sink_logits=[0.5, 1, 2],
                           offset=[0, 1], causal=True)

    def test_of_layers(self):
        w = selfattn.Array((8, 8))
        weights = {"weight_q": w, "weight_k": w, "weight_v": w}
        self.refuse(r"weight_k has the shape \(8, 6\): \(8, 8\)", selfattn.Layer, 2, weight_q=w,
                    weight_k=selfattn.Array((8, 6)), weight_v=w, context_width=8)
        self.refuse("bias_q has the shape", selfattn.Layer, 2, bias_q=selfattn.Array((6,)), **weights)
        self.refuse("query_norm is a contiguous float32 array of 4", selfattn.Layer, 2, **weights,
                    query_norm=selfattn.Array((8,)), key_norm=selfattn.Array((4,)))
        self.refuse("inverse_frequency has 3 numbers: 2", selfattn.Layer, 2, **weights,
                    rope=selfattn.Rope(inverse_frequency=[1, 2, 3]))
        layer = selfattn.Layer(2, **weights, rope=selfattn.Rope(inverse_frequency=[1, 0.5]), sink_logits=[1, 2],
                               query_norm=selfattn.Array((4,)), key_norm=selfattn.Array((4,)))
        x = selfattn.Array((2, 3, 8))
        self.refuse("positions has 3 numbers: 6", layer, x, positions=[1, 2, 3])
        self.refuse("belong to the layer", layer, x, sink_logits=[1, 2])
        cache = selfattn.Cache(2, 2, 4)
        self.refuse("lengths has 1 numbers: 2", layer, x, cache=cache, lengths=[1])
        layer(x, cache=cache, lengths=[3, 1], positions=[[0, 1, 2], [5, 6, 7]])
        self.assertEqual([cache.length(0), cache.length(1)], [3, 1])
        self.refuse("3 lengths for 2", cache.append, selfattn.Array((2, 2, 1, 4)), selfattn.Array((2, 2, 1, 4)),
                    lengths=[1, 1, 1])


@unittest.skipIf(numpy is None, "SKIPPED: no NumPy")
class WithNumPy(unittest.TestCase):
    def setUp(self):
        self.random = numpy.random.default_rng(1)

    def tensor(self, *shape):
        return self.random.standard_normal(shape).astype("float32")

    def reference(self, q, k, v, mask=None):
        scores = q.astype("float64") @ k.astype("float64").swapaxes(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            scores = numpy.where(mask, scores, -numpy.inf) if mask.dtype == bool else scores + mask
        weights = numpy.exp(scores - scores.max(-1, keepdims=True))
        return weights / weights.sum(-1, keepdims=True) @ v.astype("float64")

    def near(self, found, want, tolerance=2e-6):
        self.assertEqual(found.shape, want.shape)
        self.assertLess(abs(found - want).max(), tolerance)

    def test_result_is_numpys(self):
        x = self.tensor(1, 2, 3, 4)
        found = selfattn.scaled_dot_product_attention(x, x, x)
        self.assertIsInstance(found, numpy.ndarray)
        self.assertEqual(found.dtype, numpy.float32)
        self.near(found, self.reference(x, x, x))
        self.assertEqual(selfattn.attention(*[x.astype("float16")] * 3).dtype, numpy.float16)

    def test_any_strides(self):
        q = self.tensor(2, 5, 3, 4).transpose(0, 2, 1, 3)
        k = self.tensor(2, 3, 14, 4)[:, :, ::-2]
        v = numpy.broadcast_to(self.tensor(1, 1, 7, 6), (2, 3, 7, 6))
        self.near(selfattn.scaled_dot_product_attention(q, k, v), self.reference(q, k, v))
        out = numpy.zeros((2, 5, 3, 6), "float32")
        selfattn.attention(q, k, v, out=out.transpose(0, 2, 1, 3))
        self.near(out.transpose(0, 2, 1, 3), self.reference(q, k, v))

    def test_any_number_of_axes(self):
        for lead in ((), (3,), (2, 3), (2, 1, 3), (2, 2, 2, 3)):
            q, k, v = self.tensor(*lead, 5, 4), self.tensor(*lead, 6, 4), self.tensor(*lead, 6, 2)
            with self.subTest(lead):
                self.near(selfattn.scaled_dot_product_attention(q, k, v), self.reference(q, k, v))

    def test_leading_axes_broadcast(self):
        q, k, v = self.tensor(2, 1, 3, 5, 4), self.tensor(4, 3, 6, 4), self.tensor(1, 1, 1, 6, 2)
        self.near(selfattn.scaled_dot_product_attention(q, k, v), self.reference(q, k, v))

    def test_masks_broadcast(self):
        q, k, v = self.tensor(2, 3, 5, 4), self.tensor(2, 3, 6, 4), self.tensor(2, 3, 6, 4)
        for shape in ((5, 6), (6,), (1, 6), (5, 1), (3, 1, 6), (2, 1, 5, 6), (2, 3, 5, 6), (1, 1, 1, 1)):
            mask = self.random.random(shape) < 0.7
            mask[..., 0] = True
            added = self.tensor(*shape)
            with self.subTest(shape):
                self.near(selfattn.scaled_dot_product_attention(q, k, v, mask), self.reference(q, k, v, mask))
                self.near(selfattn.scaled_dot_product_attention(q, k, v, added), self.reference(q, k, v, added))
        for shape in ((5, 5), (4, 1, 6), (1, 1, 1, 5, 6, 1)):
            with self.assertRaises(ValueError):
                selfattn.scaled_dot_product_attention(q, k, v, numpy.ones(shape, bool))

    def test_masks_of_more_axes(self):
        q = self.tensor(2, 2, 3, 4, 4)
        for shape in ((4, 4), (2, 1, 3, 4, 4), (2, 1, 1, 4)):
            mask = self.tensor(*shape)
            self.near(selfattn.scaled_dot_product_attention(q, q, q, mask), self.reference(q, q, q, mask))

    def test_grouped_heads_have_to_be_asked_for(self):
        q, k = self.tensor(1, 4, 5, 4), self.tensor(1, 2, 5, 4)
        with self.assertRaisesRegex(ValueError, "enable_gqa=True"):
            selfattn.scaled_dot_product_attention(q, k, k)
        want = self.reference(q, k.repeat(2, 1), k.repeat(2, 1))
        self.near(selfattn.scaled_dot_product_attention(q, k, k, enable_gqa=True), want)

    def test_a_scale_of_zero(self):
        x = self.tensor(1, 2, 3, 4)
        want = numpy.broadcast_to(x.mean(2, keepdims=True), x.shape)
        self.near(selfattn.scaled_dot_product_attention(x, x, x, scale=0.0), want)
        self.near(selfattn.scaled_dot_product_attention(x, x, x, scale=-0.5), self.reference(-x, x, x))

    def test_refusals(self):
        x = self.tensor(1, 1, 2, 4)
        for options in ({"dropout_p": 0.1}, {"attn_mask": numpy.ones((2, 2), bool), "is_causal": True}):
            with self.assertRaises(ValueError):
                selfattn.scaled_dot_product_attention(x, x, x, **options)
        with self.assertRaisesRegex(TypeError, "float64.*astype"):
            selfattn.scaled_dot_product_attention(x.astype("float64"), x, x)
        with self.assertRaisesRegex(selfattn.ShapeError, "4.*3|3.*4"):
            selfattn.attention(x, x[..., :3], x)

    def test_read_only(self):
        x = self.tensor(1, 1, 2, 4)
        x.setflags(write=False)
        selfattn.attention(x, x, x)
        with self.assertRaisesRegex(ValueError, "out is read-only"):
            selfattn.attention(x, x, x, out=x)

    def test_array_and_numpy_share_memory(self):
        own = selfattn.array([[1, 2], [3, 4]])
        seen = numpy.asarray(own)
        seen[0, 1] = 7
        self.assertEqual(own.tolist(), [[1, 7], [3, 4]])
        if hasattr(numpy, "from_dlpack"):
            other = numpy.from_dlpack(own)
            own = None
            gc.collect()
            self.assertEqual(other.tolist(), [[1, 7], [3, 4]])
            del other, seen
            gc.collect()
            self.assertEqual(len(_dlpack._exported), 0)

    def test_no_elements(self):
        x = numpy.zeros((1, 2, 0, 4), "float32")
        self.assertEqual(selfattn.scaled_dot_product_attention(x, x, x).shape, (1, 2, 0, 4))
        q = self.tensor(1, 2, 3, 4)
        self.assertFalse(selfattn.scaled_dot_product_attention(q, x, x).any())

    def test_cache(self):
        k, v, q = self.tensor(1, 2, 6, 4), self.tensor(1, 2, 6, 4), self.tensor(1, 2, 6, 4)
        whole = selfattn.attention(q, k, v, causal=True)
        with selfattn.Cache(1, 2, 4) as cache:
            for t in range(6):
                cache.append(k[:, :, t:t + 1], v[:, :, t:t + 1])
                self.near(selfattn.attention(q[:, :, t:t + 1], cache=cache), whole[:, :, t:t + 1])
            self.assertEqual(cache.length(), 6)
            cache.truncate(2)
            self.assertEqual(cache.length(), 2)
            self.assertGreater(cache.bytes, 0)
        two = selfattn.Cache(2, 2, 4)
        two.append(numpy.concatenate([k, v]), numpy.concatenate([v, k]), lengths=[6, 3])
        two.reorder([1, 0])
        self.assertEqual([two.length(0), two.length(1)], [3, 6])
        two.fork(1, 0)
        self.assertEqual(two.length(0), 6)
        with self.assertRaises(IndexError):
            two.length(2)
        two.close()
        with self.assertRaisesRegex(ValueError, "closed"):
            two.length(0)


if __name__ == "__main__":
    unittest.main()
