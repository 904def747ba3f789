"""What a user can pick: tables of entries that import no torch until an entry is used."""

from typing import Literal

Table = Literal["models", "datasets", "criteria", "schedules"]
