"""What a person or a script touches: the command line and the headless face. It knows the engine; never the reverse."""
