"""A text while it is generated.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes
import queue
import threading
from typing import TYPE_CHECKING, Any, Iterator, List, Optional, Sequence, Union

from ._arrays import integers
from ._context import Context, _defaults
from ._declarations import LogitsCallback, TokenCallback, constants, structs
from ._library import check, lib
from ._tokenizer import TextStream

if TYPE_CHECKING:
    from ._models import Session

# So many tokens are generated before somebody asks for them; then the work waits.
AHEAD = 16
_ENDINGS = {constants[name]: name[7:].lower() for name in constants if name.startswith("SA_END_")}


class Sampling:
    """How the next token is chosen; zeros: the most probable one."""

    NAMES = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty",
             "seed", "model_defaults")

    def __init__(self, model_defaults: bool = False, **numbers):
        self.model_defaults, self.numbers = model_defaults, numbers

    def struct(self, model):
        made = structs["sa_sampling"]()
        if self.model_defaults:
            check(lib.sa_model_sampling(model.handle, ctypes.byref(made)))
        for name, value in self.numbers.items():
            setattr(made, name, value)
        return made


class Generation:
    """Iterates over the pieces of a text while it is generated, on a thread of its own. Afterwards `ids` are the new
    tokens, `log_probabilities` theirs, and `ending` is why the text ended: "token" (a stop token), "string",
    "max_tokens", "full" (the model has no more positions) or "caller" (it was closed). It ends with the block of a with
    statement, by close(), and when nobody refers to it any more, as behind a loop over model.generate(...) that was
    left."""

    def __init__(self, session: "Session", prompt: Union[str, Sequence[int]], max_tokens: int, sampling: Sampling,
                 stop: Sequence[str] = (), stop_tokens: Optional[Sequence[int]] = None, on_logits=None,
                 language: Optional[str] = None, text: bool = True, model_rules: bool = False):
        self._session = session
        before = session.pending
        self._prompt = before + self._read(prompt, language, bool(before) or session.length() > 0)
        self.ids: List[int] = []
        self.log_probabilities: List[float] = []
        self.ending: Optional[str] = None
        stop = [stop] if isinstance(stop, str) else list(stop)
        self._text = TextStream(session.model.tokenizer, self._prompt, stop) if text else None
        self._pieces: queue.SimpleQueue = queue.SimpleQueue()
        self._state = _State(session, self._prompt, max_tokens, sampling.struct(session.model), stop_tokens, on_logits,
                             model_rules, self._pieces)
        self._failure: Optional[BaseException] = None
        self._over = False

    def _read(self, prompt, language, goes_on) -> List[int]:
        """The decoder's prompt. A model with an encoder reads the given one by that."""
        model = self._session.model
        if not model.get("encoder"):
            if isinstance(prompt, str) and goes_on:
                return model.tokenizer.encode(prompt, template=False)
            return model.ids(prompt)
        if len(prompt):
            self._session.encode(prompt)
        begin = [model.get("start_token")]
        begin.append(model.get("forced_first_token") if language is None else model.tokenizer.language(language))
        return [token for token in begin if token >= 0]

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self):
        if not self._over:
            self._state.begin()
        while not self._over:
            kind, value, log = self._pieces.get()
            if kind != "token":
                self._finish(kind, value)
                piece = self._text.rest() if self._text and kind == "end" else ""
                if piece:
                    return piece
                break
            self._state.room.release()
            self.ids.append(value)
            self.log_probabilities.append(log)
            if self._text is None:
                return value
            piece = self._text.add(value)
            if self._text.ended:
                self._stop("string")
            if piece:
                return piece
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        raise StopIteration

    def _finish(self, kind, value) -> None:
        self._over = True
        self._state.finish(len(self.ids))
        if kind == "end":
            self.ending = value
        else:
            self._failure = value

    def _stop(self, why: str) -> None:
        """Ends the work; tokens that came meanwhile are dropped, from the session too."""
        if not self._over:
            self._over, self.ending = True, why
            self._state.end()
            self._state.finish(len(self.ids))

    def close(self) -> None:
        self._stop("caller")

    def __enter__(self) -> "Generation":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def __del__(self):
        if getattr(self, "_state", None) is not None:
            self.close()


class _State:
    """What the thread works with. It does not refer to the Generation, which may so be forgotten."""

    def __init__(self, session, prompt, max_tokens, sampling, stop_tokens, on_logits, model_rules, pieces):
        self.session, self.prompt, self.max, self.model_rules = session, prompt, max_tokens, model_rules
        self.sampling, self.on_logits, self.pieces = sampling, on_logits, pieces
        self.stop_tokens = stop_tokens
        self.stop = False
        self.room = threading.Semaphore(AHEAD)
        self.caught: Optional[BaseException] = None
        self.thread: Optional[threading.Thread] = None
        self.written: Any = None
        self.before = 0

    def begin(self) -> None:
        if self.thread is None:
            self.before = self.session.length()
            self.session.pending = []
            self.session._work = self
            self.thread = threading.Thread(target=self.run, name="selfattn generation", daemon=True)
            self.thread.start()

    def end(self) -> None:
        """Ends the work after the token at hand."""
        self.stop = True
        self.room.release()
        if self.thread is not None and self.thread is not threading.current_thread():
            self.thread.join()

    def run(self) -> None:
        try:
            self.pieces.put(("end", self.generate(), 0.0))
        except BaseException as reason:  # goes to the thread that iterates
            self.pieces.put(("failure", reason, 0.0))

    def generate(self) -> str:
        count, ending = ctypes.c_int64(), ctypes.c_int32()
        written = self.written = (ctypes.c_int32 * self.max)()
        ids = integers(self.prompt, ctypes.c_int32)
        on_token = TokenCallback(self._token)
        args = structs["sa_generate_args"](
            tokens=len(self.prompt), ids=ctypes.addressof(ids) if self.prompt else None, max_tokens=self.max,
            sampling=ctypes.addressof(self.sampling), generated=ctypes.addressof(written),
            counts=ctypes.addressof(count), endings=ctypes.addressof(ending), model_rules=int(self.model_rules),
            on_token=ctypes.cast(on_token, ctypes.c_void_p))
        if self.on_logits is not None:
            on_logits = LogitsCallback(self._logits)
            args.on_logits = ctypes.cast(on_logits, ctypes.c_void_p)
        if self.stop_tokens is not None:
            stops = integers(self.stop_tokens, ctypes.c_int32)
            args.stop_tokens, args.stop_token_count = ctypes.addressof(stops), len(self.stop_tokens)
        with Context(**_defaults) as context:
            context.call(lib.sa_generate, self.session.handle, ctypes.byref(args))
        if self.caught is not None:
            raise self.caught
        return _ENDINGS[ending.value]

    def _token(self, _user, _sequence, token, log) -> int:
        self.room.acquire()
        if not self.stop:
            self.pieces.put(("token", token, log))
        return int(self.stop or self.caught is not None)

    def _logits(self, _user, _sequence, address, count) -> None:
        if self.caught is None:
            try:
                self.on_logits((ctypes.c_float * count).from_address(address))
            except BaseException as reason:  # it must not cross the library
                self.caught = reason

    def finish(self, taken: int) -> None:
        """The session holds the prompt and the tokens that were taken, except the last one."""
        if self.thread is None:
            return
        self.end()
        session = self.session
        if session._work is not self:
            return  # it was closed meanwhile
        session._work = None
        length = self.before + len(self.prompt) + max(taken - 1, 0)
        if session.length() > length:
            session.truncate(length)
        if taken:
            session.pending = self.written[taken - 1:taken]
