"""Reporting: tables, pages and pictures of results."""
