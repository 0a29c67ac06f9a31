"""Which modules PEFT takes the keys of rank_pattern and alpha_pattern to name: patterns.tsv, made
with peft.utils.other.get_pattern_key: python patterns.py > patterns.tsv. The first line has the
modules; each other line a key, and 1 for each module that it holds for, else 0.
"""

from peft.utils.other import get_pattern_key

MODULES = """model.encoder.layers.0.self_attn.q_proj
model.encoder.layers.1.self_attn.v_proj
model.encoder.layers.12.fc1
model.decoder.layers.3.encoder_attn.q_proj
model.decoder.layers.10.fc1
encoder.block.0.layer.0.SelfAttention.q
lm_head
fc1
xfc1""".split()
KEYS = r"""fc1
q_proj
^fc1
^model.encoder.layers.0.self_attn.q_proj
^model\.encoder\.layers\.12\.fc1
layers.0.self_attn.q_proj
layers...fc1
.*fc1
.*\.fc1
.*
.+
layers\.\d+\.fc1
layers\.\d\.fc1
layers.(0|1).self_attn.(q|v)_proj
layers\.([0-9]|1[0-5])\..*
model\.encoder\..*q_proj
model\.(?:encoder|decoder)\.layers\.\d+\.fc1
model\.(?P<side>encoder|decoder)\.layers\.\d+\.\w+\.q_proj
[qv]_proj
[^q]_proj
(q|v)_proj
(fc1|lm_head)
fc\d
fc\D
fc\w
\w+
\w+?
\W+
.*?q_proj
en?coder.layers.0.*
decoder.*
(decoder.*)$
fc1$
^.*$
^lm_head$
lm_head|fc1
^lm_head|^fc1
SelfAttention.q
SelfAttention\.[a-q]
self_attn\.(q_proj|v_proj)
layers\.[\d]+\.fc1
layers\.[\d.]+fc1
(layers|block)\.0\..*
x?fc1
xf*c1
q_pro
q_projx
(.*)
(a|)fc1
(((fc1)))
proj
.*_proj
encoder_attn\.q_proj
model.*fc1
\.fc1
10\.fc1
[a-z]+_attn\.[qv]_proj
layers\.1\.
[_a-z]*\.[_a-z]*""".split("\n")

print("\t".join(MODULES))
for key in KEYS:
    # A key that matches is returned; one that does not gives the module.
    held = [int(get_pattern_key([key], m) == key and (key != m)) for m in MODULES]
    held = [int(h or key == m) for h, m in zip(held, MODULES)]
    print("\t".join([key, *map(str, held)]))
