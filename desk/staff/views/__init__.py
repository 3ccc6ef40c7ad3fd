"""The staff pages' views: thin; what they show is in `presenters`, what they do in services."""
