"""The cash order: prepare, issue, deliver to the HKR, accepted or refused, revise."""
