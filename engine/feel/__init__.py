"""FEEL: the expression language of models, parsed and evaluated without eval."""
