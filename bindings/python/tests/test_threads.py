"""Several Python threads at once.

SPDX-License-Identifier: MIT"""
import concurrent.futures
import os
import sys
import threading
import unittest
import warnings

from support import MODELS, TABLE, VECTORS, flat, make, selfattn


def together(count, work):
    barrier = threading.Barrier(count)

    def begin(i):
        barrier.wait()
        return work(i)

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


class Threads(unittest.TestCase):
    def test_a_layer_is_shared(self):
        case = TABLE["layer"][0]
        layer = selfattn.Layer(2, **{name: make(entry) for name, entry in case["weights"].items()})
        x = make(case["x"])
        want = flat(layer(x))
        for found in together(8, lambda _: [flat(layer(x)) for _ in range(50)]):
            self.assertTrue(all(one == want for one in found), "the same bits in every thread")

    def test_a_context_is_shared(self):
        """Calls on one context wait for each other, and none is refused."""
        x = make(TABLE["attention"][0]["query"])
        with selfattn.Context(threads=1) as context:
            want = flat(selfattn.attention(x, x, x, context=context))
            for found in together(4, lambda _: [flat(selfattn.attention(x, x, x, context=context))
                                                for _ in range(100)]):
                self.assertTrue(all(one == want for one in found))

    def test_the_interpreter_runs_during_a_call(self):
        """Python threads do not switch by themselves here: another one can only run while a call does."""
        x = selfattn.Array((1, 1, 500, 64))
        begin, ran = threading.Event(), threading.Event()
        other = threading.Thread(target=lambda: begin.wait() and ran.set())
        other.start()
        interval = sys.getswitchinterval()
        with selfattn.Context(threads=1) as context:
            sys.setswitchinterval(1000)
            try:
                begin.set()
                for _ in range(1000):
                    selfattn.attention(x, x, x, context=context)
                    if ran.is_set():
                        break
                found = ran.is_set()
            finally:
                sys.setswitchinterval(interval)
        other.join()
        self.assertTrue(found)

    @unittest.skipUnless(hasattr(os, "fork"), "no fork()")
    def test_a_child_process(self):
        x = make(TABLE["attention"][0]["query"])
        want = flat(selfattn.attention(x, x, x))
        context = selfattn.Context(threads=2)
        selfattn.attention(x, x, x, context=context)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that there are threads is what is tested
            child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 2 if flat(selfattn.attention(x, x, x)) != want else 3
                selfattn.attention(x, x, x, context=context)
            except RuntimeError as reason:
                code = 0 if code == 3 and "before a fork" in str(reason) else 4
            finally:
                os._exit(code)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual(flat(selfattn.attention(x, x, x, context=context)), want)

    def test_a_cache_is_locked(self):
        cache, x = selfattn.Cache(1, 1, 4), selfattn.array([[[[1, 2, 3, 4]]]])
        together(4, lambda _: [cache.append(x, x) for _ in range(200)])
        self.assertEqual(cache.length(), 800)

    def test_defaults(self):
        try:
            selfattn.set_defaults(threads=1, precision="medium")
            from selfattn._context import current
            self.assertEqual(current().threads, 1)
            self.assertEqual(together(2, lambda _: current().threads), [1, 1])
            with self.assertRaisesRegex(ValueError, "precision 'low' is none of high, highest, medium"):
                selfattn.set_defaults(precision="low")
        finally:
            selfattn.set_defaults()

    @unittest.skipUnless(MODELS, "the library has no models")
    def test_models_are_shared(self):
        encoder, decoder = selfattn.Model(VECTORS / "encoder"), selfattn.Model(VECTORS / "decoder")
        case = TABLE["generate"]
        want = flat(encoder.encode(TABLE["encode"]["texts"]))

        def work(i):
            if i % 2:
                return flat(encoder.encode(TABLE["encode"]["texts"])) == want
            return "".join(decoder.generate(case["prompt"])) == case["text"]

        self.assertEqual(together(8, work), [True] * 8)


if __name__ == "__main__":
    unittest.main()
