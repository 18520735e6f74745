"""What only the paper needs: its tables and two of its figures."""
