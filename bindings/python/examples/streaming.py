"""Text that appears while it is generated: streaming.py MODEL PROMPT [TEMPERATURE]

SPDX-License-Identifier: MIT"""
import sys

import selfattn

if len(sys.argv) < 3:
    sys.exit(__doc__)
model = selfattn.Model(sys.argv[1])
print(sys.argv[2], end="", flush=True)
text = model.generate(sys.argv[2], max_tokens=200, temperature=float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)
for piece in text:
    print(piece, end="", flush=True)
print(f"\n[{len(text.ids)} tokens, ended by: {text.ending}]")
