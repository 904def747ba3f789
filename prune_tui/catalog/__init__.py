"""What a user can pick: tables of entries that import no torch; the work behind an entry loads when used."""
