"""Goes on with a text, and shows it as it is written: streaming.py MODEL PROMPT [TOKENS [TEMPERATURE]]

SPDX-License-Identifier: MIT"""
import sys

import selfattn

if len(sys.argv) < 3:
    sys.exit(__doc__)
path, prompt = sys.argv[1:3]
tokens = int(sys.argv[3]) if len(sys.argv) > 3 else 40
temperature = float(sys.argv[4]) if len(sys.argv) > 4 else 0.0
print(prompt, end="", flush=True)
for piece in selfattn.Model(path).generate(prompt, tokens, temperature=temperature):
    print(piece, end="", flush=True)
print()
