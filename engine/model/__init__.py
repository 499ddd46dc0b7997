"""The front end: BPMN files → own dataclasses → lint → compiled definition.

Read in this order: ``read`` (safe XML to ``source``), ``rules`` (lint), ``compile``.
"""
