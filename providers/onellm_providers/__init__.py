"""The providers that come with OneLLM, one file or folder for each wire format."""
