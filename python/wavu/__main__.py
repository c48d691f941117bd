"""`python -m wavu`: the shell of repl.py."""
import sys

from .repl import main

sys.exit(main())
