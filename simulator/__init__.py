"""A stand-in for WhatsApp's Cloud API that keeps to its contract. Apart from the product: nothing imports it."""
