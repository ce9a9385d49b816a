"""A worker that dies before it says that it is ready."""

import sys

sys.exit("ModuleNotFoundError: no module named 'numpy'")
