"""The archive: documents re-checked in turn, kept as long as the law asks, erased after, handed out."""
