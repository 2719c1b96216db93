"""Verdicts that are known already: exercises in which a student's process sends, byte by byte, what another one has sent before.

A test draws its inputs from a seed; all that it asks follows from that seed and from the answers it gets. Where the whole
conversation is the same, so is the verdict: it need not be worked out again. Only the judging is saved by that. The student's code
still runs in a process of its own, and each byte that it sends is looked at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from workbook.grade.channel.pipe import Frame, Message, Pipe, Unread, provided

__all__ = ["Diverged", "Line", "Transcripts"]

_STEPS = 20_000
_BYTES = 32 << 20


class Diverged(Exception):
    """A test asked for something else than the last time, although it got the same answers."""


@dataclass
class _Step:
    """What is sent at this point of a conversation, then what may come back at once, or the verdict.

    `whole` says that all of it is known: whoever was cut off while sending leaves a step that is not. `likely` is the answer that
    came last, if it was a single frame.
    """

    requests: list[Frame] = field(default_factory=list)
    answers: dict[bytes, _Step] = field(default_factory=dict)
    likely: bytes = b""
    verdict: Any = None
    whole: bool = False


class Transcripts:
    """Conversations that have come to a verdict, as a tree for each test and seed. Forgets them all when they become too many."""

    def __init__(self) -> None:
        self._first: dict[Hashable, _Step] = {}
        self._steps = 0
        self._size = 0

    def begin(self, key: Hashable) -> _Step:
        """Where the conversations of that key begin."""
        if self._steps > _STEPS or self._size > _BYTES:
            self.__init__()  # type: ignore[misc]  # the empty state is written once
        return self._first.setdefault(key, _Step())

    def after(self, step: _Step, message: Message) -> _Step:
        """Where an answer leads."""
        answer = message.digest()
        step.likely = b"" if message.together else answer
        known = step.answers.get(answer)
        if known is None:
            self._steps += 1
            known = step.answers[answer] = _Step()
        return known

    def keep(self, step: _Step, request: Frame) -> None:
        """One more request of a step."""
        self._size += len(request[0]) + sum(map(len, request[1]))
        step.requests.append(request)


class Line:
    """A pipe to one student's process on which known conversations are led without the test.

    `known` begins one. Where it ends without a verdict, the test is to be run: it is given once more what has come already, what
    it sends again is held back, and the conversation goes on from there. `close` keeps it, with its verdict.

    Raises:
        Diverged: from `send` and `receive`, when a test does not repeat itself.
    """

    def __init__(self, pipe: Pipe, transcripts: Transcripts) -> None:
        self.pipe = pipe
        self.transcripts = transcripts
        self._step: _Step | None = None
        self._held: deque[Frame] = deque()  # sent already
        self._come: deque[Message] = deque()
        self._unread = Unread()  # of the message that has come last
        self._error: Exception | None = None

    @property
    def until(self) -> float | None:
        return self.pipe.until

    @until.setter
    def until(self, until: float | None) -> None:
        self.pipe.until = until

    def known(self, key: Hashable) -> Any:
        """Lead a conversation as far as it is known; the verdict, or None."""
        self._forget()
        step = self.transcripts.begin(key)
        try:
            while step.whole:
                ahead = self._ask(step)
                if step.verdict is not None:
                    self._forget()  # nobody will ask for it again
                    return step.verdict
                message = self.pipe.message()
                if ahead is not None:
                    first, rest = message.first()
                    if first.digest() == step.likely:  # so what was asked ahead is answered too
                        self._come.append(first)
                        self._held.extend(ahead.requests)
                        step, message = ahead, self.pipe.message() if rest is None else rest
                self._come.append(message)
                step = self.transcripts.after(step, message)
        except Exception as error:  # the test meets it at the same point
            self._error = error
        self._step = step
        if not step.whole:
            step.requests.clear()
        return None

    def _ask(self, step: _Step) -> _Step | None:
        """Send the requests of a step, and with them those of the next one, for the answer that is likely; that next one, or None.

        Each time that the two processes wait for each other costs as much as several calls.
        """
        frames = step.requests
        ahead = step.answers.get(step.likely)
        if ahead is None or not (frames and ahead.requests and ahead.whole) or ahead.verdict is not None:
            ahead = None
        else:
            frames = [*frames, provided(step.likely), *ahead.requests]
        self._held.extend(step.requests)
        for frame in frames[:-1]:
            self.pipe.hold(*frame)
        if frames:
            self.pipe.send(*frames[-1])
        return ahead

    def _forget(self) -> None:
        self._held.clear()
        self._come.clear()
        self._unread = Unread()
        self._step, self._error = None, None

    def close(self, verdict: Any) -> None:
        """The conversation has come to an end with this verdict, and all that was sent has been read."""
        if self._step is not None and not (self._held or self._come or self._unread or self._error):
            self._step.verdict, self._step.whole = verdict, True
        self._step = None

    def send(self, structure: bytes, blobs: list[Any]) -> None:
        """See `Pipe.send`."""
        if self._held:
            request = self._held.popleft()
            if structure != request[0] or list(map(bytes, blobs)) != request[1]:
                raise Diverged
            return
        if self._come:
            raise Diverged
        self._raise()
        if self._unread:  # it answers before it has heard all: that is kept nowhere
            self._step = None
        if self._step is not None and not self._step.whole:
            self.transcripts.keep(self._step, (structure, list(map(bytes, blobs))))
        self.pipe.send(structure, blobs)

    def receive(self) -> Frame:
        """See `Pipe.receive`."""
        if not self._unread:
            self._unread = (self._come.popleft() if self._come else self._next()).unread()
        return self._unread.next()

    def _next(self) -> Message:
        self._raise()
        if self._step is None:
            return self.pipe.message()
        self._step.whole = True
        message = self.pipe.message()
        self._step = self.transcripts.after(self._step, message)
        return message

    def ready(self, seconds: float) -> bool:
        """See `Pipe.ready`."""
        return bool(self._unread or self._come or self._error) or self.pipe.ready(seconds)

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            self._step = None  # what comes after it is no conversation
            raise error
