"""Libraries are imported without garbage collection and without Ctrl+C in between."""

from __future__ import annotations

import gc
import os
import signal
import threading

import pytest

from workbook.grade.imports import importing


def test_no_garbage_is_looked_for_in_the_block() -> None:
    with importing():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_ctrl_c_takes_effect_at_the_end_of_the_block() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), importing():
        os.kill(os.getpid(), signal.SIGINT)
        done.append("the rest")
    assert done == ["the rest"]
    assert gc.isenabled()
    with pytest.raises(KeyboardInterrupt):  # as it was before
        signal.raise_signal(signal.SIGINT)


def test_an_error_in_the_block_comes_out_of_it() -> None:
    with pytest.raises(ValueError, match="wrong"), importing():
        raise ValueError("wrong")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_handler_and_other_threads_are_left_alone() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        with importing():
            signal.raise_signal(signal.SIGINT)
            assert came == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)
    errors: list[BaseException] = []

    def elsewhere() -> None:
        try:
            with importing():
                pass
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert errors == []
