"""Rasa's own command line, without TensorFlow: `python -m assistant run`, `python -m assistant train`."""

from __future__ import annotations

import gc
import sys

from rasa.__main__ import main

from assistant.without_tensorflow import leave_tensorflow_out

if __name__ == "__main__":
    leave_tensorflow_out()
    if "train" in sys.argv[1:2]:
        gc.disable()  # it ends when it is done, and looking for garbage among all phrases takes 2 s
    main()
