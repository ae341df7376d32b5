"""What Venice answers, by area (Venice OpenAPI file of 2026-08-21, version 20260821.193530)."""
