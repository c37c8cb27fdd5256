"""From what a user gives to token ids: shapes, chat templates, masks, the token account."""
