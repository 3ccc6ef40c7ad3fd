"""Custom actions, one file each: an action decides, a response of `data/responses/` speaks."""
