"""The only files that import an HTTP library. A transport performs one send; it neither retries nor understands."""
