"""cx_helpers: measures, notebooks and pages for customer experience, in Persian and English."""
