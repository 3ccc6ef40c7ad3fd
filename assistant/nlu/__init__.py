"""Thin Rasa components around the pure modules, and the hybrid intent model they train."""
