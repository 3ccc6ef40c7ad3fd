"""Measures quality and speed. Apart from the tests, and nothing in the product imports it."""
