"""What is known of models without a call: a dated snapshot of models.dev, what the user said, and how they combine."""
