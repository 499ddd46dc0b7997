"""Process scenarios: YAML files beside a model that a designer writes, reads and runs.

``read`` turns a file into values, ``world`` puts a whole installation together for it (with
a virtual clock, a simulated HKR and stubs where the scenario wants them), ``run`` walks
through the steps twice, straight and composed anew after every step, ``report`` tells it in
German. A new process needs no line here; a new outside system needs one act in ``acts`` and
one aspect in ``observe``.
"""
