"""Which of some sentences is nearest to a question: sentences.py MODEL QUESTION SENTENCE...

SPDX-License-Identifier: MIT"""
import sys

from selfattn import SentenceTransformer

if len(sys.argv) < 4:
    sys.exit(__doc__)
model = SentenceTransformer(sys.argv[1])
question, sentences = model.encode(sys.argv[2]), model.encode(sys.argv[3:])
(cosines,) = model.similarity(question, sentences)
for cosine, sentence in sorted(zip(cosines, sys.argv[3:]), reverse=True):
    print(f"{cosine:7.4f}  {sentence}")
