"""What the Poststelle proposes for the table „Zuständigkeit“, for those who keep it."""
