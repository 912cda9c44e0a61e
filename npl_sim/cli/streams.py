"""Standard output and error of the command line, without control characters and tracebacks."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import logging
import os
import re
import sys
import unicodedata
import warnings
from collections.abc import Iterator
from typing import Any, TextIO

from npl_sim.core.errors import INVISIBLE, escaped, shortened

__all__ = ["GuardedStream", "guarded_streams", "json_text", "print_json", "quiet_libraries"]

_KEPT = "\n\t"


class _Styled(io.TextIOBase):
    """A stream that never raises: what cannot be written is dropped and the error is kept.

    Parameters
    ----------
    stream
        Where text goes; None where the stream was closed before the program began.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.failure: OSError | None = None
        with contextlib.suppress(AttributeError, ValueError, OSError):
            if stream is not None and stream.errors != "backslashreplace":
                stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Encoding of the stream below."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        """What becomes of a character that the encoding lacks."""
        return "backslashreplace"

    def _fail(self, error: OSError) -> None:
        """Keep the first error; send the rest to the null device, so that the exit succeeds."""
        self.failure = self.failure or error
        with contextlib.suppress(OSError, ValueError, AttributeError):
            descriptor = self._stream.fileno()  # type: ignore[union-attr]
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, descriptor)
            os.close(nowhere)

    def write(self, text: str) -> int:
        """Write text, or drop it where the stream has failed."""
        if not isinstance(text, str):
            raise TypeError(f"expected text; got {type(text).__name__}")
        if text and self.failure is None:
            if self._stream is None:
                self._fail(OSError(errno.EBADF, os.strerror(errno.EBADF)))
                return len(text)
            try:
                self._stream.write(text)
            except OSError as error:
                self._fail(error)
            except ValueError:  # closed meanwhile
                self._fail(OSError(errno.EBADF, os.strerror(errno.EBADF)))
        return len(text)

    def flush(self) -> None:
        """Write what is held back."""
        if self._stream is None or self.failure is not None:
            return
        try:
            self._stream.flush()
        except OSError as error:
            self._fail(error)
        except ValueError:
            self._fail(OSError(errno.EBADF, os.strerror(errno.EBADF)))

    def isatty(self) -> bool:
        """Return whether a terminal shows the stream."""
        with contextlib.suppress(ValueError, OSError):
            return self._stream is not None and self._stream.isatty()
        return False

    def fileno(self) -> int:
        """Return the descriptor of the stream below."""
        if self._stream is None:
            raise io.UnsupportedOperation("the stream is closed")
        return self._stream.fileno()

    def writable(self) -> bool:
        """Return that text may be written."""
        return True

    def close(self) -> None:
        """Leave the stream below open: it belongs to Python."""
        self.flush()


class GuardedStream(_Styled):
    """A stream that writes control and invisible characters out, and never raises.

    Rich takes `rich_proxied_file` in its place, because its own styles are control sequences.
    """

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__(stream)
        self.rich_proxied_file = _Shared(self)

    def write(self, text: str) -> int:
        """Write text without control characters."""
        super().write(escaped(text, keep=_KEPT) if isinstance(text, str) else text)
        return len(text)


class _Shared(_Styled):
    """The same stream for text that is escaped already: failures are kept in one place."""

    def __init__(self, owner: GuardedStream) -> None:
        self._owner = owner
        super().__init__(owner._stream)

    def write(self, text: str) -> int:
        """Write text as it is."""
        return _Styled.write(self._owner, text)

    def flush(self) -> None:
        """Write what is held back."""
        self._owner.flush()


def _open_missing() -> None:
    """Open the standard descriptors that are closed, so that no file gets their numbers."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)


@contextlib.contextmanager
def guarded_streams() -> Iterator[tuple[GuardedStream, GuardedStream]]:
    """Guard standard output and standard error inside a ``with`` statement."""
    _open_missing()
    before = sys.stdout, sys.stderr
    guarded = GuardedStream(sys.stdout), GuardedStream(sys.stderr)
    sys.stdout, sys.stderr = guarded
    try:
        yield guarded
    finally:
        for stream in guarded:
            stream.flush()
        sys.stdout, sys.stderr = before


def quiet_libraries() -> None:
    """Silence warnings and log lines of libraries, except warnings on arithmetic.

    A warning on arithmetic is printed as one plain line, once. ``-W`` and PYTHONWARNINGS take
    precedence.
    """
    logging.getLogger().addHandler(logging.NullHandler())
    if sys.warnoptions:
        return
    printed: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        # A line of its own only: some warnings quote a whole traceback.
        text = shortened(escaped((str(message).splitlines() or [""])[0]), 160)
        is_arithmetic = issubclass(category, RuntimeWarning) and re.search(
            r"encountered|empty slice|freedom", text
        )
        if is_arithmetic and text not in printed and sys.stderr is not None:
            printed.add(text)
            print(
                f"warning: arithmetic: {text}; look for numbers that are out of range",
                file=sys.stderr,
            )

    warnings.showwarning = show


def json_text(value: Any, ascii_only: bool = False) -> str:
    """Return JSON in which every control or invisible character is spelled in ASCII.

    Parameters
    ----------
    value
        What to write; what JSON does not know is written as text.
    ascii_only
        Spell every character beyond ASCII, for an output that lacks them.
    """
    text = json.dumps(value, indent=2, ensure_ascii=ascii_only, default=str)
    return re.sub(r"[^\x20-\x7e\n]", _spelled, text)


def _spelled(found: re.Match[str]) -> str:
    """Return a character as JSON may spell it, where it cannot be seen."""
    return json.dumps(found[0])[1:-1] if unicodedata.category(found[0]) in INVISIBLE else found[0]


def print_json(value: Any) -> None:
    """Print JSON to the standard output, in ASCII where its encoding is not of Unicode."""
    encoding = (
        (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "").replace("_", "")
    )
    print(json_text(value, ascii_only=not encoding.startswith(("utf", "gb18030"))))
