"""The monthly list of withheld tax for the Anmeldung (§ 48a EStG)."""
