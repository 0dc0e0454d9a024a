"""The only code that meets ezkl: one supervised child process a request."""
