"""Tables, their queries, and rules that one record can check alone."""
