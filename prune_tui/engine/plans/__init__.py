"""Plans that are evaluated before they are decided on."""
