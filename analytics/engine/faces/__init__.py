"""Faces: found, told apart, followed and hidden. Without Django."""
