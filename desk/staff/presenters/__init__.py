"""What the staff pages show, prepared for their templates."""
