"""What must hold for any input: hypothesis makes up inputs, and shows the least one that breaks a rule."""
