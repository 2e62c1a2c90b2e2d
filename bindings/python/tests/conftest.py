"""Tests read the engine's messages in English, whatever the language here is."""

import os

os.environ["LC_ALL"] = "C.UTF-8"
