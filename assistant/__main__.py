"""Rasa's own command line, without TensorFlow: `python -m assistant run`, `python -m assistant train`."""

from __future__ import annotations

from rasa.__main__ import main

from assistant.without_tensorflow import leave_tensorflow_out

if __name__ == "__main__":
    leave_tensorflow_out()
    main()
