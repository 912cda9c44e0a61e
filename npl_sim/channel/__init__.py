"""Sales of a package through a channel, and what stays with the seller.

`docs/channel.md` is the contract of this room: who pays whom, when, and what is measured. The words are
in `spec.py` and the files that it draws together; `run.py` carries them out; `retained.py` measures;
`derecognition.py`, `capital.py` and `rules.py` say what accounting, capital and the supervisor make of it
(docs/channel_verdict.md). Nothing here knows of loans or stages.
"""
