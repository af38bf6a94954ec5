"""What a stranger does, as the documents tell it: each command and each change is taken from the page itself."""
