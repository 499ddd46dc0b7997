"""The outbox: what goes to the outside, in numbered parcels, once (DESIGN decision 11)."""
