"""A screen a file. Screens show news and post what people ask for; the app does it."""
