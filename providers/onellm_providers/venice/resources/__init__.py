"""The operations of Venice by area, each written once for both clients."""
