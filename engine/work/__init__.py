"""What moves cases in the background, and what keeps watch over them: runners, incidents, proofs."""
