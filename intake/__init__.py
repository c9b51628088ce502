"""Files from units → measurements and problems. Pure: nothing is stored here."""
