"""The operations of both clients, each written once: `client.embeddings`, `client.images`, …"""
