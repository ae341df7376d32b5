"""Gemini behind `vertex/…`: the same format at Google Cloud's Vertex AI."""
